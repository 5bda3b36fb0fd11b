/**
 * The safetensors format: named arrays in one file.
 *
 * | bytes | content                                                         |
 * |-------|-----------------------------------------------------------------|
 * | 8     | `N`, little endian                                              |
 * | `N`   | JSON: name → dtype, shape, `[begin, end)`; may end in spaces    |
 * | rest  | elements, little endian, row-major, one array behind the other  |
 *
 * @see https://github.com/huggingface/safetensors
 */

import * as v from "valibot";
import {
  compareCodePoints,
  FormatError,
  list,
  numel,
  type ParsedJson,
  parseJson,
  type TypedArray,
} from "../core/index.ts";
import {
  type ElementType,
  elementSize,
  elementTypeOf,
  elementTypes,
  layouts,
  readElements,
  writeElements,
} from "./element-types.ts";

/** An array of a file, row-major. `I64` is an `Int32Array`, as everywhere in saiki. */
export interface ArrayRecord {
  /** The element type. */
  readonly dtype: ElementType;
  /** The sizes of all dimensions. */
  readonly shape: readonly number[];
  /** The elements in row-major order. */
  readonly data: TypedArray;
}

/** The content of a file. */
export interface SafetensorsFile {
  /** The arrays by name, in the order of their bytes. */
  readonly tensors: ReadonlyMap<string, ArrayRecord>;
  /** Texts by name; empty where the file has none. */
  readonly metadata: Readonly<Record<string, string>>;
}

const MAX_HEADER = 100_000_000;

// ---- Writing ----

/**
 * The bytes of a file; equal arrays give equal bytes, in any order.
 *
 * @throws FormatError when data and shape disagree, or a name cannot be written
 * @see safetensors.serialize
 * @example
 * import { decodeSafetensors, encodeSafetensors } from "saiki/io";
 * const array = { dtype: "F32", shape: [2], data: Float32Array.of(1, 2) } as const;
 * const bytes = encodeSafetensors(new Map([["w", array]]));
 * console.log(decodeSafetensors(bytes).tensors.get("w")?.data); // Float32Array(2) [ 1, 2 ]
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, ArrayRecord>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const sorted = [...tensors].sort(
    ([nameA, a], [nameB, b]) =>
      elementTypes.indexOf(b.dtype) - elementTypes.indexOf(a.dtype) ||
      compareCodePoints(nameA, nameB),
  );
  const members: string[] = [];
  if (Object.keys(metadata).length > 0) members.push(`"__metadata__":${JSON.stringify(metadata)}`);
  let size = 0;
  for (const [name, record] of sorted) {
    checkRecord(name, record);
    const { dtype, shape, data } = record;
    const begin = size;
    size += data.length * elementSize(layouts[dtype]);
    const entry = JSON.stringify({ dtype, shape, data_offsets: [begin, size] });
    members.push(`${JSON.stringify(name)}:${entry}`);
  }
  const json = new TextEncoder().encode(`{${members.join(",")}}`);
  const headerSize = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerSize + size);
  new DataView(bytes.buffer).setUint32(0, headerSize, true);
  bytes.fill(0x20, 8, 8 + headerSize);
  bytes.set(json, 8);
  let at = 8 + headerSize;
  for (const [, { dtype, data }] of sorted) {
    const end = at + data.length * elementSize(layouts[dtype]);
    writeElements(dtype, data, bytes.subarray(at, end));
    at = end;
  }
  return bytes;
}

function checkRecord(name: string, { dtype, shape, data }: ArrayRecord): void {
  const op = "encodeSafetensors";
  if (name === "__metadata__" || /\p{Surrogate}/u.test(name)) {
    const sentence = `an array cannot be called ${JSON.stringify(name)}`;
    throw new FormatError(op, sentence, "Choose another name");
  }
  const kind = layouts[dtype].dtype.allocate(0)[Symbol.toStringTag];
  if (data.length !== numel(shape) || data[Symbol.toStringTag] !== kind) {
    const said =
      `${name} is said to be ${dtype} ${list(shape)}, ` +
      `but its data is a ${data[Symbol.toStringTag]} of ${data.length}`;
    throw new FormatError(op, said, `Give a ${kind} of ${numel(shape)}`);
  }
}

// ---- Reading ----

const size = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const entrySchema = v.object({
  dtype: v.string(),
  shape: v.array(size),
  data_offsets: v.tuple([size, size]),
});
/** `v.record` would drop the keys "constructor", "prototype" and "__proto__". */
const metadataSchema = v.custom<Record<string, string>>(isStrings);
type Entry = v.InferOutput<typeof entrySchema>;

/**
 * The arrays of a file, in the order of their bytes.
 *
 * Half precision (`F16`, `BF16`) becomes `F32`, other integers become `I64`.
 *
 * @param file the file's name, for errors
 * @throws FormatError on bytes that break a rule of the format, on element types that saiki lacks
 *   and on integers beyond 32 bits
 * @see safetensors.deserialize
 */
