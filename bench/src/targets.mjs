// @ts-check
/** saiki's targets as rows of the table: met or missed, and by which figures. */

import { bytesPerToken, costs } from "./growth.mjs";

/**
 * @typedef {import("./run.mjs").Measured} Measured
 * @typedef {{ name: string, value: number, text: string }} Figure
 * @typedef {{ what: string, goal: string, figures: Figure[], verdict: string }} Verdict
 *
 * @typedef {object} Target
 * @property {string} what
 * @property {string[]} rows
 * @property {string} own
 * @property {"ratio" | "share" | "engineShare" | "memory"} of
 * @property {string[]} [rivals] the fastest that has a figure counts
 * @property {number} least
 */

const cells = ["LSTM", "GRU", "RNN"];

/** @param {Measured[]} measured @returns {Verdict[]} */
export function verdicts(measured) {
  const byName = new Map(measured.map((row) => [row.name, row]));
  const asked = targets().filter(({ rows }) => rows.some((name) => byName.has(name)));
  const compared = asked.map((target) => {
    const figures = target.rows.flatMap((name) => {
      const row = byName.get(name);
      const value = row && figure(row, target);
      return value === undefined ? [] : [{ name, value, text: shown(value, target) }];
    });
    const goal = `≥ ${shown(target.least, target)}`;
    return { what: target.what, goal, figures, verdict: verdict(figures, target) };
  });
  return [...compared, ...measured.flatMap(growthVerdicts)];
}

/** Cost per token and memory as the step grows. @param {Measured} row @returns {Verdict[]} */
function growthVerdicts({ section, results }) {
  const who = results[0]?.who ?? "";
  if (section === "scaling") {
    const all = costs(results);
    const lengths = all.filter(({ to }) => to === "T 100, B 64");
    const narrow = all.filter(({ size, to }) => size !== to && to === "T 50, B 256");
    return [
      bounded(`cost per token, T 25 to 400, ${who}`, [0.9, 1.1], ratios(lengths)),
      bounded(`cost per token, B 16 to B 256, ${who}`, [0, 1.3], ratios(narrow)),
    ];
  }
  if (section !== "memory") return [];
  const growth = bytesPerToken(results);
  const linear = growth?.slopes.map(({ vocabulary, lower, upper }) => ({
    ...{ name: `V ${vocabulary}`, value: upper / lower, text: (upper / lower).toFixed(2) },
  }));
  const value = growth?.matrices ?? 0;
  const held = growth ? [{ name: "", value, text: value.toFixed(2) }] : [];
  return [
    bounded(`memory of a token, upper half to lower half of N, ${who}`, [0.75, 1.25], linear ?? []),
    bounded(`matrices of N·V held, ${who}`, [-0.25, 0.25], held),
  ];
}

/** @param {import("./growth.mjs").Cost[]} list @returns {Figure[]} */
function ratios(list) {
  return list.map(({ size, ratio }) => ({ name: size, value: ratio, text: ratio.toFixed(2) }));
}

/**
 * @param {string} what @param {[number, number]} range @param {Figure[]} figures @returns {Verdict}
 */
function bounded(what, [least, most], figures) {
  const isMet = figures.every(({ value }) => value >= least && value <= most);
  const verdict = figures.length === 0 ? "not measured" : isMet ? "met" : "missed";
  return { what, goal: least === 0 ? `≤ ${most}` : `${least} to ${most}`, figures, verdict };
}

/** @returns {Target[]} */
function targets() {
  const perThreads = [1, 2].flatMap((threads) => nativeTargets(threads));
  const wasm = { own: "saiki-wasm", rows: ["training step LSTM 128 V65"] };
  const what = "WebAssembly, training step, LSTM, hidden 128";
  return [
    ...perThreads,
    { ...wasm, what: `${what}, against PyTorch`, of: "ratio", rivals: ["torch-1"], least: 0.6 },
    {
      ...{ ...wasm, what: `${what}, against TensorFlow.js`, of: "ratio" },
      ...{ rivals: ["tfjs-wasm", "tfjs-cpu"], least: 60 },
    },
    { ...wasm, what: `${what}, of the engine's SIMD peak`, of: "engineShare", least: 0.6 },
  ];
}

