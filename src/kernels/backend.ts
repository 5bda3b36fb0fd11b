/**
 * What a backend computes: buffers in, buffers out, nothing known of tensors.
 *
 * The interface is small, coarse and synchronous: every entry does a whole job. Letters: `B` batch,
 * `T` steps, `I` input size, `H` hidden size, `G` gates, `V` vocabulary or classes, `N` rows of a
 * packed sequence (the sum of the batch sizes; `T·B` when nothing is packed).
 *
 * Rules for every entry:
 * - Matrices are row-major; a leading dimension (`lda`, `ldx`, …) is the distance between rows, in
 *   elements. Buffers may be longer than needed. All real buffers of one call share one type,
 *   float32 or float64; fast backends hand float64 to the reference.
 * - Operands are not validated here (the callers have) and nothing is retained after the call; only a
 *   session stays, with copies, and what the caller asked to `keep`.
 * - Outputs do not overlap inputs, unless the entry says that they may be the same array.
 * - Sums are accumulated in an order that depends on the shapes only, so equal calls give equal bits.
 *
 * `src/kernels/reference/` is the specification: plain loops. `test/conformance/kernels.ts` holds
 * every other backend to it. `kernels/saiki_kernels.h` mirrors these entries in C.
 */

import type { Real } from "../core/dtype.ts";

/** The implementations of the kernels, from the fastest to the slowest. */
export type BackendName = "native" | "wasm-relaxed" | "wasm" | "reference";

export interface Backend {
  readonly name: BackendName;

  // ---- matrix ----------------------------------------------------------------------------------

  /** `C = alpha · op(A) · op(B) + beta · C + bias` (bias along the rows of C). */
  gemm(a: Gemm): void;

  // ---- recurrent -------------------------------------------------------------------------------

  /** One layer, one direction, whole sequence: `h_t = act(x_t W_ihᵀ + b_ih + h_{t−1} W_hhᵀ + b_hh)`. */
  rnnForward(a: RnnForward): void;
  /** Gradients of {@link Backend.rnnForward}: `da_t = dh_t · act'(h_t)`, walked in reverse. */
  rnnBackward(a: RnnBackward): void;
  /**
   * `i, f, o = σ(…)`, `g = tanh(…)`, `c_t = f c_{t−1} + i g`, `h_t = o tanh(c_t)`, or of that
   * `h_t = (o tanh(c_t)) W_hrᵀ`.
   */
  lstmForward(a: LstmForward<Saved>): void;
  /**
   * Gradients of {@link Backend.lstmForward}. With `u = dh W_hr`, or `dh`, and `t = tanh(c_t)`:
   * `do = u t σ'`, `dc += u o (1 − t²)`, `di = dc g σ'`, `df = dc c_{t−1} σ'`,
   * `dg = dc i (1 − g²)`, `dc_{t−1} = dc f`.
   */
  lstmBackward(a: LstmBackward<Saved>): void;
  /** `r, z = σ(…)`, `n = tanh(x_t W_inᵀ + b_in + r (h_{t−1} W_hnᵀ + b_hn))`, `h_t = (h_{t−1} − n) z + n`. */
  gruForward(a: GruForward<Saved>): void;
  /**
   * Gradients of {@link Backend.gruForward}. With `q = h_{t−1} W_hnᵀ + b_hn`:
   * `dz = dh (h_{t−1} − n) σ'`, `dn = dh (1 − z) (1 − n²)`, `dr = dn q σ'`, `dq = dn r`,
   * and `dh_{t−1}` has the share `dh z`.
   */
  gruBackward(a: GruBackward<Saved>): void;

  // ---- session ---------------------------------------------------------------------------------

  /** Prepares a language model to read one token at a time. The weights are copied. */
  openSession(a: SessionWeights): Session;

  // ---- rows ------------------------------------------------------------------------------------

