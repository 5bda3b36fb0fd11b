import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { float32, float64 } from "../../src/core/index.ts";
import type { BackendName } from "../../src/kernels/index.ts";
import { padPackedSequence } from "../../src/nn/recurrent/packed.ts";
import { cat, gradcheck, noGrad, stack, type Tensor, zeros } from "../../src/tensor/index.ts";
import { backends, on } from "../backends.ts";
import {
  activity,
  type Configuration,
  configurations,
  forward,
  forwardPacked,
  type Kind,
  kinds,
  layerOf,
  leavesOf,
  type Made,
  make,
  type Results,
  run,
  weighted,
} from "./configurations.ts";

/** The relative difference of two computations of the same numbers in float64. */
const rounding = 1e-12;
/** The relative difference of a slope from its difference quotient, whose step is 1e-5. */
const quotientError = 1e-7;

/** Checks random configurations; a failure prints the configuration and the seed of the run. */
function holds(
  from: fc.Arbitrary<Configuration>,
  numRuns: number,
  property: (made: Made) => void,
): void {
  fc.assert(
    fc.property(from, (c) => property(make(c))),
    { numRuns },
  );
}

const largest = (t: Tensor) => (t.numel() === 0 ? 0 : t.abs().max().item());

function expectEqual(got: Tensor, want: Tensor, what: string): void {
  expect([...got.shape], `shape of ${what}`).toEqual([...want.shape]);
  const scale = 1 + largest(want);
  expect(largest(got.sub(want)) / scale, what).toBeLessThan(rounding);
}

function expectAllEqual(got: Results, want: Results): void {
  expect(got).toHaveLength(want.length);
  for (const [i, r] of got.entries()) expectEqual(r, want[i] as Tensor, `result ${i}`);
}

/** The gradients of all leaves, by name. */
function backward(made: Made, results: Results): [string, Tensor][] {
  const leaves = leavesOf(made);
  for (const [, p] of leaves) p.grad = null;
  weighted(results).backward();
  return leaves.map(([name, p]) => [name, p.grad as Tensor]);
}

/** Compares the results and gradients of two computations with the same leaves. */
function expectSameFunction(made: Made, got: Results, want: Results): void {
  expectAllEqual(got, want);
  const gradients = backward(made, want);
  for (const [i, [name, g]] of backward(made, got).entries()) {
    expectEqual(g, (gradients[i] as [string, Tensor])[1], `gradient of ${name}`);
  }
}

const timeDim = (c: Configuration) => (c.batchFirst && c.form !== "unbatched" ? 1 : 0);
const batchDim = (c: Configuration) => (c.batchFirst ? 0 : 1);

/** Results, gradients and active relu units, with the named kernels. */
function computed(made: Made, backend: BackendName) {
  return on(backend, () => {
    const results = run(made);
    const named = results.map((r, i): [string, Tensor] => [`result ${i}`, r]);
    const gradients = backward(made, results).map(([n, g]): [string, Tensor] => [`d ${n}`, g]);
    return { numbers: [...named, ...gradients], active: activity(made) };
  });
}

/** The same layer with other values in its leaves, rounded to its type. */
function withLeaves(made: Made, leaves: readonly Tensor[]): Made {
  noGrad(() => {
    for (const [i, [, p]] of leavesOf(made).entries()) p.copy_(leaves[i] as Tensor);
  });
  return made;
}

/** The leaves, rounded to float32. */
const leaves32 = (c: Configuration) =>
  leavesOf(make(c, float32)).map(([, p]) => p.detach().to(float64));

/** The reference's numbers in float32, from leaves that are some last places off. */
function computedNearby(c: Configuration) {
  const leaves = leaves32(c);
  const made = make(c, float32);
  return Array.from({ length: 8 }, () => {
    const moved = leaves.map((p) => {
      const places = made.random(...p.shape).mul(2 ** -21);
      return p.mul(places.add(1));
    });
    return computed(withLeaves(made, moved), "reference");
  });
}

/**
 * Checks a result or gradient within the accuracy of float32: eight roundings of the largest
 * number, plus four times the change when leaves move. More than 1e-4 is always a fault.
 *
 * A bound relative to each number would be wrong. A saturated gate's slope has few digits, so a
 * small gradient may have the error of a large one. The active units of a relu layer may double a
 * difference in each step, forward and backward, so one rounding grows a thousandfold; moved leaves
 * grow alike.
 */
