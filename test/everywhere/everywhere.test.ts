/** Three rows of the table, where test/everywhere is installed. */

import { existsSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { installPackage } from "./install.ts";
import { resultOf } from "./row.ts";
import { rows } from "./rows.ts";

const quick = ["vite-8", "webpack", "next"];
const installed = existsSync(new URL("node_modules", import.meta.url));
const command = `npm run test:everywhere -- ${quick.join(" ")}`;
let losses: string;

beforeAll(async () => {
  if (installed) losses = await installPackage();
}, 120_000);

describe("the packed package", { timeout: 300_000 }, () => {
  const chosen = rows.filter(({ id }) => quick.includes(id));
  test.for(chosen)("trains in a page by $name", async (row, context) => {
    if (!installed) context.skip(`test/everywhere is not installed: ${command}`);
    const result = await resultOf(row, losses);
    if (result.kind === "not here") context.skip(result.why);
    expect(result).toMatchObject({ kind: "ok" });
  });
});
