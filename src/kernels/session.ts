/**
 * Weights as the step in C reads them: each once and in order. `kernels/session.c` has the picture;
 * what stands here and there alike are the order of the parts and the sizes LINE and PANEL.
 */

import type { Real } from "../core/dtype.ts";
import type { CellKind, Gemm, SessionWeights } from "./backend.ts";

const LINE = 16;
const PANEL = 32;

/** A kind's number in C, its gates and its states. */
const kinds: Record<CellKind, { id: number; gates: number; states: number }> = {
  "rnn-tanh": { id: 0, gates: 1, states: 1 },
  "rnn-relu": { id: 1, gates: 1, states: 1 },
  lstm: { id: 2, gates: 4, states: 2 },
  gru: { id: 3, gates: 3, states: 1 },
};

/**
 * The words of a `saiki_session`.
 *
 * The last says whether the first layer's products with each row of the embedding replace both
 * factors, which spares a step the weight W_ih: always if that takes no more room.
 */
export function sessionWords(a: SessionWeights): Int32Array {
  const { id, gates } = kinds[a.kind];
  const [V, E, H, L] = [a.vocabulary, a.embeddingSize, a.hiddenSize, a.layers.length];
  const folded = L > 0 && V * gates * H <= V * E + gates * H * E;
  return Int32Array.of(id, V, E, H, L, +folded);
}

/**
 * Writes the weights into a session's block, which must hold zeros.
 *
 * @param words of {@link sessionWords}
 * @param block as long as `saiki_session_floats` tells
 * @param gemm computes what is folded
 * @returns the state, a part of the block
 */
export function fillSession(
  a: SessionWeights,
  words: Int32Array,
  block: Float32Array,
  gemm: (g: Gemm) => void,
): Float32Array {
  const { gates, states } = kinds[a.kind];
  const [V, E, H, L] = [a.vocabulary, a.embeddingSize, a.hiddenSize, a.layers.length];
  const [GH, isFolded] = [gates * H, words[5] === 1];
  let top = 0;
  const take = (n: number) => {
    const at = top;
    top += Math.ceil(n / LINE) * LINE;
    return block.subarray(at, at + n);
  };
  const put = (rows: number, depth: number, w: Real, b: Real) =>
    putPanels(take((depth + 1) * Math.ceil(rows / PANEL) * PANEL), rows, depth, w, b);

  const state = take(states * L * H);
  take(2 * GH);
  if (isFolded) {
    const { wIh, bIh } = a.layers[0]!;
    const sizes = { m: V, n: GH, k: E, lda: E, ldb: E, ldc: GH };
    const plain = { transA: false, transB: true, alpha: 1, beta: 0, bias: bIh };
    gemm({ a: a.embedding, b: wIh, c: take(V * GH), ...sizes, ...plain });
  } else {
    take(V * E).set(a.embedding);
  }
  a.layers.forEach(({ wIh, wHh, bIh, bHh }, l) => {
    if (l > 0 || !isFolded) put(GH, l === 0 ? E : H, wIh, bIh);
    put(GH, H, wHh, bHh);
  });
  put(V, L === 0 ? E : H, a.projection, a.bias);
  return state;
}

/** W (rows, depth) and b: of each PANEL rows column after column of W, then b. */
function putPanels(to: Float32Array, rows: number, depth: number, w: Real, b: Real): void {
  for (let i = 0; i < rows; i++) {
    const first = (i - (i % PANEL)) * (depth + 1) + (i % PANEL);
    for (let k = 0; k < depth; k++) to[first + k * PANEL] = w[i * depth + k]!;
    to[first + depth * PANEL] = b[i]!;
  }
}
