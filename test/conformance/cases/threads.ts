/**
 * Results have the same bits with any number of threads. The products are large enough to be
 * shared: 2²⁰ multiply-adds (`WORTH_SHARING` in `kernels/gemm.c`) or more.
 */

import { afterAll, expect, test } from "vitest";
import type { Backend } from "../../../src/kernels/backend.ts";
import {
  type Forward,
  forwardOf,
  type KindName,
  kinds,
  type Layer,
  operands,
  sizesOf,
} from "../recurrent-layer.ts";
import { dense, expectBits, garbage, packed, source } from "../support.ts";

interface Product {
  m: number;
  n: number;
  k: number;
  alpha?: number;
  beta?: number;
}

const WORTH_SHARING = 2 ** 20;
const flags = [false, true];
const transposes = flags.flatMap((transA) => flags.map((transB) => ({ transA, transB })));
const names: KindName[] = ["RNN tanh", "LSTM", "LSTM with projection", "GRU"];
const batches = [1, 2, 3, 4, 5, 6, 7, 8, 9];

/** @param setThreads sets how many threads the backend may use, at least 1 */
export function threadCases(backend: Backend, setThreads: (threads: number) => void): void {
  afterAll(() => setThreads(1));

  const check = (what: string, compute: () => Record<string, Float32Array>) => {
    setThreads(1);
    const alone = compute();
    for (const threads of [2, 3, 8]) {
      setThreads(threads);
      for (const [name, got] of Object.entries(compute())) {
        expectBits(got, alone[name]!, `${what} on ${threads} threads: ${name}`);
      }
    }
  };

  test.each(transposes)("a product, %o", (t) => {
    const products: Product[] = [
      { m: 1, n: 2100, k: 517 },
      { m: 3, n: 1031, k: 350, beta: 1 },
      { m: 4, n: 700, k: 400, alpha: 0.5 },
      { m: 5, n: 700, k: 400 },
      { m: 103, n: 101, k: 107, beta: 0.5 },
      { m: 2003, n: 7, k: 131 },
      { m: 41, n: 1931, k: 30, beta: 1 },
      { m: 149, n: 967, k: 263, alpha: -1 },
      { m: 96, n: 64, k: 1021 },
    ];
    for (const c of products) {
      expect(c.m * c.n * c.k).toBeGreaterThan(WORTH_SHARING);
      check(`gemm ${JSON.stringify({ ...c, ...t })}`, () => multiplied(backend, { ...c, ...t }));
    }
  });

  for (const kind of names) {
    test.each(batches)(`${kind}, forward and backward, batch %d`, (batch) => {
      const sizes = dense(Math.ceil(300 / batch), batch);
      for (const reverse of flags) {
        checkLayer({ kind, reverse, batchSizes: sizes, I: 70, H: 67 });
        checkLayer({ kind, reverse, batchSizes: packed(batch), I: 5, H: 67 });
      }
    });

    test(`${kind}, forward and backward, larger than a block`, () => {
      checkLayer({ kind, reverse: false, batchSizes: dense(13, 23), I: 270, H: 260 });
      checkLayer({ kind, reverse: true, batchSizes: packed(29), I: 270, H: 260 });
    });
  }

  function checkLayer(size: Omit<Layer, "P" | "gap" | "without" | "accumulate">): void {
    const c: Layer = { ...size, P: size.H - 4, gap: 0, without: [], accumulate: [] };
    const { rows, P } = sizesOf(c);
    expect(rows * c.H * P).toBeGreaterThan(WORTH_SHARING);
    check(JSON.stringify(c), () => walked(backend, c));
  }
}

function multiplied(backend: Backend, g: Product & { transA: boolean; transB: boolean }) {
  const { m, n, k, transA, transB, alpha = 1, beta = 0 } = g;
  const from = source(m + 31 * n + 997 * k);
  const [a, b, bias, c] = [m * k, k * n, n, m * n].map((size) => from.reals(size)) as Four;
  const distances = { lda: transA ? m : k, ldb: transB ? k : n, ldc: n };
  backend.gemm({ m, n, k, a, b, c, bias, ...distances, transA, transB, alpha, beta });
  return { c };
}
type Four = [Float32Array, Float32Array, Float32Array, Float32Array];

/** All outputs and gradients. */
function walked(backend: Backend, c: Layer): Record<string, Float32Array> {
  const { results, backward } = forwardOf(backend, c);
  const { gates, hasC, forward } = kinds[c.kind];
  if (gates > 1) {
    const [y, hN] = [results["y"]!, results["hN"]!].map(({ length }) => garbage(length)) as Two;
    const cN = hasC && { cN: garbage(results["cN"]!.length), c: null };
    forward(backend, { ...operands(c), y, hN, ...cN, gates: null } as unknown as Forward);
    expectBits(y, results["y"]!, "y where nothing is saved");
  }
  return { ...results, ...backward() };
}
type Two = [Float32Array, Float32Array];
