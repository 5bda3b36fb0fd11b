import { type Expression, type Expressions, replay } from "../../test/pytorch/expressions.ts";
import { Tensor } from "../tensor/tensor.ts";
import * as loss from "./loss.ts";

type Reduce = (reduction: loss.Reduction) => Expression;

function classes(
  ignoreIndex: number,
  smoothing: number,
  reduction: loss.Reduction,
  [target, weight]: [Tensor, Tensor?],
) {
  const counting = [...target.impl.data()].filter((t) => t !== ignoreIndex);
  const weightSum = counting.reduce((sum, t) => sum + (weight?.impl.data()[t] ?? 1), 0);
  return { ignoreIndex, smoothing, reduction, weightSum };
}

const reduced: Readonly<Record<string, Reduce>> = {
  "F.mse_loss(a, b, ": (reduction) => (a, b) =>
    Tensor.apply(loss.mseLoss, [a, b, null, null], { reduction, args: null }),
  "F.smooth_l1_loss(a, b, ": (reduction) => (a, b) =>
    Tensor.apply(loss.smoothL1Loss, [a, b, null, null], { reduction, args: 1 }),
  "F.smooth_l1_loss(a, b, beta=0.3, ": (reduction) => (a, b) =>
    Tensor.apply(loss.smoothL1Loss, [a, b, null, null], { reduction, args: 0.3 }),
  "F.binary_cross_entropy(a, b, ": (reduction) => (a, b) =>
    Tensor.apply(loss.bceLoss, [a, b, null, null], { reduction, args: null }),
  "F.binary_cross_entropy_with_logits(a, b, ": (reduction) => (a, b) =>
    Tensor.apply(loss.bceWithLogitsLoss, [a, b, null, null], { reduction, args: null }),
  "F.binary_cross_entropy_with_logits(a, b, pos_weight=c.detach(), ": (reduction) => (a, b, c) =>
    Tensor.apply(loss.bceWithLogitsLoss, [a, b, null, c.detach()], { reduction, args: null }),
  "F.cross_entropy(a, b, ": (reduction) => (a, b) =>
    Tensor.apply(loss.crossEntropy, [a, b, null], classes(-100, 0, reduction, [b])),
  "F.cross_entropy(a, b, c.detach(), label_smoothing=0.1, ignore_index=1, ":
    (reduction) => (a, b, c) =>
      Tensor.apply(loss.crossEntropy, [a, b, c.detach()], classes(1, 0.1, reduction, [b, c])),
  "F.nll_loss(a, b, c.detach(), ignore_index=0, ": (reduction) => (a, b, c) =>
    Tensor.apply(loss.nllLoss, [a, b, c.detach()], classes(0, 0, reduction, [b, c])),
};

const table: Expressions = {
  ...Object.fromEntries(
    Object.entries(reduced).flatMap(([code, f]) =>
      (["mean", "sum", "none"] as const).map((r) => [`${code}reduction='${r}')`, f(r)] as const),
    ),
  ),
  "F.cross_entropy(a, b, ignore_index=1, reduction='mean')": (a, b) =>
    Tensor.apply(loss.crossEntropy, [a, b, null], classes(1, 0, "mean", [b])),
};

replay("loss", table);
