import { describe, expect, test } from "vitest";
import { expectClose, tolerance } from "../../test/pytorch/close.ts";
import { readRecording } from "../../test/pytorch/read.ts";
import { type Recorded, restored } from "../../test/pytorch/tensors.ts";
import { float64, int64 } from "../core/index.ts";
import { gradcheck, randn, type Tensor, tensor } from "../tensor/index.ts";
import * as F from "./functional.ts";
import * as nn from "./loss.ts";

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

const cases = readRecording<LossCase[]>("losses.json");
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

describe("loss modules", () => {
  const [x, weight] = [randn(4, 3), tensor([0.5, 1, 2])];
  const real = randn(4, 3).sigmoid();
  const target = tensor([0, 2, 1, 2], { dtype: int64 });

  test("give what the functions give with the same options", () => {
    const options = { reduction: "sum", weight } as const;
    const index = { ...options, ignoreIndex: 1 };
    const soft = { ...index, labelSmoothing: 0.2 };
    const log = x.logSoftmax(1);
    const p = x.sigmoid();
    const pairs: [Tensor, Tensor][] = [
      [new nn.CrossEntropyLoss(soft).forward(x, target), F.crossEntropy(x, target, soft)],
      [new nn.NLLLoss(index).forward(log, target), F.nllLoss(log, target, index)],
      [new nn.MSELoss({ reduction: "none" }).forward(x, real), F.mseLoss(x, real, none)],
      [new nn.L1Loss({ reduction: "none" }).forward(x, real), F.l1Loss(x, real, none)],
      [new nn.BCELoss(options).forward(p, real), F.binaryCrossEntropy(p, real, options)],
    ];
    for (const [got, want] of pairs) expect(got.tolist()).toEqual(want.tolist());
    const half = { beta: 0.5 };
    const smooth = new nn.SmoothL1Loss(half).forward(x, real).item();
    expect(smooth).toBe(F.smoothL1Loss(x, real, half).item());
    const logits = { ...options, posWeight: weight.mul(3) };
    const binary = new nn.BCEWithLogitsLoss(logits).forward(x, real).item();
    expect(binary).toBe(F.binaryCrossEntropyWithLogits(x, real, logits).item());
  });
  const none = { reduction: "none" } as const;

  test("hold their weights as state under PyTorch's names", () => {
    const keys = (m: { stateDict(): object }) => Object.keys(m.stateDict());
    expect(keys(new nn.CrossEntropyLoss())).toEqual([]);
    expect(keys(new nn.CrossEntropyLoss({ weight }))).toEqual(["weight"]);
    expect(keys(new nn.NLLLoss({ weight }))).toEqual(["weight"]);
    expect(keys(new nn.BCELoss({ weight }))).toEqual(["weight"]);
    const both = new nn.BCEWithLogitsLoss({ weight, posWeight: weight });
    expect(keys(both)).toEqual(["weight", "pos_weight"]);
    expect(both.double().pos_weight?.dtype).toBe(float64);
    expect([...both.parameters()]).toEqual([]);
  });

  test("print as in PyTorch, without their options", () => {
    expect(String(new nn.CrossEntropyLoss({ weight }))).toBe("CrossEntropyLoss()");
    expect(String(new nn.SmoothL1Loss({ beta: 2 }))).toBe("SmoothL1Loss()");
  });
});
