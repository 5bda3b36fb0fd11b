/** What `--profile` prints. */

import type { KernelProfile } from "../../kernels/index.ts";

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
  const table = [["where", "calls", "seconds", "share"], ...rows];
  const widths = [0, 1, 2, 3].map((c) => Math.max(...table.map((row) => row[c]!.length)));
  return table
    .map((row) => row.map((t, c) => (c === 0 ? t.padEnd(widths[c]!) : t.padStart(widths[c]!))))
    .map((row) => `${row.join("  ").trimEnd()}\n`)
    .join("");
}
