/** Reads options: names, types, ranges, defaults. The error is about the first wrong option. */

import * as v from "valibot";
import { ConfigError } from "../core/index.ts";

/** The schema of each record that was checked, which is not checked again. */
const readBy = new WeakMap<object, v.GenericSchema>();

/**
 * Checks names and ranges, and fills in the schema's defaults; an undefined option counts as
 * missing. A record that this function returned is returned unchanged.
 *
 * @param op the function that an error names
 * @throws ConfigError that names the first wrong option
 */
export function readOptions<const S extends v.ObjectEntries>(
  op: string,
  schema: v.ObjectSchema<S, undefined>,
  options: object,
): v.InferOutput<typeof schema> {
  if (readBy.get(options) === schema) return options as v.InferOutput<typeof schema>;
  const given = Object.fromEntries(Object.entries(options).filter(([, x]) => x !== undefined));
  const known = Object.keys(schema.entries);
  for (const option of Object.keys(given)) {
    if (known.includes(option)) continue;
    const near = closest(option, known);
    const fix =
      near === undefined ? `The options are ${known.join(", ")}` : `Did you mean ${near}?`;
    throw new ConfigError(op, `there is no option ${option}`, fix, { option });
  }
  const result = v.safeParse(schema, given);
  if (result.success) {
    readBy.set(Object.freeze(result.output), schema);
    return result.output;
  }
  const [issue] = result.issues;
  const option = String(issue.path?.[0]?.key);
  const value = typeof issue.input === "number" ? issue.input : JSON.stringify(issue.input);
  throw new ConfigError(op, `${option} is ${value}`, `Use ${issue.message}`, { option });
}

/** A whole number in a range. */
export function whole(low: number, high = Number.MAX_SAFE_INTEGER) {
  const range = high === Number.MAX_SAFE_INTEGER ? `from ${low}` : `from ${low} to ${high}`;
  return number(`a whole number ${range}`, (x) => Number.isInteger(x) && x >= low && x <= high);
}

/** A number with a property; `what` describes it in errors. */
export function number(what: string, holds: (x: number) => boolean) {
  return v.pipe(
    v.number(what),
    v.check((x) => Number.isFinite(x) && holds(x), what),
  );
}

/** One of a few words. */
export function oneOf<const T extends readonly string[]>(values: T) {
  return v.picklist(values, `one of ${values.join(", ")}`);
}

/** The name with the fewest edits from `word`, if they are few enough for a typing mistake. */
function closest(word: string, names: readonly string[]): string | undefined {
  const near = names
    .map((name) => ({ name, edits: editDistance(word.toLowerCase(), name.toLowerCase()) }))
    .filter(({ edits }) => edits <= word.length / 3 + 1);
  return near.toSorted((a, b) => a.edits - b.edits)[0]?.name;
}

/** Insertions, deletions and replacements that turn `a` into `b` (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
