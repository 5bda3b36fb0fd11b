/**
 * The backend over a WebAssembly instance: copies operands in, calls, copies results out. What the
 * module does not do (float64, and functions that are rare) goes to the reference, and so do arrays
 * so short that copying would cost more than computing.
 */

import type { Real } from "../../core/index.ts";
import type { Adam, Backend, BackendName, BinaryOp, CrossEntropy, Gemm, Sgd, UnaryOp } from "../backend.ts";
import { binaryOps, unaryOps } from "../backend.ts";
import { reference } from "../reference/index.ts";
import type { Exports } from "./exports.ts";
import { CallMemory, span } from "./memory.ts";
import { rnnBackward, rnnForward } from "./recurrent.ts";

const unaryNames = Object.keys(unaryOps) as UnaryOp[];
const inDouble: ReadonlySet<UnaryOp> = new Set(["log", "log1p", "sin", "cos"]);
/** Up to this length plain loops are quicker than copying. */
const SHORT = 32;

export function wasmBackend(name: BackendName, wasm: Exports): Backend {
  const memory = new CallMemory(wasm.memory, wasm.__heap_base.value as number);
  return {
    name,
    gemm: (g) => (isFloat32(g.c) ? gemm(wasm, memory, g) : reference.gemm(g)),
    rnnForward: (a) => (isFloat32(a.y) ? rnnForward(wasm, memory, a) : reference.rnnForward(a)),
    rnnBackward: (a) => (isFloat32(a.y) ? rnnBackward(wasm, memory, a) : reference.rnnBackward(a)),
    ...rowKernels(wasm, memory),
    ...tableKernels(wasm, memory),
    ...elementwiseKernels(wasm, memory),
    ...updateKernels(wasm, memory),
    ...randomKernels(wasm, memory),
    memory: () => ({ bytes: memory.bytes, highWater: memory.bytes }),
  };
}

function isFloat32(x: Real): boolean {
  return x instanceof Float32Array;
}

function gemm(wasm: Exports, memory: CallMemory, g: Gemm): void {
  if (g.m === 0 || g.n === 0) return;
  memory.begin();
  const [rowsA, colsA] = g.transA ? [g.k, g.m] : [g.m, g.k];
  const [rowsB, colsB] = g.transB ? [g.n, g.k] : [g.k, g.n];
  const a = memory.put(g.a, span(rowsA, colsA, g.lda));
  const b = memory.put(g.b, span(rowsB, colsB, g.ldb));
  const length = span(g.m, g.n, g.ldc);
  const keeps = g.beta !== 0 || g.ldc !== g.n;
  const c = keeps ? memory.put(g.c, length) : memory.reserve(length);
  const bias = memory.put(g.bias, g.n);
  const ws = memory.reserve(wasm.saiki_gemm_workspace());
  const [tA, tB] = [+g.transA, +g.transB];
  wasm.saiki_gemm(a, g.lda, tA, b, g.ldb, tB, c, g.ldc, g.m, g.n, g.k, g.alpha, g.beta, bias, ws);
  memory.get(c, g.c, length);
}

function rowKernels(wasm: Exports, memory: CallMemory) {
  type Forward = "softmax" | "logSoftmax";
  const forward =
    (name: Forward, run: (...args: number[]) => void) =>
    (x: Real, y: Real, rows: number, cols: number): void => {
      if (!isFloat32(x)) return reference[name](x, y, rows, cols);
      memory.begin();
      const at = memory.put(x, rows * cols);
      run(at, at, rows, cols);
      memory.get(at, y, rows * cols);
    };
  const backward =
    (name: `${Forward}Backward`, run: (...args: number[]) => void) =>
    (y: Real, dy: Real, dx: Real, rows: number, cols: number): void => {
      if (!isFloat32(y)) return reference[name](y, dy, dx, rows, cols);
      memory.begin();
      const [py, pdy] = [memory.put(y, rows * cols), memory.put(dy, rows * cols)];
      const pdx = memory.reserve(rows * cols);
      run(py, pdy, pdx, rows, cols);
      memory.get(pdx, dx, rows * cols);
    };
  return {
    softmax: forward("softmax", wasm.saiki_softmax),
    softmaxBackward: backward("softmaxBackward", wasm.saiki_softmax_backward),
    logSoftmax: forward("logSoftmax", wasm.saiki_log_softmax),
    logSoftmaxBackward: backward("logSoftmaxBackward", wasm.saiki_log_softmax_backward),
    crossEntropyForward(a: CrossEntropy & { loss: Real }): void {
      if (!isFloat32(a.x)) return reference.crossEntropyForward(a);
      const call = crossEntropyCall(memory, a);
      const [lse, loss] = [memory.reserve(a.rows), memory.reserve(a.rows)];
      wasm.saiki_cross_entropy_forward(...call, lse, loss);
      memory.get(lse, a.lse, a.rows);
      memory.get(loss, a.loss, a.rows);
    },
    crossEntropyBackward(a: CrossEntropy & { g: Real; dx: Real }): void {
      if (!isFloat32(a.x)) return reference.crossEntropyBackward(a);
      const call = crossEntropyCall(memory, a);
      const [lse, g] = [memory.put(a.lse, a.rows), memory.put(a.g, a.rows)];
      const dx = memory.reserve(a.rows * a.classes);
      wasm.saiki_cross_entropy_backward(...call, lse, g, dx);
      memory.get(dx, a.dx, a.rows * a.classes);
    },
  };
}

