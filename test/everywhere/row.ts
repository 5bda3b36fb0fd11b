/** A row of the table and its result. */

import { cp, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface Row {
  /** The name on the command line. */
  readonly id: string;
  readonly group: string;
  /** The program that runs saiki, with its version. */
  readonly name: string;
  /** A hint for users. */
  readonly note?: string;
  /** Kernels and threads of each outcome, such as `wasm 2`; empty if nothing is computed. */
  readonly wanted: readonly string[];
  /** Runs the programs, which lie in a folder of its own. */
  readonly run: (folder: string) => Promise<Outcome[]>;
}

/** The output of programs/train.js. */
export interface Outcome {
  losses: string;
  backend: string;
  threads: number;
  reason: string | null;
  reasons: Record<string, string>;
}

export type Result =
  | { kind: "ok"; outcomes: Outcome[] }
  | { kind: "failed" | "not here"; why: string };

/** Thrown where a row cannot run on this machine. */
export class NotHere extends Error {}

/** The folder of the rows, inside this package, with its own copy of saiki. */
export const work = fileURLToPath(new URL(".work", import.meta.url));
export const programs = fileURLToPath(new URL("programs", import.meta.url));

/** Runs a row, and compares it with `wanted` and with the losses of a run in Node. */
export async function resultOf(row: Row, losses: string): Promise<Result> {
  const folder = join(work, row.id);
  try {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder);
    await cp(programs, folder, { recursive: true });
    const outcomes = await row.run(folder);
    const why = fault(row, outcomes, losses);
    return why === null ? { kind: "ok", outcomes } : { kind: "failed", why };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { kind: error instanceof NotHere ? "not here" : "failed", why };
  }
}

function fault(row: Row, outcomes: Outcome[], expected: string): string | null {
  if (outcomes.length !== row.wanted.length) return `there are ${outcomes.length} outcomes`;
  for (const [i, outcome] of outcomes.entries()) {
    const { losses, backend, threads, reason, reasons } = outcome;
    if (losses !== expected) return `the losses are ${losses}, not ${expected}`;
    const [kernels = "", count] = row.wanted[i]?.split(" ") ?? [];
    const why = JSON.stringify({ reason, ...reasons });
    if (!backend.startsWith(kernels)) return `the kernels are ${backend}, not ${kernels}: ${why}`;
    if (String(threads) !== count) return `there are ${threads} threads, not ${count}: ${why}`;
  }
  return null;
}
