#!/usr/bin/env node
// @ts-check
/** Starts the `saiki` command; in a checkout it first installs and builds outdated parts. */

import { existsSync } from "node:fs";

const ensure = new URL("../scripts/ensure.mjs", import.meta.url);
if (existsSync(ensure)) {
  const { ensureBuilt } = await import(ensure.href);
  ensureBuilt("dist");
}
await import(new URL("../dist/cli/main.js", import.meta.url).href);
