// @ts-check
/** `npm run test:soak`: the tests of `test/faults/` with all their cases, a quarter of an hour. */

import { startVitest } from "vitest/node";

process.env["SAIKI_SOAK"] = "1";
const vitest = await startVitest("test", ["test/faults"], { watch: false, testTimeout: 3_600_000 });
await vitest.close();
