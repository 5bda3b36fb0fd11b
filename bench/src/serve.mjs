// @ts-check
/** The protocol of worker.mjs, for contestants that run in Node. */

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setImmediate as turn } from "node:timers/promises";

/**
 * @typedef {object} Task
 * @property {() => unknown} step may return a promise
 * @property {() => Checked | Promise<Checked>} check takes a step, returns numbers to compare;
 *   null for one that is not comparable
 * @property {() => void} [release] drops what the next step would drop first
 *
 * @typedef {(number | null)[]} Checked
 * @typedef {{ seconds: number, cpuSeconds: number }} Timing `cpuSeconds` of all threads
 */

/**
 * Answers until standard input ends: `start` (with the work), `check`, `steps`, `collect`,
 * `memory`, and the commands of `others`.
 *
 * @param {(work: any) => Promise<{ task: Task, version?: string, tokens?: number }>} start throws
 *   where it cannot; `tokens` of a step where they are not T·B
 * @param {Record<string, () => unknown>} [others]
 */
export async function serve(start, others = {}) {
  /** @type {Task} */
  let task;
  const imported = peakMemory();

  /** @param {any} message */
  async function answer(message) {
    switch (message.do) {
      case "start": {
        const { task: started, ...about } = await start(message);
        task = started;
        return about;
      }
      case "check":
        return { values: await checked(task, message.steps) };
      case "steps":
        return await timed(task, message.steps);
      case "collect":
        task.release?.();
        await collect();
        return {};
      case "memory":
        return { imported, peak: peakMemory() };
      default:
        return others[message.do]?.() ?? {};
    }
  }

  for await (const line of createInterface({ input: process.stdin })) {
    const reply = await answer(JSON.parse(line)).catch((error) => ({ cannot: error.message }));
    process.stdout.write(`${JSON.stringify(reply)}\n`);
  }
}

/** @param {Task} task @param {number} steps */
async function checked(task, steps) {
  /** @type {Checked} */
  const values = [];
  for (let i = 0; i < steps; i++) values.push(...(await task.check()));
  return values;
}

/** @param {Task} task @param {number} steps @returns {Promise<Timing>} */
async function timed(task, steps) {
  const cpu = process.cpuUsage();
  const start = performance.now();
  for (let i = 0; i < steps; i++) {
    const done = task.step();
    if (done instanceof Promise) await done;
  }
  const seconds = (performance.now() - start) / 1e3;
  const { user, system } = process.cpuUsage(cpu);
  return { seconds, cpuSeconds: (user + system) / 1e6 };
}

/** Collects garbage, which Node must expose; arrays are freed some time after a collection. */
async function collect() {
  for (let round = 0; round < 5; round++) {
    /** @type {() => void} */ (globalThis.gc)();
    await turn();
  }
}

/**
 * The peak of resident memory in bytes. On Linux `maxRSS` would include the parent process, so it
 * is read from the program's own status.
 */
function peakMemory() {
  if (process.platform !== "linux") return process.resourceUsage().maxRSS * 1024;
  const line = readFileSync("/proc/self/status", "utf8").match(/^VmHWM:\s*(\d+) kB$/m);
  return Number(line?.[1]) * 1024;
}
