import { describe, expect, test } from "vitest";
import { modified, sentence } from "../../test/pytorch/sentence.ts";
import { AutogradError, float64, int64 } from "../core/index.ts";
import type { Context, Op } from "../ops/op.ts";
import type { View } from "../ops/view.ts";
import { isGradEnabled, noGrad } from "./autograd.ts";
import { ones, tensor, zeros } from "./creation.ts";
import { cat, maximum, stack, where } from "./functions.ts";
import { Tensor } from "./tensor.ts";

const leaf = (...data: number[]) => tensor(data, { requiresGrad: true });
const gradOf = (x: Tensor) => x.grad?.tolist();

const secondBackward =
  "Trying to backward through the graph a second time (or directly access saved tensors after " +
  "they have already been freed). Saved intermediate values of the graph are freed when you call " +
  ".backward() or autograd.grad(). Specify retain_graph=True if you need to backward through the " +
  "graph a second time or if you need to access saved tensors after calling backward.";

describe("backward", () => {
  test("adds to .grad what several calls and several uses give", () => {
    const x = leaf(1, 2);
    x.mul(x).sum().backward();
    expect(gradOf(x)).toEqual([2, 4]);
    x.mul(3).sum().backward();
    expect(gradOf(x)).toEqual([5, 7]);
    x.grad = null;
    x.sum().backward();
    expect(gradOf(x)).toEqual([1, 1]);
  });

  test("weights outputs with the gradient it is given", () => {
    const x = leaf(1, 2, 3);
    x.mul(x).backward(tensor([1, 10, 100]));
    expect(gradOf(x)).toEqual([2, 40, 600]);
  });

  test("on a leaf leaves the gradient there", () => {
    const x = tensor(3, { requiresGrad: true });
    x.backward();
    expect(gradOf(x)).toBe(1);
  });

  test("does not keep the caller's gradient as memory of a leaf", () => {
    const x = leaf(1, 2);
    const seed = tensor([5, 6]);
    x.backward(seed);
    x.backward(seed);
    expect(gradOf(x)).toEqual([10, 12]);
    expect(seed.tolist()).toEqual([5, 6]);
  });

  test("gives leaves that share one gradient memory of their own", () => {
    const [a, b] = [leaf(1, 1), leaf(2, 2)];
    a.add(b).mul(2).sum().backward();
    a.mul(10).sum().backward();
    expect(gradOf(a)).toEqual([12, 12]);
    expect(gradOf(b)).toEqual([2, 2]);
  });

  test("does not keep a leaf's gradient that is used as another's seed", () => {
    const [a, b] = [leaf(1, 1), leaf(2, 2)];
    a.mul(2).sum().backward();
    b.backward(a.grad as Tensor);
    b.mul(5).sum().backward();
    expect(gradOf(a)).toEqual([2, 2]);
    expect(gradOf(b)).toEqual([7, 7]);
  });

  test("adds to a .grad that lies scattered in memory", () => {
    const x = ones(2, 3, { requiresGrad: true });
    x.grad = zeros(3, 2).t();
    x.mul(2).sum().backward();
    expect(gradOf(x)).toEqual([
      [2, 2, 2],
      [2, 2, 2],
    ]);
  });

  test("sums over all paths of a diamond, each node once", () => {
    const x = leaf(3);
    const y = x.mul(2);
    let calls = 0;
    const counted = Tensor.apply(
      counting(() => calls++),
      [y],
      undefined,
    );
    const [left, right] = [counted.mul(5), counted.mul(counted)];
    left.add(right).sum().backward();
    expect(gradOf(x)).toEqual([2 * (5 + 2 * 6)]);
    expect(calls).toBe(1);
  });

  test("handles diamonds in a row, whose paths are too many to walk", () => {
    const x = tensor(1, { dtype: float64, requiresGrad: true });
    let y: Tensor = x;
    for (let i = 0; i < 40; i++) y = y.add(y);
    y.backward();
    expect(gradOf(x)).toBe(2 ** 40);
  });

  test("walks 10,000 nodes without overflowing the stack", () => {
    const x = leaf(1);
    let y: Tensor = x;
    for (let i = 0; i < 10_000; i++) y = y.add(1);
    y.sum().backward();
    expect(gradOf(x)).toEqual([1]);
  });

  test("gives each leaf a gradient of its own type", () => {
    const results: ((a: Tensor, b: Tensor) => Tensor)[] = [
      (a, b) => a.add(b),
      (a, b) => a.mul(b),
      (a, b) => a.div(b),
      (a, b) => a.pow(b),
      (a, b) => maximum(a, b),
      (a, b) => where(a.gt(b), a, b),
      (a, b) => cat([a, b]),
      (a, b) => stack([a, b]),
    ];
    for (const f of results) {
      const [a, b] = [leaf(1, 3), tensor([2, 2], { dtype: float64, requiresGrad: true })];
      const y = f(a, b);
      expect(y.dtype).toBe(float64);
      y.sum().backward();
      expect([a.grad?.dtype, b.grad?.dtype]).toEqual([a.dtype, b.dtype]);
    }
  });

  test("through iteration over the first dimension goes through one UnbindBackward0", () => {
    const x = tensor(
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      { requiresGrad: true },
    );
    const [first, , last] = x as unknown as Tensor[];
    expect(first?.gradFn?.nameOf(0)).toBe("UnbindBackward0");
    expect(first?.gradFn).toBe(last?.gradFn);
    first
      ?.mul(2)
      .sum()
      .add((last as Tensor).mul(3).sum())
      .backward();
    expect(gradOf(x)).toEqual([
      [2, 2],
      [0, 0],
      [3, 3],
    ]);
  });

  test("refuses what does not require a gradient, and more than one element", () => {
    expect(sentence(() => ones(3).sum().backward())).toBe(
      "element 0 of tensors does not require grad and does not have a grad_fn",
    );
    expect(sentence(() => leaf(1, 2).mul(2).backward())).toBe(
      "grad can be implicitly created only for scalar outputs",
    );
    expect(sentence(() => leaf(1, 2, 3).backward(ones(2)))).toBe(
      "Mismatch in shape: grad_output[0] has a shape of torch.Size([2]) and output[0] has a shape " +
        "of torch.Size([3]).",
    );
  });
});

