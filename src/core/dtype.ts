/** Element types of tensors. */

/** The typed arrays that hold elements. */
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint8Array;
/** The typed arrays of the two floating-point types. */
export type Real = Float32Array | Float64Array;

/** The names of the element types. */
export type DTypeName = "float32" | "float64" | "int64" | "bool" | "uint8";

/**
 * An element type; prints as `torch.float32`.
 *
 * `int64` is PyTorch's integer type. It is stored in an `Int32Array`: values outside 32 bits throw.
 *
 * @see torch.dtype
 * @example
 * console.log(String(torch.ones(2).dtype), torch.int64.isFloatingPoint); // torch.float32 false
 */
export class DType {
  /** The name, without `torch.`. */
  readonly name: DTypeName;
  /** Whether it holds real numbers, and tensors of it may require a gradient. */
  readonly isFloatingPoint: boolean;
  /** PyTorch's name of a CPU tensor class of this type, as error sentences print it. */
  readonly tensorType: string;
  /** A new array of `n` zeros. */
  readonly allocate: (n: number) => TypedArray;

  /** Makes a type; programs use those of the package. */
  constructor(name: DTypeName, tensorType: string, allocate: (n: number) => TypedArray) {
    this.name = name;
    this.isFloatingPoint = name === "float32" || name === "float64";
    this.tensorType = tensorType;
    this.allocate = allocate;
  }

  /** PyTorch's name of one element, as error sentences print it: `Float`. */
  get scalarType(): string {
    return this.tensorType.replace("Tensor", "");
  }

  /** The text that PyTorch prints, such as `torch.float32`. */
  toString(): string {
    return `torch.${this.name}`;
  }
}

/** Real numbers of 32 bits, in a Float32Array; the type of most tensors. @see torch.float32 */
export const float32 = new DType("float32", "FloatTensor", (n) => floats(n));
/** Real numbers of 64 bits, in a Float64Array. @see torch.float64 */
export const float64 = new DType("float64", "DoubleTensor", (n) => new Float64Array(n));
/** Integers; 32 bits here, in an Int32Array. @see torch.int64 */
export const int64 = new DType("int64", "LongTensor", (n) => new Int32Array(n));
/** Booleans, 0 or 1 in a Uint8Array. @see torch.bool */
export const bool = new DType("bool", "BoolTensor", (n) => new Uint8Array(n));
/** Integers from 0 to 255, in a Uint8Array. @see torch.uint8 */
export const uint8 = new DType("uint8", "ByteTensor", (n) => new Uint8Array(n));

/** All types by name. */
export const dtypes: Readonly<Record<DTypeName, DType>> = { float32, float64, int64, bool, uint8 };

/** The type in which a binary operation computes: the wider kind, then the wider size. */
export function promote(a: DType, b: DType): DType {
  return rank(a) >= rank(b) ? a : b;
}

function rank(d: DType): number {
  return [bool, uint8, int64, float32, float64].indexOf(d);
}

// ---- small arrays ------------------------------------------------------------------------------

/** Bytes of a block, and the most that an array takes of it. */
const BLOCK = 4096;
const PIECE = 512;

let block = new ArrayBuffer(0);
let used = 0;

/**
 * Zeros. For few elements an engine needs longer to make a buffer than a kernel needs to compute,
 * so small arrays are pieces of a block, each used once. Arrays of up to four elements are not:
 * engines store them without a buffer, and a scalar that lives long would keep its block alive.
 */
function floats(n: number): Float32Array {
  const bytes = 4 * n;
  if (n <= 4 || bytes > PIECE) return new Float32Array(n);
  if (used + bytes > block.byteLength) {
    block = new ArrayBuffer(BLOCK);
    used = 0;
  }
  const piece = new Float32Array(block, used, n);
  used += (bytes + 63) & ~63; // a cache line's boundary
  return piece;
}
