/** What the binding refuses; the library itself never hands it any of this. */

import { describe, expect, test } from "vitest";
import { BackendError } from "../../core/index.ts";
import { loadNative } from "./load.ts";

const native = loadNative(process.env["SAIKI_TEST_BINARY"]);
const f = (n: number) => new Float32Array(n);
const i = (...values: number[]) => Int32Array.from(values);

const gemm = {
  ...{ m: 2, n: 3, k: 4, lda: 4, ldb: 3, ldc: 3, transA: false, transB: false },
  ...{ alpha: 1, beta: 0, a: f(8), b: f(12), c: f(6), bias: f(3) },
};
/** Three steps of two sequences, I = 3, H = 4. */
const layer = {
  ...{ batchSizes: i(2, 2, 1), reverse: false, inputSize: 3, hiddenSize: 4, x: f(15), ldx: 3 },
  ...{ wIh: f(48), wHh: f(64), bIh: f(16), bHh: f(16), h0: f(8), c0: f(8), y: f(20), ldy: 4 },
  ...{ projSize: 0, wHr: null, hN: f(8), cN: f(8), gates: f(80), c: f(20) },
};
const gradient = (n: number) => ({ data: f(n), accumulate: false });
const back = {
  ...{ ...layer, dy: f(20), lddy: 4, dhN: f(8), dcN: f(8), dx: { ...gradient(15), ld: 3 } },
  ...{ dh0: gradient(8), dc0: gradient(8), dWIh: gradient(48), dWHh: gradient(64) },
  ...{ dBIh: gradient(16), dBHh: gradient(16), dWHr: null },
};
const rnn = {
  ...{ ...back, nonlinearity: "tanh", gates: null, c: null, c0: null, dc0: null },
  ...{ wIh: f(12), wHh: f(16) },
};
const entropy = {
  ...{ rows: 2, classes: 3, ignoreIndex: -100, smoothing: 0, x: f(6), target: i(0, 2) },
  ...{ weight: null, lse: f(2), loss: f(2) },
};
const state = () => new Uint32Array(625);
const spoilt = () => state().fill(625, 624);
const projected = { projSize: 2, wHr: f(8), wHh: f(32) };

type Call = [entry: string, what: string, args: readonly unknown[], message: RegExp];
const of = (entry: string, good: object) => (what: string, bad: object, message: RegExp) =>
  [entry, what, [{ ...good, ...bad }], message] as Call;
const product = of("gemm", gemm);
const lstm = of("lstmForward", layer);
const lstmBack = of("lstmBackward", back);
const rnnBack = of("rnnBackward", rnn);
const loss = of("crossEntropyForward", entropy);

