/** Softmax, its logarithm and cross entropy. */

import type { Real } from "../../core/dtype.ts";
import type { Backend, CrossEntropy } from "../backend.ts";
import { reference } from "../reference/index.ts";
import type { Exports } from "./exports.ts";
import { type Arena, isFloat32 } from "./memory.ts";

type Rows = Pick<
  Backend,
  | "softmax"
  | "softmaxBackward"
  | "logSoftmax"
  | "logSoftmaxBackward"
  | "crossEntropyForward"
  | "crossEntropyBackward"
>;

export function rows(wasm: Exports, arena: Arena): Rows {
  return {
    softmax: (x, y, n, cols) =>
      isFloat32(x)
        ? forward(arena, wasm.saiki_softmax, x, y, n, cols)
        : reference.softmax(x, y, n, cols),
    softmaxBackward: (y, dy, dx, n, cols) =>
      isFloat32(y)
        ? backward(arena, wasm.saiki_softmax_backward, y, dy, dx, n, cols)
        : reference.softmaxBackward(y, dy, dx, n, cols),
    logSoftmax: (x, y, n, cols) =>
      isFloat32(x)
        ? forward(arena, wasm.saiki_log_softmax, x, y, n, cols)
        : reference.logSoftmax(x, y, n, cols),
    logSoftmaxBackward: (y, dy, dx, n, cols) =>
      isFloat32(y)
        ? backward(arena, wasm.saiki_log_softmax_backward, y, dy, dx, n, cols)
        : reference.logSoftmaxBackward(y, dy, dx, n, cols),
    crossEntropyForward(a) {
      if (!isFloat32(a.x)) return reference.crossEntropyForward(a);
      const call = putCall(arena, a);
      const [lse, loss] = [arena.floats(a.rows), arena.floats(a.rows)];
      wasm.saiki_cross_entropy_forward(...call, lse, loss);
      arena.get(lse, a.lse, a.rows);
      arena.get(loss, a.loss, a.rows);
    },
    crossEntropyBackward(a) {
      if (!isFloat32(a.x)) return reference.crossEntropyBackward(a);
      const call = putCall(arena, a);
      const [lse, g] = [arena.put(a.lse, a.rows), arena.put(a.g, a.rows)];
      const dx = call[0]; // in place of x
      wasm.saiki_cross_entropy_backward(...call, lse, g, dx);
      arena.get(dx, a.dx, a.rows * a.classes);
    },
  };
}

type Kernel = (...args: number[]) => void;

function forward(arena: Arena, run: Kernel, x: Real, y: Real, n: number, cols: number): void {
  arena.begin();
  const at = arena.put(x, n * cols);
  run(at, at, n, cols);
  arena.get(at, y, n * cols);
}

function backward(
  arena: Arena,
  run: Kernel,
  y: Real,
  dy: Real,
  dx: Real,
  n: number,
  cols: number,
): void {
  arena.begin();
  const [py, pdy] = [arena.put(y, n * cols), arena.put(dy, n * cols)];
  run(py, pdy, pdy, n, cols);
  arena.get(pdy, dx, n * cols);
}

function putCall(arena: Arena, a: CrossEntropy): [x: number, ...others: number[]] {
  arena.begin();
  const x = arena.put(a.x, a.rows * a.classes);
  const target = arena.putWords(a.target.subarray(0, a.rows));
  const weight = arena.put(a.weight, a.classes);
  return [x, target, weight, a.rows, a.classes, a.ignoreIndex, a.smoothing];
}
