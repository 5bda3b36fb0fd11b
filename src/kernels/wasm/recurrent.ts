/** The recurrent kernels: their arguments are two structures of words, as in `saiki_kernels.h`. */

import type { Gradient, Recurrent, RnnBackward, RnnForward } from "../backend.ts";
import type { Exports } from "./exports.ts";
import { type CallMemory, span } from "./memory.ts";

export function rnnForward(wasm: Exports, memory: CallMemory, a: RnnForward): void {
  const sizes = measure(a);
  if (sizes.rows === 0) return;
  memory.begin();
  const length = span(sizes.rows, a.hiddenSize, a.ldy);
  const y = a.ldy === a.hiddenSize ? memory.reserve(length) : memory.put(a.y, length);
  const hN = memory.reserve(sizes.batch * a.hiddenSize);
  wasm.saiki_rnn_forward(structure(wasm, memory, a, y, hN, a.nonlinearity === "relu"));
  memory.get(y, a.y, length);
  memory.get(hN, a.hN, sizes.batch * a.hiddenSize);
}

export function rnnBackward(wasm: Exports, memory: CallMemory, a: RnnBackward): void {
  const { rows, batch } = measure(a);
  const [H, I] = [a.hiddenSize, a.inputSize];
  memory.begin();
  const y = memory.put(a.y, span(rows, H, a.ldy));
  const call = structure(wasm, memory, a, y, 0, a.nonlinearity === "relu");
  const dy = a.dy === null ? 0 : memory.put(a.dy, span(rows, H, a.lddy));
  const dhN = memory.put(a.dhN, batch * H);
  const outputs: [Gradient | null, length: number][] = [
    [a.dx, a.dx === null ? 0 : span(rows, I, a.dx.ld)],
    [a.dh0, batch * H],
    [a.dWIh, H * I],
    [a.dWHh, H * H],
    [a.dBIh, H],
    [a.dBHh, H],
  ];
  const [dx, ...others] = outputs.map(([g, n], i) => {
    if (g === null) return 0;
    const keeps = g.accumulate || (i === 0 && a.dx !== null && a.dx.ld !== I);
    return keeps ? memory.put(g.data, n) : memory.reserve(n);
  }) as [number, ...number[]];
  const accumulate = outputs.reduce((bits, [g], i) => bits | (g?.accumulate ? 1 << i : 0), 0);
  const grads = [dy, a.lddy, dhN, dx, a.dx?.ld ?? 0, ...others, accumulate];
  wasm.saiki_rnn_backward(call, memory.putInts(grads));
  outputs.forEach(([g, n], i) => {
    if (g !== null) memory.get([dx, ...others][i] as number, g.data, n);
  });
}

/** N and B. */
function measure({ batchSizes }: Recurrent): { rows: number; batch: number } {
  let rows = 0;
  for (const b of batchSizes) rows += b;
  return { rows, batch: batchSizes[0] ?? 0 };
}

/** Copies what forward and backward share and gives the address of a `SaikiRecurrent`. */
function structure(
  wasm: Exports,
  memory: CallMemory,
  a: Recurrent,
  y: number,
  hN: number,
  relu: boolean,
): number {
  const { rows, batch } = measure(a);
  const [H, I] = [a.hiddenSize, a.inputSize];
  const batchSizes = memory.putInts(a.batchSizes);
  const x = memory.put(a.x, span(rows, I, a.ldx));
  const [wIh, wHh] = [memory.put(a.wIh, H * I), memory.put(a.wHh, H * H)];
  const [bIh, bHh, h0] = [memory.put(a.bIh, H), memory.put(a.bHh, H), memory.put(a.h0, batch * H)];
  const ws = memory.reserve(wasm.saiki_rnn_workspace(rows, batch, I, H));
  const sizes = [a.batchSizes.length, rows, +a.reverse, I, H, +relu];
  return memory.putInts([
    ...[batchSizes, ...sizes, x, a.ldx, wIh, wHh, bIh, bHh, h0],
    ...[y, a.ldy, hN, ws],
  ]);
}
