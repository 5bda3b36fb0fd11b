import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const src = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

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
    include: ["src/**/*.test.ts", "test/**/*.test.ts", "examples/**/*.test.ts"],
  },
});
