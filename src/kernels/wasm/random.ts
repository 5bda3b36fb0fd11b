/** Bulk filling from PyTorch's random stream. */

import type { Real } from "../../core/dtype.ts";
import { isFloat32 } from "../abi.ts";
import type { Backend } from "../backend.ts";
import { reference } from "../reference/index.ts";
import type { Exports } from "./exports.ts";
import type { Arena } from "./memory.ts";

type Random = Pick<Backend, "mtFill" | "uniformFill" | "normalFill" | "bernoulliMask">;

export function random(wasm: Exports, arena: Arena): Random {
  type Run = (state: number, out: number, n: number) => void;
  const fill = (state: Uint32Array, out: Real, run: Run) => {
    arena.begin();
    const [s, at] = [arena.putWords(state), arena.floats(out.length)];
    run(s, at, out.length);
    arena.get(at, out, out.length);
    arena.getWords(s, state);
  };
  return {
    mtFill(state, out) {
      arena.begin();
      const [s, at] = [arena.putWords(state), arena.floats(out.length)];
      wasm.saiki_mt_fill(s, at, out.length);
      arena.getWords(at, out);
      arena.getWords(s, state);
    },
    uniformFill(state, out, from, to) {
      if (!isFloat32(out)) return reference.uniformFill(state, out, from, to);
      const width = Math.fround(to) - Math.fround(from);
      fill(state, out, (s, at, n) => wasm.saiki_uniform_fill(s, at, n, from, width));
    },
    normalFill(state, out, mean, std) {
      if (!isFloat32(out)) return reference.normalFill(state, out, mean, std);
      fill(state, out, (s, at, n) => wasm.saiki_normal_fill(s, at, n, mean, std));
    },
    bernoulliMask(state, out, p, scale) {
      if (!isFloat32(out)) return reference.bernoulliMask(state, out, p, scale);
      fill(state, out, (s, at, n) => wasm.saiki_bernoulli_mask(s, at, n, p, scale));
    },
  };
}
