// @ts-check
/** The rows: each one's work, arithmetic and contestants. */

import { contestants } from "./contestants.mjs";

/**
 * @typedef {object} Work one step of it takes T·B tokens
 * @property {"forward" | "layer" | "train" | "token"} kind forward alone, forward and backward, a
 *   training step of a language model, one generated token of it
 * @property {string} cell RNN, LSTM or GRU
 * @property {number} input I; E of a language model
 * @property {number} hidden H
 * @property {number} vocabulary V; 0 for a layer alone
 * @property {number} batch B
 * @property {number} length T
 *
 * @typedef {{ who: string, label: string, work: Work }} Entry
 * @typedef {object} Row
 * @property {string} name
 * @property {string} section
 * @property {Entry[]} entries those that take turns
 * @property {string} [unless] the row that makes this one needless if it has figures
 */

export const sections = {
  forward: "Layer, forward",
  layer: "Layer, forward and backward",
  train: "Training step of a language model",
  token: "One generated token, batch 1",
  scaling: "Cost per token as T and B grow",
  memory: "Memory of a training step as N grows",
};

const cells = ["RNN", "LSTM", "GRU"];
const gates = { RNN: 1, GRU: 3, LSTM: 4 };
const layerSizes = [
  { input: 3, hidden: 4, batch: 32, length: 50 },
  { input: 64, hidden: 64, batch: 32, length: 50 },
  { input: 128, hidden: 128, batch: 50, length: 50 },
  { input: 512, hidden: 512, batch: 64, length: 100 },
];
const characters = { vocabulary: 65, input: 64, batch: 50, length: 50 };
const words = { vocabulary: 8000, input: 512, hidden: 512, batch: 64, length: 100 };

/** All rows, in the order of the table. */
export function allRows() {
  return [...comparisons(), ...scaling(), ...memory()];
}

/** @returns {Row[]} */
function comparisons() {
  const notebook = { cell: "RNN", input: 3, hidden: 4, vocabulary: 0, batch: 2, length: 5 };
  /** @type {[name: string, work: Work][]} */
  const works = [["layer forward RNN 3→4 notebook", { kind: "forward", ...notebook }]];
  for (const cell of cells) {
    for (const size of layerSizes) {
      const layer = { cell, vocabulary: 0, ...size };
      works.push([`layer forward ${cell} ${size.hidden}`, { kind: "forward", ...layer }]);
      works.push([`layer forward+backward ${cell} ${size.hidden}`, { kind: "layer", ...layer }]);
    }
    for (const hidden of [64, 128, 512]) {
      const model = { cell, ...characters, hidden };
      works.push([`training step ${cell} ${hidden} V65`, { kind: "train", ...model }]);
      if (hidden > 64) {
        const one = { ...model, batch: 1, length: 1 };
        works.push([`one token ${cell} ${hidden} V65`, { kind: "token", ...one }]);
      }
    }
    works.push([`training step ${cell} 512 V8000`, { kind: "train", cell, ...words }]);
  }
  const bySection = Object.keys(sections);
  works.sort((a, b) => bySection.indexOf(a[1].kind) - bySection.indexOf(b[1].kind));
  return works.map(([name, work]) => ({
    name,
    section: work.kind,
    entries: Object.entries(contestants)
      .filter(([, { kinds }]) => kinds.includes(work.kind))
      .map(([who]) => ({ who, label: who, work })),
  }));
}

/** Training steps of saiki alone, longer and wider. @returns {Row[]} */
function scaling() {
  const model = { kind: /** @type {const} */ ("train"), cell: "LSTM", ...characters, hidden: 512 };
  const sizes = [
    { batch: 64, length: 25 },
    { batch: 64, length: 100 },
    { batch: 64, length: 400 },
    { batch: 16, length: 50 },
    { batch: 256, length: 50 },
  ];
  return growing("scaling LSTM 512", (who) => ({
    section: "scaling",
    entries: sizes.map((size) => ({
      who,
      label: `T ${size.length}, B ${size.batch}`,
      work: { ...model, ...size },
    })),
  }));
}

/** The same for memory instead of time, each size in its own process. @returns {Row[]} */
function memory() {
  const sizes = [65, 8000].flatMap((vocabulary) =>
    [16, 32, 64].map((batch) => ({ vocabulary, batch })),
  );
  return growing("memory LSTM 512", (who) => ({
    section: "memory",
    entries: sizes.map((size) => ({
      who,
      label: `V ${size.vocabulary}, N ${size.batch * words.length}`,
      work: { kind: "train", cell: "LSTM", ...words, ...size },
    })),
  }));
}

/**
 * A row of saiki native; for machines without it one of saiki WebAssembly.
 *
 * @param {string} title @param {(who: string) => Omit<Row, "name">} row @returns {Row[]}
 */
function growing(title, row) {
  const [native, wasm] = ["saiki-native-1", "saiki-wasm"];
  const name = `${title} ${native}`;
  return [
    { name, ...row(native) },
    { name: `${title} ${wasm}`, ...row(wasm), unless: name },
  ];
}

/** Multiplications and additions of the products in one step. @param {Work} work */
export function flops({ kind, cell, input, hidden, vocabulary, batch, length }) {
  const layer = gates[/** @type {keyof typeof gates} */ (cell)] * hidden * (input + hidden);
  const products = 2 * batch * length * (layer + hidden * vocabulary);
  return kind === "forward" || kind === "token" ? products : 3 * products; // gradients: input, weight
}

/** Bytes of the weights that one generated token reads. @param {Work} work */
export function weightBytes({ cell, input, hidden, vocabulary }) {
  const g = gates[/** @type {keyof typeof gates} */ (cell)];
  return 4 * (g * hidden * (input + hidden + 2) + vocabulary * (hidden + 1) + input);
}

/**
 * Whether each word of `--only` is in the name: numbers in full, others from their beginning.
 *
 * @param {Row} row @param {string[]} only
 */
export function isWanted({ name }, only) {
  const words = name.toLowerCase().split(/[^a-z0-9]+/);
  return only.every((word) =>
    words.some((w) => (/^\d+$/.test(word) ? w === word : w.startsWith(word.toLowerCase()))),
  );
}
