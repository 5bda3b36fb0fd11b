/** The base of all modules: finding parameters, state dicts, modes. */

import {
  ConfigError,
  type DType,
  DTypeError,
  float32,
  float64,
  SaikiError,
  sameShape,
  typeName,
} from "../core/index.ts";
import { noGrad, Tensor } from "../tensor/index.ts";
import { Buffer, Parameter } from "./parameter.ts";

/** Tensors by name, as files hold them. */
export type StateDict = Record<string, Tensor>;

/**
 * The names that {@link Module.loadStateDict} found missing or left over.
 *
 * @see torch.nn.modules.module._IncompatibleKeys
 * @example
 * const layer = new nn.Linear(2, 1);
 * const found = layer.loadStateDict({ weight: torch.ones(1, 2) }, { strict: false });
 * console.log(found.missingKeys); // [ 'bias' ]
 */
export class IncompatibleKeys {
  /** Names of the module that the given tensors lack. */
  readonly missingKeys: readonly string[];
  /** Names of the given tensors that the module lacks. */
  readonly unexpectedKeys: readonly string[];

  /** Holds the two lists. */
  constructor(missingKeys: readonly string[], unexpectedKeys: readonly string[]) {
    this.missingKeys = missingKeys;
    this.unexpectedKeys = unexpectedKeys;
  }

  /** The text that PyTorch prints. */
  toString(): string {
    const list = (keys: readonly string[]) => `[${keys.map((k) => `'${k}'`).join(", ")}]`;
    if (this.missingKeys.length + this.unexpectedKeys.length === 0) {
      return "<All keys matched successfully>";
    }
    return (
      `_IncompatibleKeys(missing_keys=${list(this.missingKeys)}, ` +
      `unexpected_keys=${list(this.unexpectedKeys)})`
    );
  }
}

/**
 * A part of a model. Parameters, buffers and child modules are its own properties, found in the
 * order of their declaration; a property's name is its key in the state dict.
 *
 * Declare child modules as fields and write a `forward` with types of your own. Fields named with
 * `#` cannot be found: use TypeScript's `private`. For lists of modules use {@link ModuleList}.
 *
 * @see torch.nn.Module
 * @example
 * class Scale extends nn.Module {
 *   factor = new nn.Parameter(torch.full([1], 3));
 *   forward(x: torch.Tensor): torch.Tensor {
 *     return x.mul(this.factor);
 *   }
 * }
 * console.log(new Scale().forward(torch.ones(2)).tolist()); // [ 3, 3 ]
 */
export abstract class Module {
  /** Whether the module trains (dropout is active) or is used. */
  training = true;

  // ---- traversal -------------------------------------------------------------------------------

  /** The direct children, each once, with their names. @see torch.nn.Module.named_children */
  *namedChildren(): Generator<[string, Module]> {
    const seen = new Set<Module>();
    for (const [name, child] of this.namedPlaces()) {
      if (!seen.has(child)) yield [name, child];
      seen.add(child);
    }
  }

  /** The direct children under all of their names. */
  protected *namedPlaces(): Generator<[string, Module]> {
    for (const [name, value] of Object.entries(this)) {
      if (value instanceof Module) yield [name, value];
      else refuseHidden(this, name, value);
    }
  }

  /** The direct children, each once. @see torch.nn.Module.children */
  *children(): Generator<Module> {
    for (const [, child] of this.namedChildren()) yield child;
  }

  /**
   * This module (named `prefix`) and all below it, each once.
   *
   * @see torch.nn.Module.named_modules
   */
  *namedModules(prefix = "", seen = new Set<Module>()): Generator<[string, Module]> {
    if (seen.has(this)) return;
    seen.add(this);
    yield [prefix, this];
    for (const [name, child] of this.namedChildren()) {
      yield* child.namedModules(join(prefix, name), seen);
    }
  }

  /** This module and all below it, each once. @see torch.nn.Module.modules */
  *modules(): Generator<Module> {
    for (const [, module] of this.namedModules()) yield module;
  }

  /**
   * Every parameter once, under its first name: own ones first, then those of the children.
   *
   * @see torch.nn.Module.named_parameters
   */
  *namedParameters(): Generator<[string, Parameter]> {
    yield* this.#owned((v) => v instanceof Parameter);
  }

