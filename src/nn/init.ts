/** Initial values, from PyTorch's random stream. All write in place without recording. */

import { ConfigError, ShapeError } from "../core/index.ts";
import { isGradEnabled, noGrad, randn, type Tensor } from "../tensor/index.ts";
import { qr } from "./qr.ts";
import { isSkippingInit } from "./utils/skip-init.ts";

/** Which side of a weight is counted: its inputs or its outputs. */
export type FanMode = "fan_in" | "fan_out";
/** The functions that {@link calculateGain} knows. */
export type Nonlinearity =
  | "linear"
  | "sigmoid"
  | "tanh"
  | "relu"
  | "leaky_relu"
  | "selu"
  | "conv1d"
  | "conv2d"
  | "conv3d";

/** Options of the Kaiming initialisations. */
export interface KaimingOptions {
  /** The negative slope of the rectifier that follows; 0 by default. */
  readonly a?: number | undefined;
  /** Which fan the variance is divided by: `fan_in` (default) or `fan_out`. */
  readonly mode?: FanMode | undefined;
  /** The function that follows; `leaky_relu` by default. */
  readonly nonlinearity?: Nonlinearity | undefined;
}

/** Fills w with uniform numbers in [a, b). @see torch.nn.init.uniform_ */
export function uniform_(w: Tensor, a = 0, b = 1): Tensor {
  return silently(w, () => w.uniform_(a, b));
}

/** Fills w with normal numbers. @see torch.nn.init.normal_ */
export function normal_(w: Tensor, mean = 0, std = 1): Tensor {
  return silently(w, () => w.normal_(mean, std));
}

/** Makes all elements of w `value`. @see torch.nn.init.constant_ */
export function constant_(w: Tensor, value: number): Tensor {
  return silently(w, () => w.fill_(value));
}

/** Makes all elements of w 0. @see torch.nn.init.zeros_ */
export function zeros_(w: Tensor): Tensor {
  return constant_(w, 0);
}

/** Makes all elements of w 1. @see torch.nn.init.ones_ */
export function ones_(w: Tensor): Tensor {
  return constant_(w, 1);
}

/**
 * Makes a matrix w the identity: ones on the diagonal, zeros elsewhere.
 *
 * @throws ShapeError when w is no matrix
 * @see torch.nn.init.eye_
 */
export function eye_(w: Tensor): Tensor {
  if (w.ndim !== 2) {
    throw ShapeError.torch("init.eye_", "Only tensors with 2 dimensions are supported");
  }
  return silently(w, () => {
    w.zero_();
    for (let i = 0; i < Math.min(w.size(0), w.size(1)); i++) w.at(i, i).fill_(1);
    return w;
  });
}

/**
 * The factor that a weight needs before a nonlinearity: 5/3 for tanh, √2 for relu.
 *
 * @param param the negative slope of `leaky_relu`
 * @throws ConfigError for a nonlinearity that it does not know
 * @see torch.nn.init.calculate_gain
 */
export function calculateGain(nonlinearity: Nonlinearity, param = 0.01): number {
  switch (nonlinearity) {
    case "tanh":
      return 5 / 3;
    case "relu":
      return Math.SQRT2;
    case "leaky_relu":
      return Math.sqrt(2 / (1 + param ** 2));
    case "selu":
      return 3 / 4;
    case "linear":
    case "sigmoid":
    case "conv1d":
    case "conv2d":
    case "conv3d":
      return 1;
    default:
      throw ConfigError.torch("init.calculateGain", `Unsupported nonlinearity ${nonlinearity}`);
  }
}

/**
 * Fills w (out, in, …) with uniform numbers in ±`gain √(6 / (fan_in + fan_out))`.
 *
 * @throws ShapeError when w has fewer than two dimensions
 * @see torch.nn.init.xavier_uniform_; Glorot and Bengio 2010
 */
export function xavierUniform_(w: Tensor, gain = 1): Tensor {
  const { fanIn, fanOut } = fans(w);
  const bound = Math.sqrt(3) * (gain * Math.sqrt(2 / (fanIn + fanOut)));
  return uniform_(w, -bound, bound);
}

/**
 * Fills w (out, in, …) with normal numbers of deviation `gain √(2 / (fan_in + fan_out))`.
 *
 * @throws ShapeError when w has fewer than two dimensions
 * @see torch.nn.init.xavier_normal_; Glorot and Bengio 2010
 */
export function xavierNormal_(w: Tensor, gain = 1): Tensor {
  const { fanIn, fanOut } = fans(w);
  return normal_(w, 0, gain * Math.sqrt(2 / (fanIn + fanOut)));
}

/**
 * Fills w (out, in, …) with uniform numbers in ±`gain √(3 / fan)`.
 *
 * @throws ShapeError when w has fewer than two dimensions
 * @see torch.nn.init.kaiming_uniform_; He et al. 2015
 */
