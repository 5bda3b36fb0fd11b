// @ts-check
/** `dist/saiki.min.js`: the whole library in one file, for a page's `<script>`; global `saiki`. */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const dist = fileURLToPath(new URL("../dist", import.meta.url));
const parts = ["io", "text", "data", "lm"];

/** Bundles the chunks in `dist/`. */
export async function buildScript() {
  const all = parts.map((name) => `export * as ${name} from "./${name}.js";`);
  await build({
    stdin: { contents: `export * from "./index.js";${all.join("")}`, resolveDir: dist },
    outfile: join(dist, "saiki.min.js"),
    bundle: true,
    minify: true,
    format: "iife",
    globalName: "saiki",
    target: "es2022",
    tsconfigRaw: "{}",
    plugins: [alone],
    logLevel: "warning",
  });
}

/**
 * Leaves out the kernels for threads, a third of the whole: a `<script>` runs on a page's main
 * thread, which may not wait for others.
 *
 * @type {import("esbuild").Plugin}
 */
const alone = {
  name: "alone",
  setup({ onLoad }) {
    const contents = 'throw new Error("saiki.min.js has the kernels for one thread");';
    onLoad({ filter: /[/\\]threads\.js$/ }, () => ({ contents }));
  },
};
