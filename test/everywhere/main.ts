/**
 * Runs the packed package with all rows of rows.ts, or with those whose names begin with a given
 * word: `npm run test:everywhere -- vite next`. A run of all rows writes docs/works-with.md.
 */

import { writeFile } from "node:fs/promises";
import { installPackage } from "./install.ts";
import { stopAll } from "./process.ts";
import { type Result, type Row, resultOf } from "./row.ts";
import { rows } from "./rows.ts";
import { cellsOf, pageOf } from "./table.ts";

const words = process.argv.slice(2);
const unknown = words.filter((word) => !rows.some(({ id }) => id.startsWith(word)));
if (unknown.length > 0) {
  console.error(`no row begins with ${unknown.join(", ")}; there are:`);
  console.error(rows.map(({ id }) => id).join(" "));
  process.exit(2);
}
const chosen = rows.filter(({ id }) => words.length === 0 || words.some((w) => id.startsWith(w)));

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    stopAll();
    process.exit(1);
  });
}
console.log("packing and installing saiki ...");
const losses = await installPackage();
console.log(`losses in Node ${process.versions.node}: ${losses}`);
const results = new Map<Row, Result>();
for (const [i, row] of chosen.entries()) {
  const start = performance.now();
  const result = await resultOf(row, losses);
  results.set(row, result);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const cells = cellsOf(result).filter((cell) => cell !== "");
  console.log(`${i + 1}/${chosen.length} ${row.id}: ${cells.join(" · ")} (${seconds} s)`);
  if (result.kind === "failed") console.log(result.why);
}
const of = (wanted: Result["kind"]) => [...results].filter(([, { kind }]) => kind === wanted);
const failed = of("failed");
console.log(`\n${of("ok").length} ok, ${failed.length} failed, ${of("not here").length} not here`);
if (failed.length > 0) console.log(`failed: ${failed.map(([{ id }]) => id).join(" ")}`);
if (words.length === 0) {
  const page = new URL("../../docs/works-with.md", import.meta.url);
  await writeFile(page, await pageOf(results, losses));
}
process.exitCode = failed.length > 0 ? 1 : 0;
