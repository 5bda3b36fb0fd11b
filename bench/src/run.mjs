// @ts-check
/**
 * saiki against its rivals:
 *
 *   npm run bench -- [--only lstm,512] [--against torch,onnx] [--rounds 9] [--seconds 0.15] [--quick]
 *     [--python python3]
 *
 * `--only` takes the rows whose name has all of its words. `--quick` runs 3 short rounds. Progress
 * goes to standard error and the tables to standard output. From 9 rounds on, tables and figures
 * are saved to results/<date>-<processor>.{md,json}, with the words of `--only` added to the name.
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { contestants, pythonWithTorch } from "./contestants.mjs";
import { Machine } from "./machine.mjs";
import { provenance } from "./provenance.mjs";
import { ratiosOf } from "./ratios.mjs";
import { markdown } from "./report.mjs";
import { measureMemory, measureRow } from "./rounds.mjs";
import { allRows, isWanted } from "./rows.mjs";

/**
 * @typedef {object} Measured a row
 * @property {string} name
 * @property {string} section
 * @property {number} rounds
 * @property {number} load average when it began
 * @property {import("./rounds.mjs").Result[]} results
 * @property {import("./ratios.mjs").Ratio[]} ratios
 *
 * @typedef {Awaited<ReturnType<typeof collected>>} Report
 */

const rivals = ["torch", "onnx", "tfjs", "brain"];
const { values: options } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    against: { type: "string", default: rivals.join(",") },
    rounds: { type: "string" },
    seconds: { type: "string" },
    quick: { type: "boolean", default: false },
    python: { type: "string" },
  },
});
const only = words(options.only);
const against = words(options.against);
const rounds = Number(options.rounds ?? (options.quick ? 3 : 9));
const seconds = Number(options.seconds ?? (options.quick ? 0.05 : 0.15));
const wrong = against.find((rival) => !rivals.includes(rival));
if (wrong !== undefined) fail(`--against ${wrong}: use some of ${rivals.join(", ")}`);
if (!(rounds >= 1 && seconds > 0))
  fail("--rounds wants a whole number from 1, --seconds one above 0");

const rows = allRows()
  .filter((row) => isWanted(row, only))
  .map((row) => ({ ...row, entries: row.entries.filter(({ who }) => takesPart(who)) }));
if (rows.length === 0) fail(`--only ${options.only}: no row has all of these words in its name`);

const machine = new Machine();
try {
  const report = await collected();
  console.log(markdown(report));
  if (rounds < 9) console.error(`not written to results/: a median there is of at least 9 rounds`);
  process.exitCode = report.rows.some(({ results }) => results.some(isWrong)) ? 1 : 0;
} finally {
  await machine.end();
}

/** Measures everything. */
async function collected() {
  const python = pythonWithTorch(options.python);
  const [load = 0] = loadavg();
  /** @type {{ threads: number, gflops: number, gbps: number }[]} */
  const peaks = [];
  for (const threads of [1, 2]) {
    const [gflops, gbps] = [await machine.fma(threads), await machine.bandwidth(threads)];
    peaks.push({ threads, gflops, gbps });
  }
  /** @type {Measured[]} */
  const measured = [];
  /** @type {Record<string, string>} */
  const versions = {};
  for (const [i, row] of rows.entries()) {
    if (measured.some((m) => m.name === row.unless && m.results.some(hasFigures))) continue;
    const began = performance.now();
    const line = await measuredRow(row, python);
    measured.push(line);
    for (const { who, version } of line.results) {
      if (version) versions[`${contestants[who]?.family}`] = version;
    }
    const figures = line.ratios.map((r) => `${r.own}/${r.rival} ${r.ratio.median.toPrecision(3)}×`);
    const took = `${((performance.now() - began) / 1e3).toFixed(0)} s`;
    console.error(
      `[${i + 1}/${rows.length}] ${row.name} (${took}): ${figures.join(", ") || "done"}`,
    );
    if (rounds >= 9) save(report()); // an interrupted run keeps its results so far
  }
  return report();

  function report() {
    const date = new Date().toISOString().slice(0, 10);
    return { date, ...provenance(), versions, load, peaks, rounds, seconds, rows: measured };
  }
}

/**
 * @param {import("./rows.mjs").Row} row @param {string | null} python @returns {Promise<Measured>}
 */
async function measuredRow(row, python) {
  const { name, section } = row;
  const [load = 0] = loadavg();
  const before = { name, section, load };
  if (section === "memory") {
    return { ...before, rounds: 1, results: await measureMemory(row, python), ratios: [] };
  }
  const results = await measureRow(row, machine, { rounds, seconds, python });
  return { ...before, rounds, results, ratios: section === "scaling" ? [] : ratiosOf(results) };
}

/** @param {import("./rounds.mjs").Result} result */
function hasFigures({ seconds, memory }) {
  return seconds !== undefined || memory !== undefined;
}

/** @param {Report} report */
function save(report) {
  const processor = report.processor.replace(/\(.*/, "").trim();
  const narrowed = [...only, ...(against.length < rivals.length ? ["against", ...against] : [])];
  const name = [report.date, processor, ...narrowed]
    .join("-")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-");
  const folder = new URL("../results/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  const rounded = (/** @type {string} */ _key, /** @type {unknown} */ value) =>
    typeof value === "number" ? Number(value.toPrecision(4)) : value;
  writeFileSync(new URL(`${name}.json`, folder), `${JSON.stringify(report, rounded, 1)}\n`);
  writeFileSync(new URL(`${name}.md`, folder), markdown(report));
}

/**
 * Whether a contestant's numbers differ from saiki's.
 *
 * @param {import("./rounds.mjs").Result} result
 */
function isWrong({ cannot }) {
  return cannot?.startsWith("computes something else") ?? false;
}

/** @param {string} who */
function takesPart(who) {
  const { family = "" } = contestants[who] ?? {};
  return family === "saiki" || against.includes(family);
}

/** @param {string} text */
function words(text) {
  return text.split(",").filter((word) => word !== "");
}

/** @param {string} message @returns {never} */
function fail(message) {
  console.error(`bench: ${message}`);
  process.exit(2);
}
