/** For jest and for vitest, which both have a global `test`. */

import { writeFileSync } from "node:fs";
import { train } from "./train.js";

test("trains", async () => {
  writeFileSync("outcome.json", JSON.stringify(await train()));
});
