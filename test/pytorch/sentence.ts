/** The errors that calls throw. */

import { expect } from "vitest";
import { SaikiError } from "../../src/core/index.ts";

/** The error that `f` throws; fails if it throws none, or none of saiki's. */
export function refusal(f: () => unknown): SaikiError {
  try {
    f();
  } catch (error) {
    expect(error).toBeInstanceOf(SaikiError);
    return error as SaikiError;
  }
  return expect.fail("nothing was thrown");
}

/** PyTorch's sentence of the error that `f` throws; undefined if the sentence is saiki's. */
export function sentence(f: () => unknown): string | undefined {
  return refusal(f).torch;
}

/** PyTorch's sentence about a saved value that was changed in place: where, and how often. */
export function modified(where: string, version: number): string {
  return (
    "one of the variables needed for gradient computation has been modified by an inplace operation: " +
    `[torch.FloatTensor ${where} is at version ${version}; expected version 0 instead. Hint: enable ` +
    "anomaly detection to find the operation that failed to compute its gradient, with " +
    "torch.autograd.set_detect_anomaly(True)."
  );
}