  /** `y_ij = exp(x_ij − max_i) / Σ_k exp(x_ik − max_i)`. `y` may be `x`. */
  softmax(x: Real, y: Real, rows: number, cols: number): void;
  /** `dx = y · (dy − Σ_k y_k dy_k)`. */
  softmaxBackward(y: Real, dy: Real, dx: Real, rows: number, cols: number): void;
  /** `y_ij = x_ij − logΣexp_i`. `y` may be `x`. */
  logSoftmax(x: Real, y: Real, rows: number, cols: number): void;
  /** `dx = dy − exp(y) · Σ_k dy_k`. */
  logSoftmaxBackward(y: Real, dy: Real, dx: Real, rows: number, cols: number): void;
  /** Cross entropy of logits against class indices, row by row. */
  crossEntropyForward(a: CrossEntropy & { loss: Real }): void;
  /** Its gradient; rows scaled by `g`. */
  crossEntropyBackward(a: CrossEntropy & { g: Real; dx: Real }): void;
  /** Cross entropy of the logits `x Wᵀ + b`, which never exist all at once, with its gradients. */
  linearCrossEntropy(a: LinearCrossEntropy): void;
  /** `y = x̂ · weight + bias` with `x̂ = (x − mean_i) / √(var_i + eps)`. `y` may be `x`. */
  layerNormForward(a: LayerNorm & { bias: Real | null; y: Real }): void;
  /**
   * With `g = dy · weight`: `dx = (g − mean_i(g) − x̂ · mean_i(g x̂)) / √(var_i + eps)`,
   * `dWeight = Σ_i dy x̂`, `dBias = Σ_i dy`. Each null where not wanted. `dx` may be `dy`.
   */
  layerNormBackward(
    a: LayerNorm & { dy: Real; dx: Real | null; dWeight: Real | null; dBias: Real | null },
  ): void;

  // ---- table -----------------------------------------------------------------------------------

  /** `y_r = weight[index_r]`; weight (V, width), y (rows, width). Indices lie in [0, V). */
  embeddingForward(weight: Real, index: Int32Array, y: Real, width: number): void;
  /** `dWeight[index_r] += dy_r`, rows in order; rows with `index_r = paddingIdx` are skipped (−1: none). */
  embeddingBackward(
    dy: Real,
    index: Int32Array,
    dWeight: Real,
    width: number,
    paddingIdx: number,
  ): void;

  // ---- elementwise -----------------------------------------------------------------------------

  /** `y = op(x)` over `y.length` elements. `y` may be `x`. */
  unary(op: UnaryOp, x: Real, y: Real): void;
  /** `dx = dy · op'(x)`, from `x` or `y` as {@link unaryOps} says (`saved` is that array). `dx` may be `dy`. */
  unaryBackward(op: UnaryOp, saved: Real, dy: Real, dx: Real): void;
  /** `y = a op b`, over `y.length` elements; `a` and `b` each have that length or length 1. `y` may be `a` or `b`. */
  binary(op: BinaryOp, a: Real, b: Real, y: Real): void;
  /** `y_i = fma(s, x_i, y_i)`, one rounding; `s` is rounded to the type first. */
  axpy(s: number, x: Real, y: Real): void;
  /** `y[o, i] = Σ_k x[o, k, i]`; x is (outer, n, inner), y (outer, inner). */
  sum(x: Real, y: Real, outer: number, n: number, inner: number): void;

  // ---- update (bit-equal to PyTorch's CPU kernels) ---------------------------------------------

  /** One step of SGD on one parameter, in place. */
  sgd(a: Sgd): void;
  /** One step of Adam or AdamW on one parameter, in place. */
  adam(a: Adam): void;
  /** `(Σ |x|^p)^(1/p)`, accumulated in double; `p = Infinity` gives the largest magnitude. NaN and inf propagate. */
  norm(x: Real, p: number): number;

  // ---- random (bit-equal to PyTorch's CPU generator, AVX2 rules) -------------------------------
  // `state`: 624 words of the Mersenne Twister, then the index of the next word (624: twist first).

  /** Raw 32-bit draws. */
  mtFill(state: Uint32Array, out: Uint32Array): void;
  /** `out = fma(u, to − from, from)`; `u` has 24 bits (float32, one draw) or 53 (float64, two draws). */
  uniformFill(state: Uint32Array, out: Real, from: number, to: number): void;
  /** Normals by blocks of 16 (`out.length ≥ 16`); the last block overlaps when 16 does not divide it. */
  normalFill(state: Uint32Array, out: Real, mean: number, std: number): void;
  /** `out = (u53 < p) ? scale : 0`, two draws an element; `scale` rounded to the type. */
  bernoulliMask(state: Uint32Array, out: Real, p: number, scale: number): void;

  // ---- memory ----------------------------------------------------------------------------------

  /**
   * Room for `n` floats in a memory of the backend's own, for what forward leaves. A backend that has
   * this entry takes whatever any backend keeps; one that works on arrays lacks it and takes arrays.
   */
  keep?(n: number): Kept;

  /** Bytes of workspace that the backend holds now, and the most it ever held. */
  memory(): { bytes: number; highWater: number };
}

/** Values from forward to backward: in an array, or kept by a backend. */
export type Saved = Real | Kept;

/** Values in a backend's own memory. One that was dropped without a release does not stay there for ever. */
export interface Kept {
  readonly length: number;
  copyTo(out: Real): void;
  /** Gives the room back; the values are gone. */
  release(): void;
}

