/** Properties of all entries: memory that grows, equal bits for equal calls, float64. */

import { expect, test } from "vitest";
import type { Real } from "../../../src/core/index.ts";
import type { Backend, Recurrent } from "../../../src/kernels/backend.ts";
import { reference } from "../../../src/kernels/reference/index.ts";
import { seedState } from "../../../src/kernels/reference/mt19937.ts";
import { expectBits, expectWithin, source, sumError } from "../support.ts";

/** Makes an input or, without values, an output of one of the two types. */
type Make = (n: number, values?: boolean) => Real;
/** Calls an entry once; returns its outputs. */
type Call = (b: Backend, make: Make) => (Real | Uint32Array)[];

export function generalCases(backend: Backend): void {
  test("results are right after calls that made the memory grow", () => {
    const small = () => {
      const [a, b, c] = [source(1).reals(900), source(2).reals(900), new Float32Array(900)];
      const sizes = { m: 30, n: 30, k: 30, lda: 30, ldb: 30, ldc: 30 };
      const scaling = { transA: false, transB: false, alpha: 1, beta: 0, bias: null };
      backend.gemm({ a, b, c, ...sizes, ...scaling });
      return c;
    };
    const before = small();
    for (let i = 0; i < 3; i++) {
      // Two operands as large as all memory, which therefore grows between the two copies.
      const n = Math.max(backend.memory().bytes / 4, 2 ** 16);
      const [x, y] = [new Float32Array(n).fill(1 + i), new Float32Array(n).fill(0.5)];
      backend.axpy(2, x, y);
      expect(y.every((v) => v === 2.5 + 2 * i)).toBe(true);
      expectBits(small(), before, "a small product after a large call");
    }
  });

  test("results are right where the workspace makes the memory grow", () => {
    const n = Math.ceil(Math.sqrt(backend.memory().bytes / 8)) + 500;
    const a = source(3).reals(8 * n);
    const b = new Float32Array(n * n);
    for (let i = 0; i < n; i++) b[i * n + i] = 2;
    const c = new Float32Array(8 * n);
    const sizes = { m: 8, n, k: n, lda: n, ldb: n, ldc: n };
    backend.gemm({ a, b, c, ...sizes, transA: false, transB: true, alpha: 1, beta: 0, bias: null });
    expectBits(
      c,
      a.map((v) => 2 * v),
      "a times twice the identity",
    );
  });

  test("memory() tells what is held and the most that was", () => {
    const { bytes, highWater } = backend.memory();
    expect(bytes).toBeGreaterThanOrEqual(0);
    expect(highWater).toBeGreaterThanOrEqual(bytes);
  });

  test.each(Object.keys(calls))("equal calls of %s give equal bits", (name) => {
    const run = () => calls[name]!(backend, inputsOf("float32"));
    const first = run();
    for (const other of Object.values(calls)) other(backend, inputsOf("float32"));
    const second = run();
    first.forEach((out, i) => {
      expectBits(second[i]!, out, `output ${i} of ${name}`);
    });
  });

  test.each(Object.keys(calls))("%s computes float64 in double", (name) => {
    const got = calls[name]!(backend, inputsOf("float64"));
    const want = calls[name]!(reference, inputsOf("float64"));
    got.forEach((out, i) => {
      // A double has 29 bits more than a float.
      const error = (at: number) => sumError(1000, 1 + Math.abs(want[i]![at]!)) * 2 ** -29;
      if (out instanceof Uint32Array) expectBits(out, want[i]!, `output ${i} of ${name}`);
      else expectWithin(out, want[i] as Real, error, `output ${i} of ${name}`);
    });
  });
}

function inputsOf(type: "float32" | "float64"): Make {
  const from = source(11);
  return (n, values = true) => {
    const x = values ? from.reals(n) : new Float32Array(n).fill(Number.NaN);
    // In float64 each value has bits that do not fit float32.
    return type === "float32" ? x : Float64Array.from(x, (v) => v * (1 + 2 ** -30));
  };
}

