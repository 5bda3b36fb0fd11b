/** A session lives in an instance of its own: nothing is copied but scores, and it is collected. */

import { isFloat32 } from "../abi.ts";
import type { Backend } from "../backend.ts";
import { reference } from "../reference/index.ts";
import { fillSession, sessionWords } from "../session.ts";
import type { Exports } from "./exports.ts";
import { Arena } from "./memory.ts";

export function session(
  instantiate: () => Exports,
  gemm: Backend["gemm"],
): Pick<Backend, "openSession"> {
  return {
    openSession(a) {
      if (!isFloat32(a.embedding)) return reference.openSession(a);
      const wasm = instantiate();
      const arena = new Arena(wasm.memory, wasm.__heap_base.value as number);
      const words = sessionWords(a);
      const shape = arena.putWords(words);
      const floats = wasm.saiki_session_floats(shape);
      const [at, to] = [arena.floats(floats), arena.floats(a.vocabulary)];
      // The memory grows no more, so views of it last.
      const state = fillSession(a, words, new Float32Array(wasm.memory.buffer, at, floats), gemm);
      const result = new Float32Array(wasm.memory.buffer, to, a.vocabulary);
      return {
        state,
        step(token, scores) {
          wasm.saiki_session_step(shape, at, token, scores === null ? 0 : to);
          scores?.set(result);
        },
      };
    },
  };
}
