/** Where time goes: how often each kernel is called, and how long it takes. */

import type { Backend } from "./backend.ts";

/** The time that one kernel took. */
export interface KernelTime {
  /** The entry of the backend, such as `lstmBackward`. */
  readonly name: string;
  /** How often it was called. */
  readonly calls: number;
  /** The time of all its calls together. */
  readonly milliseconds: number;
}

/** The result of `profileKernels`. */
export interface KernelProfile {
  /** From the first call of `profileKernels` to the last of what it returned. */
  readonly milliseconds: number;
  /** The slowest first. What is missing of the whole was spent outside kernels. */
  readonly kernels: readonly KernelTime[];
}

/** What computes nothing, or brings a clock of its own. */
const untimed: ReadonlySet<string> = new Set(["keep", "memory", "openSession"]);

/** The same backend with a clock around each entry, and what the clocks say. */
export function timed(backend: Backend): { backend: Backend; times: () => KernelTime[] } {
  const clocks = new Map<string, { calls: number; milliseconds: number }>();
  const entries = Object.entries(backend).map(([name, entry]) => {
    if (typeof entry !== "function" || untimed.has(name)) {
      return [name, entry];
    }
    const clock = { calls: 0, milliseconds: 0 };
    clocks.set(name, clock);
    const run = entry as (...args: unknown[]) => unknown;
    return [
      name,
      (...args: unknown[]) => {
        const start = performance.now();
        const result = run(...args);
        clock.milliseconds += performance.now() - start;
        clock.calls++;
        return result;
      },
    ];
  });
  return {
    backend: Object.fromEntries(entries) as Backend,
    times: () =>
      [...clocks]
        .map(([name, clock]) => ({ name, ...clock }))
        .filter((k) => k.calls > 0)
        .sort((a, b) => b.milliseconds - a.milliseconds),
  };
}