function recurrent(make: Make): Recurrent & { nonlinearity: "tanh"; hN: Real } {
  return {
    ...{ batchSizes: Int32Array.of(6, 4, 1), reverse: true, inputSize: 7, hiddenSize: 9 },
    ...{ x: make(77), ldx: 7, wIh: make(63), wHh: make(81), bIh: make(9), bHh: make(9) },
    ...{ h0: make(54), y: make(99, false), ldy: 9, hN: make(54, false), nonlinearity: "tanh" },
  };
}

const target = Int32Array.of(1, 40, -100, 7, 0);
const [rows, cols] = [5, 41];

function crossEntropy(b: Backend, make: Make, backward: boolean): Real[] {
  const [x, weight, g] = [make(rows * cols), make(cols).map(Math.abs), make(rows)];
  const [lse, loss, dx] = [rows, rows, rows * cols].map((n) => make(n, false));
  const a = {
    x,
    target,
    weight,
    rows,
    classes: cols,
    ignoreIndex: -100,
    smoothing: 0.1,
    lse: lse!,
  };
  b.crossEntropyForward({ ...a, loss: loss! });
  if (!backward) return [lse!, loss!];
  b.crossEntropyBackward({ ...a, g, dx: dx! });
  return [dx!];
}

function linearCrossEntropy(b: Backend, make: Make): Real[] {
  const inputSize = 7;
  const [ofX, ofWeight] = [rows * inputSize, cols * inputSize];
  const [x, weight, bias] = [make(ofX), make(ofWeight), make(cols)];
  const classWeight = make(cols).map(Math.abs);
  const outputs = [rows, ofX, ofWeight, cols].map((n) => make(n, false));
  const [loss, dx, dWeight, dBias] = outputs as [Real, Real, Real, Real];
  const sizes = { rows, inputSize, classes: cols };
  const scalars = { ignoreIndex: -100, smoothing: 0.1, scale: 0.3 };
  const inputs = { x, weight, bias, target, classWeight };
  b.linearCrossEntropy({ ...sizes, ...scalars, ...inputs, loss, dx, dWeight, dBias });
  return outputs;
}

/** A row function of one input, or two. */
function rowCall(name: "softmax" | "logSoftmax" | "softmaxBackward" | "logSoftmaxBackward"): Call {
  return (b, make) => {
    const [x, dy, out] = [make(rows * cols), make(rows * cols), make(rows * cols, false)];
    if (name === "softmax" || name === "logSoftmax") b[name](x, out, rows, cols);
    else b[name](x, dy, out, rows, cols);
    return [out];
  };
}

function fillCall(run: (b: Backend, state: Uint32Array, out: Real) => void): Call {
  return (b, make) => {
    const [state, out] = [seedState(3), make(101, false)];
    run(b, state, out);
    return [out, state];
  };
}

