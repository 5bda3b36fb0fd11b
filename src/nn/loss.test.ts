import { describe, expect, test } from "vitest";
import { golden } from "../../test/golden/read.ts";
import { expectClose, type Recorded, restored, tolerance } from "../../test/golden/tensors.ts";
import { float64, int64 } from "../core/index.ts";
import { gradcheck, randn, type Tensor, tensor } from "../tensor/index.ts";
import * as F from "./functional.ts";

interface LossCase {
  loss: string;
  input: Recorded;
  target?: Recorded | number[] | number;
  weight?: Recorded | number[] | null;
  pos_weight?: Recorded | number[] | null;
  reduction?: F.Reduction;
  label_smoothing?: number;
  ignore_index?: number;
  beta?: number;
  dim?: number;
  value: Recorded;
  grad_output?: Recorded;
  grad_input: Recorded;
}

const cases = golden<LossCase[]>("losses.json");
/** Losses of PyTorch that saiki does not have yet. */
const absent = ["huber_loss"];

function real(x: Recorded | number[] | null | undefined): Tensor | null {
  if (x === null || x === undefined) return null;
  return Array.isArray(x) ? tensor(x) : restored(x);
}

function classes(x: LossCase["target"]): Tensor {
  if (typeof x === "number" || Array.isArray(x)) return tensor(x, { dtype: int64 });
  return restored(x as Recorded, int64);
}

function compute(c: LossCase, x: Tensor): Tensor {
  const reduction = c.reduction;
  const weight = real(c.weight);
  const target = () => real(c.target as Recorded) as Tensor;
  switch (c.loss) {
    case "cross_entropy":
      return F.crossEntropy(x, classes(c.target), {
        ...{ reduction, weight, ignoreIndex: c.ignore_index, labelSmoothing: c.label_smoothing },
      });
    case "cross_entropy_prob":
      return F.crossEntropy(x, target(), { reduction, weight, labelSmoothing: c.label_smoothing });
    case "nll_loss":
      return F.nllLoss(x, classes(c.target), { reduction, weight, ignoreIndex: c.ignore_index });
    case "mse_loss":
      return F.mseLoss(x, target(), { reduction });
    case "l1_loss":
      return F.l1Loss(x, target(), { reduction });
    case "smooth_l1_loss":
      return F.smoothL1Loss(x, target(), { reduction, beta: c.beta });
    case "binary_cross_entropy":
      return F.binaryCrossEntropy(x, target(), { reduction, weight });
    case "binary_cross_entropy_with_logits":
      return F.binaryCrossEntropyWithLogits(x, target(), {
        ...{ reduction, weight, posWeight: real(c.pos_weight) },
      });
    case "softmax":
      return F.softmax(x, c.dim ?? 1);
    case "log_softmax":
      return F.logSoftmax(x, c.dim ?? 1);
    default:
      throw new Error(`no counterpart of ${c.loss}`);
  }
}

describe("losses match PyTorch", () => {
  const present = cases.filter((c) => !absent.includes(c.loss));
  const titled = present.map((c, i) => [`${i} ${c.loss} ${c.reduction ?? ""}`, c] as const);
  test.each(titled)("%s: value and gradient", (_title, c) => {
    const x = restored(c.input).requiresGrad_();
    const value = compute(c, x);
    expectClose(value, c.value, tolerance.forward, "value");
    value.backward(c.grad_output ? restored(c.grad_output).reshape(...value.shape) : undefined);
    expectClose(x.grad, c.grad_input, tolerance.gradient, "gradient");
  });

  test("derivatives by the target agree with difference quotients", () => {
    const [x, y] = [randn(3, 2, { dtype: float64 }), randn(3, 2, { dtype: float64 })];
    const inputs = [x.requiresGrad_(), y.requiresGrad_()];
    const p = () => [x, y].map((t) => t.detach().sigmoid().requiresGrad_());
    expect(gradcheck((a, b) => F.mseLoss(a as Tensor, b as Tensor), inputs)).toBe(true);
    expect(gradcheck((a, b) => F.smoothL1Loss(a as Tensor, b as Tensor), inputs)).toBe(true);
    expect(gradcheck((a, b) => F.binaryCrossEntropy(a as Tensor, b as Tensor), p())).toBe(true);
  });
});
