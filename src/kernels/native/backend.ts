/**
 * The backend over the native kernels, which read and write the arrays in place.
 *
 * float64 goes to the reference, and so do functions that are rare, and short arrays. Which way a
 * call takes depends on its type and sizes only.
 */

import {
  adamScalars,
  type Backward,
  binaryCode,
  type Forward,
  gru,
  isFloat32,
  type Kind,
  lstm,
  type RecurrentEntries,
  type RowEntries,
  rnn,
  SHORT,
  sgdScalars,
  unaryBackwardCode,
  unaryCode,
} from "../abi.ts";
import type { Backend, CrossEntropy, Gradient, LayerNorm, Recurrent } from "../backend.ts";
import { reference } from "../reference/index.ts";
import { fillSession, sessionWords } from "../session.ts";
import type { Binding } from "./binding.ts";

export function nativeBackend(native: Binding): Backend {
  let highWater = 0;
  return {
    name: "native",
    ...matrix(native),
    ...recurrent(native),
    ...session(native),
    ...rows(native),
    ...table(native),
    ...elementwise(native),
    ...update(native),
    ...random(native),
    memory() {
      const bytes = native.workspaceBytes();
      highWater = Math.max(highWater, bytes);
      return { bytes, highWater };
    },
  };
}

function matrix(native: Binding): Pick<Backend, "gemm"> {
  return {
    gemm(g) {
      if (!isFloat32(g.c)) return reference.gemm(g);
      const { m, n, k, lda, ldb, ldc, transA, transB, alpha, beta, a, b, c, bias } = g;
      native.gemm(m, n, k, lda, ldb, ldc, transA, transB, alpha, beta, a, b, c, bias);
    },
  };
}

// ---- recurrent ---------------------------------------------------------------------------------

function recurrent(native: Binding): RecurrentEntries {
  // Written out, for lists that are spread would cost more than a small layer's work.
  const ahead = (kind: Kind, a: Forward) => {
    const size = a.projSize || a.hiddenSize;
    // biome-ignore format: in the binding's order, the same as below
    native.recurrentForward(
      kind.id, a.batchSizes.length, a.batchSizes, a.reverse, a.inputSize, a.hiddenSize, size,
      a.ldx, a.ldy, a.x, a.wIh, a.wHh, a.bIh, a.bHh, a.wHr ?? null, a.h0, a.c0 ?? null, a.y,
      a.gates ?? null, a.c ?? null, a.hN, a.cN ?? null,
    );
  };
  const back = (kind: Kind, a: Backward) => {
    const size = a.projSize || a.hiddenSize;
    // biome-ignore format: as above
    native.recurrentBackward(
      kind.id, a.batchSizes.length, a.batchSizes, a.reverse, a.inputSize, a.hiddenSize, size,
      a.ldx, a.ldy, a.x, a.wIh, a.wHh, a.bIh, a.bHh, a.wHr ?? null, a.h0, a.c0 ?? null, a.y,
      a.gates ?? null, a.c ?? null, a.lddy, a.dx?.ld ?? a.inputSize, a.dy, a.dhN, a.dcN ?? null,
      buffer(a.dx), adds(a.dx), buffer(a.dh0), adds(a.dh0), buffer(a.dc0), adds(a.dc0),
      buffer(a.dWIh), adds(a.dWIh), buffer(a.dWHh), adds(a.dWHh), buffer(a.dBIh), adds(a.dBIh),
      buffer(a.dBHh), adds(a.dBHh), buffer(a.dWHr), adds(a.dWHr),
    );
  };
  // A batch of none is the reference's too.
  const isOurs = (a: Recurrent) => isFloat32(a.y) && a.batchSizes[0] !== 0;
  return {
    rnnForward: (a) => (isOurs(a) ? ahead(rnn[a.nonlinearity], a) : reference.rnnForward(a)),
    rnnBackward: (a) => (isOurs(a) ? back(rnn[a.nonlinearity], a) : reference.rnnBackward(a)),
    lstmForward: (a) => (isOurs(a) ? ahead(lstm, a) : reference.lstmForward(a)),
    lstmBackward: (a) => (isOurs(a) ? back(lstm, a) : reference.lstmBackward(a)),
    gruForward: (a) => (isOurs(a) ? ahead(gru, a) : reference.gruForward(a)),
    gruBackward: (a) => (isOurs(a) ? back(gru, a) : reference.gruBackward(a)),
  };
}

function buffer(g: Gradient | null | undefined) {
  return g?.data ?? null;
}

function adds(g: Gradient | null | undefined) {
  return g?.accumulate ?? false;
}

// ---- session -----------------------------------------------------------------------------------

function session(native: Binding): Pick<Backend, "openSession"> {
  return {
    openSession(a) {
      if (!isFloat32(a.embedding)) return reference.openSession(a);
      const words = sessionWords(a);
      const block = new Float32Array(native.sessionFloats(words));
      const state = fillSession(a, words, block, matrix(native).gemm);
      return { state, step: (token, scores) => native.sessionStep(words, token, block, scores) };
    },
  };
}

// ---- rows --------------------------------------------------------------------------------------

