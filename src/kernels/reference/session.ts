/** A language model that reads one token at a time: sequences of one step, by the other entries. */

import type { Real } from "../../core/index.ts";
import type { Session, SessionWeights } from "../backend.ts";
import { embeddingForward } from "./embedding.ts";
import { gemm } from "./gemm.ts";
import { gruForward, lstmForward, rnnForward } from "./recurrent.ts";

export function openSession(weights: SessionWeights): Session {
  const a = structuredClone(weights);
  const [V, E, H, L] = [a.vocabulary, a.embeddingSize, a.hiddenSize, a.layers.length];
  const reals = (n: number): Real =>
    a.embedding instanceof Float32Array ? new Float32Array(n) : new Float64Array(n);
  const state = reals((a.kind === "lstm" ? 2 : 1) * L * H);
  return {
    state,
    step(token, scores) {
      let x = reals(E);
      embeddingForward(a.embedding, Int32Array.of(token), x, E);
      a.layers.forEach((w, l) => {
        const h = state.subarray(l * H, (l + 1) * H) as Real;
        const c = state.subarray((L + l) * H, (L + l + 1) * H) as Real;
        const sizes = { inputSize: x.length, hiddenSize: H, ldx: x.length, ldy: H };
        const step = { batchSizes: Int32Array.of(1), reverse: false, x, ...sizes, ...w };
        const states = { h0: h.slice() as Real, y: h, hN: h, gates: null };
        const memory = { c0: c.slice() as Real, cN: c, c: null, projSize: 0, wHr: null };
        if (a.kind === "lstm") lstmForward({ ...step, ...states, ...memory });
        else if (a.kind === "gru") gruForward({ ...step, ...states });
        else {
          const nonlinearity = a.kind === "rnn-tanh" ? "tanh" : "relu";
          rnnForward({ ...step, ...states, nonlinearity });
        }
        x = h;
      });
      if (scores === null) return;
      const sizes = { m: 1, n: V, k: x.length, lda: x.length, ldb: x.length, ldc: V };
      const plain = { transA: false, transB: true, alpha: 1, beta: 0, bias: a.bias };
      gemm({ a: x, b: a.projection, c: scores, ...sizes, ...plain });
    },
  };
}
