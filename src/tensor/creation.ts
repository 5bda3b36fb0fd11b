/** Functions that make tensors. */

import type { DType, TypedArray } from "../core/index.ts";
import {
  bool,
  ConfigError,
  DTypeError,
  float32,
  float64,
  int64,
  ShapeError,
  torchSays,
  uint8,
} from "../core/index.ts";
import { inRange } from "../ops/arithmetic.ts";
import { View } from "../ops/view.ts";
import type { Nested } from "./tensor.ts";
import { Tensor } from "./tensor.ts";

/** Options of functions that make tensors. */
export interface TensorOptions {
  /** The element type; float32 where nothing says otherwise. */
  readonly dtype?: DType | undefined;
  /** Whether operations on the tensor are recorded; false by default. */
  readonly requiresGrad?: boolean | undefined;
}

/** Sizes, one by one or as one array, and at the end possibly options. */
export type ShapeArgs<O = TensorOptions> =
  | [...shape: number[]]
  | [...shape: number[], options: O]
  | [shape: readonly number[], options?: O];

/**
 * A tensor of the given elements, which are copied.
 *
 * Numbers become float32 (JavaScript has no integers: ask for `{ dtype: torch.int64 }`), booleans
 * bool; typed arrays keep their type and become vectors.
 *
 * @throws ShapeError when nested arrays differ in length
 * @throws DTypeError for elements that are not numbers or booleans, or do not fit the type
 * @see torch.tensor
 * @example
 * console.log(torch.tensor([[1, 2], [3, 4]])); // tensor([[1., 2.],
 *                                              //         [3., 4.]])
 * console.log(torch.tensor([1, 2], { dtype: torch.int64 })); // tensor([1, 2])
 */
export function tensor(
  data: Nested<number> | Nested<boolean> | TypedArray,
  options: TensorOptions = {},
): Tensor {
  if (ArrayBuffer.isView(data)) {
    const own = dtypeOf(data);
    const view = View.of(data.slice(), own, [data.length]);
    return new Tensor(view.to(options.dtype ?? own), options.requiresGrad);
  }
  const shape = shapeOf(data);
  const flat: (number | boolean)[] = [];
  flatten(data, shape, 0, flat);
  const dtype = options.dtype ?? (typeof flat[0] === "boolean" ? bool : float32);
  return new Tensor(View.of(converted(flat, dtype), dtype, shape), options.requiresGrad);
}

/** A row-major tensor that takes over `data`, an array as the type allocates it, without a copy. */
export function wrap(data: TypedArray, dtype: DType, shape: readonly number[]): Tensor {
  return new Tensor(View.of(data, dtype, shape));
}

/**
 * A tensor of zeros.
 *
 * @throws ShapeError when a size is not a whole number from 0
 * @see torch.zeros
 * @example
 * console.log(torch.zeros(2, 3).shape); // torch.Size([2, 3])
 * console.log(torch.zeros([2], { dtype: torch.int64 })); // tensor([0, 0])
 */
export function zeros(...args: ShapeArgs): Tensor {
  const { shape, dtype, requiresGrad } = parseShape("zeros", args);
  return new Tensor(View.zeros(shape, dtype), requiresGrad);
}

/** A tensor of ones. @throws ShapeError when a size is not a whole number from 0 @see torch.ones */
export function ones(...args: ShapeArgs): Tensor {
  const { shape, ...options } = parseShape("ones", args);
  return full(shape, 1, options);
}

/** A tensor of unspecified elements (zeros, in fact). @see torch.empty */
export function empty(...args: ShapeArgs): Tensor {
  return zeros(...args);
}

/** A tensor whose elements are all `value`: float32, or bool for a boolean. @see torch.full */
export function full(
  shape: readonly number[],
  value: number | boolean,
  options: TensorOptions = {},
): Tensor {
  const dtype = options.dtype ?? (typeof value === "boolean" ? bool : float32);
  const view = View.zeros(checkedShape("full", shape), dtype);
  view.storage.data.fill(Number(value));
  return new Tensor(view, options.requiresGrad);
}

/** Zeros in the shape and type of `x`. @see torch.zeros_like */
export function zerosLike(x: Tensor, options: TensorOptions = {}): Tensor {
  return zeros(x.impl.shape, { dtype: x.dtype, ...options });
}

/** Ones in the shape and type of `x`. @see torch.ones_like */
export function onesLike(x: Tensor, options: TensorOptions = {}): Tensor {
  return full(x.impl.shape, 1, { dtype: x.dtype, ...options });
}

/** Unspecified elements (zeros, in fact) in the shape and type of `x`. @see torch.empty_like */
export function emptyLike(x: Tensor, options: TensorOptions = {}): Tensor {
  return zerosLike(x, options);
}

/** Elements that are all `value`, in the shape and type of `x`. @see torch.full_like */
export function fullLike(x: Tensor, value: number, options: TensorOptions = {}): Tensor {
  return full(x.impl.shape, value, { dtype: x.dtype, ...options });
}

/** `0, 1, …` up to before `end`: int64 for a whole number, else float32. @see torch.arange */
export function arange(end: number, options?: TensorOptions): Tensor;
/**
 * `start, start + 1, …` up to before `end`: int64 for whole numbers, else float32.
 *
 * @throws ConfigError when `end` is below `start`
 * @see torch.arange
 */
