/** Optimizer steps and norms. Scalars are computed in double; the call rounds them to float32. */

import { adamScalars, isFloat32, sgdScalars } from "../abi.ts";
import type { Backend } from "../backend.ts";
import { reference } from "../reference/index.ts";
import type { Exports } from "./exports.ts";
import type { Arena } from "./memory.ts";

type Update = Pick<Backend, "sgd" | "adam" | "norm">;

export function update(wasm: Exports, arena: Arena): Update {
  return {
    sgd(a) {
      if (!isFloat32(a.p)) return reference.sgd(a);
      arena.begin();
      const n = a.p.length;
      const [p, g, buf] = [arena.put(a.p, n), arena.put(a.g, n), arena.put(a.buf, n)];
      wasm.saiki_sgd(p, g, buf, n, +a.first, ...sgdScalars(a), +a.nesterov, +a.maximize);
      arena.get(p, a.p, n);
      if (a.buf !== null) arena.get(buf, a.buf, n);
    },
    adam(a) {
      if (!isFloat32(a.p)) return reference.adam(a);
      arena.begin();
      const n = a.p.length;
      const [p, g, m] = [arena.put(a.p, n), arena.put(a.g, n), arena.put(a.m, n)];
      const [v, vMax] = [arena.put(a.v, n), arena.put(a.vMax, n)];
      wasm.saiki_adam(p, g, m, v, vMax, n, ...adamScalars(a), +a.maximize);
      arena.get(p, a.p, n);
      arena.get(m, a.m, n);
      arena.get(v, a.v, n);
      if (a.vMax !== null) arena.get(vMax, a.vMax, n);
    },
    norm(x, p) {
      if (!isFloat32(x) || ![1, 2, Infinity].includes(p)) return reference.norm(x, p);
      arena.begin();
      const at = arena.put(x, x.length);
      if (p === 2) return Math.sqrt(wasm.saiki_sum_squares(at, x.length));
      return (p === 1 ? wasm.saiki_sum_abs : wasm.saiki_max_abs)(at, x.length);
    },
  };
}