  /**
   * Every parameter once: own ones first, then those of the children.
   *
   * @see torch.nn.Module.parameters
   */
  *parameters(): Generator<Parameter> {
    for (const [, p] of this.namedParameters()) yield p;
  }

  /** Every buffer once, under its first name. @see torch.nn.Module.named_buffers */
  *namedBuffers(): Generator<[string, Buffer]> {
    yield* this.#owned((v) => v instanceof Buffer);
  }

  /** Every buffer once. @see torch.nn.Module.buffers */
  *buffers(): Generator<Buffer> {
    for (const [, b] of this.namedBuffers()) yield b;
  }

  *#owned<T extends Tensor>(is: (v: unknown) => v is T): Generator<[string, T]> {
    const seen = new Set<T>();
    for (const [prefix, module] of this.namedModules()) {
      for (const [name, value] of Object.entries(module)) {
        if (!is(value) || seen.has(value)) continue;
        seen.add(value);
        yield [join(prefix, name), value];
      }
    }
  }

  // ---- state -----------------------------------------------------------------------------------

  /**
   * Parameters and persistent buffers by name, sharing memory with the module.
   *
   * @see torch.nn.Module.state_dict
   * @example
   * console.log(Object.keys(new nn.Linear(2, 1).stateDict())); // [ 'weight', 'bias' ]
   */
  stateDict(): StateDict {
    const state: StateDict = {};
    for (const [name, tensor] of this.#state("")) state[name] = tensor.detach();
    return state;
  }

  *#state(prefix: string): Generator<[string, Tensor]> {
    const own = Object.entries(this);
    for (const [name, v] of own) if (v instanceof Parameter) yield [join(prefix, name), v];
    for (const [name, v] of own) {
      if (v instanceof Buffer && v.persistent) yield [join(prefix, name), v];
    }
    for (const [name, child] of this.namedPlaces()) yield* child.#state(join(prefix, name));
  }

  /**
   * Copies values into the parameters and buffers of the same names.
   *
   * @param options.assign whether they take over memory and type of the tensors that are given in
   *   place of a copy, false by default
   * @param options.strict whether missing and left-over names are errors, true by default; shapes
   *   must agree in any case
   * @returns the names that are missing or left over
   * @throws ConfigError that lists every disagreement
   * @see torch.nn.Module.load_state_dict
   */
  loadStateDict(
    state: Readonly<StateDict> | ReadonlyMap<string, Tensor>,
    options: { strict?: boolean | undefined; assign?: boolean | undefined } = {},
  ): IncompatibleKeys {
    const { strict = true, assign = false } = options;
    const given = new Map(entriesOf(state));
    const own = new Map(this.#state(""));
    const missing = [...own.keys()].filter((k) => !given.has(k));
    const unexpected = [...given.keys()].filter((k) => !own.has(k));
    const problems: string[] = [];
    const quoted = (keys: string[]) => keys.map((k) => `"${k}"`).join(", ");
    if (strict && missing.length > 0) {
      problems.push(`Missing key(s) in state_dict: ${quoted(missing)}. `);
    }
    if (strict && unexpected.length > 0) {
      problems.push(`Unexpected key(s) in state_dict: ${quoted(unexpected)}. `);
    }
    for (const [name, target] of own) {
      const source = given.get(name);
      if (source !== undefined) problems.push(...mismatch(name, target, source));
    }
    if (problems.length > 0) {
      const lines = problems.map((p) => `\n\t${p}`).join("");
      const said = `Error(s) in loading state_dict for ${this.constructor.name}:${lines}`;
      throw ConfigError.torch(`${this.constructor.name}.loadStateDict`, said);
    }
    noGrad(() => {
      for (const [name, target] of own) {
        const source = given.get(name);
        if (source !== undefined) assign ? target.setData(source) : target.copy_(source);
      }
    });
    return new IncompatibleKeys(missing, unexpected);
  }

  // ---- modes and types -------------------------------------------------------------------------

  /** Sets the mode of this module and all below it. @see torch.nn.Module.train */
  train(mode = true): this {
    if (typeof mode !== "boolean") {
      throw ConfigError.torch("Module.train", "training mode is expected to be boolean");
    }
    for (const module of this.modules()) module.training = mode;
    return this;
  }

  /** Ends training mode in this module and all below it. @see torch.nn.Module.eval */
  eval(): this {
    return this.train(false);
  }

  /** Calls `f` for all modules below this one, then for this one. @see torch.nn.Module.apply */
  apply(f: (module: Module) => void): this {
    for (const child of this.children()) child.apply(f);
    f(this);
    return this;
  }

  /** Sets whether all parameters require a gradient. @see torch.nn.Module.requires_grad_ */
  requiresGrad_(flag = true): this {
    for (const p of this.parameters()) p.requiresGrad = flag;
    return this;
  }

  /**
   * Forgets all gradients, or fills them with zeros.
   *
   * @param options.setToNone false keeps the gradients and makes them zero; true by default
   * @see torch.nn.Module.zero_grad
   */
  zeroGrad({ setToNone = true }: { setToNone?: boolean | undefined } = {}): void {
    for (const p of this.parameters()) {
      if (setToNone) p.grad = null;
      else if (p.grad) p.grad = p.grad.detach().zero_();
    }
  }

  /** Converts all floating-point parameters and buffers to float64. @see torch.nn.Module.double */
  double(): this {
    return this.to(float64);
  }

  /** Converts all floating-point parameters and buffers to float32. @see torch.nn.Module.float */
  float(): this {
    return this.to(float32);
  }

  /**
   * Converts all floating-point parameters and buffers.
   *
   * @throws DTypeError for a type that is not floating-point
   * @see torch.nn.Module.to
   */
  to(dtype: DType): this {
    if (!dtype.isFloatingPoint) {
      const only = "nn.Module.to only accepts floating point or complex dtypes";
      throw DTypeError.torch("Module.to", `${only}, but got desired dtype=${dtype}`);
    }
    noGrad(() => {
      for (const tensor of [...this.parameters(), ...this.buffers()]) {
        if (!tensor.dtype.isFloatingPoint) continue;
        tensor.setData(tensor.to(dtype));
        if (tensor.grad) tensor.grad = tensor.grad.to(dtype);
      }
    });
    return this;
  }

  // ---- text ------------------------------------------------------------------------------------

  /** The module's own settings, as its text shows them. @see torch.nn.Module.extra_repr */
  extraRepr(): string {
    return "";
  }

  /** The tree of modules that PyTorch prints. */
  toString(): string {
    const extra = this.extraRepr();
    const own = extra === "" ? [] : extra.split("\n");
    const below = [...this.namedPlaces()].map(
      ([name, child]) => `(${name}): ${child.toString().replaceAll("\n", "\n  ")}`,
    );
    const name = this.constructor.name;
    if (below.length === 0 && own.length <= 1) return `${name}(${own.join("")})`;
    return `${name}(\n${[...own, ...below].map((line) => `  ${line}\n`).join("")})`;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }
}

