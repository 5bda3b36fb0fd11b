/** What the backends over the C kernels share: codes, scalars as `saiki_kernels.h` takes them, sizes. */

import type { Real } from "../core/dtype.ts";
import {
  type Adam,
  type Backend,
  type BinaryOp,
  binaryOps,
  type Gradient,
  type GruBackward,
  type GruForward,
  type LstmBackward,
  type LstmForward,
  type Nonlinearity,
  type Recurrent,
  type RecurrentBackward,
  type Sgd,
  type UnaryOp,
  unaryOps,
} from "./backend.ts";

/** What the C kernels compute in; the reference has the other type. */
export function isFloat32(x: Real): x is Float32Array {
  return x instanceof Float32Array;
}

/** The entries of a group, as a backend implements them together. */
export type RowEntries = Pick<
  Backend,
  | "softmax"
  | "softmaxBackward"
  | "logSoftmax"
  | "logSoftmaxBackward"
  | "crossEntropyForward"
  | "crossEntropyBackward"
  | "linearCrossEntropy"
  | "layerNormForward"
  | "layerNormBackward"
>;
/** @typeParam S how forward's values come to backward: in arrays, unless the backend keeps them */
export interface RecurrentEntries<S = Real> extends Pick<Backend, "rnnForward" | "rnnBackward"> {
  lstmForward(a: LstmForward<S>): void;
  lstmBackward(a: LstmBackward<S>): void;
  gruForward(a: GruForward<S>): void;
  gruBackward(a: GruBackward<S>): void;
}

// ---- elementwise -------------------------------------------------------------------------------

/** Up to this length plain loops are quicker than a call. */
export const SHORT = 32;

const unaryNames = Object.keys(unaryOps) as UnaryOp[];
/** Operations and derivatives that C does not have. */
const rare: ReadonlySet<UnaryOp> = new Set(["log1p", "sin", "cos"]);
const rareBackward: ReadonlySet<UnaryOp> = new Set(["sin", "cos"]);

/** The number of an operation over `y`, or null where plain loops do it. */
export function unaryCode(op: UnaryOp, y: Real): number | null {
  return isSlow(y) || rare.has(op) ? null : unaryNames.indexOf(op);
}

export function unaryBackwardCode(op: UnaryOp, dx: Real): number | null {
  return isSlow(dx) || rareBackward.has(op) ? null : unaryNames.indexOf(op);
}

/** Likewise; of powers only the square of `a` is here, as a product. */
export function binaryCode(
  op: BinaryOp,
  b: Real,
  y: Real,
): { code: number; square: boolean } | null {
  const square = op === "pow" && b.length === 1 && b[0] === 2;
  if (isSlow(y) || (op === "pow" && !square)) return null;
  return { code: binaryOps.indexOf(square ? "mul" : op), square };
}

function isSlow(y: Real): boolean {
  return !isFloat32(y) || y.length <= SHORT;
}

// ---- update ------------------------------------------------------------------------------------

/** `minus_lr, momentum, keep, weight_decay`. */
export function sgdScalars(a: Sgd): [number, number, number, number] {
  return [-a.lr, a.momentum, 1 - a.dampening, a.weightDecay];
}

type Nine = [number, number, number, number, number, number, number, number, number];

/** `b1, r1, b2, r2, step, root, eps, weight_decay, shrink`. */
export function adamScalars(a: Adam): Nine {
  const step = -(a.lr / (1 - a.beta1 ** a.step));
  const root = Math.sqrt(1 - a.beta2 ** a.step);
  const [decay, shrink] = a.decoupled ? [0, 1 - a.lr * a.weightDecay] : [a.weightDecay, 1];
  return [a.beta1, 1 - a.beta1, a.beta2, 1 - a.beta2, step, root, a.eps, decay, shrink];
}

// ---- recurrent ---------------------------------------------------------------------------------

export interface Kind {
  /** Of the C enumeration. */
  id: number;
  /** G, and how many values the kernel saves for each of the H: of gates, and of c. */
  gates: number;
  saved: number;
  memory: number;
}

export const rnn: Record<Nonlinearity, Kind> = {
  tanh: { id: 0, gates: 1, saved: 0, memory: 0 },
  relu: { id: 1, gates: 1, saved: 0, memory: 0 },
};
export const lstm: Kind = { id: 2, gates: 4, saved: 4, memory: 1 };
export const gru: Kind = { id: 3, gates: 3, saved: 4, memory: 0 };

/** What a kind does not have is missing. */
export interface Extra<S = Real> {
  projSize?: number;
  wHr?: Real | null;
  c0?: Real | null;
  gates?: S | null;
  c?: S | null;
}

export type Forward<S = Real> = Recurrent & Extra<S> & { hN: Real; cN?: Real | null };

export type Backward<S = Real> = RecurrentBackward &
  Extra<S> & { dcN?: Real | null; dc0?: Gradient | null; dWHr?: Gradient | null };
