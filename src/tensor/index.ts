export { isGradEnabled, noGrad } from "./autograd.ts";
export {
  arange,
  empty,
  emptyLike,
  eye,
  full,
  fullLike,
  linspace,
  ones,
  onesLike,
  type ShapeArgs,
  type TensorOptions,
  tensor,
  zeros,
  zerosLike,
} from "./creation.ts";
export { dropout } from "./dropout.ts";
export * from "./functions.ts";
export * from "./gradcheck.ts";

export * from "./random.ts";
export * from "./tensor.ts";
