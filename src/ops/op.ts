/**
 * An operation is one object with a name, a forward and its derivative.
 *
 * Operations compute on views. `tensor.ts` calls them, wraps what they return and, when a gradient
 * is wanted, keeps their {@link Context} on the tape until backward.
 */

import { type DType, float32 } from "../core/index.ts";
import type { Saved as Buffer } from "../kernels/backend.ts";
import type { View } from "./view.ts";

/** Inputs of an operation; null where an optional operand is missing. */
export type Inputs = readonly (View | null)[];

/** One gradient for each input; null where none is wanted or the input has none. */
type Grads<I extends Inputs> = { [K in keyof I]: View | null };

/**
 * Whether backward keeps no reference to the gradients that it gets, except in those that it
 * returns. A gradient in pooled memory ({@link View.pooled}) returns to the pool after its last
 * operation, if all operations that got it release gradients.
 */
type ReleasesGradients = boolean;

/** An operation with one result. `I`: its inputs, `A`: everything that is not a tensor. */
export interface Op<I extends Inputs, A = void> {
  /** PyTorch's name of the node, as `grad_fn=<…>` prints it. */
  readonly name: string | ((args: A, inputs: I) => string);
  readonly releasesGradients?: ReleasesGradients;
  forward(ctx: Context, inputs: I, args: A): View;
  /** `grad` has the result's shape; it is not changed. */
  backward(ctx: Context, grad: View, args: A): Grads<I>;
}

/** An operation with several results; a result that nothing used has a null gradient. */
export interface MultiOp<I extends Inputs, A = void> {
  /** One name for all results, or one each. */
  readonly name: string | ((args: A) => readonly string[]);
  readonly releasesGradients?: ReleasesGradients;
  forward(ctx: Context, inputs: I, args: A): View[];
  backward(ctx: Context, grads: readonly (View | null)[], args: A): Grads<I>;
}

/** The state that forward saves for backward. */
export class Context {
  /** Which inputs need a gradient; empty where nothing is recorded. */
  readonly needs: readonly boolean[];
  /** Whether any input needs a gradient, so that forward has to save. */
  readonly recording: boolean;
  /** Shapes and types of the inputs, for backwards that save no inputs. */
  readonly shapes: readonly (readonly number[])[];
  readonly dtypes: readonly DType[];
  /** Buffers that forward saves besides views. */
  buffers: readonly Buffer[] = [];
  /** Whether backward may run again, so that it must not overwrite what was saved. */
  retain = false;
  #saved: Saved[] = [];
  #onRelease: (() => void)[] = [];
  #released = false;

  constructor(needs: readonly boolean[], inputs: Inputs) {
    this.needs = needs;
    this.recording = needs.includes(true);
    this.shapes = this.recording ? inputs.map((v) => v?.shape ?? []) : [];
    this.dtypes = this.recording ? inputs.map((v) => v?.dtype ?? float32) : [];
  }

  /** Saves views for backward, which checks that they were not changed in place since. */
  save(...views: (View | null)[]): void {
    for (const view of views) this.#saved.push({ view, version: view?.storage.version ?? 0 });
  }

  /** The views saved, in order: `const [x, y] = ctx.saved<[View, View]>()`. */
  saved<S extends (View | null)[]>(): S {
    return this.#saved.map((s) => s.view) as S;
  }

  /** Runs `release` when the saved values are released: buffers return to their pool. */
  onRelease(release: () => void): void {
    this.#onRelease.push(release);
  }

  get isReleased(): boolean {
    return this.#released;
  }

  /** Drops the saved values. If there were none, backward can run again. */
  release(): void {
    this.#released = this.#saved.length > 0 || this.#onRelease.length > 0;
    this.#saved = [];
    this.buffers = [];
    for (const release of this.#onRelease) release();
    this.#onRelease = [];
  }

  /** The first saved view that was changed in place since, with the version expected. */
  firstStale(): { view: View; version: number } | undefined {
    for (const { view, version } of this.#saved) {
      if (view !== null && view.storage.version !== version) return { view, version };
    }
    return undefined;
  }
}

interface Saved {
  readonly view: View | null;
  readonly version: number;
}
