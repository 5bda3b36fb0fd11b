/**
 * What forward leaves for backward stays in the instance's memory, which spares copying it out and in
 * again. Above a limit the oldest values move to arrays of the pool: those of a graph that nobody walks
 * back through would fill the memory, and finalizers do not run while a loop does not pause.
 */

import type { Real } from "../../core/dtype.ts";
import { BackendError } from "../../core/errors.ts";
import type { Kept } from "../backend.ts";
import { acquire, release } from "../pool.ts";
import type { Arena } from "./memory.ts";

/** Bytes that may be kept in the memory. */
const KEPT_LIMIT = 512 * 2 ** 20;

/** Where values are: at an address, or in an array, or released and nowhere. */
interface Values {
  readonly n: number;
  at: number | null;
  array: Real | null;
}

/** All that is kept in one memory. */
export class Keeper {
  readonly arena: Arena;
  private readonly limit: number;
  /** Those in the memory by address, the oldest first. */
  private readonly inside = new Map<number, Values>();
  private bytes = 0;
  /** Takes the room of handles that were dropped without a release, when the engine finds time. */
  private readonly dropped = new FinalizationRegistry<number>((at) => this.free(at));

  constructor(arena: Arena, limit = KEPT_LIMIT) {
    this.arena = arena;
    this.limit = limit;
  }

  /** Room for `n` floats with unspecified contents. */
  keep(n: number): KeptFloats {
    while (this.bytes + 4 * n > this.limit && this.spillOldest());
    const at = this.room(4 * n);
    const values: Values = { n, at, array: null };
    const handle = new KeptFloats(this, values);
    this.inside.set(at, values);
    this.bytes += 4 * n;
    // By its address, not by its values: while they wait for the handle's end nothing may hold these.
    this.dropped.register(handle, at, values);
    return handle;
  }

  /** Takes values out of the memory. */
  free(at: number): void {
    const values = this.inside.get(at);
    if (values === undefined) return;
    this.inside.delete(at);
    this.bytes -= 4 * values.n;
    this.dropped.unregister(values);
    this.arena.free(at);
    values.at = null;
  }

  private room(bytes: number): number {
    for (;;) {
      try {
        return this.arena.keep(bytes);
      } catch (error) {
        if (!(error instanceof BackendError && this.spillOldest())) throw error;
      }
    }
  }

  /** Whether there was any to be moved. */
  private spillOldest(): boolean {
    for (const [at, values] of this.inside) {
      values.array = acquire("float32", values.n);
      this.arena.get(at, values.array, values.n);
      this.free(at);
      return true;
    }
    return false;
  }
}

export class KeptFloats implements Kept {
  readonly keeper: Keeper;
  // The keeper knows these and not the handle, so that a dropped handle can be noticed.
  private readonly values: Values;

  constructor(keeper: Keeper, values: Values) {
    this.keeper = keeper;
    this.values = values;
  }

  get length(): number {
    return this.values.n;
  }

  /** The address in the keeper's memory, or null where they are no longer there. */
  get at(): number | null {
    return this.values.at;
  }

  copyTo(out: Real): void {
    const { at, array, n } = this.values;
    if (at !== null) this.keeper.arena.get(at, out, n);
    else if (array !== null) out.set(array);
  }

  /** Takes in what a call left at an address, unless it is where the values lie. */
  takeFrom(address: number): void {
    const { at, array, n } = this.values;
    if (at === null && array !== null) this.keeper.arena.get(address, array, n);
  }

  release(): void {
    const { at, array } = this.values;
    if (at !== null) this.keeper.free(at);
    if (array !== null) release(array);
    this.values.array = null;
  }
}