function rows(native: Binding): RowEntries {
  const entropy = (a: CrossEntropy) =>
    [
      ...([a.rows, a.classes, a.ignoreIndex, a.smoothing] as const),
      ...([a.x, a.target, a.weight, a.lse] as const),
    ] as const;
  const norm = (a: LayerNorm) => [a.rows, a.cols, a.eps, a.x, a.weight] as const;
  return {
    softmax: (x, y, n, cols) =>
      isFloat32(x) ? native.softmax(n, cols, x, y) : reference.softmax(x, y, n, cols),
    softmaxBackward: (y, dy, dx, n, cols) =>
      isFloat32(y)
        ? native.softmaxBackward(n, cols, y, dy, dx)
        : reference.softmaxBackward(y, dy, dx, n, cols),
    logSoftmax: (x, y, n, cols) =>
      isFloat32(x) ? native.logSoftmax(n, cols, x, y) : reference.logSoftmax(x, y, n, cols),
    logSoftmaxBackward: (y, dy, dx, n, cols) =>
      isFloat32(y)
        ? native.logSoftmaxBackward(n, cols, y, dy, dx)
        : reference.logSoftmaxBackward(y, dy, dx, n, cols),
    crossEntropyForward: (a) =>
      isFloat32(a.x)
        ? native.crossEntropyForward(...entropy(a), a.loss)
        : reference.crossEntropyForward(a),
    crossEntropyBackward: (a) =>
      isFloat32(a.x)
        ? native.crossEntropyBackward(...entropy(a), a.g, a.dx)
        : reference.crossEntropyBackward(a),
    linearCrossEntropy: (a) =>
      isFloat32(a.x)
        ? // biome-ignore format: in the binding's order
          native.linearCrossEntropy(
            a.rows, a.inputSize, a.classes, a.ignoreIndex, a.smoothing, a.scale,
            a.x, a.weight, a.bias, a.target, a.classWeight, a.loss, a.dx, a.dWeight, a.dBias,
          )
        : reference.linearCrossEntropy(a),
    layerNormForward: (a) =>
      isFloat32(a.x)
        ? native.layerNormForward(...norm(a), a.bias, a.y)
        : reference.layerNormForward(a),
    layerNormBackward: (a) =>
      isFloat32(a.x)
        ? native.layerNormBackward(...norm(a), a.dy, a.dx, a.dWeight, a.dBias)
        : reference.layerNormBackward(a),
  };
}

// ---- table -------------------------------------------------------------------------------------

function table(native: Binding): Pick<Backend, "embeddingForward" | "embeddingBackward"> {
  const entries = (weight: { length: number }, width: number) =>
    width === 0 ? 2 ** 31 - 1 : Math.floor(weight.length / width);
  return {
    embeddingForward: (weight, index, y, width) =>
      isFloat32(weight)
        ? native.embeddingForward(index.length, width, entries(weight, width), weight, index, y)
        : reference.embeddingForward(weight, index, y, width),
    embeddingBackward(dy, index, dWeight, width, padding) {
      if (!isFloat32(dy)) return reference.embeddingBackward(dy, index, dWeight, width, padding);
      const sizes = [index.length, width, entries(dWeight, width)] as const;
      native.embeddingBackward(...sizes, padding, dy, index, dWeight);
    },
  };
}

// ---- elementwise -------------------------------------------------------------------------------

type Elementwise = Pick<Backend, "unary" | "unaryBackward" | "binary" | "axpy" | "sum">;

function elementwise(native: Binding): Elementwise {
  return {
    unary(op, x, y) {
      const code = unaryCode(op, y);
      if (code === null) return reference.unary(op, x, y);
      native.unary(code, y.length, x, y);
    },
    unaryBackward(op, saved, dy, dx) {
      const code = unaryBackwardCode(op, dx);
      if (code === null) return reference.unaryBackward(op, saved, dy, dx);
      native.unaryBackward(code, dx.length, saved, dy, dx);
    },
    binary(op, a, b, y) {
      const call = binaryCode(op, b, y);
      if (call === null) return reference.binary(op, a, b, y);
      const other = call.square ? a : b;
      native.binary(call.code, y.length, a.length === 1, other.length === 1, a, other, y);
    },
    axpy: (s, x, y) => (isFloat32(y) ? native.axpy(s, y.length, x, y) : reference.axpy(s, x, y)),
    sum: (x, y, outer, n, inner) =>
      isFloat32(x) && outer * n * inner > SHORT
        ? native.sum(outer, n, inner, x, y)
        : reference.sum(x, y, outer, n, inner),
  };
}

// ---- update ------------------------------------------------------------------------------------

function update(native: Binding): Pick<Backend, "sgd" | "adam" | "norm"> {
  return {
    sgd: (a) =>
      isFloat32(a.p)
        ? native.sgd(a.p.length, a.p, a.g, a.buf, a.first, ...sgdScalars(a), a.nesterov, a.maximize)
        : reference.sgd(a),
    adam: (a) =>
      isFloat32(a.p)
        ? native.adam(a.p.length, a.p, a.g, a.m, a.v, a.vMax, ...adamScalars(a), a.maximize)
        : reference.adam(a),
    norm(x, p) {
      if (isFloat32(x)) {
        if (p === 2) return Math.sqrt(native.sumSquares(x.length, x));
        if (p === 1) return native.sumAbs(x.length, x);
        if (p === Number.POSITIVE_INFINITY) return native.maxAbs(x.length, x);
      }
      return reference.norm(x, p);
    },
  };
}

// ---- random ------------------------------------------------------------------------------------

type Random = Pick<Backend, "mtFill" | "uniformFill" | "normalFill" | "bernoulliMask">;

function random(native: Binding): Random {
  return {
    mtFill: (state, out) => native.mtFill(out.length, state, out),
    uniformFill(state, out, from, to) {
      if (!isFloat32(out)) return reference.uniformFill(state, out, from, to);
      native.uniformFill(out.length, state, out, from, Math.fround(to) - Math.fround(from));
    },
    normalFill: (state, out, mean, std) =>
      isFloat32(out)
        ? native.normalFill(out.length, state, out, mean, std)
        : reference.normalFill(state, out, mean, std),
    bernoulliMask: (state, out, p, scale) =>
      isFloat32(out)
        ? native.bernoulliMask(out.length, state, out, p, scale)
        : reference.bernoulliMask(state, out, p, scale),
  };
}
