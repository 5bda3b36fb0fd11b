/** The text of `--profile`. */

import type { KernelProfile } from "../../kernels/index.ts";
import { aligned } from "./format.ts";

/** A line for each kernel, the slowest first, and one for all the rest. */
export function profileText({ milliseconds, kernels }: KernelProfile): string {
  const inKernels = kernels.reduce((sum, k) => sum + k.milliseconds, 0);
  const rest = { name: "outside kernels", calls: 0, milliseconds: milliseconds - inKernels };
  const rows = [...kernels, rest].map(({ name, calls, milliseconds: ms }) => [
    name,
    calls > 0 ? String(calls) : "",
    (ms / 1e3).toFixed(2),
    `${((100 * ms) / milliseconds).toFixed(1)} %`,
  ]);
  return aligned([["where", "calls", "seconds", "share"], ...rows])
    .map((line) => `${line}\n`)
    .join("");
}
