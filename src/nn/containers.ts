/** Modules that hold modules. */

import { IndexError } from "../core/index.ts";
import type { Tensor } from "../tensor/index.ts";
import { Module } from "./module.ts";

/** A module that takes one tensor and gives one. */
export interface Layer extends Module {
  /** The output of the layer for x. */
  forward(x: Tensor): Tensor;
}

/** Modules in a row, under the names `0`, `1`, …; the base of the two containers. */
abstract class Indexed<M extends Module> extends Module {
  [index: `${number}`]: M;

  constructor(modules: Iterable<M>) {
    super();
    for (const module of modules) this.append(module);
  }

  /** The number of modules. */
  get length(): number {
    return [...this.namedPlaces()].length;
  }

  /** Adds a module at the end, and returns the container. */
  append(module: M): this {
    this[`${this.length}`] = module;
    return this;
  }

  /**
   * The module at an index; negative ones count from the end.
   *
   * @throws IndexError when there is none
   */
  at(index: number): M {
    const n = this.length;
    const found = this[`${index < 0 ? index + n : index}`];
    if (found === undefined) {
      throw IndexError.torch(`${this.constructor.name}.at`, `index ${index} is out of range`);
    }
    return found;
  }

  /** The modules in order. */
  *[Symbol.iterator](): Iterator<M> {
    for (const [, module] of this.namedPlaces()) yield module as M;
  }
}

/**
 * Modules one after another: each takes the output of the one before.
 *
 * @see torch.nn.Sequential
 * @example
 * const model = new nn.Sequential(new nn.Linear(3, 4), new nn.Tanh(), new nn.Linear(4, 1));
 * console.log(model.forward(torch.ones(2, 3)).shape); // torch.Size([2, 1])
 * console.log(model.length, String(model.at(1))); // 3 Tanh()
 */
export class Sequential extends Indexed<Layer> {
  /** Makes a chain of the given modules. */
  constructor(...modules: Layer[]) {
    super(modules);
  }

  /** The output of the last module; x itself where there are none. */
  forward(x: Tensor): Tensor {
    let out = x;
    for (const module of this) out = module.forward(out);
    return out;
  }
}

/**
 * A list of modules whose parameters are found, unlike those in an array.
 *
 * @see torch.nn.ModuleList
 * @example
 * const layers = new nn.ModuleList([new nn.Linear(3, 4), new nn.Linear(4, 1)]);
 * let x = torch.ones(2, 3);
 * for (const layer of layers) x = layer.forward(x);
 * console.log(x.shape, [...layers.parameters()].length); // torch.Size([2, 1]) 4
 */
export class ModuleList<M extends Module = Module> extends Indexed<M> {
  /** Makes a list of the given modules. */
  constructor(modules: Iterable<M> = []) {
    super(modules);
  }
}
