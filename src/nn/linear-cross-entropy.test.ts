import { describe, expect, test } from "vitest";
import { expectClose, tolerance } from "../../test/pytorch/close.ts";
import { float64, int64 } from "../core/index.ts";
import { gradcheck, noGrad, randn, type Tensor, tensor } from "../tensor/index.ts";
import * as F from "./functional.ts";

type Options = F.LinearCrossEntropyOptions;

/** x (N, H), W (V, H), b (V), class weights (V); every fifth target is −100. */
function operands(rows: number, inputs: number, classes: number, dtype?: typeof float64) {
  const as = dtype === undefined ? {} : { dtype };
  const [x, weight] = [randn(rows, inputs, as), randn(classes, inputs, as)];
  const [bias, classWeight] = [randn(classes, as), randn(classes, as).abs()];
  const numbers = Array.from({ length: rows }, (_, i) => (i % 5 === 4 ? -100 : (3 * i) % classes));
  const leaves = [x, weight, bias].map((t) => t.requiresGrad_()) as [Tensor, Tensor, Tensor];
  return { leaves, classWeight, target: tensor(numbers, { dtype: int64 }) };
}

/** The loss and the gradients of x, W and b. */
function results(leaves: Tensor[], loss: Tensor, factor = 1): Tensor[] {
  for (const leaf of leaves) leaf.grad = null;
  loss.mul(factor).backward();
  return [loss.detach(), ...leaves.map((leaf) => leaf.grad as Tensor)];
}

function expectAllClose(got: Tensor[], want: Tensor[]): void {
  expect(got).toHaveLength(want.length);
  got.forEach((g, i) => {
    const w = want[i] as Tensor;
    const whole = { shape: [...w.shape], data: Array.from(w.toTypedArray(), Number) };
    expectClose(g, whole, i === 0 ? tolerance.forward : tolerance.gradient, `result ${i}`);
  });
}

describe("linearCrossEntropy() is crossEntropy(linear()), with its gradients", () => {
  const reductions = [undefined, "mean", "sum"] as const;
  test.each(reductions.flatMap((r) => [0, 0.2].map((e) => [r, e] as const)))(
    "reduction %s, smoothing %f",
    (reduction, labelSmoothing) => {
      for (const rows of [1, 7, 600]) {
        const { leaves, target, classWeight } = operands(rows, 6, 11);
        const [x, weight, bias] = leaves;
        for (const w of [null, classWeight]) {
          const shared = { reduction, labelSmoothing };
          const options: Options = { ...shared, bias, classWeight: w };
          const got = F.linearCrossEntropy(x, weight, target, options);
          const logits = F.linear(x, weight, bias);
          const want = F.crossEntropy(logits, target, { ...shared, weight: w });
          expectAllClose(results(leaves, got, 0.3), results(leaves, want, 0.3));
        }
      }
    },
  );

  test("rows (T, B, H), a transposed input and weight, another ignored class, no bias", () => {
    const { leaves, target } = operands(10, 4, 6);
    const [x, weight] = leaves;
    const options = { ignoreIndex: 3 };
    const classes = target.clamp(0);
    const used = [x, weight];
    const turned = x.view(2, 5, 4).transpose(0, 1);
    const w = weight.view(4, 6).t();
    const t = classes.view(2, 5).t();
    const got = F.linearCrossEntropy(turned, w, t, options);
    const logits = F.linear(turned.reshape(10, 4), w);
    const want = F.crossEntropy(logits, t.reshape(10), options);
    expectAllClose(results(used, got), results(used, want));
    const one = F.linearCrossEntropy(x.select(0, 1), weight, target.select(0, 1));
    const alone = F.crossEntropy(F.linear(x.select(0, 1), weight), target.select(0, 1));
    expectAllClose(results(used, one), results(used, alone));
  });

  test("no rows, and rows that are all ignored: mean NaN, sum 0, gradients 0", () => {
    for (const rows of [0, 4]) {
      const { leaves, target } = operands(rows, 3, 5);
      const [x, weight, bias] = leaves;
      const ignored = target.mul(0).sub(100);
      for (const reduction of ["mean", "sum"] as const) {
        const got = F.linearCrossEntropy(x, weight, ignored, { bias, reduction });
        const want = F.crossEntropy(F.linear(x, weight, bias), ignored, { reduction });
        expectAllClose(results(leaves, got), results(leaves, want));
        expect(got.item()).toBe(reduction === "mean" ? Number.NaN : 0);
        expect(weight.grad?.abs().max().item()).toBe(0);
      }
    }
  });
});

