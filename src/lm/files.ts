/** Files of models: JSON with its own check sum, and what is said about damage. */

import * as v from "valibot";
import { CheckpointError, parseJson } from "../core/index.ts";
import { type ModelStore, sha256 } from "../io/index.ts";

/** The version of what is written. */
export const VERSION = 2;

/** A whole number from 0. */
export const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** A SHA-256. */
export const digest = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
/** A text's identity. */
export const textSchema = v.strictObject({
  characters: count,
  trainCharacters: count,
  sha256: digest,
});
/** The validations of a run, each after the one before. */
export const validationsSchema = v.pipe(
  v.array(v.strictObject({ step: count, trainLoss: v.number(), valLoss: v.number() })),
  v.check((all) => all.every(({ step }, i) => step > (all[i - 1]?.step ?? 0)), "steps must rise"),
);

/** The bytes of a JSON file. */
export function json(value: object): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
}

/** The bytes of a JSON file whose last member, `sha256`, is the check sum of all the others. */
export function sealed(value: object): Uint8Array {
  return json({ ...value, sha256: sha256(json(value)) });
}

/** A parsed file. @throws CheckpointError when it is not JSON */
export function parsed(store: ModelStore, file: string, bytes: Uint8Array): unknown {
  try {
    return parseJson(bytes).value;
  } catch (cause) {
    throw damaged(store, file, "is not JSON", cause);
  }
}

/** The version of a file. @throws CheckpointError when it is of another format, or later */
export function versionOf(store: ModelStore, file: string, value: unknown, format: string): number {
  const schema = v.looseObject({ format: v.literal(format), version: count });
  const head = v.safeParse(schema, value);
  if (!head.success) throw damaged(store, file, `is not that of a ${format}`);
  const { version } = head.output;
  if (version <= VERSION) return version;
  const said = `${file} has version ${version}, this saiki reads ${VERSION}`;
  throw new CheckpointError(store.name, said, "Update saiki");
}

/** A checked value. @throws CheckpointError that names what is wrong, or unknown */
export function checked<S extends v.GenericSchema>(
  store: ModelStore,
  file: string,
  schema: S,
  value: unknown,
): v.InferOutput<S> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = v.getDotPath(issue) ?? "its top";
  if (issue.type === "strict_object" && issue.expected === "never") {
    throw damaged(store, file, `has an unknown member, ${path}`);
  }
  throw damaged(store, file, `is damaged at ${path}`);
}

/** Refuses a sealed file that differs in any bit from what was written. */
export function checkSeal(store: ModelStore, file: string, bytes: Uint8Array, value: object): void {
  const { sha256: _, ...rest } = value as { sha256?: unknown };
  if (!sameBytes(bytes, sealed(rest))) throw wrongSum(store, file);
}

/** A file that must be there. @throws CheckpointError when it is not */
export async function required(store: ModelStore, file: string): Promise<Uint8Array> {
  const bytes = await store.read(file);
  if (bytes !== null) return bytes;
  const said = `there is no ${file}`;
  throw new CheckpointError(store.name, said, "Give the folder that saiki train wrote");
}

/** A file with a check sum, under its name or one of its content. @throws CheckpointError */
export async function verified(
  store: ModelStore,
  file: string,
  sum: string,
): Promise<{ file: string; bytes: Uint8Array }> {
  let found: string | null = null;
  for (const name of [file, contentName(file, sum)]) {
    const bytes = await store.read(name);
    if (bytes !== null && sha256(bytes) === sum) return { file: name, bytes };
    if (bytes !== null) found = name;
  }
  if (found === null) await required(store, file);
  throw wrongSum(store, found ?? file);
}

/** A name of a file that no other content has: `model.safetensors` as `model.<16 digits>.…`. */
export function contentName(file: string, sum: string): string {
  return file.replace(/\.(?=\w+$)/, `.${sum.slice(0, 16)}.`);
}

/** The error about a file whose check sum is wrong. */
export function wrongSum(store: ModelStore, file: string): CheckpointError {
  return damaged(store, file, "is damaged: its check sum is wrong");
}

/** An error about a file. */
export function damaged(
  store: ModelStore,
  file: string,
  what: string,
  cause?: unknown,
): CheckpointError {
  const fix = "Restore it from a copy, or train again";
  return new CheckpointError(store.name, `${file} ${what}`, fix, { cause });
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((x, i) => x === b[i]);
}
