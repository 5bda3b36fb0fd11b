/** Elementwise operations and sums. */

import { binaryCode, isFloat32, SHORT, unaryBackwardCode, unaryCode } from "../abi.ts";
import type { Backend } from "../backend.ts";
import { reference } from "../reference/index.ts";
import type { Exports } from "./exports.ts";
import type { Arena } from "./memory.ts";

type Elementwise = Pick<Backend, "unary" | "unaryBackward" | "binary" | "axpy" | "sum">;

export function elementwise(wasm: Exports, arena: Arena): Elementwise {
  return {
    unary(op, x, y) {
      const code = unaryCode(op, y);
      if (code === null) return reference.unary(op, x, y);
      arena.begin();
      const at = arena.put(x, y.length);
      wasm.saiki_unary(code, at, at, y.length);
      arena.get(at, y, y.length);
    },
    unaryBackward(op, saved, dy, dx) {
      const code = unaryBackwardCode(op, dx);
      if (code === null) return reference.unaryBackward(op, saved, dy, dx);
      arena.begin();
      const [s, d] = [arena.put(saved, dx.length), arena.put(dy, dx.length)];
      wasm.saiki_unary_backward(code, s, d, d, dx.length);
      arena.get(d, dx, dx.length);
    },
    binary(op, a, b, y) {
      const call = binaryCode(op, b, y);
      if (call === null) return reference.binary(op, a, b, y);
      const n = y.length;
      const { code, square } = call;
      const [one, other] = [a.length === 1, !square && b.length === 1];
      arena.begin();
      const pa = arena.put(a, one ? 1 : n);
      const pb = square ? pa : arena.put(b, other ? 1 : n);
      const to = one ? arena.floats(n) : pa;
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
