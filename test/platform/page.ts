/** The script of a page that computes the subset and prints it. */

import { platform } from "#platform";
import { backendInfo, setBackend } from "../../src/kernels/index.ts";
import type { LayerCase } from "../pytorch/layers.ts";
import { layerOutcome, randomStream, texts, trainingRun } from "./subset.ts";

const cases = (await (await fetch("cases.json")).json()) as LayerCase[];
for (const { name } of [backendInfo(), { name: "reference" as const }]) {
  setBackend(name);
  const outcome = {
    platform: platform.name,
    backend: name,
    layers: cases.map(layerOutcome),
    random: randomStream(),
    texts: texts(),
    training: await trainingRun(),
  };
  console.log(JSON.stringify(outcome));
}
console.log("end of the page");