const calls: Call[] = [
  product("another kind of array", { a: new Float64Array(8) }, /a Float32Array is needed, got/),
  product("an array of JavaScript", { b: [1, 2, 3] }, /a Float32Array is needed/),
  product("no array", { b: null }, /a Float32Array is needed/),
  product("a word", { bias: "none" }, /a Float32Array or null is needed/),
  product("a short A", { a: f(7) }, /8 elements are needed, the array has 7/),
  product("a short B", { b: f(11) }, /12 elements are needed, the array has 11/),
  product("a short C", { c: f(5) }, /6 elements are needed, the array has 5/),
  product("a short bias", { bias: f(2) }, /3 elements are needed, the array has 2/),
  product("rows of A that overlap", { lda: 3 }, /rows of 4 elements lie 3 apart/),
  product("rows of C that overlap", { ldc: 2 }, /rows of 3 elements lie 2 apart/),
  product("a negative size", { m: -1 }, /a whole number from 0 to 2\^31 − 1 is needed, got -1/),
  product("a fraction", { n: 1.5 }, /a whole number .* got 1\.5/),
  product("NaN as a size", { k: Number.NaN }, /a whole number .* got nan/),
  product("no size", { k: undefined }, /a number is needed/),
  product("a number for a flag", { transA: 1 }, /true or false is needed/),
  product("sizes beyond memory", { m: 2 ** 31 - 1, lda: 2 ** 31 - 1, a: f(8) }, /elements|large/),
  lstm("batch sizes that grow", { batchSizes: i(1, 2) }, /batch sizes are positive and do not/),
  lstm("an empty step", { batchSizes: i(2, 0) }, /batch sizes are positive/),
  lstm(
    "batch sizes of another kind",
    { batchSizes: Float32Array.of(2, 1, 1) },
    /an? Int32Array is needed/,
  ),
  lstm("a short x", { x: f(14) }, /15 elements are needed, the array has 14/),
  lstm("a short y", { y: f(19) }, /20 elements are needed, the array has 19/),
  lstm("rows of x that overlap", { ldx: 2 }, /rows of 3 elements lie 2 apart/),
  lstm("short weights", { wHh: f(63) }, /64 elements are needed, the array has 63/),
  lstm("a short h0", { h0: f(7) }, /8 elements are needed, the array has 7/),
  lstm("no last c", { cN: null }, /an LSTM has a last c/),
  lstm("short gates", { gates: f(79) }, /80 elements are needed, the array has 79/),
  lstm("a projection without weights", { projSize: 2 }, /only an LSTM projects, with a weight/),
  lstm("a projection of a short weight", { ...projected, wHr: f(7) }, /8 elements are needed/),
  lstmBack("no gates", { gates: null }, /gates are needed/),
  lstmBack("no c", { c: null }, /c is needed/),
  lstmBack("a short dy", { dy: f(19) }, /20 elements are needed, the array has 19/),
  lstmBack("a short gradient", { dWIh: gradient(47) }, /48 elements are needed/),
  lstmBack("a gradient of no projection", { dWHr: gradient(16) }, /there is no projection/),
  rnnBack("a gradient of c", { dc0: gradient(8) }, /only an LSTM has a c/),
  of("gruForward", layer)("a projection", projected, /only an LSTM projects/),
  loss("a class beyond the last", { target: i(0, 3) }, /index 3 is not below 3/),
  loss("a negative class", { target: i(-1, 0) }, /index -1 is not below 3/),
  loss("short logits", { x: f(5) }, /6 elements are needed, the array has 5/),
  ["softmax", "a short output", [f(6), f(5), 2, 3], /6 elements are needed, the array has 5/],
  ["embeddingForward", "a row beyond", [f(6), i(0, 3), f(4), 2], /index 3 is not below 3/],
  ["embeddingForward", "a negative row", [f(6), i(-1), f(2), 2], /index -1 is not below 3/],
  ["embeddingBackward", "a row beyond", [f(4), i(0, 3), f(6), 2, -1], /index 3 is not below 3/],
  ["axpy", "a short x", [2, f(3), f(4)], /4 elements are needed, the array has 3/],
  ["mtFill", "a short state", [new Uint32Array(624), new Uint32Array(1)], /625 elements/],
  ["mtFill", "a spoilt state", [spoilt(), new Uint32Array(1)], /the state's next word is 625/],
  ["normalFill", "less than a block", [state(), f(15), 0, 1], /a whole number from 16/],
];

describe.skipIf(!("backend" in native))("the binding", () => {
  const entries = ("backend" in native ? native.backend : {}) as unknown as Record<
    string,
    (...args: readonly unknown[]) => void
  >;

  test.each(calls)("%s refuses %s", (entry, _, args, message) => {
    const call = () => entries[entry]!(...args);
    expect(call).toThrow(BackendError);
    expect(call).toThrow(message);
    expect(call).toThrow(/^native kernels: \w+, argument \d+: [^\n]+\. Report it as a bug: /);
  });

  const many = 2 ** 31 - 1;
  const norm = { rows: many, cols: 0, eps: 0, x: f(0), weight: null };
  test.each<[entry: string, ...args: unknown[]]>([
    ["softmax", f(0), f(0), many, 0],
    ["logSoftmax", f(0), f(0), many, 0],
    ["softmaxBackward", f(0), f(0), f(0), many, 0],
    ["logSoftmaxBackward", f(0), f(0), f(0), many, 0],
    ["layerNormForward", { ...norm, bias: null, y: f(0) }],
    ["layerNormBackward", { ...norm, dy: f(0), dx: f(0), dWeight: f(0), dBias: f(0) }],
  ])("%s visits no rows that have no columns", (entry, ...args) => {
    expect(() => entries[entry]!(...args)).not.toThrow();
  });

  test.each([
    ["gemm", gemm],
    ["lstmForward", layer],
    ["lstmBackward", back],
    ["lstmForward", { ...layer, ...projected, h0: f(4), y: f(10), ldy: 2, hN: f(4) }],
    ["crossEntropyForward", entropy],
    ["rnnBackward", rnn],
  ])("%s accepts the same without the fault", (entry, args) => {
    expect(() => entries[entry]!(args)).not.toThrow();
  });
});
