/** Modules that hold modules. */

import { IndexError } from "../core/index.ts";
import type { Tensor } from "../tensor/index.ts";
import { Module } from "./module.ts";

/** A module that takes one tensor and gives one. */
export interface Layer extends Module {
  forward(x: Tensor): Tensor;
}

/** Modules in a row, under the names `0`, `1`, …; the base of the two containers. */
abstract class Indexed<M extends Module> extends Module {
  [index: `${number}`]: M;

  constructor(modules: Iterable<M>) {
    super();
    for (const module of modules) this.append(module);
  }

  get length(): number {
    return [...this.namedPlaces()].length;
  }

  append(module: M): this {
    this[`${this.length}`] = module;
    return this;
  }

  /** The module at an index; negative ones count from the end. */
  at(index: number): M {
    const n = this.length;
    const found = this[`${index < 0 ? index + n : index}`];
    if (found === undefined) {
      throw IndexError.torch(`${this.constructor.name}.at`, `index ${index} is out of range`);
    }
    return found;
  }

  *[Symbol.iterator](): Iterator<M> {
    for (const [, module] of this.namedPlaces()) yield module as M;
  }
}

/**
 * Modules one after another: each takes what the one before gives.
 *
 * @see torch.nn.Sequential
 */
export class Sequential extends Indexed<Layer> {
  constructor(...modules: Layer[]) {
    super(modules);
  }

  forward(x: Tensor): Tensor {
    let out = x;
    for (const module of this) out = module.forward(out);
    return out;
  }
}

/**
 * A list of modules whose parameters are found.
 *
 * @see torch.nn.ModuleList
 */
export class ModuleList<M extends Module = Module> extends Indexed<M> {
  constructor(modules: Iterable<M> = []) {
    super(modules);
  }
}
