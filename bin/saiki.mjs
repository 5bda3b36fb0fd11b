#!/usr/bin/env node
// @ts-check
/** Starts the `saiki` command; in a checkout it installs and builds first what is missing or old. */

import { existsSync } from "node:fs";

const ensure = new URL("../scripts/ensure.mjs", import.meta.url);
if (existsSync(ensure)) {
  const { ensureBuilt } = await import(ensure.href);
  ensureBuilt("dist");
}
await import(new URL("../dist/cli/main.js", import.meta.url).href);