function crossEntropyCall(memory: CallMemory, a: CrossEntropy): number[] {
  memory.begin();
  const x = memory.put(a.x, a.rows * a.classes);
  const target = memory.putInts(a.target);
  const weight = memory.put(a.weight, a.classes);
  return [x, target, weight, a.rows, a.classes, a.ignoreIndex, a.smoothing];
}

function tableKernels(wasm: Exports, memory: CallMemory) {
  return {
    embeddingForward(weight: Real, index: Int32Array, y: Real, width: number): void {
      if (!isFloat32(weight)) return reference.embeddingForward(weight, index, y, width);
      memory.begin();
      const [w, at] = [memory.put(weight, weight.length), memory.putInts(index)];
      const out = memory.reserve(index.length * width);
      wasm.saiki_embedding_forward(w, at, out, index.length, width);
      memory.get(out, y, index.length * width);
    },
    embeddingBackward(dy: Real, index: Int32Array, dWeight: Real, width: number, padding: number): void {
      if (!isFloat32(dy)) return reference.embeddingBackward(dy, index, dWeight, width, padding);
      memory.begin();
      const rows = index.length;
      const [from, at] = [memory.put(dy, rows * width), memory.putInts(index)];
      const to = memory.put(dWeight, dWeight.length);
      wasm.saiki_embedding_backward(from, at, to, rows, width, padding);
      memory.get(to, dWeight, dWeight.length);
    },
  };
}

function elementwiseKernels(wasm: Exports, memory: CallMemory) {
  const small = (x: Real) => !isFloat32(x) || x.length <= SHORT;
  return {
    unary(op: UnaryOp, x: Real, y: Real): void {
      if (small(y) || inDouble.has(op)) return reference.unary(op, x, y);
      memory.begin();
      const at = memory.put(x, y.length);
      wasm.saiki_unary(unaryNames.indexOf(op), at, at, y.length);
      memory.get(at, y, y.length);
    },
    unaryBackward(op: UnaryOp, saved: Real, dy: Real, dx: Real): void {
      if (small(dx) || op === "sin" || op === "cos") return reference.unaryBackward(op, saved, dy, dx);
      memory.begin();
      const [s, d] = [memory.put(saved, dx.length), memory.put(dy, dx.length)];
      wasm.saiki_unary_backward(unaryNames.indexOf(op), s, d, d, dx.length);
      memory.get(d, dx, dx.length);
    },
    binary(op: BinaryOp, a: Real, b: Real, y: Real): void {
      if (small(y) || op === "pow") return reference.binary(op, a, b, y);
      memory.begin();
      const n = y.length;
      const [la, lb] = [a.length === 1 ? 1 : n, b.length === 1 ? 1 : n];
      const [pa, pb, out] = [memory.put(a, la), memory.put(b, lb), memory.reserve(n)];
      wasm.saiki_binary(binaryOps.indexOf(op), pa, +(la > 1), pb, +(lb > 1), out, n);
      memory.get(out, y, n);
    },
    axpy(s: number, x: Real, y: Real): void {
      if (!isFloat32(y)) return reference.axpy(s, x, y);
      memory.begin();
      const [px, py] = [memory.put(x, y.length), memory.put(y, y.length)];
      wasm.saiki_axpy(s, px, py, y.length);
      memory.get(py, y, y.length);
    },
    sum(x: Real, y: Real, outer: number, n: number, inner: number): void {
      if (!isFloat32(x) || outer * n * inner <= SHORT) return reference.sum(x, y, outer, n, inner);
      memory.begin();
      const [px, py] = [memory.put(x, outer * n * inner), memory.reserve(outer * inner)];
      wasm.saiki_sum(px, py, outer, n, inner);
      memory.get(py, y, outer * inner);
    },
  };
}

