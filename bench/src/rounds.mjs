// @ts-check
/** One row: each entry runs in its own process, is checked against the others, then takes turns. */

import { setTimeout as sleep } from "node:timers/promises";
import { contestants, startWorker } from "./contestants.mjs";
import { flops } from "./rows.mjs";
import { median, spread } from "./statistics.mjs";
import { windows } from "./windows.mjs";

/**
 * @typedef {import("./statistics.mjs").Spread} Spread
 * @typedef {import("./rows.mjs").Entry} Entry
 * @typedef {import("./worker.mjs").Worker} Worker
 *
 * @typedef {object} Result of one entry
 * @property {string} who
 * @property {string} label
 * @property {import("./rows.mjs").Work} work
 * @property {string} [cannot] why there are no figures
 * @property {string} [version]
 * @property {number} [difference] greatest, of a checked value, from saiki's; relative above 1
 * @property {number} [rounds]
 * @property {number} [steps] of a turn
 * @property {Spread} [seconds] of one step, T·B tokens
 * @property {number} [cpuPerWall] threads at work
 * @property {number[]} [perToken] seconds of each round
 * @property {number} [peak] GFLOP/s of the threads used: the best so far
 * @property {number} [enginePeak] the same of WebAssembly's vectors
 * @property {number} [share] of the peak: the arithmetic of the products over the time of the step
 * @property {{ imported: number, peak: number }} [memory] bytes
 *
 * @typedef {{ rounds: number, seconds: number, python: string | null }} Options `seconds` of a turn
 * @typedef {{ result: Result, worker: Worker, stepSeconds: number, tokens: number }} Running
 *   tokens: of a step
 */

const tolerance = 1e-4;
/** Steps that are compared; one for a large step of a contestant with a limit. */
const checkedSteps = 3;
const largeGflop = 0.3;
/** Steps before memory is read; Adam's state exists from the second on. */
const memorySteps = 5;
/** V8's collector on one thread: with several, its timing depends on the machine's other work. */
const memoryFlags = ["--expose-gc", "--single-threaded-gc"];

/**
 * @param {import("./rows.mjs").Row} row @param {import("./machine.mjs").Machine} machine
 * @param {Options} options @returns {Promise<Result[]>}
 */
export async function measureRow(row, machine, options) {
  const started = await Promise.all(row.entries.map((entry) => start(entry, options.python)));
  const running = started.filter((x) => "worker" in x);
  try {
    await check(running);
    const able = running.filter(({ result }) => result.cannot === undefined);
    for (const one of able) await warmUp(one, options);
    await takeTurns(able, machine, options);
    for (const { result, worker } of able) result.memory = await worker.ask({ do: "memory" });
  } finally {
    await Promise.all(running.map(({ worker }) => worker.end()));
  }
  return started.map(({ result }) => result);
}

/**
 * Measures only the memory, one entry after the other. Before each step gradients are dropped and
 * garbage is collected, so that the peak is the live memory plus one step's garbage, whenever V8
 * would collect.
 *
 * @param {import("./rows.mjs").Row} row @param {string | null} python @returns {Promise<Result[]>}
 */
export async function measureMemory({ entries }, python) {
  /** @type {Result[]} */
  const results = [];
  for (const entry of entries) {
    const one = await start(entry, python, memoryFlags);
    if ("worker" in one) await readMemory(one).finally(() => one.worker.end());
    results.push(one.result);
  }
  return results;
}

/** @param {Running} running */
async function readMemory({ result, worker }) {
  for (let i = 0; i < memorySteps; i++) {
    await worker.ask({ do: "collect" });
    const { cannot } = await worker.ask({ do: "steps", steps: 1 });
    if (cannot === undefined) continue;
    result.cannot = cannot;
    return;
  }
  result.memory = await worker.ask({ do: "memory" });
}

/**
 * @param {Entry} entry @param {string | null} python @param {string[]} [flags] of Node
 * @returns {Promise<Running | { result: Result }>}
 */
async function start({ who, label, work }, python, flags) {
  const contestant = contestantOf(who);
  /** @type {Result} */
  const result = { who, label, work };
  const gflop = flops(work) / 1e9;
  if (contestant.script.endsWith(".py") && python === null) {
    return { result: { ...result, cannot: "no python3 here has torch (Debian: python3-torch)" } };
  }
  if (gflop > (contestant.limit ?? Number.POSITIVE_INFINITY)) {
    const cannot = `a step of ${gflop.toFixed(0)} GFLOP would take it too long`;
    return { result: { ...result, cannot } };
  }
  const worker = startWorker(contestant, python ?? "", flags);
  const data = { seed: 0, lr: 0.002, windows: tokens(work) };
  try {
    const reply = await worker.ask({ do: "start", ...work, ...data, ...contestant.options });
    if (reply.cannot === undefined) {
      if (reply.version) result.version = reply.version;
      return { result, worker, stepSeconds: 0, tokens: reply.tokens ?? work.batch * work.length };
    }
    result.cannot = reply.cannot;
  } catch (error) {
    result.cannot = /** @type {Error} */ (error).message;
  }
  await worker.end();
  return { result };
}

