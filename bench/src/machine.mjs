// @ts-check
/** The machine's peaks, measured by peak.c; null without a C compiler. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "./worker.mjs";

export class Machine {
  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), "saiki-bench-"));
    const program = join(this.folder, "peak");
    this.worker = isCompiled(program) ? new Worker(program, []) : null;
    /** The highest result of `fma`, by threads. @type {Map<number, number>} */
    this.best = new Map();
  }

  /**
   * GFLOP/s of fused multiply-adds now, in 20 ms; null without a compiler.
   *
   * @param {number} threads
   */
  async fma(threads) {
    const gflops = (await this.worker?.ask({ do: "fma", threads }))?.gflops ?? null;
    this.best.set(threads, Math.max(gflops ?? 0, this.best.get(threads) ?? 0));
    return gflops;
  }

  /** GB/s of a triad over 256 MiB; null without a compiler. @param {number} threads */
  async bandwidth(threads) {
    return (await this.worker?.ask({ do: "triad", threads }))?.gbps ?? null;
  }

  async end() {
    await this.worker?.end();
    rmSync(this.folder, { recursive: true });
  }
}

/** @param {string} program */
function isCompiled(program) {
  const source = fileURLToPath(new URL("peak.c", import.meta.url));
  return ["-march=native", "-mcpu=native"].some((machine) => {
    try {
      execFileSync("cc", ["-O3", machine, "-pthread", source, "-o", program], { stdio: "ignore" });
      return true;
    } catch {
      return false;
    }
  });
}
