/** Windows over parallel streams, for truncated back-propagation through time. */

import { ConfigError, IndexError, int64 } from "../core/index.ts";
import { wrap } from "../tensor/creation.ts";
import type { Tensor } from "../tensor/index.ts";

/** Options of {@link BpttWindows}. */
export interface BpttOptions {
  /** B: the number of parallel streams. */
  readonly batch: number;
  /** T: the number of steps of a window; the last window may have fewer. */
  readonly length: number;
}

/** Steps `start` to `start + T` of all streams; row t of the targets is the token after row t. */
export interface BpttWindow {
  /** (T, B) int64. */
  readonly inputs: Tensor;
  /** (T·B) int64, time-major like the rows of the inputs. */
  readonly targets: Tensor;
  /** The first step of the window, from 0. */
  readonly start: number;
}

/**
 * A sequence of tokens cut into B contiguous streams, and these into windows of T steps.
 *
 * Stream b predicts tokens `b·C + 1 … (b + 1)·C` with `C = ⌊(n − 1) / B⌋`; fewer than B tokens at
 * the end are left out. Every window continues the one before it, so a model carries its state from
 * window to window and resets it before window 0.
 *
 * @throws ConfigError when there are not enough tokens for one step
 * @example
 * import { BpttWindows } from "saiki/data";
 * const windows = new BpttWindows(Int32Array.of(0, 1, 2, 3, 4, 5, 6), { batch: 2, length: 2 });
 * console.log(windows.at(0).inputs); // tensor([[0, 3],
 *                                    //         [1, 4]])
 * console.log(windows.at(0).targets); // tensor([1, 4, 2, 5])
 */
export class BpttWindows {
  /** B, the number of streams. */
  readonly batch: number;
  /** T, the number of steps of a window. */
  readonly length: number;
  /** C, the number of steps of each stream. */
  readonly steps: number;
  /** The number of windows. */
  readonly count: number;
  private readonly tokens: Int32Array;

  /**
   * Cuts tokens (n) into streams; they are not copied.
   *
   * @throws ConfigError when an option is not a whole number from 1, or there are not enough tokens
   */
  constructor(tokens: Int32Array, { batch, length }: BpttOptions) {
    for (const [name, n] of Object.entries({ batch, length })) {
      if (Number.isInteger(n) && n >= 1) continue;
      throw new ConfigError("BpttWindows", `${name} is ${n}`, "Use a whole number from 1");
    }
    this.tokens = tokens;
    this.batch = batch;
    this.length = length;
    this.steps = Math.floor((tokens.length - 1) / batch);
    this.count = Math.ceil(this.steps / length);
    if (this.steps < 1) {
      const said = `${tokens.length} tokens are too few for ${batch} streams`;
      const fix = `Give at least ${batch + 1} tokens, or a smaller batch`;
      throw new ConfigError("BpttWindows", said, fix);
    }
  }

  /** Window `index`, from 0. @throws IndexError when there is no such window */
  at(index: number): BpttWindow {
    if (!Number.isInteger(index) || index < 0 || index >= this.count) {
      throw new IndexError("BpttWindows.at", `window ${index} is not among the ${this.count}`);
    }
    const start = index * this.length;
    const steps = Math.min(this.length, this.steps - start);
    return {
      inputs: wrap(this.columns(start, steps), int64, [steps, this.batch]),
      targets: wrap(this.columns(start + 1, steps), int64, [steps * this.batch]),
      start,
    };
  }

  /** All windows in order. */
  *[Symbol.iterator](): Iterator<BpttWindow> {
    for (let i = 0; i < this.count; i++) yield this.at(i);
  }

  /** Time-major: step t of all streams, then the next. */
  private columns(start: number, steps: number): Int32Array {
    const out = new Int32Array(steps * this.batch);
    for (let b = 0; b < this.batch; b++) {
      const from = b * this.steps + start;
      for (let t = 0; t < steps; t++) out[t * this.batch + b] = this.tokens[from + t]!;
    }
    return out;
  }
}