export interface Gemm {
  /** op(A) is (M, K): A is (M, K), or (K, M) with `transA`. */
  a: Real;
  lda: number;
  transA: boolean;
  /** op(B) is (K, N): B is (K, N), or (N, K) with `transB`. */
  b: Real;
  ldb: number;
  transB: boolean;
  /** (M, N). With `beta = 0` its old contents are not read, NaN included. */
  c: Real;
  ldc: number;
  m: number;
  n: number;
  k: number;
  alpha: number;
  beta: number;
  /** (N), added to every row after scaling. */
  bias: Real | null;
}

/**
 * A layer and a direction over a packed sequence.
 *
 * Rows are time-major: step `t` owns `batchSizes[t]` rows (non-increasing, ≥ 1), the first of the
 * batch; dense input is the case where all are `B = batchSizes[0]`. With `reverse`, time is walked
 * from the last step to the first: when the batch grows, new rows start from their own rows of `h0`.
 */
export interface Recurrent {
  batchSizes: Int32Array;
  reverse: boolean;
  inputSize: number;
  hiddenSize: number;
  /** (N, I), rows `ldx` apart. */
  x: Real;
  ldx: number;
  /** (G·H, I) and (G·H, H). */
  wIh: Real;
  wHh: Real;
  /** (G·H) each, or null. */
  bIh: Real | null;
  bHh: Real | null;
  /** (B, H), or null for zeros. */
  h0: Real | null;
  /** (N, H), rows `ldy` apart, so that both directions write into one (N, D·H). */
  y: Real;
  ldy: number;
}

/** What the backward of each kind of layer has in common. */
export interface RecurrentBackward extends Recurrent {
  /** (N, H) rows `lddy` apart, and (B, H); each may be null for zeros. Not changed. */
  dy: Real | null;
  lddy: number;
  dhN: Real | null;
  /** Each null where not wanted. With `accumulate` the gradient is added to what is there. */
  dx: RowsGradient | null;
  dh0: Gradient | null;
  dWIh: Gradient | null;
  dWHh: Gradient | null;
  dBIh: Gradient | null;
  dBHh: Gradient | null;
}

export interface RnnForward extends Recurrent {
  nonlinearity: Nonlinearity;
  /** (B, H): each sequence's state after its own last step (reverse: after step 0). */
  hN: Real;
}

/** `y` is the forward's output, read only; of all saved values RNN needs nothing else. */
export interface RnnBackward extends RecurrentBackward {
  nonlinearity: Nonlinearity;
}

/**
 * G = 4, in the order i, f, g, o. With a projection, states `h` have P elements in place of H: `h0`,
 * `y`, `hN`, their gradients, and rows of `wHh`; `c` always has H.
 */
export interface Lstm extends Recurrent {
  /** P, or 0 for none. */
  projSize: number;
  /** (P, H), or null. */
  wHr: Real | null;
  /** (B, H), or null for zeros. */
  c0: Real | null;
}

export interface LstmForward<S = Real> extends Lstm {
  hN: Real;
  /** (B, H). */
  cN: Real;
  /** (N, 4H): i, f, g, o; and `c` (N, H). Both for backward; null when none will follow. */
  gates: S | null;
  c: S | null;
}

export interface LstmBackward<S = Real> extends Lstm, RecurrentBackward {
  /** From forward. `gates` is overwritten, with what is not specified. */
  gates: S;
  c: S;
  /** (B, H), or null for zeros. */
  dcN: Real | null;
  dc0: Gradient | null;
  dWHr: Gradient | null;
}

/** G = 3, in the order r, z, n. */
export interface GruForward<S = Real> extends Recurrent {
  hN: Real;
  /** (N, 4H): n, r, z and `h_{t−1} W_hnᵀ + b_hn`. For backward; null when none will follow. */
  gates: S | null;
}

export interface GruBackward<S = Real> extends RecurrentBackward {
  /** From forward; overwritten, with what is not specified. */
  gates: S;
}

/** Embedding → L recurrent layers → projection, all of one type. */
export interface SessionWeights {
  kind: CellKind;
  vocabulary: number;
  /** E and H, for L = 0 the same. */
  embeddingSize: number;
  hiddenSize: number;
  /** (V, E). */
  embedding: Real;
  /** Each (G·H, E) or, above the first, (G·H, H); (G·H, H); (G·H) twice. */
  layers: readonly { wIh: Real; wHh: Real; bIh: Real; bHh: Real }[];
  /** (V, H) and (V): the scores of the next token are `W h + b`. */
  projection: Real;
  bias: Real;
}

