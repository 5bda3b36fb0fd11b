/** The values that a recurrent layer saves for backward, in any backend's memory. */

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type BackendName, getBackend, kernels, setBackend } from "../../kernels/index.ts";
import { emptyPool, poolMemory } from "../../kernels/pool.ts";
import { manualSeed } from "../../random/index.ts";
import { randn, type Tensor } from "../../tensor/index.ts";
import { GRU, LSTM, RNN } from "../index.ts";

const before = getBackend();
beforeEach(emptyPool);
afterEach(() => setBackend(before));

const [T, B, I, H] = [16, 4, 8, 64];
const cells = [RNN, LSTM, GRU];

/**
 * The gradients, by `backward`, of a bidirectional layer whose gates are large enough to be kept.
 */
function gradients(cell: (typeof cells)[number], backward: (y: Tensor) => void): Float32Array[] {
  manualSeed(5);
  const layer = new cell(I, H, { bidirectional: true });
  const x = randn(T, B, I).requiresGrad_();
  const [y] = layer instanceof LSTM ? layer.forward(x) : layer.forward(x);
  backward(y);
  return [x, ...layer.parameters()].map((p) => p.grad!.impl.real().slice() as Float32Array);
}

const once = (y: Tensor) => y.pow(2).sum().backward();

describe.each(["wasm-relaxed", "wasm"] satisfies BackendName[])("%s", (name) => {
  beforeEach(() => setBackend(name));

  test.each(cells)("backward of $name runs twice where it retains, with the same bits", (cell) => {
    const twice = gradients(cell, (y) => {
      const loss = y.pow(2).sum();
      loss.backward({ retainGraph: true });
      loss.backward();
    });
    const want = gradients(cell, once);
    expect(twice).toEqual(want.map((g) => g.map((v) => 2 * v)));
  });

  test.each(cells)("other kernels walk back through $name", (cell) => {
    const want = gradients(cell, once);
    for (const other of ["reference", "wasm", "wasm-relaxed"] satisfies BackendName[]) {
      for (const [ahead, back] of [
        [name, other],
        [other, name],
      ] as const) {
        setBackend(ahead);
        const got = gradients(cell, (y) => {
          setBackend(back);
          once(y);
        });
        got.forEach((g, i) => {
          const largest = want[i]!.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
          const error = g.reduce((a, b, j) => Math.max(a, Math.abs(b - want[i]![j]!)), 0);
          expect(error).toBeLessThan(1e-5 * largest);
        });
      }
    }
  });

  test.each(cells)("500 steps of $name take the memory of 10", (cell) => {
    const held = () => ({ kernels: kernels().memory().bytes, pool: poolMemory().bytes });
    const step = () => gradients(cell, once);
    for (let i = 0; i < 10; i++) step();
    const after10 = held();
    for (let i = 0; i < 490; i++) step();
    expect(held()).toEqual(after10);
  });

  test("a graph that is abandoned leaves what others keep as it is", () => {
    const want = gradients(LSTM, once);
    const got = gradients(LSTM, (y) => {
      const layer = new LSTM(I, H);
      for (let i = 0; i < 20; i++) {
        const [other] = layer.forward(randn(T, B, I));
        if (i % 2 === 0) once(other);
      }
      once(y);
    });
    expect(got).toEqual(want);
  });
});
