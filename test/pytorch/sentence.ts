/** What a mistake is answered with. */

import { SaikiError } from "../../src/core/index.ts";

/** PyTorch's sentence of the error that `f` throws; undefined where the sentence is our own. */
export function sentence(f: () => unknown): string | undefined {
  try {
    f();
  } catch (error) {
    if (error instanceof SaikiError) return error.torch;
    throw error;
  }
  return "nothing was thrown";
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
