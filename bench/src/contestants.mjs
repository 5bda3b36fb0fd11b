// @ts-check
/** The contestants: the command of each one's process, and the kinds of work that it supports. */

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Worker } from "./worker.mjs";

/**
 * @typedef {object} Contestant
 * @property {string} title
 * @property {string} family the name for `--against`
 * @property {number} threads
 * @property {string[]} kinds of work, see rows.mjs
 * @property {string} script
 * @property {Record<string, string>} env
 * @property {Record<string, unknown>} [options] sent with the work
 * @property {number} [budget] seconds that the rounds of a row may take; at least one round is
 *   taken
 * @property {number} [limit] GFLOP of the largest step it is asked for
 */

const everything = ["forward", "layer", "train", "token"];
const inference = ["forward", "token"];

/** @type {Record<string, Contestant>} */
export const contestants = {
  "torch-1": torch(1),
  "saiki-native-1": native(1),
  "saiki-wasm": {
    ...{ title: "saiki WebAssembly", family: "saiki", threads: 1, kinds: everything },
    ...{ script: "saiki-worker.mjs", env: {}, options: { backend: "wasm-relaxed" }, budget: 15 },
  },
  "torch-2": torch(2),
  "saiki-native-2": native(2),
  "onnx-1": onnx(1),
  "onnx-2": onnx(2),
  "tfjs-wasm": tfjs("wasm", 6),
  "tfjs-cpu": tfjs("cpu", 3),
  brain: {
    ...{ title: "brain.js", family: "brain", threads: 1, kinds: ["train"] },
    ...{ script: "brain-worker.mjs", env: {}, budget: 4, limit: 30 },
  },
};

/** @param {number} threads @returns {Contestant} */
function torch(threads) {
  return {
    ...{ title: `PyTorch, ${named(threads)}`, family: "torch", threads, kinds: everything },
    script: "torch_worker.py",
    env: { OPENBLAS_NUM_THREADS: `${threads}`, OMP_NUM_THREADS: `${threads}` },
  };
}

/** @param {number} threads @returns {Contestant} */
function native(threads) {
  return {
    ...{ title: `saiki native, ${named(threads)}`, family: "saiki", threads, kinds: everything },
    script: "saiki-worker.mjs",
    env: { SAIKI_THREADS: `${threads}` },
    options: { backend: "native" },
  };
}

/** @param {number} threads @returns {Contestant} */
function onnx(threads) {
  return {
    ...{ title: `ONNX Runtime, ${named(threads)}`, family: "onnx", threads, kinds: inference },
    ...{ script: "onnx-worker.mjs", env: {}, options: { threads } },
  };
}

/** @param {string} backend @param {number} limit @returns {Contestant} */
function tfjs(backend, limit) {
  return {
    ...{ title: `TensorFlow.js ${backend}`, family: "tfjs", threads: 1, kinds: everything },
    ...{ script: "tfjs-worker.mjs", env: {}, options: { backend }, budget: 4, limit },
  };
}

/** @param {number} threads */
function named(threads) {
  return threads === 1 ? "1 thread" : `${threads} threads`;
}

/**
 * A new process of a contestant.
 *
 * @param {Contestant} contestant @param {string} python @param {string[]} [flags] of Node
 */
export function startWorker({ script, env }, python, flags = []) {
  const path = fileURLToPath(new URL(script, import.meta.url));
  if (script.endsWith(".py")) return new Worker(python, [path], env);
  return new Worker(process.execPath, [...flags, path], env);
}

/** The first interpreter that has torch; null where none has. @param {string | undefined} wanted */
export function pythonWithTorch(wanted) {
  const candidates = wanted ? [wanted] : ["python3", "/usr/bin/python3", "python"];
  return candidates.find((command) => canImportTorch(command)) ?? null;
}

/** @param {string} command */
function canImportTorch(command) {
  try {
    execFileSync(command, ["-c", "import torch"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
