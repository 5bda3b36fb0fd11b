// @ts-check
/** saiki's side: answers lines of JSON, see pairs.mjs. */

import { createInterface } from "node:readline";
import * as torch from "saiki";
import { Layer, peakGflops, Training } from "./training.mjs";

/** @type {Training | Layer} */
let training;

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(answer(JSON.parse(line))));
}

/** @param {any} message */
function answer(message) {
  switch (message.do) {
    case "start":
      if (!(message.cell in torch.nn)) return { missing: `nn.${message.cell}` };
      torch.setBackend(message.backend);
      training = message.work === "layer" ? new Layer(message) : new Training(message);
      return { parameters: training.params.reduce((n, p) => n + p.numel(), 0) };
    case "peak":
      return { gflops: peakGflops() };
    case "check":
      return check(message.steps);
    default:
      return steps(message.steps);
  }
}

/** @param {number} count */
function check(count) {
  const pairs = Array.from({ length: count }, () => training.check());
  return { losses: pairs.map((p) => p.loss.item()), norms: pairs.map((p) => p.norm.item()) };
}

/** @param {number} count @returns {import("./pairs.mjs").Timing} */
function steps(count) {
  const cpu = process.cpuUsage();
  const start = performance.now();
  for (let i = 0; i < count; i++) training.step();
  const seconds = (performance.now() - start) / 1e3;
  const { user, system } = process.cpuUsage(cpu);
  return { seconds, cpuSeconds: (user + system) / 1e6 };
}