describe("a graph", () => {
  test("cannot be walked twice where something was saved", () => {
    const x = leaf(1, 2);
    const y = x.mul(x).sum();
    y.backward();
    expect(sentence(() => y.backward())).toBe(secondBackward);
    expect(gradOf(x)).toEqual([2, 4]);
  });

  test("can be walked twice where nothing was saved, as in PyTorch", () => {
    const x = leaf(1, 2);
    const y = x.add(1).sum();
    y.backward();
    y.backward();
    expect(gradOf(x)).toEqual([2, 2]);
  });

  test("can be walked again as long as retainGraph says so", () => {
    const x = leaf(3);
    const y = x.mul(x).sum();
    y.backward({ retainGraph: true });
    y.backward(tensor(1), { retainGraph: true });
    y.backward();
    expect(gradOf(x)).toEqual([18]);
    expect(sentence(() => y.backward())).toBe(secondBackward);
  });

  test("releases saved values and pooled buffers after backward, and only then", () => {
    let released = 0;
    const contexts: Context[] = [];
    const op = saving(contexts, () => released++);
    const x = leaf(1, 2);
    const y = Tensor.apply(op, [x], undefined).sum();
    y.backward({ retainGraph: true });
    expect([released, contexts[0]?.saved().length]).toEqual([0, 1]);
    y.backward();
    expect([released, contexts[0]?.saved().length]).toEqual([1, 0]);
    expect(contexts[0]?.isReleased).toBe(true);
  });

  test("records nothing where no input requires a gradient", () => {
    const contexts: Context[] = [];
    const y = Tensor.apply(
      saving(contexts, () => {}),
      [ones(2)],
      undefined,
    );
    expect(y.gradFn).toBeNull();
    expect(contexts[0]?.saved()).toEqual([]);
  });
});