/** @param {import("./rows.mjs").Work} work */
function tokens({ kind, vocabulary, batch, length }) {
  return kind === "train" ? windows({ vocabulary, batch, length, count: 4 }) : [];
}

/**
 * Compares the contestants of the same work with saiki; marks those that differ.
 *
 * @param {Running[]} running
 */
async function check(running) {
  const isSaiki = (/** @type {Running} */ { result }) => result.who.startsWith("saiki");
  /** @type {Map<string, number[]>} */
  const expected = new Map();
  for (const { result, worker } of [...running].sort((a, b) => +isSaiki(b) - +isSaiki(a))) {
    const isLarge = "limit" in contestantOf(result.who) && flops(result.work) / 1e9 > largeGflop;
    const reply = await worker.ask({ do: "check", steps: isLarge ? 1 : checkedSteps });
    if (reply.cannot !== undefined) {
      result.cannot = reply.cannot;
      continue;
    }
    const work = JSON.stringify(result.work);
    const want = expected.get(work) ?? reply.values;
    expected.set(work, want);
    compare(result, reply.values, want);
  }
}

/**
 * @param {Result} result @param {(number | null)[]} values
 * @param {number[]} want may be of more steps, or of fewer
 */
function compare(result, values, want) {
  const differences = values.slice(0, want.length).flatMap((value, i) => {
    const expected = Number(want[i]);
    return value === null ? [] : [Math.abs(value - expected) / Math.max(1, Math.abs(expected))];
  });
  if (differences.length === 0) return;
  result.difference = Math.max(...differences);
  if (!(result.difference <= tolerance)) {
    result.cannot = `computes something else: ${values.join(", ")}; saiki: ${want.join(", ")}`;
  }
}

/**
 * Finds the steps of a turn and the number of turns.
 *
 * @param {Running} one @param {Options} options
 */
async function warmUp(one, { seconds, rounds }) {
  let steps = 1;
  for (let spent = 0; spent < seconds; ) {
    const timing = await one.worker.ask({ do: "steps", steps });
    spent += timing.seconds;
    one.stepSeconds = timing.seconds / steps;
    steps = Math.max(1, Math.round(seconds / one.stepSeconds));
  }
  one.result.steps = steps;
  const { budget } = contestantOf(one.result.who);
  const affordable = budget === undefined ? rounds : Math.floor(budget / one.stepSeconds / steps);
  one.result.rounds = Math.max(1, Math.min(rounds, affordable));
}

/**
 * Rounds of turns, every second one in reverse order; before each turn the machine's peak.
 *
 * @param {Running[]} running @param {import("./machine.mjs").Machine} machine
 * @param {Options} options
 */
async function takeTurns(running, machine, { rounds }) {
  const turns = running.map((one) => ({
    one,
    seconds: [0],
    cpu: [0],
    peaks: [0],
    enginePeaks: [0],
  }));
  for (const t of turns) for (const list of [t.seconds, t.cpu, t.peaks, t.enginePeaks]) list.pop();
  for (let round = 0; round < rounds; round++) {
    for (const turn of round % 2 === 0 ? turns : turns.toReversed()) {
      const { worker, result } = turn.one;
      const { rounds: most = 0, steps = 1, who } = result;
      if (round >= most) continue;
      await sleep(30); // until the threads of the last contestant sleep
      const peak = await machine.fma(contestantOf(who).threads);
      turn.peaks.push(peak ?? (await worker.ask({ do: "product" })).gflops ?? 0);
      if (who === "saiki-wasm") {
        turn.enginePeaks.push((await worker.ask({ do: "enginePeak" })).gflops);
      }
      const timing = await worker.ask({ do: "steps", steps });
      turn.seconds.push(timing.seconds / steps);
      turn.cpu.push(timing.cpuSeconds / steps);
    }
  }
  for (const { one, seconds, cpu, peaks, enginePeaks } of turns) {
    const { result, tokens } = one;
    const { batch, length } = result.work;
    result.seconds = spread(seconds.map((s) => (s * batch * length) / tokens));
    result.perToken = seconds.map((s) => s / tokens);
    result.cpuPerWall = median(cpu.map((c, i) => c / Number(seconds[i])));
    // Other processes lower a measured peak, so the best of the run so far counts.
    const peak = Math.max(...peaks, machine.best.get(contestantOf(result.who).threads) ?? 0);
    if (peak > 0) {
      result.peak = peak;
      result.share = flops(result.work) / 1e9 / result.seconds.median / peak;
    }
    if (enginePeaks.length > 0) result.enginePeak = median(enginePeaks);
  }
}

/** @param {string} who */
function contestantOf(who) {
  return /** @type {import("./contestants.mjs").Contestant} */ (contestants[who]);
}