function expectKnown(
  got: Tensor,
  want: Tensor,
  scale: number,
  nearby: () => readonly Tensor[],
  what: string,
): void {
  expect([...got.shape], `shape of ${what}`).toEqual([...want.shape]);
  const distance = (t: Tensor) => largest(t.sub(want)) / scale;
  const [error, roundings] = [distance(got), 8 * 2 ** -24];
  if (error < roundings) return;
  const change = Math.max(...nearby().map(distance));
  expect(error, what).toBeLessThan(Math.min(roundings + 4 * change, 1e-4));
}

/** `(f(x + εd) − f(x − εd)) / 2ε`, all leaves moved at once; null if a kink lies between. */
function quotient(made: Made, direction: readonly Tensor[]): number | null {
  const eps = 1e-5;
  const leaves = leavesOf(made).map(([, p]) => p);
  const before = leaves.map((p) => p.detach().clone());
  const at = (step: number) =>
    noGrad(() => {
      for (const [i, p] of leaves.entries()) {
        p.copy_((before[i] as Tensor).add((direction[i] as Tensor).mul(step)));
      }
      return { value: weighted(run(made)).item(), active: activity(made) };
    });
  const [right, left] = [at(eps), at(-eps)];
  at(0);
  if (right.active.some((v, i) => v !== left.active[i])) return null;
  return (right.value - left.value) / (2 * eps);
}

function unit(direction: readonly Tensor[]): Tensor[] {
  const squares = direction.map((d) => d.square().sum().item());
  const length = Math.sqrt(squares.reduce((a, b) => a + b, 0));
  return direction.map((d) => d.div(length));
}

/** The gradients' inner product with a direction. */
function slope(gradients: [string, Tensor][], direction: readonly Tensor[]): number {
  const parts = gradients.map(([, g], i) => (direction[i] as Tensor).mul(g).sum().item());
  return parts.reduce((a, b) => a + b, 0);
}

const compiled = backends.filter((name) => name !== "reference");

/** Expects the reference's results and gradients of all compiled kernels. */
function expectReference(c: Configuration): void {
  const want = computed(withLeaves(make(c), leaves32(c)), "reference");
  // Excludes points so close to a kink of relu that rounding decides.
  const preActive = ({ active }: typeof want) =>
    fc.pre(active.every((v, i) => v === want.active[i]));
  const scale = 1 + Math.max(...want.numbers.map(([, t]) => largest(t)));
  let near: (typeof want)[] | null = null;
  for (const backend of compiled) {
    const got = computed(make(c, float32), backend);
    preActive(got);
    for (const [i, [name, t]] of got.numbers.entries()) {
      const [, expected] = want.numbers[i] as [string, Tensor];
      const nearby = () => {
        near ??= computedNearby(c);
        near.forEach(preActive);
        return near.map(({ numbers }) => numbers[i]?.[1] as Tensor);
      };
      expectKnown(t, expected, scale, nearby, `${backend}: ${name}`);
    }
  }
}

test("A relu layer that doubles errors in each step has the reference's gradients", () => {
  const sizes = { T: 6, B: 4, I: 2, H: 3, L: 3, projSize: 0, lengths: [] };
  const flags = { bidirectional: false, bias: true, batchFirst: false, states: true };
  const kind = { kind: "RNN", nonlinearity: "relu", form: "batched" } as const;
  expectReference({ ...kind, ...sizes, ...flags, seed: 89562 });
});

const all = Object.keys(kinds) as Kind[];