const calls: Record<string, Call> = {
  gemm(b, make) {
    const [x, y, c, bias] = [make(9 * 300), make(300 * 21), make(9 * 21), make(21)];
    const sizes = { m: 9, n: 21, k: 300, lda: 300, ldb: 21, ldc: 21 };
    const scaling = { transA: false, transB: false, alpha: 0.3, beta: 0.7, bias };
    b.gemm({ a: x, b: y, c, ...sizes, ...scaling });
    return [c];
  },
  rnnForward(b, make) {
    const a = recurrent(make);
    b.rnnForward(a);
    return [a.y, a.hN];
  },
  rnnBackward(b, make) {
    const a = { ...recurrent(make), y: make(99) };
    const outputs = [77, 54, 63, 81, 9, 9].map((n) => make(n));
    const [dx, ...others] = outputs.map((data) => ({ data, accumulate: true }));
    const [dh0, dWIh, dWHh, dBIh, dBHh] = others as [typeof dx & {}, ...(typeof dx & {})[]];
    const wanted = { dh0, dWIh: dWIh!, dWHh: dWHh!, dBIh: dBIh!, dBHh: dBHh! };
    b.rnnBackward({ ...a, dy: make(99), lddy: 9, dhN: make(54), dx: { ...dx!, ld: 7 }, ...wanted });
    return outputs;
  },
  openSession(b, make) {
    const [V, E, H] = [20, 9, 13];
    const [wHh, bIh, bHh] = [make(3 * H * H), make(3 * H), make(3 * H)];
    const session = b.openSession({
      ...{ kind: "gru", vocabulary: V, embeddingSize: E, hiddenSize: H, embedding: make(V * E) },
      layers: [E, H].map((n) => ({ wIh: make(3 * H * n), wHh, bIh, bHh })),
      ...{ projection: make(V * H), bias: make(V) },
    });
    const scores = make(V, false);
    for (const token of [3, 0, 19]) session.step(token, scores);
    return [scores, session.state.slice() as Real];
  },
  softmax: rowCall("softmax"),
  softmaxBackward: rowCall("softmaxBackward"),
  logSoftmax: rowCall("logSoftmax"),
  logSoftmaxBackward: rowCall("logSoftmaxBackward"),
  crossEntropyForward: (b, make) => crossEntropy(b, make, false),
  crossEntropyBackward: (b, make) => crossEntropy(b, make, true),
  linearCrossEntropy,
  embeddingForward(b, make) {
    const [weight, y] = [make(4 * 13), make(5 * 13, false)];
    b.embeddingForward(weight, Int32Array.of(3, 0, 1, 3, 2), y, 13);
    return [y];
  },
  embeddingBackward(b, make) {
    const [dy, dWeight] = [make(5 * 13), make(4 * 13)];
    b.embeddingBackward(dy, Int32Array.of(3, 0, 1, 3, 2), dWeight, 13, 1);
    return [dWeight];
  },
  unary(b, make) {
    const [x, y] = [make(101), make(101, false)];
    b.unary("tanh", x, y);
    return [y];
  },
  unaryBackward(b, make) {
    const [y, dy, dx] = [make(101), make(101), make(101, false)];
    b.unaryBackward("sigmoid", y, dy, dx);
    return [dx];
  },
  binary(b, make) {
    const [x, z, y] = [make(101), make(101), make(101, false)];
    b.binary("div", x, z, y);
    return [y];
  },
  axpy(b, make) {
    const [x, y] = [make(101), make(101)];
    b.axpy(0.1, x, y);
    return [y];
  },
  sum(b, make) {
    const [x, y] = [make(3 * 50 * 7), make(21, false)];
    b.sum(x, y, 3, 50, 7);
    return [y];
  },
  sgd(b, make) {
    const [p, g, buf] = [make(101), make(101), make(101)];
    const scalars = { lr: 0.1, momentum: 0.9, dampening: 0.1, weightDecay: 0.01 };
    b.sgd({ p, g, buf, first: false, ...scalars, nesterov: true, maximize: false });
    return [p, buf];
  },
  adam(b, make) {
    const [p, g, m] = [make(101), make(101), make(101)];
    const [v, vMax] = [make(101).map(Math.abs), make(101).map(Math.abs)];
    const scalars = { step: 3, lr: 0.1, beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: 0.1 };
    b.adam({ p, g, m, v, vMax, ...scalars, decoupled: true, maximize: false });
    return [p, m, v, vMax];
  },
  norm: (b, make) => [Float64Array.of(b.norm(make(101), 2))],
  mtFill(b) {
    const [state, out] = [seedState(3), new Uint32Array(1000)];
    b.mtFill(state, out);
    return [out, state];
  },
  uniformFill: fillCall((b, state, out) => b.uniformFill(state, out, -1, 2)),
  normalFill: fillCall((b, state, out) => b.normalFill(state, out, 1, 2)),
  bernoulliMask: fillCall((b, state, out) => b.bernoulliMask(state, out, 0.3, 1.7)),
};
