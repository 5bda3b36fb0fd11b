/** The recurrent kernels: their arguments are structures of words, as in `saiki_kernels.h`. */

import type { Gradient, Recurrent, RnnBackward, RnnForward } from "../backend.ts";
import type { Exports } from "./exports.ts";
import { type Arena, span } from "./memory.ts";

export function rnnForward(wasm: Exports, arena: Arena, a: RnnForward): void {
  const { rows, batch } = measure(a);
  if (rows === 0) return;
  const H = a.hiddenSize;
  arena.begin();
  const length = span(rows, H, a.ldy);
  // What the kernel does not write must come back as it was.
  const y = a.ldy === H ? arena.floats(length) : arena.put(a.y, length);
  const hN = arena.floats(batch * H);
  const call = putCall(arena, a, y, 1);
  wasm.saiki_rnn_forward(call, relu(a), hN, workspace(wasm, arena, call));
  arena.get(y, a.y, length);
  arena.get(hN, a.hN, batch * H);
}

export function rnnBackward(wasm: Exports, arena: Arena, a: RnnBackward): void {
  const { rows, batch } = measure(a);
  const [I, H] = [a.inputSize, a.hiddenSize];
  arena.begin();
  const call = putCall(arena, a, arena.put(a.y, span(rows, H, a.ldy)), 1);
  const dy = arena.put(a.dy, span(rows, H, a.lddy));
  const dhN = arena.put(a.dhN, batch * H);
  const lddx = a.dx?.ld ?? I;
  const outputs = [
    output(arena, a.dx, span(rows, I, lddx), lddx !== I),
    output(arena, a.dh0, batch * H),
    output(arena, a.dWIh, H * I),
    output(arena, a.dWHh, H * H),
    output(arena, a.dBIh, H),
    output(arena, a.dBHh, H),
  ];
  const [dx, ...others] = outputs.map((o) => [o.at, +(o.gradient?.accumulate ?? false)]);
  const words = [dy, a.lddy, dhN, ...dx!, lddx, ...others.flat()];
  const gradients = arena.putWords(words);
  wasm.saiki_rnn_backward(call, relu(a), gradients, workspace(wasm, arena, call));
  for (const { gradient, at, n } of outputs) if (gradient !== null) arena.get(at, gradient.data, n);
}

/** N and B. */
function measure({ batchSizes }: Recurrent): { rows: number; batch: number } {
  let rows = 0;
  for (const b of batchSizes) rows += b;
  return { rows, batch: batchSizes[0] ?? 0 };
}

/** Copies the operands of both directions in; gives the address of a `saiki_recurrent`. */
function putCall(arena: Arena, a: Recurrent, y: number, gates: number): number {
  const { rows, batch } = measure(a);
  const [I, H, GH] = [a.inputSize, a.hiddenSize, gates * a.hiddenSize];
  const [batchSizes, x] = [arena.putWords(a.batchSizes), arena.put(a.x, span(rows, I, a.ldx))];
  const [wIh, wHh] = [arena.put(a.wIh, GH * I), arena.put(a.wHh, GH * H)];
  const [bIh, bHh, h0] = [arena.put(a.bIh, GH), arena.put(a.bHh, GH), arena.put(a.h0, batch * H)];
  const sizes = [a.batchSizes.length, +a.reverse, I, H];
  return arena.putWords([batchSizes, ...sizes, x, a.ldx, wIh, wHh, bIh, bHh, h0, y, a.ldy]);
}

function workspace(wasm: Exports, arena: Arena, call: number): number {
  return arena.reserve(wasm.saiki_rnn_workspace(call) >>> 0);
}

interface Output {
  gradient: Gradient | null;
  at: number;
  n: number;
}

/** Room for a gradient, with its old values where they count. */
function output(arena: Arena, gradient: Gradient | null, n: number, hasGaps = false): Output {
  if (gradient === null) return { gradient, at: 0, n: 0 };
  const keeps = gradient.accumulate || hasGaps;
  return { gradient, at: keeps ? arena.put(gradient.data, n) : arena.floats(n), n };
}

function relu(a: RnnForward | RnnBackward): number {
  return +(a.nonlinearity === "relu");
}