describe.each(all)("%s.forward()", { timeout: 120_000 }, (kind) => {
  const any = configurations(kind);
  const batched = any.map((c) => ({ ...c, form: "batched" as const }));

  test("in float32 gives the reference's results and gradients on all compiled kernels", () => {
    expect(compiled).toContain("wasm");
    fc.assert(fc.property(any, expectReference), { numRuns: 300 });
  });

  test("has slopes that agree with difference quotients along random directions", () => {
    holds(any, 300, (made) => {
      const gradients = backward(made, run(made));
      for (let k = 0; k < 3; k++) {
        const direction = unit(gradients.map(([, g]) => made.random(...g.shape)));
        const analytic = slope(gradients, direction);
        const numeric = quotient(made, direction);
        fc.pre(numeric !== null);
        const scale = 1 + Math.abs(analytic);
        expect(Math.abs((numeric as number) - analytic) / scale).toBeLessThan(quotientError);
      }
    });
  });

  test("has the derivatives of its difference quotients, entry by entry", () => {
    const small = configurations(kind, { T: 4, B: 3, I: 3, H: 4, L: 2 });
    const smooth = small.map((c) => ({ ...c, nonlinearity: "tanh" as const }));
    holds(smooth, 10, (made) => {
      const leaves = leavesOf(made).map(([, p]) => p);
      const tight = { eps: 1e-5, atol: 1e-7, rtol: 1e-6 };
      expect(gradcheck(() => run(made), leaves, tight)).toBe(true);
    });
  });

  test("without states equals that with zeros", () => {
    holds(any, 60, (made) => {
      const none = { ...made, c: { ...made.c, states: false } };
      const zero = made.states.map((s) => zeros(s.impl.shape, { dtype: float64 }));
      const given = { ...made, c: { ...made.c, states: true }, states: zero };
      expectSameFunction(none, run(none), run(given));
    });
  });

  test("of a sequence equals that of its halves, chained by the states", () => {
    const forwards = any
      .filter((c) => c.T > 1 && c.form !== "packed")
      .map((c) => ({ ...c, bidirectional: false, states: true }));
    holds(forwards, 60, (made) => {
      const { c, layer, x, states } = made;
      const dim = timeDim(c);
      const cut = 1 + (c.seed % (c.T - 1));
      const [first, ...middle] = forward(layer, x.narrow(dim, 0, cut), states);
      const [second, ...last] = forward(layer, x.narrow(dim, cut, c.T - cut), middle);
      const halves: Results = [cat([first, second], dim), ...last];
      expectSameFunction(made, halves, run(made));
    });
  });

  test("in the reverse direction equals that of the flipped sequence, flipped back", () => {
    const both = batched.map((c) => ({ ...c, bidirectional: true, L: 1 }));
    holds(both, 60, ({ c, layer, x, states }) => {
      const plain = layerOf({ ...c, bidirectional: false });
      const given = new Map(layer.namedParameters());
      for (const [name, p] of plain.namedParameters()) {
        p.setData((given.get(`${name}_reverse`) as Tensor).detach());
      }
      const [y, ...finals] = forward(layer, x, states);
      const second = states.map((s) => s.narrow(0, 1, 1));
      const [z, ...reversed] = forward(plain, x.flip(timeDim(c)), second);
      const width = z.size(2);
      expectAllEqual(
        [y.narrow(2, width, width), ...finals.map((s) => s.narrow(0, 1, 1))],
        [z.flip(timeDim(c)), ...reversed],
      );
    });
  });

  test("of a packed batch equals that of its sequences one by one", () => {
    const packed = any.map((c) => ({ ...c, form: "packed" as const, states: true }));
    holds(packed, 60, (made) => {
      const { c, layer, x, states } = made;
      const [packedY, ...finals] = forwardPacked(made, states);
      const [y, lengths] = padPackedSequence(packedY, { batchFirst: c.batchFirst });
      expect(lengths.tolist()).toEqual(c.lengths);
      const single = c.lengths.map((n, b) => {
        const own = states.map((s) => s.select(1, b));
        return forward(layer, x.select(batchDim(c), b).narrow(0, 0, n), own);
      });
      const each = (i: number) => single.map((r) => r[i] as Tensor);
      const T = Math.max(...c.lengths);
      const want: Results = [
        stack(
          each(0).map((one) => padTo(one, T)),
          batchDim(c),
        ),
        ...states.map((_, i) => stack(each(i + 1), 1)),
      ];
      expectSameFunction(made, [y, ...finals], want);
    });
  });

  test("of a batch equals that of batches of one", () => {
    const given = batched.map((c) => ({ ...c, states: true }));
    holds(given, 60, (made) => {
      const { c, layer, x, states } = made;
      const ones = Array.from({ length: c.B }, (_, b) => {
        const own = states.map((s) => s.narrow(1, b, 1));
        return forward(layer, x.narrow(batchDim(c), b, 1), own);
      });
      const each = (i: number) => ones.map((r) => r[i] as Tensor);
      const want: Results = [
        cat(each(0), batchDim(c)),
        ...states.map((_, i) => cat(each(i + 1), 1)),
      ];
      expectSameFunction(made, run(made), want);
    });
  });

  test("gives the same numbers when nothing is recorded", () => {
    holds(any, 60, (made) => {
      const recorded = run(made);
      const silent = noGrad(() => run(made));
      for (const [i, r] of recorded.entries()) {
        expect(silent[i]?.tolist()).toEqual(r.tolist());
        expect([r.requiresGrad, silent[i]?.requiresGrad]).toEqual([true, false]);
      }
    });
  });
});

/** (n, D·P), padded with zeros to T steps. */
function padTo(y: Tensor, T: number): Tensor {
  return cat([y, zeros([T - y.size(0), y.size(1)], { dtype: float64 })]);
}