function updateKernels(wasm: Exports, memory: CallMemory) {
  return {
    sgd(a: Sgd): void {
      if (!isFloat32(a.p)) return reference.sgd(a);
      memory.begin();
      const n = a.p.length;
      const [p, g, buf] = [memory.put(a.p, n), memory.put(a.g, n), memory.put(a.buf, n)];
      const { lr, momentum, dampening, weightDecay } = a;
      const flags = [+a.nesterov, +a.maximize];
      wasm.saiki_sgd(p, g, buf, n, +a.first, lr, momentum, dampening, weightDecay, ...flags);
      memory.get(p, a.p, n);
      if (a.buf !== null) memory.get(buf, a.buf, n);
    },
    adam(a: Adam): void {
      if (!isFloat32(a.p)) return reference.adam(a);
      memory.begin();
      const n = a.p.length;
      const [p, g, m, v, top] = [a.p, a.g, a.m, a.v, a.vMax].map((x) => memory.put(x, n)) as [
        ...[number, number, number, number, number],
      ];
      const step = -(a.lr / (1 - a.beta1 ** a.step));
      const root = Math.sqrt(1 - a.beta2 ** a.step);
      const shrink = 1 - a.lr * a.weightDecay;
      const scalars = [a.beta1, a.beta2, step, root, a.eps, a.weightDecay, shrink];
      wasm.saiki_adam(p, g, m, v, top, n, ...scalars, +a.decoupled, +a.maximize);
      memory.get(p, a.p, n);
      memory.get(m, a.m, n);
      memory.get(v, a.v, n);
      if (a.vMax !== null) memory.get(top, a.vMax, n);
    },
    norm(x: Real, p: number): number {
      if (!isFloat32(x) || (p !== 2 && p !== Number.POSITIVE_INFINITY)) return reference.norm(x, p);
      memory.begin();
      const at = memory.put(x, x.length);
      if (p !== 2) return wasm.saiki_max_abs(at, x.length);
      return Math.sqrt(wasm.saiki_sum_squares(at, x.length));
    },
  };
}

function randomKernels(wasm: Exports, memory: CallMemory) {
  const fill = (state: Uint32Array, out: Real, run: (s: number, at: number) => void) => {
    memory.begin();
    const [s, at] = [memory.putInts(state), memory.reserve(out.length)];
    run(s, at);
    memory.get(at, out, out.length);
    memory.getInts(s, state);
  };
  return {
    mtFill(state: Uint32Array, out: Uint32Array): void {
      memory.begin();
      const [s, at] = [memory.putInts(state), memory.reserve(out.length)];
      wasm.saiki_mt_fill(s, at, out.length);
      memory.getInts(at, out);
      memory.getInts(s, state);
    },
    uniformFill(state: Uint32Array, out: Real, from: number, to: number): void {
      if (!isFloat32(out)) return reference.uniformFill(state, out, from, to);
      const width = Math.fround(Math.fround(to) - Math.fround(from));
      fill(state, out, (s, at) => wasm.saiki_uniform_fill(s, at, out.length, from, width));
    },
    normalFill(state: Uint32Array, out: Real, mean: number, std: number): void {
      if (!isFloat32(out)) return reference.normalFill(state, out, mean, std);
      fill(state, out, (s, at) => wasm.saiki_normal_fill(s, at, out.length, mean, std));
    },
    bernoulliMask(state: Uint32Array, out: Real, p: number, scale: number): void {
      if (!isFloat32(out)) return reference.bernoulliMask(state, out, p, scale);
      fill(state, out, (s, at) => wasm.saiki_bernoulli_mask(s, at, out.length, p, scale));
    },
  };
}
