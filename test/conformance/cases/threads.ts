/**
 * Results have the same bits with any number of threads. Sizes are such that the kernels share them:
 * 2²⁰ multiply-adds (`WORTH_SHARING` in `kernels/gemm.c`) and more.
 */

import { afterAll, expect, test } from "vitest";
import type {
  Backend,
  LstmBackward,
  LstmForward,
  RnnBackward,
  RnnForward,
} from "../../../src/kernels/backend.ts";
import { dense, expectBits, garbage, packed, source } from "../support.ts";

interface Product {
  m: number;
  n: number;
  k: number;
  alpha?: number;
  beta?: number;
}

interface Layer {
  kind: "RNN" | "LSTM" | "LSTM with projection" | "GRU";
  batchSizes: number[];
  reverse: boolean;
  I: number;
  H: number;
}

const WORTH_SHARING = 2 ** 20;
const flags = [false, true];
const transposes = flags.flatMap((transA) => flags.map((transB) => ({ transA, transB })));
const kinds = ["RNN", "LSTM", "LSTM with projection", "GRU"] as const;
const batches = [1, 2, 3, 4, 5, 6, 7, 8, 9];

/** @param setThreads how many threads the backend may use from now on, at least 1 */
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

  for (const kind of kinds) {
    test.each(batches)(`${kind}, forward and backward, batch %d`, (batch) => {
      for (const reverse of flags) {
        checkLayer({
          kind,
          reverse,
          batchSizes: dense(Math.ceil(300 / batch), batch),
          I: 70,
          H: 67,
        });
        checkLayer({ kind, reverse, batchSizes: packed(batch), I: 5, H: 67 });
      }
    });

    test(`${kind}, forward and backward, larger than a block`, () => {
      checkLayer({ kind, reverse: false, batchSizes: dense(13, 23), I: 270, H: 260 });
      checkLayer({ kind, reverse: true, batchSizes: packed(29), I: 270, H: 260 });
    });
  }

  function checkLayer(c: Layer): void {
    const rows = c.batchSizes.reduce((a, b) => a + b);
    expect(rows * c.H * stateSize(c)).toBeGreaterThan(WORTH_SHARING);
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

function stateSize({ kind, H }: Layer): number {
  return kind === "LSTM with projection" ? H - 4 : H;
}

/** All that forward and backward compute. */
function walked(backend: Backend, c: Layer): Record<string, Float32Array> {
  const { I, H, reverse } = c;
  const [P, G] = [stateSize(c), c.kind === "RNN" ? 1 : c.kind === "GRU" ? 3 : 4];
  const batchSizes = Int32Array.from(c.batchSizes);
  const [batch, rows] = [c.batchSizes[0]!, c.batchSizes.reduce((a, b) => a + b)];
  const from = source(rows + 31 * I + 997 * H);
  const given = {
    ...{ batchSizes, reverse, inputSize: I, hiddenSize: H, projSize: P === H ? 0 : P },
    ...{ x: from.reals(rows * I), ldx: I, wIh: from.reals(G * H * I, 1 / Math.sqrt(I)) },
    ...{ wHh: from.reals(G * H * P, 1 / Math.sqrt(H)), bIh: from.reals(G * H) },
    ...{ bHh: from.reals(G * H), wHr: P === H ? null : from.reals(P * H, 1 / Math.sqrt(H)) },
    ...{ h0: from.reals(batch * P), c0: from.reals(batch * H), ldy: P },
  };
  const states = {
    ...{ y: garbage(rows * P), hN: garbage(batch * P) },
    ...(c.kind !== "RNN" && { gates: garbage(rows * 4 * H) }),
    ...(G === 4 && { cN: garbage(batch * H), c: garbage(rows * H) }),
  };
  const dy = { dy: from.reals(rows * P), lddy: P };
  const last = { dhN: from.reals(batch * P), dcN: from.reals(batch * H) };
  const sizes = {
    ...{ dx: rows * I, dh0: batch * P, dWIh: G * H * I, dWHh: G * H * P, dBIh: G * H, dBHh: G * H },
    ...(G === 4 && { dc0: batch * H }),
    ...(P < H && { dWHr: P * H }),
  };
  const entries = Object.entries(sizes).map(([name, n]) => [name, garbage(n)] as const);
  const gradients = Object.fromEntries(
    entries.map(([name, data]) => [name, { data, accumulate: false, ld: I }]),
  );
  const ahead = { ...given, ...states, nonlinearity: "tanh" } as Ahead;
  if (c.kind === "RNN") backend.rnnForward(ahead);
  else if (c.kind === "GRU") backend.gruForward(ahead);
  else backend.lstmForward(ahead);
  const forward = Object.fromEntries(
    Object.entries(states).map(([name, x]) => [name, x.slice()]), // backward overwrites the gates
  );
  const alone = { ...ahead, y: garbage(rows * P), gates: null, c: null };
  if (c.kind === "GRU") backend.gruForward(alone);
  else if (c.kind !== "RNN") backend.lstmForward(alone);
  if (c.kind !== "RNN") expectBits(alone.y, forward["y"]!, "y where nothing is saved");
  const back = { ...ahead, ...dy, ...last, ...gradients } as unknown as Back;
  if (c.kind === "RNN") backend.rnnBackward(back);
  else if (c.kind === "GRU") backend.gruBackward(back);
  else backend.lstmBackward(back);
  return { ...forward, ...Object.fromEntries(entries) };
}
type Ahead = LstmForward & RnnForward;
type Back = LstmBackward & RnnBackward;
