/** The tape reuses the memory of gradients, except of those that a user can still see. */

import { beforeEach, describe, expect, test } from "vitest";
import { float64, int64 } from "../core/index.ts";
import { emptyPool, poolMemory } from "../kernels/pool.ts";
import type { Op } from "../ops/op.ts";
import { View } from "../ops/view.ts";
import { manualSeed } from "../random/index.ts";
import { ones, randn, Tensor, tensor } from "../tensor/index.ts";
import { Embedding } from "./embedding.ts";
import * as F from "./functional.ts";
import { Linear } from "./linear.ts";
import { GRU } from "./recurrent/gru.ts";
import { LSTM } from "./recurrent/lstm.ts";
import { RNN } from "./recurrent/rnn.ts";

beforeEach(() => {
  manualSeed(0);
  emptyPool();
});

/**
 * T, B, E = H, V: all gradients between layers have T·B·H elements, so they can reuse each other's
 * memory.
 */
const [T, B, H, V] = [5, 4, 40, 7];
const targets = tensor(
  Array.from({ length: T * B }, (_, i) => i % V),
  { dtype: int64 },
);

function lossOf(y: Tensor, head: Linear): Tensor {
  return F.linearCrossEntropy(y.flatten(0, 1), head.weight, targets, { bias: head.bias });
}

describe.each([
  ["RNN", RNN],
  ["LSTM", LSTM],
  ["GRU", GRU],
] as const)("after %s, whose gradients are pooled", (_name, Layer) => {
  const layers = () => ({
    rnn: new Layer(H, H, { numLayers: 2, dropout: 0.3 }),
    head: new Linear(H, V),
  });
  const forward = (m: ReturnType<typeof layers>, x: Tensor) =>
    (m.rnn.forward as (x: Tensor) => [Tensor, unknown]).call(m.rnn, x)[0];
  /** Other work of the same sizes, which overwrites the pool's memory. */
  const others = (m: ReturnType<typeof layers>) => {
    for (let i = 0; i < 3; i++)
      lossOf(forward(m, randn(T, B, H).requiresGrad_().mul(2)), m.head).backward();
  };

  test("a leaf's gradient stays, and adds up", () => {
    const m = layers();
    const x = randn(T, B, H).requiresGrad_();
    lossOf(forward(m, x), m.head).backward();
    const first = x.grad as Tensor;
    const before = first.toTypedArray();
    others(m);
    expect(first.toTypedArray()).toEqual(before);
    m.rnn.eval();
    x.grad = null;
    const loss = lossOf(forward(m, x), m.head);
    loss.backward({ retainGraph: true });
    const once = (x.grad as unknown as Tensor).toTypedArray();
    others(m);
    loss.backward();
    expect((x.grad as unknown as Tensor).toTypedArray()).toEqual(once.map((v) => v + v));
  });

  test("a gradient that a hook or retainGrad() saw stays", () => {
    const m = layers();
    const x = randn(T, B, H).requiresGrad_().mul(1);
    const y = forward(m, x);
    const seen: View[] = [];
    x.gradFn?.hooks?.set(0, (g) => seen.push(g));
    y.retainGrad();
    lossOf(y, m.head).backward();
    const before = [seen[0]?.data().slice(), y.grad?.toTypedArray()];
    expect(before[0]?.some((v) => v !== 0)).toBe(true);
    others(m);
    expect([seen[0]?.data(), y.grad?.toTypedArray()]).toEqual(before);
  });

  test("a gradient that an operation keeps stays, unless the operation releases gradients", () => {
    const m = layers();
    const kept: View[] = [];
    const keeping: Op<[View]> = {
      name: "KeepBackward0",
      forward: (_ctx, [x]) => x.clone(),
      backward: (_ctx, grad) => {
        kept.push(grad);
        return [grad];
      },
    };
    const keep = (x: Tensor) => Tensor.apply(keeping, [x], undefined);
    lossOf(keep(forward(m, keep(randn(T, B, H).requiresGrad_()))), m.head).backward();
    const before = kept.map((g) => g.data().slice());
    expect(before.length).toBe(2);
    others(m);
    expect(kept.map((g) => g.data())).toEqual(before);
  });

  test("a gradient that several paths add to is the sum of theirs", () => {
    const m = layers();
    m.rnn.eval();
    const x = randn(T, B, H).requiresGrad_();
    const alone = [1, 2].map((k) => {
      x.grad = null;
      lossOf(forward(m, x.mul(k)), m.head).backward();
      return (x.grad as unknown as Tensor).clone();
    });
    others(m);
    x.grad = null;
    const [a, b] = [1, 2].map((k) => lossOf(forward(m, x.mul(k)), m.head)) as [Tensor, Tensor];
    a.add(b).backward();
    const sum = (alone[0] as Tensor).add(alone[1] as Tensor);
    expect((x.grad as unknown as Tensor).sub(sum).abs().max().item()).toBeLessThan(1e-6);
  });

  test("training takes no more memory from step to step, and returns it all", () => {
    const m = layers();
    const table = new Embedding(V, H);
    const step = () => lossOf(forward(m, table.forward(targets.view(T, B))), m.head).backward();
    step();
    const { bytes, idle } = poolMemory();
    expect(idle).toBeGreaterThan(3 * 4 * T * B * H); // the mask, two gradients, and losses
    for (let i = 0; i < 3; i++) step();
    expect(poolMemory()).toMatchObject({ bytes, idle });
  });
});

