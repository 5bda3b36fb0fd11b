import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { float64 } from "../core/index.ts";
import { Generator } from "../random/index.ts";
import { cat, noGrad, randn, stack, type Tensor, zeros } from "../tensor/index.ts";
import { RNN } from "./index.ts";
import { packPaddedSequence, padPackedSequence } from "./utils/rnn.ts";

/** One drawn layer and its input; `lengths` are those of the sequences of a packed batch. */
interface Configuration {
  T: number;
  B: number;
  I: number;
  H: number;
  L: number;
  bidirectional: boolean;
  bias: boolean;
  batchFirst: boolean;
  nonlinearity: "tanh" | "relu";
  seed: number;
  lengths: number[];
}

const size = (max: number) => fc.integer({ min: 1, max });
const configuration: fc.Arbitrary<Configuration> = fc
  .record({
    T: size(6),
    B: size(4),
    I: size(4),
    H: size(5),
    L: size(3),
    bidirectional: fc.boolean(),
    bias: fc.boolean(),
    batchFirst: fc.boolean(),
    nonlinearity: fc.constantFrom("tanh" as const, "relu" as const),
    seed: fc.nat(100_000),
  })
  .chain((c) =>
    fc.array(size(c.T), { minLength: c.B, maxLength: c.B }).map((lengths) => ({ ...c, lengths })),
  );

/** Holds for 60 configurations; a failure prints the configuration and the seed of the run. */
function holds(property: (c: Configuration, made: Made) => void, from = configuration): void {
  fc.assert(
    fc.property(from, (c) => property(c, make(c))),
    { numRuns: 60 },
  );
}

interface Made {
  layer: RNN;
  /** (T, B, I), or (B, T, I) with `batchFirst`. */
  x: Tensor;
  /** (L·D, B, H). */
  h0: Tensor;
  random: (...shape: number[]) => Tensor;
}

function make(c: Configuration): Made {
  const generator = new Generator().manualSeed(c.seed);
  const random = (...shape: number[]) => randn(shape, { dtype: float64, generator });
  const { bidirectional, bias, batchFirst, nonlinearity } = c;
  const options = { numLayers: c.L, bidirectional, bias, batchFirst, nonlinearity };
  const layer = new RNN(c.I, c.H, options);
  for (const p of layer.parameters()) p.setData(random(...p.shape).mul(0.6));
  const x = batchFirst ? random(c.B, c.T, c.I) : random(c.T, c.B, c.I);
  return { layer, x, h0: random(c.L * layer.directions, c.B, c.H), random };
}

/** Largest difference between two ways to the same float64 numbers, as a part of the largest. */
const rounding = 1e-12;

function expectEqual(got: Tensor, want: Tensor): void {
  expect([...got.shape]).toEqual([...want.shape]);
  const largest = (t: Tensor) => (t.numel() === 0 ? 0 : t.abs().max().item());
  expect(largest(got.sub(want))).toBeLessThan(rounding * (1 + largest(want)));
}

const timeDim = (c: Configuration) => (c.batchFirst ? 1 : 0);
const batchDim = (c: Configuration) => (c.batchFirst ? 0 : 1);

/** `Σ (r² + r)`: one number whose gradient differs from entry to entry. */
function weighted(results: readonly Tensor[]): Tensor {
  return results.map((r) => r.mul(r).add(r).sum()).reduce((a, b) => a.add(b));
}

/** `(f(x + εd) − f(x − εd)) / 2ε`, all leaves moved at once. */
function quotient(
  leaves: readonly Tensor[],
  direction: readonly Tensor[],
  f: () => Tensor,
): number {
  const eps = 1e-5;
  const before = leaves.map((p) => p.detach().clone());
  const at = (step: number) =>
    noGrad(() => {
      for (const [i, p] of leaves.entries()) {
        p.copy_((before[i] as Tensor).add((direction[i] as Tensor).mul(step)));
      }
      return f().item();
    });
  const difference = at(eps) - at(-eps);
  at(0);
  return difference / (2 * eps);
}

/** The gradients of parameters and input. */
function backward({ layer, x }: Made, results: readonly Tensor[]): (Tensor | null)[] {
  const leaves = [...layer.parameters(), x];
  for (const p of leaves) p.grad = null;
  weighted(results).backward();
  return leaves.map((p) => p.grad);
}