export function arange(start: number, end: number, options?: TensorOptions): Tensor;
/**
 * `start, start + step, …` up to before `end`: int64 for whole numbers, else float32.
 *
 * @throws ConfigError when the step is 0 or leads away from `end`
 * @see torch.arange
 * @example
 * console.log(torch.arange(1, 2, 0.25)); // tensor([1.0000, 1.2500, 1.5000, 1.7500])
 */
export function arange(start: number, end: number, step: number, options?: TensorOptions): Tensor;
export function arange(...args: (number | TensorOptions | undefined)[]): Tensor {
  const numbers = args.filter((a) => typeof a === "number");
  const options = (args.find((a) => typeof a === "object") ?? {}) as TensorOptions;
  const [start, end, step] =
    numbers.length === 1
      ? [0, numbers[0] as number, 1]
      : [numbers[0] as number, numbers[1] as number, numbers[2] ?? 1];
  if (step === 0) throw ConfigError.torch("arange", "step must be nonzero");
  if ((end - start) * step < 0) {
    throw ConfigError.torch("arange", "upper bound and larger bound inconsistent with step sign");
  }
  const whole = [start, end, step].every(Number.isInteger);
  const dtype = options.dtype ?? (whole ? int64 : float32);
  const values = Array.from(
    { length: Math.ceil((end - start) / step) },
    (_, i) => start + i * step,
  );
  return new Tensor(
    View.of(converted(values, dtype), dtype, [values.length]),
    options.requiresGrad,
  );
}

/**
 * `steps` numbers evenly spaced from `start` to `end`, both included: a vector.
 *
 * @see torch.linspace
 */
export function linspace(
  start: number,
  end: number,
  steps: number,
  options: TensorOptions = {},
): Tensor {
  const step = steps > 1 ? (end - start) / (steps - 1) : 0;
  // From both ends towards the middle, as PyTorch does, so that the last is exact.
  const at = (i: number) => (i < steps / 2 ? start + step * i : end - step * (steps - 1 - i));
  const values = Array.from({ length: steps }, (_, i) => at(i));
  const dtype = options.dtype ?? float32;
  return new Tensor(View.of(converted(values, dtype), dtype, [steps]), options.requiresGrad);
}

/** A matrix (n, m) with ones on the diagonal; m is n by default. @see torch.eye */
export function eye(n: number, m = n, options: TensorOptions = {}): Tensor {
  const out = zeros([n, m], options);
  for (let i = 0; i < Math.min(n, m); i++) out.impl.storage.data[i * m + i] = 1;
  return out;
}

/** The last argument when it is an object; the shape from the others. */
export function parseShape(
  op: string,
  args: ShapeArgs,
): { shape: number[]; dtype: DType; requiresGrad: boolean } {
  const last = args.at(-1);
  const options: TensorOptions =
    typeof last === "object" && !Array.isArray(last) ? (last as TensorOptions) : {};
  const rest = last === options ? args.slice(0, -1) : args;
  const shape = (Array.isArray(rest[0]) ? rest[0] : rest) as number[];
  return {
    shape: checkedShape(op, shape),
    dtype: options.dtype ?? float32,
    requiresGrad: options.requiresGrad ?? false,
  };
}

function checkedShape(op: string, shape: readonly number[]): number[] {
  for (const s of shape) {
    if (Number.isInteger(s) && s >= 0) continue;
    const fix = "Sizes are whole numbers from 0";
    if (s < 0) throw ShapeError.torch(op, torchSays.negativeSize(s, shape), fix);
    throw new ShapeError(op, `${String(s)} is not a size`, fix);
  }
  return [...shape];
}

function dtypeOf(data: TypedArray): DType {
  if (data instanceof Float32Array) return float32;
  if (data instanceof Float64Array) return float64;
  if (data instanceof Int32Array) return int64;
  if (data instanceof Uint8Array) return uint8;
  const said = `a ${(data as object).constructor.name} has no element type here`;
  const fix = "Pass a Float32Array, Float64Array, Int32Array or Uint8Array";
  throw new DTypeError("tensor", said, fix);
}

function shapeOf(data: unknown): number[] {
  const shape: number[] = [];
  for (let d = data; Array.isArray(d); d = d[0]) shape.push(d.length);
  return shape;
}

function flatten(
  data: unknown,
  shape: readonly number[],
  dim: number,
  out: (number | boolean)[],
): void {
  if (dim === shape.length) {
    if (typeof data === "number" || typeof data === "boolean") {
      out.push(data);
      return;
    }
    const said = `an element is ${Array.isArray(data) ? "an array" : typeof data}, not a number`;
    throw new DTypeError("tensor", said, "Pass numbers or booleans, nested to equal depth");
  }
  if (!Array.isArray(data) || data.length !== shape[dim]) {
    const got = Array.isArray(data) ? data.length : "a number";
    const said = `expected sequence of length ${shape[dim]} at dim ${dim} (got ${got})`;
    throw ShapeError.torch("tensor", said);
  }
  for (const item of data) flatten(item, shape, dim + 1, out);
}

/** The values as a typed array; integers are cut off and must fit. */
function converted(values: readonly (number | boolean)[], dtype: DType): TypedArray {
  const out = dtype.allocate(values.length);
  for (let i = 0; i < out.length; i++) {
    const v = Number(values[i]);
    out[i] = dtype === bool ? +(v !== 0) : dtype === int64 ? inRange("tensor", Math.trunc(v)) : v;
  }
  return out;
}