export type CellKind = "rnn-tanh" | "rnn-relu" | "lstm" | "gru";

/** A language model and what it has read. Independent of what else the backend computes. */
export interface Session {
  /** h (L, H), of an LSTM c (L, H) after it; zeros at first. To be read and written in place. */
  readonly state: Real;
  /** One step of each layer: reads a token in [0, V). `scores` (V) of the next one; null: not wanted. */
  step(token: number, scores: Real | null): void;
}

export type Nonlinearity = "tanh" | "relu";

export interface Gradient {
  data: Real;
  accumulate: boolean;
}

/** A gradient of shape (N, I) whose rows lie `ld` apart. */
export interface RowsGradient extends Gradient {
  ld: number;
}

/**
 * With `lp = logSoftmax(x)`, class weights `w` (default 1) and smoothing `e`:
 * `loss_i = (1−e) · (−w_t lp_t) + (e/V) · (−Σ_k w_k lp_k)`, 0 for rows whose target is ignored;
 * `dx_ij = g_i · [(1−e) w_t (p_j − [j = t]) + (e/V) (p_j Σ_k w_k − w_j)]`, 0 for those rows.
 */
export interface CrossEntropy {
  /** (rows, classes). */
  x: Real;
  /** (rows), each in [0, classes) or `ignoreIndex`. */
  target: Int32Array;
  /** (classes), or null for ones. */
  weight: Real | null;
  rows: number;
  classes: number;
  ignoreIndex: number;
  smoothing: number;
  /** (rows): `logΣexp` of each row; written by forward, read by backward. */
  lse: Real;
}

/**
 * With `z = x Wᵀ + b`, `loss_i` is that of {@link CrossEntropy}, and with `D = scale · Σ loss_i`:
 * `dz_i` is its gradient with `g_i = scale`, `dx = dz W`, `dW = dzᵀ x`, `dBias_j = Σ_i dz_ij`.
 */
export interface LinearCrossEntropy extends Omit<CrossEntropy, "x" | "weight" | "lse"> {
  /** H: elements of a row of x. */
  inputSize: number;
  /** (rows, H). */
  x: Real;
  /** (classes, H). */
  weight: Real;
  /** (classes), or null for zeros. */
  bias: Real | null;
  /** (classes), or null for ones. */
  classWeight: Real | null;
  /** What the sum of losses is multiplied by in the gradients; `loss` is without it. */
  scale: number;
  /** (rows). */
  loss: Real;
  /** Like `x`, `weight` and `bias`; each null where not wanted. */
  dx: Real | null;
  dWeight: Real | null;
  dBias: Real | null;
}

/** Each row is normalised by its own mean and variance (of all its elements, not of a sample). */
export interface LayerNorm {
  /** (rows, cols). */
  x: Real;
  /** (cols), or null for ones. */
  weight: Real | null;
  rows: number;
  cols: number;
  /** Added to the variance. */
  eps: number;
}

/** What the derivative of each unary operation is computed from. */
export const unaryOps = {
  neg: "x",
  exp: "y",
  log: "x",
  log1p: "x",
  sqrt: "y",
  sin: "x",
  cos: "x",
  abs: "x",
  sign: "x",
  reciprocal: "y",
  tanh: "y",
  sigmoid: "y",
  relu: "y",
} as const satisfies Record<string, "x" | "y">;
export type UnaryOp = keyof typeof unaryOps;

/** `pow` is C's; `maximum` and `minimum` propagate NaN. */
export const binaryOps = ["add", "sub", "mul", "div", "pow", "maximum", "minimum"] as const;
export type BinaryOp = (typeof binaryOps)[number];

/** Scalars are doubles, rounded to the parameter's type when applied (PyTorch's AVX2 rules). */
export interface Sgd {
  p: Real;
  g: Real;
  /** The momentum buffer, or null without momentum. On the first step it is written, not read. */
  buf: Real | null;
  first: boolean;
  lr: number;
  momentum: number;
  dampening: number;
  weightDecay: number;
  nesterov: boolean;
  maximize: boolean;
}

export interface Adam {
  p: Real;
  g: Real;
  m: Real;
  v: Real;
  /** The running maximum of `v` (amsgrad), or null. */
  vMax: Real | null;
  /** 1 at the first step. */
  step: number;
  lr: number;
  beta1: number;
  beta2: number;
  eps: number;
  weightDecay: number;
  /** AdamW: `p` is scaled by `1 − lr · weightDecay` first, and `g` left alone. */
  decoupled: boolean;
  maximize: boolean;
}
