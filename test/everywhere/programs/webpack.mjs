/** Builds the page with webpack, or with Rspack, which has the same interface. */

import { join } from "node:path";

const name = process.argv[2];
const { default: bundler } = await import(name);
const path = join(import.meta.dirname, "out");
bundler(
  { mode: "production", entry: "./page.js", output: { path, filename: "page.js" } },
  (error, stats) => {
    if (error === null && !stats.hasErrors()) return;
    console.error(error ?? stats.toString("errors-only"));
    process.exitCode = 1;
  },
);
