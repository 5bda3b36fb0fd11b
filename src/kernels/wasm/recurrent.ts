/** The recurrent kernels: their arguments are structures of words, as in `saiki_kernels.h`. */

import {
  type Backward,
  type Extra,
  type Forward,
  gru,
  isFloat32,
  type Kind,
  lstm,
  type RecurrentEntries,
  rnn,
} from "../abi.ts";
import type { Gradient, Recurrent, RowsGradient, Saved } from "../backend.ts";
import { reference } from "../reference/index.ts";
import { isKept } from "../saved.ts";
import type { Exports } from "./exports.ts";
import { type Keeper, KeptFloats } from "./kept.ts";
import { type Arena, span } from "./memory.ts";

type Values = Extra<Saved>;

export function recurrent(wasm: Exports, keeper: Keeper): RecurrentEntries<Saved> {
  const ahead = (kind: Kind, a: Forward<Saved>) => forward(wasm, keeper, kind, a);
  const back = (kind: Kind, a: Backward<Saved>) => backward(wasm, keeper, kind, a);
  return {
    rnnForward: (a) => (isFloat32(a.y) ? ahead(rnn[a.nonlinearity], a) : reference.rnnForward(a)),
    rnnBackward: (a) => (isFloat32(a.y) ? back(rnn[a.nonlinearity], a) : reference.rnnBackward(a)),
    lstmForward: (a) => (isFloat32(a.y) ? ahead(lstm, a) : reference.lstmForward(a)),
    lstmBackward: (a) => (isFloat32(a.y) ? back(lstm, a) : reference.lstmBackward(a)),
    gruForward: (a) => (isFloat32(a.y) ? ahead(gru, a) : reference.gruForward(a)),
    gruBackward: (a) => (isFloat32(a.y) ? back(gru, a) : reference.gruBackward(a)),
  };
}

function forward(wasm: Exports, keeper: Keeper, kind: Kind, a: Forward<Saved>): void {
  const { arena } = keeper;
  const { rows, batch, size } = measure(a);
  const H = a.hiddenSize;
  if (rows === 0) return;
  arena.begin();
  const length = span(rows, size, a.ldy);
  // What the kernel does not write must come back as it was.
  const y = a.ldy === size ? arena.floats(length) : arena.put(a.y, length);
  const [hN, cN] = [arena.floats(batch * size), arena.floats(batch * H * kind.memory)];
  const [ofGates, ofC] = [rows * H * kind.saved, rows * H * kind.memory];
  const gates = a.gates ? (addressOf(keeper, a.gates) ?? arena.floats(ofGates)) : 0;
  const c = addressOf(keeper, a.c) ?? arena.floats(ofC);
  const call = putCall(arena, kind, a, { y, gates, c });
  const work = arena.reserve(wasm.saiki_recurrent_workspace(kind.id, call, 0) >>> 0);
  wasm.saiki_recurrent_forward(kind.id, call, hN, cN, work);
  arena.get(y, a.y, length);
  arena.get(hN, a.hN, batch * size);
  if (a.cN) arena.get(cN, a.cN, batch * H);
  leave(arena, gates, a.gates, ofGates);
  leave(arena, c, a.c, ofC);
}

/** To where backward finds it: what is kept lies there already, unless others took its room. */
function leave(arena: Arena, at: number, saved: Saved | null | undefined, n: number): void {
  if (saved instanceof KeptFloats) saved.takeFrom(at);
  else if (saved && !isKept(saved)) arena.get(at, saved, n);
}