export function kaimingUniform_(w: Tensor, options: KaimingOptions = {}): Tensor {
  if (w.impl.shape.includes(0)) return w;
  const bound = Math.sqrt(3) * kaimingStd(w, options);
  return uniform_(w, -bound, bound);
}

/**
 * Fills w (out, in, …) with normal numbers of deviation `gain / √fan`.
 *
 * @throws ShapeError when w has fewer than two dimensions
 * @see torch.nn.init.kaiming_normal_; He et al. 2015
 */
export function kaimingNormal_(w: Tensor, options: KaimingOptions = {}): Tensor {
  if (w.impl.shape.includes(0)) return w;
  return normal_(w, 0, kaimingStd(w, options));
}

function kaimingStd(w: Tensor, options: KaimingOptions): number {
  const { a = 0, mode = "fan_in", nonlinearity = "leaky_relu" } = options;
  const { fanIn, fanOut } = fans(w);
  return calculateGain(nonlinearity, a) / Math.sqrt(mode === "fan_in" ? fanIn : fanOut);
}

/**
 * Makes the rows or columns of w, whichever are fewer, orthonormal, times `gain`.
 *
 * It takes Q of the QR decomposition of a normal matrix, its signs fixed by R's diagonal.
 *
 * @throws ShapeError when w has fewer than two dimensions
 * @see torch.nn.init.orthogonal_; Saxe et al. 2013
 * @example
 * const w = nn.init.orthogonal_(torch.empty(2, 3));
 * console.log(torch.allclose(w.mm(w.t()), torch.eye(2), { atol: 1e-6 })); // true
 */
export function orthogonal_(w: Tensor, gain = 1): Tensor {
  if (w.ndim < 2) {
    const said = "Only tensors with 2 or more dimensions are supported";
    throw ShapeError.torch("init.orthogonal_", said);
  }
  const rows = w.size(0);
  const cols = w.numel() / Math.max(rows, 1);
  return silently(w, () => {
    const sample = randn(rows, cols, { dtype: w.dtype });
    const tall = rows < cols ? sample.t() : sample;
    const q = qr(tall);
    w.copy_((rows < cols ? q.t() : q).reshape(...w.impl.shape));
    return w.mul_(gain);
  });
}

/**
 * Fills w with normal numbers truncated to [a, b], by inverting the distribution.
 *
 * @see torch.nn.init.trunc_normal_
 */
export function truncNormal_(w: Tensor, mean = 0, std = 1, a = -2, b = 2): Tensor {
  const phi = (x: number) => (1 + erf(x / Math.SQRT2)) / 2;
  const [low, high] = [phi((a - mean) / std), phi((b - mean) / std)];
  return silently(w, () => {
    w.uniform_(2 * low - 1, 2 * high - 1);
    w.mutate_("truncNormal_", (view) => {
      const data = view.storage.data;
      for (let i = 0; i < data.length; i++) data[i] = erfinv(data[i] as number);
    });
    return w
      .mul_(std * Math.SQRT2)
      .add_(mean)
      .clamp_(a, b);
  });
}

function fans(w: Tensor): { fanIn: number; fanOut: number } {
  if (w.ndim < 2) {
    const said = "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions";
    throw ShapeError.torch("init", said);
  }
  const field = w.impl.shape.slice(2).reduce((a, b) => a * b, 1);
  return { fanIn: w.size(1) * field, fanOut: w.size(0) * field };
}

/** Changes a parameter in place, which is right before anything is computed from it. */
function silently(w: Tensor, change: () => Tensor): Tensor {
  if (isSkippingInit()) return w;
  return isGradEnabled() ? noGrad(change) : change();
}

/** The error function `2/√π ∫₀ˣ e^(−t²) dt`, by its series or its continued fraction. */
function erf(x: number): number {
  const a = Math.abs(x);
  if (a > 6) return Math.sign(x);
  if (a < 2.5) {
    let [term, sum] = [a, a];
    for (let n = 1; Math.abs(term) > 1e-17 * sum; n++) {
      term *= (-a * a) / n;
      sum += term / (2 * n + 1);
    }
    return (Math.sign(x) * sum * 2) / Math.sqrt(Math.PI);
  }
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = n / 2 / (a + fraction);
  return Math.sign(x) * (1 - Math.exp(-a * a) / ((a + fraction) * Math.sqrt(Math.PI)));
}

/** The inverse of {@link erf}: Winitzki's estimate, then Newton's steps. */
function erfinv(y: number): number {
  if (Math.abs(y) >= 1) return y * Number.POSITIVE_INFINITY;
  const log = Math.log(1 - y * y);
  const t = 2 / (Math.PI * 0.147) + log / 2;
  let x = Math.sign(y) * Math.sqrt(Math.sqrt(t * t - log / 0.147) - t);
  for (let i = 0; i < 3; i++) {
    x -= ((erf(x) - y) * Math.sqrt(Math.PI)) / (2 * Math.exp(-x * x));
  }
  return x;
}
