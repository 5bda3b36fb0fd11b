// @ts-check
/**
 * saiki on WebAssembly against PyTorch, one thread each: the training step of a language model, or
 * forward and backward of a recurrent layer alone.
 *
 *   node src/against-torch.mjs training-step|layer [--cells RNN,LSTM,GRU] [--hidden 64,128,512]
 *     [--backends wasm-relaxed,wasm] [--pairs 9] [--seconds 0.4] [--name training-step]
 *
 * For every row: equal losses first, then the pairs; prints a table, writes results/<name>.json.
 */

import { writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { runPairs, spread, stepsFor, Worker } from "./pairs.mjs";
import { provenance } from "./provenance.mjs";
import { windows } from "./training.mjs";

/** @typedef {{ cell: string, hidden: number, backend: string }} Row */

const checkedSteps = 3;
const tolerance = 1e-4;
const gates = { RNN: 1, GRU: 3, LSTM: 4 };

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    cells: { type: "string", default: "RNN,LSTM,GRU" },
    hidden: { type: "string", default: "64,128,256,512" },
    backends: { type: "string", default: "wasm-relaxed,wasm" },
    pairs: { type: "string", default: "9" },
    seconds: { type: "string", default: "0.4" },
    name: { type: "string" },
    python: {
      type: "string",
      default: process.platform === "linux" ? "/usr/bin/python3" : "python3",
    },
  },
});
const pairCount = Number(options.pairs);
if (!(pairCount >= 9)) throw new Error(`--pairs ${options.pairs}: a median needs at least 9`);

const isLayer = positionals[0] === "layer";
if (!isLayer && positionals[0] !== "training-step") throw new Error("say training-step or layer");

const step = { vocabulary: 65, embedding: 64, batch: 50, length: 50 };
const stepWindows = windows({ ...step, count: 8 });

/** Batch and length of a layer by its hidden size; its input is as wide as its state. */
const layerShapes = new Map([
  [64, { batch: 32, length: 50 }],
  [128, { batch: 50, length: 50 }],
]);

/** What both sides are told. @param {Row} row */
function workload({ hidden }) {
  if (!isLayer) return { work: "training-step", ...step, lr: 0.002, seed: 0 };
  const shape = layerShapes.get(hidden) ?? { batch: 64, length: 100 };
  return { work: "layer", input: hidden, ...shape, seed: 0 };
}

const loadBefore = loadavg()[0];
/** @type {unknown[]} */
const results = [];
let versions = {};
console.log(header());
for (const row of rows()) {
  const result = await measured(row);
  if (result === null) continue;
  versions = result.versions;
  results.push(result.line);
  console.log(printed(result.line));
}
save();

/** @returns {Row[]} */
function rows() {
  const list = (/** @type {string} */ text) => text.split(",");
  return list(options.cells).flatMap((cell) =>
    list(options.hidden).flatMap((hidden) =>
      list(options.backends).map((backend) => ({ cell, hidden: Number(hidden), backend })),
    ),
  );
}

/** One row in two fresh children; null where saiki has no such cell. @param {Row} row */
async function measured(row) {
  const rival = new Worker(options.python, [script("torch_worker.py")], {
    OPENBLAS_NUM_THREADS: "1",
    OMP_NUM_THREADS: "1",
  });
  const own = new Worker(process.execPath, [script("saiki-worker.mjs")]);
  try {
    const start = { do: "start", ...workload(row), ...row, windows: isLayer ? [] : stepWindows };
    const { missing, ...ours } = await own.ask(start);
    if (missing) {
      console.log(`${row.cell}: saiki has no ${missing}`);
      return null;
    }
    const theirs = await rival.ask(start);
    const difference = await checked(rival, own, row);
    const load = loadavg()[0];
    const seconds = Number(options.seconds);
    const steps = { rival: await stepsFor(rival, seconds), own: await stepsFor(own, seconds) };
    const pairs = await runPairs(rival, own, pairCount, steps);
    const line = {
      ...row,
      workload: workload(row),
      parameters: ours.parameters,
      ...difference,
      load,
      ...summary(row, pairs),
    };
    return { line, versions: { torch: theirs.version, python: theirs.python } };
  } finally {
    await Promise.all([rival.end(), own.end()]);
  }
}

/**
 * Same losses and norms of the gradient in the first steps.
 *
 * @param {Worker} rival @param {Worker} own @param {Row} row
 */
async function checked(rival, own, row) {
  const theirs = await rival.ask({ do: "check", steps: checkedSteps });
  const ours = await own.ask({ do: "check", steps: checkedSteps });
  const worst = (/** @type {number[]} */ a, /** @type {number[]} */ b) =>
    Math.max(...a.map((value, i) => Math.abs(value - /** @type {number} */ (b[i]))));
  const loss = worst(theirs.losses, ours.losses);
  const norm = worst(theirs.norms, ours.norms);
  if (!(loss <= tolerance && norm <= tolerance)) {
    const text = JSON.stringify({ row, theirs, ours });
    throw new Error(`saiki and PyTorch do not compute the same, nothing to time: ${text}`);
  }
  return { loss_difference: loss, gradient_norm_difference: norm };
}

