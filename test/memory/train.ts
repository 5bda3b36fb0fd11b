/**
 * Trains an RNN language model, with dropout to use the pool, and prints its memory at two steps.
 */

import { setWarningHandler } from "../../src/core/index.ts";
import { kernels } from "../../src/kernels/index.ts";
import { poolMemory } from "../../src/kernels/pool.ts";
import { train } from "../../src/lm/index.ts";

/** 64 characters (`<unk>` is a 65th token); four times in five, each determines the next. */
function corpus(length: number): string {
  let [text, code, state] = ["", 0, 1];
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    code = i < 64 ? i : (state >>> 16) % 5 === 0 ? (state >>> 20) % 64 : (code * 7 + 3) % 64;
    text += String.fromCharCode(48 + code);
  }
  return text;
}

/**
 * Buffers are freed some time after a collection, so there are several between turns of the loop.
 */
async function memory() {
  for (let round = 0; round < 5; round++) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return {
    heap: heapUsed,
    buffers: arrayBuffers,
    pool: poolMemory().highWater,
    kernels: kernels().memory().highWater,
  };
}

const measured: Record<number, Awaited<ReturnType<typeof memory>>> = {};
const losses: number[] = [];
setWarningHandler(() => {});
await train(
  corpus(60_000),
  { embedding: 64, hidden: 128, batch: 50, length: 50, steps: 500, dropout: 0.1 },
  {
    async onEvent(e) {
      if (e.event === "start" && e.vocabulary !== 65)
        throw new Error(`a vocabulary of ${e.vocabulary}`);
      if (e.event !== "step") return;
      losses.push(e.loss);
      if (e.step === 100 || e.step === 500) measured[e.step] = await memory();
    },
  },
);
console.log(JSON.stringify({ collects: "gc" in globalThis, measured, losses }));
