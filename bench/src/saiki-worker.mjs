// @ts-check
/** saiki's process: serve.mjs has the protocol. */

import * as torch from "saiki";
import { productGflops, taskOf } from "./saiki-work.mjs";
import { serve } from "./serve.mjs";
import { enginePeakGflops } from "./wasm-peak.mjs";

await serve(
  async (message) => {
    torch.setBackend(message.backend);
    return { task: taskOf(message) };
  },
  {
    product: () => ({ gflops: productGflops() }),
    enginePeak: () => ({ gflops: enginePeakGflops() }),
  },
);
