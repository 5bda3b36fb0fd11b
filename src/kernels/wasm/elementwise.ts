/** Elementwise operations and sums. */

import type { Real } from "../../core/dtype.ts";
import { type Backend, binaryOps, type UnaryOp, unaryOps } from "../backend.ts";
import { reference } from "../reference/index.ts";
import type { Exports } from "./exports.ts";
import { type Arena, isFloat32 } from "./memory.ts";

type Elementwise = Pick<Backend, "unary" | "unaryBackward" | "binary" | "axpy" | "sum">;

const unaryNames = Object.keys(unaryOps) as UnaryOp[];
/** Operations and derivatives that the module does not have. */
const rare: ReadonlySet<UnaryOp> = new Set(["log1p", "sin", "cos"]);
const rareBackward: ReadonlySet<UnaryOp> = new Set(["sin", "cos"]);
/** Up to this length plain loops are quicker than copying. */
const SHORT = 32;

export function elementwise(wasm: Exports, arena: Arena): Elementwise {
  return {
    unary(op, x, y) {
      if (isSlow(y) || rare.has(op)) return reference.unary(op, x, y);
      arena.begin();
      const at = arena.put(x, y.length);
      wasm.saiki_unary(unaryNames.indexOf(op), at, at, y.length);
      arena.get(at, y, y.length);
    },
    unaryBackward(op, saved, dy, dx) {
      if (isSlow(dx) || rareBackward.has(op)) return reference.unaryBackward(op, saved, dy, dx);
      arena.begin();
      const [s, d] = [arena.put(saved, dx.length), arena.put(dy, dx.length)];
      wasm.saiki_unary_backward(unaryNames.indexOf(op), s, d, d, dx.length);
      arena.get(d, dx, dx.length);
    },
    binary(op, a, b, y) {
      const n = y.length;
      const square = op === "pow" && b.length === 1 && b[0] === 2;
      if (isSlow(y) || (op === "pow" && !square)) return reference.binary(op, a, b, y);
      const [one, other] = [a.length === 1, !square && b.length === 1];
      arena.begin();
      const pa = arena.put(a, one ? 1 : n);
      const pb = square ? pa : arena.put(b, other ? 1 : n);
      const to = one ? arena.floats(n) : pa;
      const code = binaryOps.indexOf(square ? "mul" : op);
      wasm.saiki_binary(code, pa, +one, pb, +(other || (square && one)), to, n);
      arena.get(to, y, n);
    },
    axpy(s, x, y) {
      if (!isFloat32(y)) return reference.axpy(s, x, y);
      arena.begin();
      const [px, py] = [arena.put(x, y.length), arena.put(y, y.length)];
      wasm.saiki_axpy(s, px, py, y.length);
      arena.get(py, y, y.length);
    },
    sum(x, y, outer, n, inner) {
      const length = outer * n * inner;
      if (!isFloat32(x) || length <= SHORT) return reference.sum(x, y, outer, n, inner);
      arena.begin();
      const [px, py] = [arena.put(x, length), arena.floats(outer * inner)];
      wasm.saiki_sum(px, py, outer, n, inner);
      arena.get(py, y, outer * inner);
    },
  };
}

function isSlow(y: Real): boolean {
  return !isFloat32(y) || y.length <= SHORT;
}