/** @param {number} threads @returns {Target[]} */
function nativeTargets(threads) {
  const [own, torch] = [`saiki-native-${threads}`, [`torch-${threads}`]];
  const suffix = threads === 1 ? "1 thread" : `${threads} threads`;
  const ratio = (
    /** @type {string} */ what,
    /** @type {string[]} */ rows,
    /** @type {number} */ least,
    rivals = torch,
  ) => ({
    what: `${what}, ${suffix}`,
    rows,
    own,
    of: /** @type {const} */ ("ratio"),
    rivals,
    least,
  });
  const share = (
    /** @type {string} */ what,
    /** @type {string[]} */ rows,
    /** @type {number} */ least,
  ) => ({
    what: `${what}, of the peak, ${suffix}`,
    rows,
    own,
    of: /** @type {const} */ ("share"),
    least,
  });
  const rows = (/** @type {string} */ before, /** @type {string} */ after, list = cells) =>
    list.map((cell) => `${before} ${cell} ${after}`);
  const [step, layer] = ["training step", "layer forward+backward"];
  const large = [`${step} LSTM 512 V8000`];
  return [
    ratio("training step, hidden 64", rows(step, "64 V65"), 2.5),
    ratio("training step, hidden 128", rows(step, "128 V65"), 1.7),
    ratio("training step, hidden 512", rows(step, "512 V65"), 1.4),
    share("training step, hidden 512", rows(step, "512 V65"), 0.75),
    ratio("training step, LSTM, hidden 512, vocabulary 8,000", large, 1.25),
    ratio("training step, RNN, hidden 512, vocabulary 8,000", [`${step} RNN 512 V8000`], 2),
    share("training step, hidden 512, vocabulary 8,000", rows(step, "512 V8000"), 0.8),
    {
      what: `its peak memory: PyTorch's / saiki's, ${suffix}`,
      ...{ rows: rows(step, "512 V8000"), own, of: "memory", rivals: torch, least: 2 },
    },
    ratio("layer, forward and backward, hidden 512", rows(layer, "512"), 1.25),
    share("layer, forward and backward, hidden 512", rows(layer, "512"), 0.8),
    ratio("one generated token, hidden 512", rows("one token", "512 V65"), 5),
    ratio("forward of the notebook's 3→4 RNN", ["layer forward RNN 3→4 notebook"], 5),
    ratio(
      "LSTM inference, hidden 128 and 512, against ONNX Runtime",
      ["layer forward LSTM 128", "layer forward LSTM 512"],
      1,
      [`onnx-${threads}`],
    ),
  ];
}

/** @param {Measured} row @param {Target} target @returns {number | undefined} */
function figure({ results, ratios }, { own, of, rivals = [] }) {
  const ours = results.find((r) => r.label === own);
  switch (of) {
    case "ratio": {
      const values = ratios.filter((r) => r.own === own && rivals.includes(r.rival));
      return values.length === 0 ? undefined : Math.min(...values.map((r) => r.ratio.median));
    }
    case "share":
      return ours?.share;
    case "engineShare":
      return ours?.share && ours.peak && ours.enginePeak
        ? (ours.share * ours.peak) / ours.enginePeak
        : undefined;
    case "memory": {
      const theirs = results.find((r) => rivals.includes(r.label));
      return ours?.memory && theirs?.memory && theirs.memory.peak / ours.memory.peak;
    }
  }
}

/** @param {Figure[]} figures @param {Target} target */
function verdict(figures, { rows, least }) {
  if (figures.some(({ value }) => value < least)) return "missed";
  if (figures.length === rows.length) return "met";
  return figures.length === 0 ? "not measured" : "met as far as measured";
}

/** @param {number} value @param {Target} target */
function shown(value, { of }) {
  return of === "share" || of === "engineShare"
    ? `${(100 * value).toFixed(0)} %`
    : `${value < 20 ? value.toFixed(2) : value.toFixed(0)}×`;
}