/** @param {Row} row @param {import("./pairs.mjs").Pair[]} pairs */
function summary(row, pairs) {
  const work = flops(row) / 1e9;
  // Of the row's best product: others on the machine can only have slowed one down.
  const share = (/** @type {{ seconds: number, peak: number }[]} */ turns) =>
    work / spread(turns.map((t) => t.seconds)).median / spread(turns.map((t) => t.peak)).most;
  return {
    ratio: spread(pairs.map((p) => p.rival.seconds / p.own.seconds)),
    // The same of processor time, which others on the machine disturb less; ours has all threads in it.
    cpu_ratio: spread(pairs.map((p) => p.rival.cpuSeconds / p.own.cpuSeconds)),
    peak: {
      torch: spread(pairs.map((p) => p.rivalPeak)),
      saiki: spread(pairs.map((p) => p.ownPeak)),
    },
    // Products of the step alone, over all of its processor time.
    share_of_peak: {
      torch: share(pairs.map((p) => ({ seconds: p.rival.cpuSeconds, peak: p.rivalPeak }))),
      saiki: share(pairs.map((p) => ({ seconds: p.own.cpuSeconds, peak: p.ownPeak }))),
    },
    // Threads at work: above 1 where garbage is collected beside the step, below where others ran.
    cpu_per_wall: {
      torch: spread(pairs.map((p) => p.rival.cpuSeconds / p.rival.seconds)).median,
      saiki: spread(pairs.map((p) => p.own.cpuSeconds / p.own.seconds)).median,
    },
  };
}

/** Multiplications and additions of the products of one step. @param {Row} row */
function flops({ cell, hidden }) {
  const g = gates[/** @type {keyof typeof gates} */ (cell)];
  const { batch, length, input, embedding, vocabulary } = /** @type {any} */ (
    workload({ cell, hidden, backend: "" })
  );
  const layer = g * hidden * ((input ?? embedding) + hidden);
  return 6 * batch * length * (layer + hidden * (vocabulary ?? 0)); // forward, gradient of the input, gradient of the weight
}

// ---- output ------------------------------------------------------------------------------------

function header() {
  const { vocabulary, embedding, batch, length } = step;
  const what = isLayer
    ? "Layer, forward and backward, input as wide as hidden"
    : `Training step: vocabulary ${vocabulary}, embedding ${embedding}, batch ${batch}, length ${length}`;
  return [
    `${what}. One thread. Ratio: PyTorch's time / saiki's, so more than 1 means saiki is faster.`,
    "",
    "| cell | hidden | backend | ratio | quartiles | of CPU time | GFLOP/s of a product: torch, saiki " +
      "| share of it: torch, saiki | Δ loss | load |",
    "|---|---|---|---|---|---|---|---|---|---|",
  ].join("\n");
}

/** @param {Row & ReturnType<typeof summary> & { loss_difference: number, load: number | undefined }} line */
function printed({ cell, hidden, backend, ratio, cpu_ratio, peak, share_of_peak, ...rest }) {
  const percent = (/** @type {number} */ x) => `${(100 * x).toFixed(0)} %`;
  const cells = [
    ...[cell, hidden, backend, `${ratio.median.toFixed(2)}×`],
    `${ratio.low.toFixed(2)}–${ratio.high.toFixed(2)}`,
    `${cpu_ratio.median.toFixed(2)}×`,
    `${peak.torch.median.toFixed(0)}, ${peak.saiki.median.toFixed(0)}`,
    `${percent(share_of_peak.torch)}, ${percent(share_of_peak.saiki)}`,
    ...[rest.loss_difference.toExponential(0), rest.load?.toFixed(1)],
  ];
  return `| ${cells.join(" | ")} |`;
}

function save() {
  const file = new URL(`../results/${options.name ?? positionals[0]}.json`, import.meta.url);
  const content = {
    benchmark: positionals[0],
    what: "ratio = PyTorch's time / saiki's, of one step; peaks in GFLOP/s",
    ...{ ...provenance(), ...versions },
    threads: 1,
    load_before: loadBefore,
    ...{ pairs: pairCount, checked_steps: checkedSteps, tolerance },
    rows: results,
  };
  const rounded = (/** @type {string} */ _key, /** @type {unknown} */ value) =>
    typeof value === "number" ? Number(value.toPrecision(4)) : value;
  writeFileSync(file, `${JSON.stringify(content, rounded, 2)}\n`);
  console.log(`\nwritten: ${fileURLToPath(file)}`);
}

/** @param {string} name */
function script(name) {
  return fileURLToPath(new URL(name, import.meta.url));
}
