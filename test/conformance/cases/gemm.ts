/** Matrix products. */

import { expect, test } from "vitest";
import type { Backend, Gemm } from "../../../src/kernels/backend.ts";
import { reference } from "../../../src/kernels/reference/index.ts";
import {
  doubled,
  expectBits,
  expectUnchanged,
  expectWithin,
  garbage,
  output,
  source,
  sumError,
} from "../support.ts";

interface Case {
  m: number;
  n: number;
  k: number;
  transA?: boolean;
  transB?: boolean;
  alpha?: number;
  beta?: number;
  bias?: boolean;
  /** The gap between rows, in elements. */
  gap?: number;
}

const flags = [false, true];
const transposes = flags.flatMap((transA) => flags.map((transB) => ({ transA, transB })));

export function gemmCases(backend: Backend): void {
  const check = (c: Case) => checkCase(backend, c);

  test.each(transposes)("holds for small shapes, %o", (t) => {
    const sizes = [0, 1, 2, 3, 4, 5, 7, 12, 13, 17, 31];
    let count = 0;
    for (const m of sizes) {
      for (const n of sizes) {
        for (const k of sizes) {
          count++;
          const scaling = { alpha: [1, -0.75][count % 2]!, beta: [0, 1, 0.3][count % 3]! };
          check({ m, n, k, ...t, ...scaling, bias: count % 5 > 2, gap: [0, 3][count % 2]! });
        }
      }
    }
  });

  test.each(transposes)("holds across blocks of depth, rows and columns, %o", (t) => {
    check({ m: 11, n: 19, k: 257, ...t });
    check({ m: 5, n: 9, k: 1021, ...t, alpha: 0.5, beta: 2, bias: true, gap: 1 });
    check({ m: 145, n: 33, k: 40, ...t, bias: true });
    check({ m: 307, n: 5, k: 259, ...t, beta: 1, gap: 7 });
    check({ m: 6, n: 513, k: 21, ...t, bias: true });
    check({ m: 7, n: 1931, k: 260, ...t, alpha: -1, beta: 0.5, bias: true, gap: 2 });
    check({ m: 149, n: 967, k: 263, ...t, bias: true });
    check({ m: 2, n: 1031, k: 521, ...t, beta: 1, bias: true, gap: 5 });
  });

  test.each(transposes)("keeps NaN and infinities in their rows and columns, %o", (t) => {
    const [m, n, k] = [9, 14, 10];
    const given = operands({ m, n, k, ...t });
    given.a[given.transA ? 2 : 2 * given.lda] = Number.NaN; // op(A)[2, 0]
    given.b[given.transB ? 3 * given.ldb : 3] = Infinity; // op(B)[0, 3]
    const c = garbage(m * n);
    backend.gemm({ ...given, c });
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        const got = c[i * n + j]!;
        const sign = Math.sign(given.a[given.transA ? i : i * given.lda]!);
        const want = i === 2 ? Number.NaN : sign * Infinity;
        if (i === 2 || j === 3) expect(got).toBe(want);
        else expect(Number.isFinite(got)).toBe(true);
      }
    }
  });

  test("with beta = 0 reads nothing of C, whatever alpha is", () => {
    check({ m: 5, n: 6, k: 7, alpha: 0, bias: true });
    check({ m: 50, n: 60, k: 600, alpha: 0, bias: true });
    check({ m: 3, n: 4, k: 0, bias: true });
    check({ m: 30, n: 40, k: 0, alpha: 2 });
  });

  test("leading dimensions change no bits", () => {
    for (const t of transposes) {
      const results = [0, 1, 4, 12].map((gap) => {
        const { c, ...given } = operands({ m: 23, n: 45, k: 300, ...t, gap, bias: true });
        const out = output(23, 45, given.ldc);
        backend.gemm({ ...given, c: out.data });
        return out.values();
      });
      for (const r of results) expectBits(r, results[0]!, "product");
    }
  });
}

/** Float32 operands, whose values do not depend on the gap. */
function operands(given: Case): Gemm {
  const c = { transA: false, transB: false, alpha: 1, beta: 0, bias: false, gap: 0, ...given };
  const { m, n, k, transA, transB, gap } = c;
  const from = source(1000 * m + 100 * n + k);
  const [rowsA, colsA] = transA ? [k, m] : [m, k];
  const [rowsB, colsB] = transB ? [n, k] : [k, n];
  const [lda, ldb, ldc] = [colsA + gap, colsB + 2 * gap, n + gap];
  const a = from.matrix(rowsA, colsA, lda);
  const b = from.matrix(rowsB, colsB, ldb);
  const bias = c.bias ? from.reals(n + 1) : null;
  return { ...c, a, lda, b, ldb, ldc, c: from.reals(m * n), bias };
}

function checkCase(backend: Backend, given: Case): void {
  const g = operands(given);
  const { m, n, k, ldc } = g;
  const old = g.beta === 0 ? garbage(m * n) : (g.c as Float32Array);
  const got = output(m, n, ldc, old);
  expectUnchanged([g.a, g.b, g.bias], () => backend.gemm({ ...g, c: got.data }));

  const float32s = [Math.fround(g.alpha), Math.fround(g.beta)] as const;
  const [want, magnitude] = [doubled(old), doubled(old).map(Math.abs)];
  reference.gemm({ ...g, alpha: float32s[0], beta: float32s[1], c: want, ldc: n });
  reference.gemm({ ...sizes(g), c: magnitude, ldc: n });
  const what = `gemm ${JSON.stringify(given)}`;
  got.expectIntact(what);
  expectWithin(got.values(), want, (i) => sumError(k, magnitude[i]!), what);
}

/** The same product of the operands' magnitudes. */
function sizes(g: Gemm): Gemm {
  return {
    ...g,
    a: g.a.map(Math.abs),
    b: g.b.map(Math.abs),
    alpha: Math.abs(g.alpha),
    beta: Math.abs(g.beta),
    bias: g.bias?.map(Math.abs) ?? null,
  };
}
