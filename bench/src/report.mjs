// @ts-check
/** The results as Markdown tables. */

import { contestants } from "./contestants.mjs";
import { bytesPerToken, costs } from "./growth.mjs";
import { pairings } from "./ratios.mjs";
import { sections, weightBytes } from "./rows.mjs";
import { verdicts } from "./targets.mjs";

/**
 * @typedef {import("./run.mjs").Measured} Measured
 * @typedef {import("./run.mjs").Report} Report
 * @typedef {import("./rounds.mjs").Result} Result
 */

/** @param {Report} report */
export function markdown(report) {
  const { rows } = report;
  const parts = [machine(report), targetTable(rows)];
  for (const kind of /** @type {const} */ (["forward", "layer", "train", "token"])) {
    const own = rows.filter((row) => row.section === kind);
    if (own.length > 0) parts.push(`## ${sections[kind]}`, ratioTable(own), timeTable(own));
  }
  parts.push(memoryTable(rows), scalingTables(rows), growthTables(rows));
  parts.push(missing(rows), notAlike);
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

const notAlike = `## Not alike

- TensorFlow.js: its GRU resets the state before the product, another function with as much arithmetic,
  so its numbers are not compared. Training looks tokens up by a product with one-hot rows, because the
  WebAssembly backend has no gradient of \`embedding\`. In Node both backends have one thread.
- brain.js trains on one sequence at a time from an empty state, with RMSprop; its time is that of as
  many tokens. Its weights cannot be compared; it must learn.
- ONNX Runtime only infers. A token there is a run of the whole graph, the choice of it in JavaScript.`;

// ---- machine and targets -----------------------------------------------------------------------

/** @param {Report} report */
function machine(report) {
  const { date, processor, cores, platform, node, commit, modified, rounds, load, peaks } = report;
  const versions = Object.entries(report.versions).map(([name, version]) => `${name} ${version}`);
  const rate = (/** @type {number | null} */ x, /** @type {string} */ unit) =>
    x === null ? "not measured (no C compiler)" : `${x.toFixed(0)} ${unit}`;
  const peak = peaks
    .map(({ threads, gflops, gbps }) => {
      const named = threads === 1 ? "1 thread" : `${threads} threads`;
      return `${named} ${rate(gflops, "GFLOP/s")} and ${rate(gbps, "GB/s")}`;
    })
    .join("; ");
  return [
    `# saiki against its rivals, ${date}`,
    "",
    `${processor}, ${cores} cores, ${platform}; Node ${node}; commit ${commit}${modified ? ", modified" : ""}.`,
    `Rivals: ${versions.join("; ") || "none"}.`,
    `Fused multiply-adds and memory at the start: ${peak}. Load average then: ${load.toFixed(2)}.`,
    `Medians of ${rounds} interleaved rounds; \`(n)\` marks a ratio of fewer. A ratio is the rival's time`,
    "over saiki's: above 1 saiki is faster. A share is the arithmetic of the matrix products over the",
    "time of the whole work, of the best peak that the same number of threads reached in this run.",
  ].join("\n");
}

/** @param {Measured[]} rows */
function targetTable(rows) {
  const found = verdicts(rows);
  if (found.length === 0) return "";
  const lines = found.map(({ what, goal, figures, verdict }) => [
    what,
    goal,
    figures
      .map(({ name, text }) => (figures.length > 1 ? `${variable(name)} ${text}` : text))
      .join(", "),
    verdict,
  ]);
  return `## Targets\n\n${table(["work", "target", "measured", ""], lines)}`;
}

/**
 * The variable of the rows of one target: the cell, for layers also the size.
 *
 * @param {string} name
 */
function variable(name) {
  const [, cell = name, size = ""] = name.match(/(RNN|LSTM|GRU) (\d+)(?! V)/) ?? [];
  return /forward L/.test(name) ? `${cell} ${size}` : (name.match(/RNN|LSTM|GRU/)?.[0] ?? name);
}

// ---- comparisons -------------------------------------------------------------------------------

/** @param {Measured[]} rows */
function ratioTable(rows) {
  const used = pairings.filter(([own, rival]) =>
    rows.some((row) => row.ratios.some((r) => r.own === own && r.rival === rival)),
  );
  if (used.length === 0) return "";
  const head = used.map(([own, rival]) => `${title(own)} / ${title(rival)}`);
  const lines = rows.map((row) => [
    row.name,
    ...used.map(([own, rival]) => {
      const found = row.ratios.find((r) => r.own === own && r.rival === rival);
      if (!found) return "—";
      const few = found.rounds < row.rounds ? ` (${found.rounds})` : "";
      return `${times(found.ratio.median)}${few}`;
    }),
  ]);
  return table(["ratio", ...head], lines);
}

/** @param {Measured[]} rows */
function timeTable(rows) {
  const used = Object.keys(contestants).filter((who) =>
    rows.some(({ results }) => results.some((r) => r.label === who && r.seconds)),
  );
  const lines = rows.map((row) => [
    row.name,
    ...used.map((who) => {
      const result = row.results.find((r) => r.label === who);
      return result?.seconds ? `${duration(result.seconds.median)}${rate(result)}` : "—";
    }),
  ]);
  return table(["time of a step", ...used.map(title)], lines);
}

/**
 * The share of the peak, or for one token the rate at which weights are read.
 *
 * @param {Result} result
 */
function rate({ work, seconds, share }) {
  if (work.kind === "token" && seconds) {
    return `, ${(weightBytes(work) / seconds.median / 1e9).toFixed(1)} GB/s`;
  }
  return share && share >= 0.005 ? `, ${percent(share)}` : "";
}

/** @param {Measured[]} rows */
function memoryTable(rows) {
  const large = rows.filter(
    ({ name }) => name.startsWith("training step") && name.endsWith("V8000"),
  );
  const lines = large.flatMap(({ name, results }) =>
    results.flatMap(({ label, memory }) => {
      if (!memory) return [];
      const { imported, peak } = memory;
      return [[name, title(label), mega(imported), mega(peak), mega(peak - imported)]];
    }),
  );
  const head = ["peak memory of the process", "", "after importing", "in all", "growth"];
  return lines.length === 0 ? "" : `## Memory\n\n${table(head, lines)}`;
}

// ---- growth ------------------------------------------------------------------------------------

/** @param {Measured[]} rows */
function scalingTables(rows) {
  const lines = rows
    .filter(({ section }) => section === "scaling")
    .flatMap(({ results }) =>
      costs(results).map(({ size, seconds, ratio, to }) => {
        const cost = `${(1e6 * seconds).toFixed(2)} µs`;
        return [title(results[0]?.who), size, cost, `${ratio.toFixed(2)} of ${to}`];
      }),
    );
  if (lines.length === 0) return "";
  const head = ["training step, LSTM, hidden 512, V 65", "", "per token", "ratio"];
  return `## ${sections.scaling}\n\n${table(head, lines)}`;
}

const collected = `The most that was ever resident in five steps, before each of which gradients were dropped and
garbage was collected: what is alive in a step, and what it leaves behind itself. The memory in the other
tables has no such help.`;

/** @param {Measured[]} rows */
function growthTables(rows) {
  const kilo = (/** @type {number} */ x) => `${(x / 1e3).toFixed(1)} kB a token`;
  const lines = rows
    .filter(({ section }) => section === "memory")
    .flatMap(({ results }) => {
      const who = title(results[0]?.who);
      const sizes = results.flatMap(({ label, memory }) =>
        memory ? [[who, label, mega(memory.peak), mega(memory.peak - memory.imported)]] : [],
      );
      const growth = bytesPerToken(results);
      if (!growth) return sizes;
      const slopes = growth.slopes.map(({ vocabulary, lower, upper }) => [
        ...[who, `V ${vocabulary}: N 1600 to 3200, 3200 to 6400`, kilo(lower), kilo(upper)],
      ]);
      const matrices = growth.matrices.toFixed(2);
      return [...sizes, ...slopes, [who, "float32 matrices of N·V held", matrices, ""]];
    });
  if (lines.length === 0) return "";
  const head = [
    "training step, LSTM, hidden 512, T 100",
    "",
    "peak memory",
    "growth after importing",
  ];
  return `## ${sections.memory}\n\n${collected}\n\n${table(head, lines)}`;
}

/** The contestants that could not run, with their rows. @param {Measured[]} rows */
function missing(rows) {
  /** @type {Map<string, string[]>} */
  const names = new Map();
  for (const { name, results } of rows) {
    for (const { who, cannot } of results) {
      if (cannot === undefined) continue;
      const key = `${title(who)}: ${cannot}`;
      names.set(key, [...new Set([...(names.get(key) ?? []), name])]);
    }
  }
  if (names.size === 0) return "";
  const lines = [...names].map(([key, list]) =>
    list.length === rows.length ? `- ${key} (all rows)` : `- ${key} (${list.join("; ")})`,
  );
  return `## Cannot run\n\n${lines.join("\n")}`;
}

// ---- cells of tables ---------------------------------------------------------------------------

/** @param {string[]} head @param {string[][]} lines */
function table(head, lines) {
  return [head, head.map(() => "---"), ...lines]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

/** @param {string | undefined} who */
function title(who = "") {
  return contestants[who]?.title ?? who;
}

/** @param {number} x */
function times(x) {
  return `${x < 20 ? x.toFixed(2) : x.toFixed(0)}×`;
}

/** @param {number} x */
function percent(x) {
  return `${(100 * x).toFixed(0)} %`;
}

/** @param {number} bytes */
function mega(bytes) {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}

/** @param {number} seconds */
function duration(seconds) {
  if (seconds < 1e-3) return `${(1e6 * seconds).toPrecision(3)} µs`;
  return seconds < 1 ? `${(1e3 * seconds).toPrecision(3)} ms` : `${seconds.toPrecision(3)} s`;
}
