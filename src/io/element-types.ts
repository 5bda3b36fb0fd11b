/** Element types of safetensors files. */

import {
  bool,
  type DType,
  float32,
  float64,
  int64,
  type TypedArray,
  uint8,
} from "../core/index.ts";

/** Element types that are written. Files may hold others, which become one of these when read. */
export type ElementType = "BOOL" | "U8" | "F32" | "F64" | "I64";

/** How elements lie in a file. */
interface Layout {
  /** Bytes of an element. */
  readonly bytes: number;
  /** Whether that is how an array of the type has them in memory, on little-endian machines. */
  readonly isMemory?: boolean;
  readonly get: (view: DataView, at: number) => number;
}

interface Written extends Layout {
  /** The type of its tensors. */
  readonly dtype: DType;
  readonly set: (view: DataView, at: number, x: number) => void;
}

/** The types that saiki has. */
export const written: Readonly<Record<ElementType, Written>> = {
  BOOL: {
    ...{ dtype: bool, bytes: 1 },
    get: (view, at) => Math.min(view.getUint8(at), 1),
    set: (view, at, x) => view.setUint8(at, x),
  },
  U8: {
    ...{ dtype: uint8, bytes: 1, isMemory: true },
    get: (view, at) => view.getUint8(at),
    set: (view, at, x) => view.setUint8(at, x),
  },
  F32: {
    ...{ dtype: float32, bytes: 4, isMemory: true },
    get: (view, at) => view.getFloat32(at, true),
    set: (view, at, x) => view.setFloat32(at, x, true),
  },
  F64: {
    ...{ dtype: float64, bytes: 8, isMemory: true },
    get: (view, at) => view.getFloat64(at, true),
    set: (view, at, x) => view.setFloat64(at, x, true),
  },
  I64: {
    ...{ dtype: int64, bytes: 8 },
    get: (view, at) => Number(view.getBigInt64(at, true)),
    set: (view, at, x) => view.setBigInt64(at, BigInt(x), true),
  },
};
/** In a file arrays of later types come first. */
export const writeOrder = Object.keys(written) as ElementType[];

/** How a type of a file is read, and as what. */
interface Reader extends Layout {
  readonly as: ElementType;
}

/** All types of files but those of one byte with a fraction. */
export const readers: Readonly<Record<string, Reader>> = {
  ...Object.fromEntries(writeOrder.map((as) => [as, { ...written[as], as }])),
  I8: { as: "I64", bytes: 1, get: (view, at) => view.getInt8(at) },
  I16: { as: "I64", bytes: 2, get: (view, at) => view.getInt16(at, true) },
  U16: { as: "I64", bytes: 2, get: (view, at) => view.getUint16(at, true) },
  I32: { as: "I64", bytes: 4, isMemory: true, get: (view, at) => view.getInt32(at, true) },
  U32: { as: "I64", bytes: 4, get: (view, at) => view.getUint32(at, true) },
  U64: { as: "I64", bytes: 8, get: (view, at) => Number(view.getBigUint64(at, true)) },
  F16: { as: "F32", bytes: 2, get: (view, at) => halfToNumber(view.getUint16(at, true)) },
  BF16: { as: "F32", bytes: 2, get: (view, at) => bfloatToNumber(view.getUint16(at, true)) },
};

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/**
 * The elements of `bytes`, in a new array: in one copy where they lie as in memory.
 *
 * @param refuse is called on an integer beyond 32 bits
 */
export function readElements(
  { as, bytes: step, isMemory, get }: Reader,
  bytes: Uint8Array,
  refuse: (x: number) => never,
  inBulk = isLittleEndian,
): TypedArray {
  const data = written[as].dtype.allocate(bytes.length / step);
  if (isMemory && inBulk) {
    bytesOf(data).set(bytes);
    return data;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = 0; i < data.length; i++) {
    const x = get(view, i * step);
    data[i] = x;
    if (as === "I64" && data[i] !== x) refuse(x);
  }
  return data;
}

/** Writes elements to `out`, which has their size: in one copy where they lie as in memory. */
export function writeElements(
  type: ElementType,
  data: TypedArray,
  out: Uint8Array,
  inBulk = isLittleEndian,
): void {
  const { bytes: step, isMemory, set } = written[type];
  if (isMemory && inBulk) {
    out.set(bytesOf(data));
    return;
  }
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
  for (let i = 0; i < data.length; i++) set(view, i * step, data[i]!);
}

function bytesOf(data: TypedArray): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** Sign, 5 bits of exponent, 10 of fraction. */
function halfToNumber(bits: number): number {
  const sign = bits >> 15 === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

const scratch = new DataView(new ArrayBuffer(4));

/** The upper half of a float32. */
function bfloatToNumber(bits: number): number {
  scratch.setUint32(0, bits << 16);
  return scratch.getFloat32(0);
}
