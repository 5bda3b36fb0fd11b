// @ts-check
/** Two rivals in interleaved pairs: children that stay alive, and what their times say. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/**
 * @typedef {{ seconds: number, cpuSeconds: number }} Timing `cpuSeconds` of all the child's threads
 * @typedef {{ rival: Timing, own: Timing, rivalPeak: number, ownPeak: number }} Pair peaks in GFLOP/s
 * @typedef {{ median: number, least: number, low: number, high: number, most: number }} Spread
 */

/** A child that answers each line of JSON on its standard input with one on its standard output. */
export class Worker {
  /** @param {string} command @param {string[]} args @param {Record<string, string>} [env] */
  constructor(command, args, env = {}) {
    this.child = spawn(command, args, {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, ...env },
    });
    this.exited = once(this.child, "exit");
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  /** @param {Record<string, unknown>} message @returns {Promise<any>} */
  async ask(message) {
    this.child.stdin.write(`${JSON.stringify(message)}\n`);
    const { value, done } = await this.lines.next();
    if (done) throw new Error(`${this.child.spawnfile} ended while asked to ${message["do"]}`);
    return JSON.parse(value);
  }

  async end() {
    this.child.stdin.end();
    await this.exited;
  }
}

/**
 * Steps that take each side about `seconds`, after `seconds` of warming up.
 *
 * @param {Worker} worker @param {number} seconds
 */
export async function stepsFor(worker, seconds) {
  let steps = 1;
  for (let spent = 0; spent < seconds; ) {
    const timing = await worker.ask({ do: "steps", steps });
    spent += timing.seconds;
    steps = Math.max(1, Math.round((seconds * steps) / timing.seconds));
  }
  return steps;
}

/**
 * `count` pairs: a product of the rival, its steps, a product of ours, our steps.
 *
 * @param {Worker} rival @param {Worker} own @param {number} count
 * @param {{ rival: number, own: number }} steps
 * @returns {Promise<Pair[]>} times of one step
 */
export async function runPairs(rival, own, count, steps) {
  /** @type {Pair[]} */
  const pairs = [];
  for (let i = 0; i < count; i++) {
    const rivalPeak = (await rival.ask({ do: "peak" })).gflops;
    const theirs = await rival.ask({ do: "steps", steps: steps.rival });
    const ownPeak = (await own.ask({ do: "peak" })).gflops;
    const ours = await own.ask({ do: "steps", steps: steps.own });
    pairs.push({
      rival: perStep(theirs, steps.rival),
      own: perStep(ours, steps.own),
      rivalPeak,
      ownPeak,
    });
  }
  return pairs;
}

/** @param {Timing} timing @param {number} steps @returns {Timing} */
function perStep({ seconds, cpuSeconds }, steps) {
  return { seconds: seconds / steps, cpuSeconds: cpuSeconds / steps };
}

/** Median, extremes and quartiles. @param {readonly number[]} values @returns {Spread} */
export function spread(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return {
    median: quantile(sorted, 0.5),
    least: quantile(sorted, 0),
    low: quantile(sorted, 0.25),
    high: quantile(sorted, 0.75),
    most: quantile(sorted, 1),
  };
}

/** @param {readonly number[]} sorted @param {number} q linear between neighbours */
function quantile(sorted, q) {
  const at = q * (sorted.length - 1);
  const below = /** @type {number} */ (sorted[Math.floor(at)]);
  const above = /** @type {number} */ (sorted[Math.ceil(at)]);
  return below + (above - below) * (at - Math.floor(at));
}
