/** How many threads the kernels may use. Results have the same bits with any number. */

import { platform } from "#platform";
import { BackendError, warn } from "../core/index.ts";

/** More would be a mistake. */
const MOST = 64;

let chosen: number | null = null;
const users: ((threads: number) => void)[] = [];
let warned = false;

/**
 * The number of threads that kernels may use: what {@link setNumThreads} said last, else
 * `SAIKI_THREADS`, else the cores available to the process (PyTorch's `get_num_threads`).
 *
 * @throws BackendError when `SAIKI_THREADS` is no whole number from 1 to 64
 */
export function getNumThreads(): number {
  chosen ??= fromEnvironment() ?? Math.min(platform.cores(), MOST);
  return chosen;
}

/**
 * Sets the number of threads for all kernels of the process (PyTorch's `set_num_threads`). It changes
 * how long they take and nothing else.
 *
 * @param threads a whole number from 1 to 64; more than the cores gives a warning
 * @throws BackendError for any other number
 * @example
 * torch.setNumThreads(1);
 */
export function setNumThreads(threads: number): void {
  chooseThreads("setNumThreads", threads);
}

/** As {@link setNumThreads}; errors name `op`. */
export function chooseThreads(op: string, threads: number): void {
  chosen = checked(op, threads, threads);
  for (const use of users) use(chosen);
}

/** Tells `use` how many threads there are, now and whenever that changes. */
export function onThreads(use: (threads: number) => void): void {
  users.push(use);
  use(getNumThreads());
}

function fromEnvironment(): number | null {
  const text = platform.env("SAIKI_THREADS");
  if (text === undefined || text === "") return null;
  return checked("SAIKI_THREADS", /^\d+$/.test(text) ? Number(text) : Number.NaN, text);
}

function checked(op: string, threads: number, got: unknown): number {
  if (!(Number.isInteger(threads) && threads >= 1 && threads <= MOST)) {
    const said = `the number of threads is a whole number from 1 to ${MOST}, not ${got}`;
    throw new BackendError(op, said, "Use the number of cores, or less");
  }
  const cores = platform.cores();
  if (threads > cores && !warned) {
    warned = true;
    warn(`${op}: ${threads} threads on ${cores} cores are slower than ${cores}.`);
  }
  return threads;
}