describe("the gradients of linearCrossEntropy()", () => {
  test("agree with difference quotients", () => {
    const { leaves, target, classWeight } = operands(7, 3, 5, float64);
    for (const reduction of ["mean", "sum"] as const) {
      const options = { reduction, classWeight, labelSmoothing: 0.1 };
      const loss = (x: Tensor, weight: Tensor, bias: Tensor) =>
        F.linearCrossEntropy(x, weight, target, { ...options, bias });
      expect(gradcheck(loss as (...inputs: Tensor[]) => Tensor, leaves)).toBe(true);
    }
  });

  test("are there for those operands alone that want them", () => {
    const { leaves, target } = operands(6, 3, 5);
    const [x, weight, bias] = leaves.map((leaf) => leaf.detach()) as [Tensor, Tensor, Tensor];
    const only = weight.clone().requiresGrad_();
    F.linearCrossEntropy(x, only, target, { bias }).backward();
    F.linearCrossEntropy(leaves[0], leaves[1], target, { bias: leaves[2] }).backward();
    expectAllClose([only.grad as Tensor], [leaves[1].grad as Tensor]);
    expect(x.grad).toBe(null);
    expect(F.linearCrossEntropy(x, weight, target).requiresGrad).toBe(false);
    const loss = noGrad(() => F.linearCrossEntropy(leaves[0], leaves[1], target));
    expect(loss.requiresGrad).toBe(false);
  });

  test("come twice where the graph is retained, and add up", () => {
    const { leaves, target } = operands(6, 3, 5);
    const [x, weight] = leaves;
    F.linearCrossEntropy(x, weight, target).backward();
    const [once, dx] = [weight.grad, x.grad] as unknown as [Tensor, Tensor];
    x.grad = null;
    weight.grad = null;
    const loss = F.linearCrossEntropy(x, weight, target);
    loss.mul(2).backward({ retainGraph: true });
    loss.backward();
    const thrice = [once, dx].map((g) => g.mul(3));
    expectAllClose([weight.grad, x.grad] as unknown as Tensor[], thrice);
    expect(() => loss.backward()).toThrow("backward through the graph a second time");
  });

  test("of tied weights add to those of the other use", () => {
    const { leaves, target } = operands(8, 4, 9);
    const table = leaves[1];
    const tied = (project: (rows: Tensor) => Tensor) =>
      results([table], project(F.embedding(target.clamp(0), table)));
    const got = tied((rows) => F.linearCrossEntropy(rows, table, target));
    const want = tied((rows) => F.crossEntropy(F.linear(rows, table), target));
    expectAllClose(got, want);
  });

  test("stay right when an operand is changed after forward", () => {
    const { leaves, target } = operands(6, 3, 5);
    const [x, weight] = leaves;
    const want = results([x, weight], F.linearCrossEntropy(x, weight, target));
    x.grad = weight.grad = null;
    const loss = F.linearCrossEntropy(x, weight, target);
    noGrad(() => weight.mul_(0));
    loss.backward();
    expectAllClose([x.grad, weight.grad] as unknown as Tensor[], want.slice(1));
  });
});

describe("linearCrossEntropy() refuses", () => {
  const { leaves, target, classWeight } = operands(4, 3, 5);
  const [x, weight, bias] = leaves;
  const call =
    (options: object, other: { x?: Tensor; target?: Tensor } = {}) =>
    () =>
      F.linearCrossEntropy(other.x ?? x, weight, other.target ?? target, options);

  test.each([
    [
      "a loss for each row",
      call({ reduction: "none" }),
      "Use mean or sum, or crossEntropy(linear(",
    ],
    ["another reduction", call({ reduction: "max" }), "max is not a valid value for reduction"],
    [
      "smoothing above 1",
      call({ labelSmoothing: 2 }),
      "label_smoothing must be between 0.0 and 1.0",
    ],
    [
      "an input of another width",
      call({}, { x: randn(4, 2) }),
      "mat1 and mat2 shapes cannot be multiplied (4x2 and 3x5)",
    ],
    ["another type", call({}, { x: x.double() }), "mat1 and mat2 must have the same dtype"],
    [
      "a bias of another type",
      call({ bias: bias.double() }),
      "linearCrossEntropy: expected scalar type Float but found Double",
    ],
    [
      "class weights of another type",
      call({ classWeight: classWeight.double() }),
      "expected scalar type Float but found Double",
    ],
    [
      "a bias of another length",
      call({ bias: randn(4) }),
      "the weight has 5 rows, the bias is [4]. Give one element for each row.",
    ],
    [
      "class weights of another length",
      call({ classWeight: randn(4) }),
      "weight tensor should be defined either for all 5 classes or no classes",
    ],
    ["real targets", call({}, { target: randn(4) }), "expected scalar type Long but found Float"],
    [
      "targets of another shape",
      call({}, { target: target.view(2, 2) }),
      "Expected target size [4], got [2, 2]. The target has the sizes of the input but the last.",
    ],
    ["a class that is none", call({}, { target: target.add(5) }), "Target 5 is out of bounds."],
  ])("%s", (_what, run, message) => {
    expect(run).toThrow(message);
  });
});