test("a pooled gradient that a leaf adopts is no longer the pool's", () => {
  const [layer, x] = [new RNN(H, H), randn(T, B, H).requiresGrad_()];
  const step = () => layer.forward(x)[0].backward(randn(T, B, H));
  step();
  const { bytes } = poolMemory();
  for (let i = 0; i < 3; i++) {
    x.grad = null;
    step();
  }
  expect(poolMemory().bytes).toBe(bytes);
});

describe("gradients return to the pool when the last operation has read them", () => {
  const n = T * B * H;
  const twice: Op<[View]> = {
    name: "TwiceBackward0",
    releasesGradients: true,
    forward: (_ctx, [x]) =>
      View.of(
        x.real().map((v) => 2 * v),
        x.dtype,
        x.shape,
      ),
    backward: (_ctx, grad) => [pooledTwice(grad)],
  };
  const sum: Op<[View, View, View]> = {
    name: "SumBackward0",
    releasesGradients: true,
    forward: (_ctx, [a]) => a.clone(),
    backward: (_ctx, grad) => {
      const d = pooledTwice(grad);
      return [d, d, d];
    },
  };
  const pooledTwice = (grad: View) => {
    const d = View.pooled(grad.shape, grad.dtype);
    grad.real().forEach((v, i) => {
      d.storage.data[i] = 2 * v;
    });
    return d;
  };
  const double = (x: Tensor) => Tensor.apply(twice, [x], undefined);
  /** The gradient, and how many arrays were acquired: the leaf adopted one of them. */
  const backward = (make: (x: Tensor) => Tensor) => {
    const { bytes } = poolMemory();
    const x = randn(n).requiresGrad_();
    make(x).backward(ones(n));
    const arrays = (poolMemory().bytes - bytes) / (4 * n) + 1;
    return { grad: new Set(x.grad?.toTypedArray()), arrays };
  };

  test("a chain alternates between two arrays", () => {
    const chain = (x: Tensor) => Array.from({ length: 10 }).reduce<Tensor>(double, x);
    expect(backward(chain)).toEqual({ grad: new Set([1024]), arrays: 2 });
  });

  test("a gradient on several paths stays until the last path has ended", () => {
    const fork = (x: Tensor) => {
      const [a, b, c] = [double(x), double(x), double(double(double(x)))];
      return Tensor.apply(sum, [a, b, c], undefined);
    };
    // 2 · (2 + 2 + 8)
    expect(backward(fork)).toEqual({ grad: new Set([24]), arrays: 3 });
  });
});

test("gradients of float64 are pooled too", () => {
  const layer = new GRU(H, H).double();
  const x = randn(T, B, H, { dtype: float64 }).requiresGrad_();
  const backward = () => {
    x.grad = null;
    layer.forward(x.mul(1))[0].sum().backward();
    return (x.grad as unknown as Tensor).toTypedArray();
  };
  const first = backward();
  expect(backward()).toEqual(first);
});