export function decodeSafetensors(
  content: Uint8Array | ArrayBuffer,
  file = "decodeSafetensors",
): SafetensorsFile {
  const bytes = bytesOf(content, file);
  const fail: Fail = (sentence, cause) => {
    const fix = "Restore it from a copy, or save it again";
    throw new FormatError(file, sentence, fix, { cause });
  };
  const { header, dataStart } = readHeader(bytes, file, fail);
  const { __metadata__, ...rest } = header;
  const metadata = v.safeParse(metadataSchema, __metadata__ ?? {});
  if (!metadata.success) return fail("__metadata__ is not an object of strings");
  const entries = Object.entries(rest).map(([name, entry]): [string, Entry] => {
    const result = v.safeParse(entrySchema, entry);
    if (result.success) return [name, result.output];
    return fail(`${name} lacks a dtype, a shape and data_offsets that make sense`);
  });
  entries.sort(([, { data_offsets: a }], [, { data_offsets: b }]) => a[0] - b[0] || a[1] - b[1]);
  checkTiling(entries, bytes.length - dataStart, fail);
  const tensors = entries.map(([name, entry]): [string, ArrayRecord] => [
    name,
    readArray(name, entry, bytes.subarray(dataStart), fail),
  ]);
  return { tensors: new Map(tensors), metadata: metadata.output };
}

function bytesOf(content: Uint8Array | ArrayBuffer, file: string): Uint8Array {
  const bytes = content instanceof ArrayBuffer ? new Uint8Array(content) : content;
  if (!(bytes instanceof Uint8Array)) {
    const sentence = `the content is a ${typeof content}, not bytes`;
    throw new FormatError(file, sentence, "Read the file, and give its Uint8Array or ArrayBuffer");
  }
  return bytes;
}

/** How files begin that are given in place of a safetensors file; none could be its header's size. */
const foreign: readonly [start: string, sentence: string, fix: string][] = [
  ["PK\x03\x04", "it is a zip, as torch.save writes", "Save it by safetensors.torch.save_file"],
  ["\x80", "it is a pickle of Python", "Save it by safetensors.torch.save_file"],
  ["GGUF", "it is a GGUF file", "Give the model's safetensors file"],
  ["version https://git-lfs", "it is a pointer of Git LFS", "Get the file by git lfs pull"],
  ["<", "it is a web page", "Check the address"],
];

function refuseForeign(bytes: Uint8Array, file: string): void {
  const start = String.fromCharCode(...bytes.subarray(0, 40)).trimStart();
  const [, sentence, fix] = foreign.find(([prefix]) => start.startsWith(prefix)) ?? [];
  if (sentence !== undefined) throw new FormatError(file, sentence, fix);
}

function isStrings(x: unknown): boolean {
  const isObject = typeof x === "object" && x !== null && !Array.isArray(x);
  return isObject && Object.values(x).every((value) => typeof value === "string");
}

type Fail = (sentence: string, cause?: unknown) => never;

function readHeader(bytes: Uint8Array, file: string, fail: Fail) {
  if (bytes.length < 8) fail(`${bytes.length} bytes are too few for a safetensors file`);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const n = Number(view.getBigUint64(0, true));
  if (n > MAX_HEADER) {
    refuseForeign(bytes, file);
    fail("it is not a safetensors file: its header would be too large");
  }
  const dataStart = 8 + n;
  if (dataStart > bytes.length) fail(`the file ends within its header of ${n} bytes`);
  let json: ParsedJson;
  try {
    json = parseJson(bytes.subarray(8, dataStart));
  } catch (cause) {
    return fail("its header is not JSON", cause);
  }
  const { text, value: header, colons } = json;
  if (!text.startsWith("{")) fail("its header is not a JSON object");
  // `JSON.parse` keeps only the last of equal keys.
  if (colons !== countKeys(header)) fail("a name comes twice in its header");
  return { header: header as Record<string, unknown>, dataStart };
}

function countKeys(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const inside = Object.values(value).reduce((n: number, x) => n + countKeys(x), 0);
  return Array.isArray(value) ? inside : inside + Object.keys(value).length;
}

/** Checks that arrays are adjacent, from the header to the end of the file. */
function checkTiling(entries: readonly [string, Entry][], dataSize: number, fail: Fail): void {
  let at = 0;
  for (const [name, { data_offsets }] of entries) {
    const [begin, end] = data_offsets;
    if (begin !== at || end < at) fail(`${name} does not begin where the array before it ends`);
    at = end;
  }
  if (at !== dataSize) fail(`its arrays take ${at} bytes, but the file has ${dataSize} for them`);
}

function readArray(
  name: string,
  { dtype, shape, data_offsets: [begin, end] }: Entry,
  bytes: Uint8Array,
  fail: Fail,
): ArrayRecord {
  if (!isLayout(dtype)) return fail(`${name} has elements of type ${dtype}, unknown to saiki`);
  const layout = layouts[dtype];
  const n = numel(shape);
  const isTooLarge = numel(shape.filter((s) => s > 0)) > Number.MAX_SAFE_INTEGER;
  if (isTooLarge || n * elementSize(layout) !== end - begin) {
    fail(`${name} has ${end - begin} bytes, which is not the size of ${dtype} [${shape}]`);
  }
  const refuse = (x: number) => fail(`${name} holds ${x}, which is beyond 32 bits`);
  const data = readElements(layout, bytes.subarray(begin, end), refuse);
  return { dtype: elementTypeOf(layout.dtype), shape, data };
}

function isLayout(dtype: string): dtype is keyof typeof layouts {
  return Object.hasOwn(layouts, dtype);
}
