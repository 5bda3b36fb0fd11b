/** Reading options: names, types, ranges, defaults; one sentence on the first that is wrong. */

import * as v from "valibot";
import { ConfigError } from "../core/index.ts";
import { closest } from "./suggest.ts";

/** The names of options in errors: their own, or flags. */
export interface OptionWording {
  /** The place that an error names first. */
  readonly op: string;
  /** The name of an option as the user knows it. */
  readonly nameOf: (option: string) => string;
}

/**
 * Fills in defaults and checks names and ranges; an option that is undefined is one not given.
 *
 * @throws ConfigError that names the first wrong option
 */
export function readOptions<const S extends v.ObjectEntries>(
  schema: v.ObjectSchema<S, undefined>,
  options: object,
  { op, nameOf }: OptionWording,
): v.InferOutput<typeof schema> {
  const known = Object.keys(schema.entries);
  const given = Object.fromEntries(Object.entries(options).filter(([, x]) => x !== undefined));
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    const near = closest(name, known);
    const names = known.map(nameOf).join(", ");
    const said = `there is no option ${nameOf(name)}`;
    const fix = near === undefined ? `The options are ${names}` : `Did you mean ${nameOf(near)}?`;
    throw new ConfigError(op, said, fix);
  }
  const result = v.safeParse(schema, given);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const name = nameOf(String(issue.path?.[0]?.key));
  const value = typeof issue.input === "number" ? issue.input : JSON.stringify(issue.input);
  throw new ConfigError(op, `${name} is ${value}`, `Use ${issue.message}`);
}

/** A whole number in a range. */
export function whole(low: number, high = Number.MAX_SAFE_INTEGER) {
  const range = high === Number.MAX_SAFE_INTEGER ? `from ${low}` : `from ${low} to ${high}`;
  return number(`a whole number ${range}`, (x) => Number.isInteger(x) && x >= low && x <= high);
}

/** A number for which something holds; `what` describes it. */
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
