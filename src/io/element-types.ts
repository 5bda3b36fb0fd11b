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

/** Element types that saiki writes. Other types of a file become one of these when read. */
export type ElementType = "BOOL" | "U8" | "F32" | "F64" | "I64";

/** The format of an element type in a file, and its tensor's type. */
interface Layout {
  /** The type of the tensor. */
  readonly dtype: DType;
  /** An element, as in the names of `DataView`'s methods. */
  readonly element:
    | `${"Int" | "Uint"}${8 | 16 | 32}`
    | `Big${"Int" | "Uint"}64`
    | `Float${32 | 64}`;
  /** The number that an element encodes, if it is not the element itself. */
  readonly decode?: (x: number) => number;
}

/** All types of files except fractions of one byte. */
export const layouts = {
  BOOL: { dtype: bool, element: "Uint8", decode: (x) => Math.min(x, 1) },
  U8: { dtype: uint8, element: "Uint8" },
  F32: { dtype: float32, element: "Float32" },
  F64: { dtype: float64, element: "Float64" },
  I64: { dtype: int64, element: "BigInt64" },
  I8: { dtype: int64, element: "Int8" },
  I16: { dtype: int64, element: "Int16" },
  U16: { dtype: int64, element: "Uint16" },
  I32: { dtype: int64, element: "Int32" },
  U32: { dtype: int64, element: "Uint32" },
  U64: { dtype: int64, element: "BigUint64" },
  F16: { dtype: float32, element: "Uint16", decode: halfToNumber },
  BF16: { dtype: float32, element: "Uint16", decode: bfloatToNumber },
} as const satisfies Readonly<Record<string, Layout>>;

/** The types that saiki writes; arrays of later types come first in a file. */
export const elementTypes = ["BOOL", "U8", "F32", "F64", "I64"] as const;

/** The type that is written for tensors of `dtype`. */
export function elementTypeOf(dtype: DType): ElementType {
  return elementTypes.find((type) => layouts[type].dtype === dtype)!;
}

/** Bytes of an element in a file. */
export function elementSize({ element }: Layout): number {
  return Number(/\d+/.exec(element)) / 8;
}

/** Whether elements have the same bytes in memory and in a file. */
function isAsInFile(data: TypedArray, { element }: Layout): boolean {
  return isLittleEndian && data[Symbol.toStringTag] === `${element}Array`;
}

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/**
 * The elements of `bytes` in a new array, by one copy if they have the same bytes in memory.
 *
 * @param refuse called on an integer beyond 32 bits
 */
export function readElements(
  layout: Layout,
  bytes: Uint8Array,
  refuse: (x: number) => never,
): TypedArray {
  const { dtype, element, decode } = layout;
  const step = elementSize(layout);
  const data = dtype.allocate(bytes.length / step);
  if (isAsInFile(data, layout)) bytesOf(data).set(bytes);
  else {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const get = `get${element}` as const;
    for (let i = 0; i < data.length; i++) {
      const x = Number(view[get](i * step, true));
      data[i] = x;
      if (dtype === int64 && data[i] !== x) refuse(x);
    }
  }
  if (decode) for (let i = 0; i < data.length; i++) data[i] = decode(data[i]!);
  return data;
}

/** Writes elements to `out`, by one copy if they have the same bytes in memory. */
export function writeElements(type: ElementType, data: TypedArray, out: Uint8Array): void {
  const layout = layouts[type];
  if (isAsInFile(data, layout)) {
    out.set(bytesOf(data));
    return;
  }
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
  const [step, isBig] = [elementSize(layout), layout.element === "BigInt64"];
  const set = `set${layout.element}` as const;
  for (let i = 0; i < data.length; i++) {
    view[set](i * step, (isBig ? BigInt(data[i]!) : data[i]!) as never, true);
  }
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
