/**
 * The conformance suite: compares a backend with the reference, entry by entry.
 *
 * Bits are compared where the interface promises bits. Otherwise float32 results lie within
 * `sumError()` of the reference's float64 results of the same inputs. Matrices have NaN between
 * their rows and outputs have canaries, which reveal reads and writes outside.
 */

import { describe, test } from "vitest";
import { BackendError } from "../../src/core/index.ts";
import {
  type Backend,
  type BackendName,
  getNumThreads,
  kernels,
  setBackend,
} from "../../src/kernels/index.ts";
import { loadNative } from "../../src/kernels/native/load.ts";
import { accuracyCases } from "./accuracy.ts";
import { elementwiseCases } from "./cases/elementwise.ts";
import { gemmCases } from "./cases/gemm.ts";
import { generalCases } from "./cases/general.ts";
import { layerNormCases } from "./cases/layer-norm.ts";
import { linearCrossEntropyCases } from "./cases/linear-cross-entropy.ts";
import { randomCases } from "./cases/random.ts";
import { recurrentCases } from "./cases/recurrent.ts";
import { rowCases } from "./cases/rows.ts";
import { sessionCases } from "./cases/session.ts";
import { tableCases } from "./cases/table.ts";
import { threadCases } from "./cases/threads.ts";
import { updateCases } from "./cases/update.ts";

const suites = {
  general: generalCases,
  gemm: gemmCases,
  recurrent: recurrentCases,
  session: sessionCases,
  rows: rowCases,
  "linear cross entropy": linearCrossEntropyCases,
  "layer norm": layerNormCases,
  table: tableCases,
  elementwise: elementwiseCases,
  accuracy: accuracyCases,
  update: updateCases,
  random: randomCases,
};

/** Declares the tests of a backend, or one skipped test that says why it cannot run here. */
export function kernelConformance(name: BackendName): void {
  declare(`${name} kernels`, find(name));
}

/**
 * The same for the native kernels of an instruction set, with threads. `npm run test:sanitize`
 * names its own binary.
 */
export function nativeConformance(set: string): void {
  const native = loadNative(process.env["SAIKI_TEST_BINARY"], set);
  const title = `native kernels (${set})`;
  declare(title, "backend" in native ? native.backend : native.reason);
  if (!("backend" in native)) return;
  native.setThreads(getNumThreads());
  describe(`${title} on threads`, () => threadCases(native.backend, native.setThreads));
}

function declare(title: string, backend: Backend | string): void {
  describe(title, () => {
    if (typeof backend === "string") test.skip(backend);
    else conformanceCases(backend);
  });
}

/** Declares the tests alone. */
export function conformanceCases(backend: Backend): void {
  for (const [title, cases] of Object.entries(suites)) describe(title, () => cases(backend));
}

function find(name: BackendName): Backend | string {
  try {
    setBackend(name);
    return kernels();
  } catch (e) {
    if (e instanceof BackendError) return e.message;
    throw e;
  }
}
