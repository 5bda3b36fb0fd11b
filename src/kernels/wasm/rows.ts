/** Softmax, its logarithm, cross entropy (of a projection too) and layer norm. */

import type { Real } from "../../core/dtype.ts";
import { isFloat32, type RowEntries } from "../abi.ts";
import type { CrossEntropy, LinearCrossEntropy } from "../backend.ts";
import { reference } from "../reference/index.ts";
import type { Exports } from "./exports.ts";
import type { Arena } from "./memory.ts";

export function rows(wasm: Exports, arena: Arena): RowEntries {
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
    linearCrossEntropy: (a) =>
      isFloat32(a.x) ? linearCrossEntropy(wasm, arena, a) : reference.linearCrossEntropy(a),
    layerNormForward(a) {
      if (!isFloat32(a.x)) return reference.layerNormForward(a);
      const { rows, cols } = a;
      arena.begin();
      const x = arena.put(a.x, rows * cols);
      const [weight, bias] = [arena.put(a.weight, cols), arena.put(a.bias, cols)];
      wasm.saiki_layer_norm_forward(x, weight, bias, x, rows, cols, a.eps);
      arena.get(x, a.y, rows * cols);
    },
    layerNormBackward(a) {
      if (!isFloat32(a.x)) return reference.layerNormBackward(a);
      const { rows, cols } = a;
      arena.begin();
      const [x, weight] = [arena.put(a.x, rows * cols), arena.put(a.weight, cols)];
      const dy = arena.put(a.dy, rows * cols);
      const dx = a.dx === null ? 0 : dy; // in place
      const [dWeight, dBias] = [a.dWeight, a.dBias].map((d) =>
        d === null ? 0 : arena.floats(cols),
      );
      const outputs = [dx, dWeight, dBias] as number[];
      wasm.saiki_layer_norm_backward(x, weight, dy, ...outputs, rows, cols, a.eps);
      [a.dx, a.dWeight, a.dBias].forEach((out, i) => {
        if (out !== null) arena.get(outputs[i] as number, out, i === 0 ? rows * cols : cols);
      });
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

function linearCrossEntropy(wasm: Exports, arena: Arena, a: LinearCrossEntropy): void {
  const { rows, inputSize, classes } = a;
  const [ofX, ofWeight] = [rows * inputSize, classes * inputSize];
  arena.begin();
  const [x, weight] = [arena.put(a.x, ofX), arena.put(a.weight, ofWeight)];
  const bias = arena.put(a.bias, classes);
  const target = arena.putWords(a.target.subarray(0, rows));
  const classWeight = arena.put(a.classWeight, classes);
  const outputs = [
    [a.loss, rows],
    [a.dx, ofX],
    [a.dWeight, ofWeight],
    [a.dBias, classes],
  ] as const;
  const at = outputs.map(([out, n]) => (out === null ? 0 : arena.floats(n)));
  const work = arena.reserve(
    wasm.saiki_linear_cross_entropy_workspace(rows, inputSize, classes) >>> 0,
  );
  const sizes = [rows, inputSize, classes, a.ignoreIndex, a.smoothing, a.scale] as const;
  wasm.saiki_linear_cross_entropy(x, weight, bias, target, classWeight, ...sizes, ...at, work);
  outputs.forEach(([out, n], i) => {
    if (out !== null) arena.get(at[i] as number, out, n);
  });
}
