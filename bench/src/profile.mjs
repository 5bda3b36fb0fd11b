// @ts-check
/**
 * The time of saiki's training step, by function:
 *
 *   node src/profile.mjs [--cell RNN] [--hidden 128] [--backend wasm-relaxed] [--seconds 5]
 *
 * Also writes profile.cpuprofile, for a browser's developer tools.
 */

import { writeFileSync } from "node:fs";
import { Session } from "node:inspector/promises";
import { parseArgs } from "node:util";
import * as torch from "saiki";
import { taskOf } from "./saiki-work.mjs";
import { windows } from "./windows.mjs";

/** @typedef {import("node:inspector").Profiler.Profile} Profile */

const { values: options } = parseArgs({
  options: {
    cell: { type: "string", default: "RNN" },
    hidden: { type: "string", default: "128" },
    backend: { type: "string", default: "wasm-relaxed" },
    seconds: { type: "string", default: "5" },
  },
});
const shape = { vocabulary: 65, input: 64, batch: 50, length: 50 };
const { cell } = options;
const hidden = Number(options.hidden);

torch.setBackend(/** @type {torch.BackendName} */ (options.backend));
const data = { lr: 0.002, seed: 0, windows: windows({ ...shape, count: 8 }) };
const training = taskOf({ kind: "train", ...shape, cell, hidden, ...data });
run(2); // until everything is compiled

const session = new Session();
session.connect();
await session.post("Profiler.enable");
await session.post("Profiler.setSamplingInterval", { interval: 200 });
await session.post("Profiler.start");
const steps = run(Number(options.seconds));
const { profile } = await session.post("Profiler.stop");
writeFileSync("profile.cpuprofile", JSON.stringify(profile));

console.log(`${options.backend}, ${cell} ${hidden}: ${steps} steps\n`);
report("by kind", selfTimes(profile, kind));
report("by function", selfTimes(profile, name), 30);

/** @param {number} seconds @returns the number of steps taken */
function run(seconds) {
  const end = performance.now() + 1e3 * seconds;
  let steps = 0;
  for (; performance.now() < end; steps++) training.step();
  return steps;
}

/** @param {Profile} profile @param {(node: Profile["nodes"][number]) => string} key */
function selfTimes({ nodes, samples = [], timeDeltas = [] }, key) {
  const keys = new Map(nodes.map((node) => [node.id, key(node)]));
  /** @type {Map<string, number>} */
  const times = new Map();
  for (const [i, id] of samples.entries()) {
    const k = keys.get(id) ?? "?";
    times.set(k, (times.get(k) ?? 0) + (timeDeltas[i] ?? 0));
  }
  times.delete("(idle)");
  return times;
}

/** @param {Profile["nodes"][number]} node */
function kind({ callFrame: { functionName, url } }) {
  if (functionName === "(garbage collector)") return "garbage collection";
  if (url.startsWith("wasm:")) return "kernels";
  // Built-in functions have no file: copies (set), fills, allocation of arrays.
  return url === "" ? "copies and other built-ins" : "JavaScript";
}

/** @param {Profile["nodes"][number]} node */
function name({ callFrame: { functionName, url, lineNumber } }) {
  const file = url.startsWith("wasm:") ? "wasm" : url.split("/dist/").at(-1);
  return `${functionName || "(anonymous)"}  ${file ? `${file}:${lineNumber + 1}` : ""}`;
}

/** @param {string} title @param {Map<string, number>} times @param {number} [most] */
function report(title, times, most = 10) {
  const total = [...times.values()].reduce((a, b) => a + b, 0);
  console.log(title);
  for (const [k, t] of [...times].sort((a, b) => b[1] - a[1]).slice(0, most)) {
    console.log(`${((100 * t) / total).toFixed(1).padStart(6)} %  ${k}`);
  }
  console.log();
}