describe("requiresGrad", () => {
  test("of a result follows from the operands", () => {
    const [x, c] = [leaf(1), ones(1)];
    expect([x.mul(c).requiresGrad, c.mul(c).requiresGrad]).toEqual([true, false]);
    expect([x.isLeaf, x.mul(c).isLeaf, c.mul(c).isLeaf]).toEqual([true, false, true]);
    expect(x.gt(c).requiresGrad).toBe(false);
  });

  test("can be turned off on a leaf that was used before", () => {
    const x = leaf(1);
    x.mul(2).sum().backward();
    x.requiresGrad = false;
    expect(x.mul(2).requiresGrad).toBe(false);
    x.requiresGrad = true;
    x.mul(3).sum().backward();
    expect(gradOf(x)).toEqual([5]);
  });

  test("is refused on integers and cannot be turned off on results", () => {
    expect(sentence(() => ones(2, { dtype: int64 }).requiresGrad_())).toContain(
      "floating point and complex dtype can require gradients",
    );
    expect(sentence(() => leaf(1).mul(2).requiresGrad_(false))).toContain(
      "you can only change requires_grad flags of leaf variables.",
    );
  });
});

describe("retainGrad", () => {
  test("leaves the gradient of an intermediate result in .grad and adds up", () => {
    const x = leaf(1, 1);
    const y = x.mul(2);
    y.retainGrad();
    const z = y.mul(y).sum();
    z.backward({ retainGraph: true });
    expect(gradOf(y)).toEqual([4, 4]);
    z.backward();
    expect(gradOf(y)).toEqual([8, 8]);
    expect(gradOf(x)).toEqual([16, 16]);
  });

  test("without it an intermediate result has none", () => {
    const y = leaf(1).mul(2);
    y.sum().backward();
    expect(y.grad).toBeNull();
  });

  test("sees the whole gradient of one of several outputs", () => {
    const [a, b] = leaf(1, 2).unbind(0) as [Tensor, Tensor];
    b.retainGrad();
    a.add(b).add(b).backward();
    expect([gradOf(b), a.grad]).toEqual([2, null]);
  });

  test("is refused where no gradient will come, and does nothing on leaves", () => {
    expect(sentence(() => ones(2).retainGrad())).toBe(
      "can't retain_grad on Tensor that has requires_grad=False",
    );
    const x = leaf(1);
    x.retainGrad();
    x.mul(2).sum().backward();
    expect(gradOf(x)).toEqual([2]);
  });
});

describe("detach and noGrad", () => {
  test("detach() shares memory and cuts the history", () => {
    const x = leaf(1, 2);
    const d = x.mul(2).detach();
    expect([d.requiresGrad, d.isLeaf]).toEqual([false, true]);
    x.mul(d).sum().backward();
    expect(gradOf(x)).toEqual([2, 4]);
    const y = ones(2);
    y.detach().add_(1);
    expect(y.tolist()).toEqual([2, 2]);
  });

  test("changes through detach() are seen by the version check", () => {
    const x = leaf(1, 2);
    const y = x.exp();
    y.detach().add_(1);
    expect(sentence(() => y.sum().backward())).toBe(
      modified("[2]], which is output 0 of ExpBackward0,", 1),
    );
  });

  test("noGrad() records nothing, nests, and ends when its function throws", () => {
    const x = leaf(1);
    const [inner, outer] = noGrad(() => [noGrad(() => x.mul(2)), x.mul(3)] as const);
    expect([inner.requiresGrad, outer.requiresGrad, isGradEnabled()]).toEqual([false, false, true]);
    expect(() =>
      noGrad(() => {
        throw new RangeError("x");
      }),
    ).toThrow(RangeError);
    expect(isGradEnabled()).toBe(true);
  });

  test("noGrad() refuses a function that returns a promise", () => {
    const x = leaf(1);
    expect(() => noGrad(async () => x.mul(2))).toThrow(AutogradError);
    expect(isGradEnabled()).toBe(true);
  });
});

/** The identity, which reports each run of its backward. */
function counting(onBackward: () => void): Op<[View]> {
  return {
    name: "CountingBackward0",
    forward: (_ctx, [x]) => x.clone(),
    backward(_ctx, grad) {
      onBackward();
      return [grad];
    },
  };
}

/** The identity, which saves its input and acquires a buffer. */
function saving(contexts: Context[], onRelease: () => void): Op<[View]> {
  return {
    name: "SavingBackward0",
    forward(ctx, [x]) {
      contexts.push(ctx);
      if (ctx.recording) {
        ctx.save(x);
        ctx.onRelease(onRelease);
      }
      return x.clone();
    },
    backward: (_ctx, grad) => [grad],
  };
}