function backward(wasm: Exports, keeper: Keeper, kind: Kind, a: Backward<Saved>): void {
  const { arena } = keeper;
  const { rows, batch, size } = measure(a);
  const [I, H] = [a.inputSize, a.hiddenSize];
  const GH = kind.gates * H;
  arena.begin();
  const y = arena.put(a.y, span(rows, size, a.ldy));
  const saved = (values: Saved | null | undefined, n: number) =>
    addressOf(keeper, values) ?? arena.putSaved(values ?? null, n);
  const [gates, c] = [saved(a.gates, rows * H * kind.saved), saved(a.c, rows * H)];
  const call = putCall(arena, kind, a, { y, gates, c });
  const dy = arena.put(a.dy, span(rows, size, a.lddy));
  const last = [arena.put(a.dhN, batch * size), arena.put(a.dcN ?? null, batch * H)];
  const lddx = a.dx?.ld ?? I;
  const dx = outputRows(arena, a.dx, rows, I, lddx);
  const outputs = [
    output(arena, a.dh0, batch * size),
    output(arena, a.dc0, batch * H),
    output(arena, a.dWIh, GH * I),
    output(arena, a.dWHh, GH * size),
    output(arena, a.dBIh, GH),
    output(arena, a.dBHh, GH),
    output(arena, a.dWHr, size * H),
  ];
  const words = [dy, a.lddy, ...last, ...wordsOf(dx), lddx, ...outputs.flatMap(wordsOf)];
  const gradients = arena.putWords(words);
  const work = arena.reserve(wasm.saiki_recurrent_workspace(kind.id, call, 1) >>> 0);
  wasm.saiki_recurrent_backward(kind.id, call, gradients, work);
  for (const { gradient, at, n } of [dx, ...outputs]) {
    if (gradient !== null) arena.get(at, gradient.data, n);
  }
}

/** Of values that are in the keeper's memory now. */
function addressOf(keeper: Keeper, saved: Saved | null | undefined): number | null {
  return saved instanceof KeptFloats && saved.keeper === keeper ? saved.at : null;
}

/** N, B, and P or H. */
function measure(a: Recurrent & Values): { rows: number; batch: number; size: number } {
  let rows = 0;
  for (const b of a.batchSizes) rows += b;
  return { rows, batch: a.batchSizes[0] ?? 0, size: a.projSize || a.hiddenSize };
}

/** Copies the operands of both directions in; gives the address of a `saiki_recurrent`. */
function putCall(
  arena: Arena,
  kind: Kind,
  a: Recurrent & Values,
  states: { y: number; gates: number; c: number },
): number {
  const { rows, batch, size } = measure(a);
  const [I, H, GH] = [a.inputSize, a.hiddenSize, kind.gates * a.hiddenSize];
  const [batchSizes, x] = [arena.putWords(a.batchSizes), arena.put(a.x, span(rows, I, a.ldx))];
  const weights = [arena.put(a.wIh, GH * I), arena.put(a.wHh, GH * size)];
  const biases = [arena.put(a.bIh, GH), arena.put(a.bHh, GH)];
  const projection = arena.put(a.wHr ?? null, size * H);
  const first = [arena.put(a.h0, batch * size), arena.put(a.c0 ?? null, batch * H)];
  const sizes = [a.batchSizes.length, +a.reverse, I, H, size];
  const operands = [x, a.ldx, ...weights, ...biases, projection, ...first];
  return arena.putWords([
    batchSizes,
    ...sizes,
    ...operands,
    states.y,
    a.ldy,
    states.gates,
    states.c,
  ]);
}

interface Output {
  gradient: Gradient | null;
  at: number;
  n: number;
}

/** Room for a gradient, with its old values where they count. */
function output(
  arena: Arena,
  gradient: Gradient | null | undefined,
  n: number,
  hasGaps = false,
): Output {
  if (!gradient) return { gradient: null, at: 0, n: 0 };
  const keeps = gradient.accumulate || hasGaps;
  return { gradient, at: keeps ? arena.put(gradient.data, n) : arena.floats(n), n };
}

function outputRows(
  arena: Arena,
  gradient: RowsGradient | null,
  rows: number,
  cols: number,
  ld: number,
): Output {
  return output(arena, gradient, span(rows, cols, ld), ld !== cols);
}

/** A `saiki_gradient`. */
function wordsOf({ gradient, at }: Output): [data: number, accumulate: number] {
  return [at, +(gradient?.accumulate ?? false)];
}
