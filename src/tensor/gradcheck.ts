/** Derivatives against finite differences. */

import { AutogradError, ConfigError, float64 } from "../core/index.ts";
import { View } from "../ops/view.ts";
import { Generator as RandomGenerator } from "../random/index.ts";
import { noGrad } from "./autograd.ts";
import { randn } from "./random.ts";
import { Tensor } from "./tensor.ts";

/** Options of {@link gradcheck}. */
export interface GradcheckOptions {
  /** The step of the central difference; 1e-6 by default. */
  readonly eps?: number | undefined;
  /** The absolute difference that is allowed; 1e-5 by default. */
  readonly atol?: number | undefined;
  /** The difference that is allowed in relation to the quotient; 1e-3 by default. */
  readonly rtol?: number | undefined;
  /** Whether a failure throws; where it is false, the result is false instead. True by default. */
  readonly raise?: boolean | undefined;
  /** Compares along that many random directions instead of every single entry. */
  readonly directions?: number | undefined;
}

/**
 * Compares the gradients of `f` with central differences `(f(x + eps) − f(x − eps)) / (2 eps)`.
 *
 * The output is weighted with fixed random numbers and summed, so one backward covers all outputs.
 *
 * @param inputs float64; those that require a gradient are checked
 * @throws AutogradError naming the input and the entry where they differ
 * @throws ConfigError when an input that is to be checked is not float64
 * @see torch.autograd.gradcheck
 * @example
 * const x = torch.randn(3, { dtype: torch.float64, requiresGrad: true });
 * console.log(torch.gradcheck((v) => v.tanh(), [x])); // true
 */
export function gradcheck(
  f: (...inputs: Tensor[]) => Tensor | readonly Tensor[],
  inputs: readonly Tensor[],
  options: GradcheckOptions = {},
): boolean {
  const { eps = 1e-6, atol = 1e-5, rtol = 1e-3, raise = true, directions } = options;
  for (const x of inputs) {
    if (!x.requiresGrad || x.dtype === float64) continue;
    throw new ConfigError("gradcheck", `an input is ${x.dtype}`, "Use float64");
  }
  const generator = new RandomGenerator().manualSeed(1);
  const random = (like: Tensor) => randn(like.impl.shape, { dtype: float64, generator });
  const weights = noGrad(() => results(f(...inputs)).map(random));
  const loss = (): Tensor =>
    results(f(...inputs))
      .map((y, i) => y.mul(weights[i] as Tensor).sum())
      .reduce((a, b) => a.add(b));
  for (const x of inputs) x.grad = null;
  loss().backward();
  for (const [i, x] of inputs.entries()) {
    if (!x.requiresGrad) continue;
    const slope = (direction: Float64Array) => centralDifference(x, direction, eps, loss);
    const grad = (x.grad?.impl.data() ?? new Float64Array(x.numel())) as Float64Array;
    for (const [k, direction] of probes(x, directions, random)) {
      const numeric = slope(direction);
      const analytic = grad.reduce((s, g, j) => s + g * (direction[j] as number), 0);
      if (Math.abs(numeric - analytic) <= atol + rtol * Math.abs(numeric)) continue;
      if (!raise) return false;
      const said = `input ${i}, ${k}: the difference quotient is ${numeric}, backward gives ${analytic}`;
      throw new AutogradError("gradcheck", said);
    }
  }
  return true;
}

function results(y: Tensor | readonly Tensor[]): readonly Tensor[] {
  return (y instanceof Tensor ? [y] : y).filter((t) => t.dtype.isFloatingPoint);
}

/** Unit vectors, or random directions; each with a name. */
function* probes(
  x: Tensor,
  directions: number | undefined,
  random: (like: Tensor) => Tensor,
): Generator<[string, Float64Array]> {
  if (directions !== undefined) {
    for (let k = 0; k < directions; k++)
      yield [`direction ${k}`, random(x).impl.data() as Float64Array];
    return;
  }
  for (let k = 0; k < x.numel(); k++) {
    const unit = new Float64Array(x.numel());
    unit[k] = 1;
    yield [`entry ${k}`, unit];
  }
}

function centralDifference(
  x: Tensor,
  direction: Float64Array,
  eps: number,
  loss: () => Tensor,
): number {
  const before = x.toTypedArray();
  const at = (step: number) =>
    noGrad(() => {
      const moved = Float64Array.from(
        before,
        (v: number, j: number) => v + step * (direction[j] as number),
      );
      x.mutate_("gradcheck", (view) => view.assign(View.of(moved, float64, x.impl.shape)));
      return loss().item();
    });
  const difference = (at(eps) - at(-eps)) / (2 * eps);
  noGrad(() =>
    x.mutate_("gradcheck", (view) => view.assign(View.of(before, float64, x.impl.shape))),
  );
  return difference;
}