function join(prefix: string, name: string): string {
  return prefix === "" ? name : `${prefix}.${name}`;
}

function entriesOf(state: Readonly<StateDict> | ReadonlyMap<string, Tensor>) {
  if (state instanceof Map) return [...(state as ReadonlyMap<string, Tensor>)];
  if (typeof state === "object" && state !== null && !Array.isArray(state)) {
    return Object.entries(state as StateDict);
  }
  const said = `Expected state_dict to be dict-like, got <class '${typeName(state)}'>.`;
  throw ConfigError.torch("Module.loadStateDict", said, "Pass an object or a Map of tensors");
}

function mismatch(name: string, target: Tensor, source: unknown): string[] {
  if (!(source instanceof Tensor)) {
    return [
      `While copying the parameter named "${name}", expected torch.Tensor or Tensor-like object ` +
        `from checkpoint but received <class '${typeName(source)}'>`,
    ];
  }
  if (sameShape(source.impl.shape, target.impl.shape)) return [];
  return [
    `size mismatch for ${name}: copying a param with shape ${source.shape} from checkpoint, ` +
      `the shape in current model is ${target.shape}.`,
  ];
}

/** Refuses modules and parameters in arrays and maps, which the traversal would not find. */
function refuseHidden(owner: Module, name: string, value: unknown): void {
  const items = Array.isArray(value) ? value : value instanceof Map ? [...value.values()] : [];
  if (!items.some((v) => v instanceof Module || v instanceof Parameter)) return;
  const plain = `a plain ${Array.isArray(value) ? "array" : "Map"}, where they would not be found`;
  const said = `the property ${name} holds modules or parameters in ${plain}`;
  throw new SaikiError(owner.constructor.name, said, "Use nn.ModuleList");
}
