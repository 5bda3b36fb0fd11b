import { fileURLToPath } from "node:url";
import { configDefaults, defineConfig } from "vitest/config";

const src = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

/** The slow projects; all other tests are `unit`. See test/README.md. */
const kernels = ["test/{conformance,memory,properties}/**/*.test.ts"];
const packaged = ["test/{everywhere,package,platform,terminal}/**/*.test.ts"];
const all = ["src/**/*.test.ts", "test/**/*.test.ts", "examples/**/*.test.ts"];
const fast = { include: all, exclude: [...configDefaults.exclude, ...kernels, ...packaged] };

export default defineConfig({
  resolve: {
    alias: [
      { find: "#platform", replacement: src("platform/node.ts") },
      { find: "#native", replacement: src("kernels/native/load.ts") },
      { find: /^saiki$/, replacement: src("index.ts") },
      { find: /^saiki\/(\w+)$/, replacement: `${src("")}$1/index.ts` },
    ],
  },
  test: {
    testTimeout: 60_000, // for machines that are busy: no test measures time
    projects: [
      { extends: true, test: { name: "unit", ...fast } },
      { extends: true, test: { name: "kernels", include: kernels } },
      { extends: true, test: { name: "package", include: packaged } },
    ],
  },
});
