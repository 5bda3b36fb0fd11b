/** What a mistake is answered with. */

import { expect } from "vitest";
import { SaikiError } from "../../src/core/index.ts";

/** The error that `f` throws; fails where it throws none, or one that is not ours. */
export function refusal(f: () => unknown): SaikiError {
  try {
    f();
  } catch (error) {
    expect(error).toBeInstanceOf(SaikiError);
    return error as SaikiError;
  }
  return expect.fail("nothing was thrown");
}

/** PyTorch's sentence of the error that `f` throws; undefined where the sentence is our own. */
export function sentence(f: () => unknown): string | undefined {
  return refusal(f).torch;
}

/** What PyTorch says when what backward needs was changed in place: where, and how often. */
export function modified(where: string, version: number): string {
  return (
    "one of the variables needed for gradient computation has been modified by an inplace operation: " +
    `[torch.FloatTensor ${where} is at version ${version}; expected version 0 instead. Hint: enable ` +
    "anomaly detection to find the operation that failed to compute its gradient, with " +
    "torch.autograd.set_detect_anomaly(True)."
  );
}
