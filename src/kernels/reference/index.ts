/**
 * The reference backend: plain loops over float32 or float64, which anyone can read. They specify
 * what the fast kernels compute.
 *
 * Arithmetic is double, and a result is rounded when it is stored. Where bits are promised, in
 * optimizer steps and random numbers, each rounding is written out.
 */

import type { Backend } from "../backend.ts";
import * as elementwise from "./elementwise.ts";
import * as embedding from "./embedding.ts";
import { gemm } from "./gemm.ts";
import { linearCrossEntropy } from "./linear-cross-entropy.ts";
import { mtFill } from "./mt19937.ts";
import * as optim from "./optim.ts";
import * as random from "./random.ts";
import * as recurrent from "./recurrent.ts";
import * as rows from "./rows.ts";
import { openSession } from "./session.ts";

export const reference: Backend = {
  name: "reference",
  gemm,
  ...recurrent,
  openSession,
  ...rows,
  linearCrossEntropy,
  ...embedding,
  ...elementwise,
  ...optim,
  mtFill,
  ...random,
  memory: () => ({ bytes: 0, highWater: 0 }),
};