describe("RNN.forward()", { timeout: 60_000 }, () => {
  test("without a state equals that with zeros, gradients included", () => {
    holds((_c, made) => {
      const { layer, h0 } = made;
      const x = made.x.requiresGrad_();
      const without = layer.forward(x);
      const given = layer.forward(x, zeros(h0.impl.shape, { dtype: float64 }));
      expectEqual(without[0], given[0]);
      expectEqual(without[1], given[1]);
      const [a, b] = [backward(made, without), backward(made, given)];
      for (const [i, g] of a.entries()) expectEqual(g as Tensor, b[i] as Tensor);
    });
  });

  test("of a sequence equals that of its halves, chained by the state", () => {
    const forwards = configuration
      .filter((c) => c.T > 1)
      .map((c) => ({ ...c, bidirectional: false }));
    holds((c, made) => {
      const { layer, h0 } = made;
      const x = made.x.requiresGrad_();
      const cut = 1 + (c.seed % (c.T - 1));
      const whole = layer.forward(x, h0);
      const [first, middle] = layer.forward(x.narrow(timeDim(c), 0, cut), h0);
      const [second, last] = layer.forward(x.narrow(timeDim(c), cut, c.T - cut), middle);
      const halves = [cat([first, second], timeDim(c)), last] as const;
      expectEqual(halves[0], whole[0]);
      expectEqual(halves[1], whole[1]);
      const [a, b] = [backward(made, whole), backward(made, halves)];
      for (const [i, g] of a.entries()) expectEqual(g as Tensor, b[i] as Tensor);
    }, forwards);
  });

  test("in the reverse direction equals that of the flipped sequence, flipped back", () => {
    const both = configuration.map((c) => ({ ...c, bidirectional: true, L: 1 }));
    holds((c, { layer, x, h0 }) => {
      const options = { bias: c.bias, batchFirst: c.batchFirst, nonlinearity: c.nonlinearity };
      const plain = new RNN(c.I, c.H, options);
      const all = new Map(layer.namedParameters());
      for (const [name, p] of plain.namedParameters()) {
        p.setData((all.get(`${name}_reverse`) as Tensor).detach());
      }
      const [y, hN] = layer.forward(x, h0);
      const [z, zN] = plain.forward(x.flip(timeDim(c)), h0.narrow(0, 1, 1));
      expectEqual(y.narrow(2, c.H, c.H), z.flip(timeDim(c)));
      expectEqual(hN.narrow(0, 1, 1), zN);
    }, both);
  });

  test("of a packed batch equals that of its sequences one by one", () => {
    holds((c, made) => {
      const { layer, h0 } = made;
      const x = made.x.requiresGrad_();
      const options = { batchFirst: c.batchFirst, enforceSorted: false };
      const [packed, hN] = layer.forward(packPaddedSequence(x, c.lengths, options), h0);
      const [y, lengths] = padPackedSequence(packed, { batchFirst: c.batchFirst });
      expect(lengths.tolist()).toEqual(c.lengths);
      const single = c.lengths.map((n, b) =>
        layer.forward(x.select(batchDim(c), b).narrow(0, 0, n), h0.select(1, b)),
      );
      const T = Math.max(...c.lengths);
      const padded = single.map(([s]) => padTo(s, T));
      const [ys, hs] = [
        stack(padded, batchDim(c)),
        stack(
          single.map(([, h]) => h),
          1,
        ),
      ];
      expectEqual(y, ys);
      expectEqual(hN, hs);
      const [a, b] = [backward(made, [y, hN]), backward(made, [ys, hs])];
      for (const [i, g] of a.entries()) expectEqual(g as Tensor, b[i] as Tensor);
    });
  });

  test("of a batch equals that of batches of one", () => {
    holds((c, { layer, x, h0 }) => {
      const [y, hN] = layer.forward(x, h0);
      const ones = Array.from({ length: c.B }, (_, b) =>
        layer.forward(x.narrow(batchDim(c), b, 1), h0.narrow(1, b, 1)),
      );
      const outputs = ones.map(([s]) => s);
      expectEqual(y, cat(outputs, batchDim(c)));
      const states = ones.map(([, s]) => s);
      expectEqual(hN, cat(states, 1));
    });
  });

  test("has gradients that agree with difference quotients along random directions", () => {
    // The kinks of relu have no slope: tanh alone.
    const smooth = configuration.map((c) => ({ ...c, nonlinearity: "tanh" as const }));
    holds((c, { layer, x, h0, random }) => {
      const leaves = [x.requiresGrad_(), h0.requiresGrad_(), ...layer.parameters()];
      const loss = () => {
        const options = { batchFirst: c.batchFirst, enforceSorted: false };
        if (c.seed % 2 === 0) return weighted(layer.forward(x, h0));
        const [y, hN] = layer.forward(packPaddedSequence(x, c.lengths, options), h0);
        return weighted([y.data, hN]);
      };
      loss().backward();
      const grads = leaves.map((p) => p.grad as Tensor);
      for (let k = 0; k < 3; k++) {
        const direction = leaves.map((p) => random(...p.shape));
        const slope = direction.map((d, i) =>
          d
            .mul(grads[i] as Tensor)
            .sum()
            .item(),
        );
        const analytic = slope.reduce((sum, v) => sum + v, 0);
        const numeric = quotient(leaves, direction, loss);
        expect(Math.abs(numeric - analytic)).toBeLessThan(1e-6 * (1 + Math.abs(analytic)));
      }
    }, smooth);
  });

  test("gives the same numbers when nothing is recorded", () => {
    holds((_c, { layer, x, h0 }) => {
      const [y, hN] = layer.forward(x, h0);
      const [z, zN] = noGrad(() => layer.forward(x, h0));
      expect(z.tolist()).toEqual(y.tolist());
      expect(zN.tolist()).toEqual(hN.tolist());
      expect([y.requiresGrad, z.requiresGrad]).toEqual([true, false]);
    });
  });
});

/** (n, D·H) with zeros behind, to T steps. */
function padTo(y: Tensor, T: number): Tensor {
  return cat([y, zeros(T - y.size(0), y.size(1), { dtype: float64 })]);
}
