/** Element types of safetensors files. */

import type { TypedArray } from "../core/index.ts";

/** Element types that are written. Files may hold others, which become one of these when read. */
export type ElementType = "BOOL" | "U8" | "F32" | "F64" | "I64";

interface ElementFormat {
  readonly bytes: number;
  readonly allocate: (n: number) => TypedArray;
  readonly get: (view: DataView, at: number) => number;
  readonly set: (view: DataView, at: number, x: number) => void;
}

/** The types that saiki has. */
export const written: Readonly<Record<ElementType, ElementFormat>> = {
  BOOL: {
    bytes: 1,
    allocate: (n) => new Uint8Array(n),
    get: (view, at) => Math.min(view.getUint8(at), 1),
    set: (view, at, x) => view.setUint8(at, x),
  },
  U8: {
    bytes: 1,
    allocate: (n) => new Uint8Array(n),
    get: (view, at) => view.getUint8(at),
    set: (view, at, x) => view.setUint8(at, x),
  },
  F32: {
    bytes: 4,
    allocate: (n) => new Float32Array(n),
    get: (view, at) => view.getFloat32(at, true),
    set: (view, at, x) => view.setFloat32(at, x, true),
  },
  F64: {
    bytes: 8,
    allocate: (n) => new Float64Array(n),
    get: (view, at) => view.getFloat64(at, true),
    set: (view, at, x) => view.setFloat64(at, x, true),
  },
  I64: {
    bytes: 8,
    allocate: (n) => new Int32Array(n),
    get: (view, at) => Number(view.getBigInt64(at, true)),
    set: (view, at, x) => view.setBigInt64(at, BigInt(x), true),
  },
};
/** In a file arrays of later types come first. */
export const writeOrder: readonly string[] = Object.keys(written);

/** How a type of a file is read, and as what. */
type Reader = Pick<ElementFormat, "bytes" | "get"> & { readonly as: ElementType };

/** All types of files but those of one byte with a fraction. */
export const readers: Readonly<Record<string, Reader>> = {
  ...Object.fromEntries(
    Object.entries(written).map(([name, format]) => [name, { ...format, as: name as ElementType }]),
  ),
  I8: { as: "I64", bytes: 1, get: (view, at) => view.getInt8(at) },
  I16: { as: "I64", bytes: 2, get: (view, at) => view.getInt16(at, true) },
  U16: { as: "I64", bytes: 2, get: (view, at) => view.getUint16(at, true) },
  I32: { as: "I64", bytes: 4, get: (view, at) => view.getInt32(at, true) },
  U32: { as: "I64", bytes: 4, get: (view, at) => view.getUint32(at, true) },
  U64: { as: "I64", bytes: 8, get: (view, at) => Number(view.getBigUint64(at, true)) },
  F16: { as: "F32", bytes: 2, get: (view, at) => halfToNumber(view.getUint16(at, true)) },
  BF16: { as: "F32", bytes: 2, get: (view, at) => bfloatToNumber(view.getUint16(at, true)) },
};

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
