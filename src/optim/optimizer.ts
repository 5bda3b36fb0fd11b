/** The base of the optimizers: groups of parameters, their state, and both in dictionaries. */

import {
  AutogradError,
  ConfigError,
  camelCased,
  DTypeError,
  repr,
  snakeCased,
  tuple,
  typeName,
  warn,
} from "../core/index.ts";
import { Tensor, tensor } from "../tensor/index.ts";

/** Tensors, or groups of them with options of their own. */
export type Parameters<O> =
  | Iterable<Tensor>
  | Iterable<{ readonly params: Iterable<Tensor> } & Partial<O>>;

/** Parameters that share options. */
export type ParamGroup<O> = O & {
  /** The tensors that the optimizer updates. */
  params: Tensor[];
};

/** An optimizer's state of one parameter, by PyTorch's names. */
export type ParamState = Record<string, Tensor | null>;

/** The state and options of an optimizer, in PyTorch's structure. */
export interface OptimizerStateDict {
  /** The state of each parameter by its index, counted over all groups. */
  state: Record<number, ParamState>;
  /** For each group its options, by PyTorch's names, and the indices of its parameters. */
  param_groups: (Record<string, unknown> & { params: number[] })[];
}

/** The options that every optimizer has. */
export interface CommonOptions {
  /** The learning rate. */
  lr: number;
}

/**
 * The base of the optimizers.
 *
 * @see torch.optim.Optimizer
 */
export abstract class Optimizer<O extends CommonOptions = CommonOptions> {
  /** The options of groups that have none of their own. */
  readonly defaults: O;
  /** The groups: their parameters and options, which may be changed between steps. */
  readonly paramGroups: ParamGroup<O>[] = [];
  /** The state of each parameter that was updated. */
  readonly state = new Map<Tensor, ParamState>();
  /** How often {@link step} ran; schedules look at it. */
  stepCount = 0;

  /**
   * Takes parameters, or groups of them, to update.
   *
   * @throws ConfigError when there are no parameters, one comes twice, or an option makes no sense
   * @throws DTypeError when something is no tensor
   * @throws AutogradError when a tensor is no leaf
   */
  constructor(params: Parameters<O>, defaults: O) {
    this.defaults = defaults;
    const name = this.constructor.name;
    if (params instanceof Tensor) {
      const said =
        "params argument given to the optimizer should be an iterable of Tensors or dicts, but got " +
        `torch.${params.dtype.tensorType}`;
      throw DTypeError.torch(name, said, "Put it into an array");
    }
    const items = [...params] as (Tensor | ({ params: Iterable<Tensor> } & Partial<O>))[];
    if (items.length === 0) throw ConfigError.torch(name, "optimizer got an empty parameter list");
    if (isGroup(items[0])) {
      for (const group of items)
        this.addParamGroup(group as { params: Iterable<Tensor> } & Partial<O>);
    } else this.addParamGroup({ params: items as Tensor[] } as { params: Tensor[] } & Partial<O>);
  }

  /**
   * Adds parameters; options that the group does not name are the optimizer's.
   *
   * @throws ConfigError when a parameter is there already, or an option makes no sense
   * @throws DTypeError when something is no tensor
   * @throws AutogradError when a tensor is no leaf
   * @see torch.optim.Optimizer.add_param_group
   */
  addParamGroup(group: { readonly params: Iterable<Tensor> } & Partial<O>): void {
    const op = this.constructor.name;
    if (!isGroup(group)) throw DTypeError.torch(op, "param group must be a dict");
    const params = group.params instanceof Tensor ? [group.params] : [...group.params];
    const full = withDefaults(this.defaults, { ...group, params }) as ParamGroup<O>;
    if (full.lr === undefined) {
      const said = "parameter group didn't specify a value of required optimization parameter lr";
      throw ConfigError.torch(op, said);
    }
    this.check(full);
    for (const p of params) {
      if (!(p instanceof Tensor)) {
        const said = `optimizer can only optimize Tensors, but one of the params is ${typeName(p)}`;
        throw DTypeError.torch(op, said);
      }
      if (!p.isLeaf) throw AutogradError.torch(op, "can't optimize a non-leaf Tensor");
      if (this.paramGroups.some((g) => g.params.includes(p))) {
        throw ConfigError.torch(op, "some parameters appear in more than one parameter group");
      }
    }
    if (new Set(params).size < params.length) {
      warn(
        "optimizer contains a parameter group with duplicate parameters; in future, this will cause an error; " +
          "see github.com/pytorch/pytorch/issues/40967 for more information",
      );
    }
    this.paramGroups.push(full);
  }

  /** Updates every parameter that has a gradient. @see torch.optim.Optimizer.step */
  step(): void {
    for (const group of this.paramGroups) {
      for (const p of group.params) if (p.grad !== null) this.update(p, p.grad, group);
    }
    this.stepCount++;
  }

  /**
   * Forgets all gradients, or fills them with zeros.
   *
   * @param options.setToNone false keeps the gradients and makes them zero; true by default
   * @see torch.optim.Optimizer.zero_grad
   */
  zeroGrad({ setToNone = true }: { setToNone?: boolean | undefined } = {}): void {
    for (const { params } of this.paramGroups) {
      for (const p of params) {
        if (setToNone) p.grad = null;
        else if (p.grad) p.grad = p.grad.detach().zero_();
      }
    }
  }

  /** Updates one parameter in place. */
  protected abstract update(p: Tensor, grad: Tensor, group: ParamGroup<O>): void;

  /** Throws where an option makes no sense. */
  protected abstract check(group: ParamGroup<O>): void;

  /** Options as PyTorch prints them, in any order. */
  protected abstract printed(group: ParamGroup<O>): Record<string, unknown>;

  /** @param got the value that was given; it is printed behind the sentence */
  protected reject(sentence: string, got?: unknown): never {
    const said = got === undefined ? sentence : `${sentence} ${python(got)}`;
    throw ConfigError.torch(this.constructor.name, said);
  }

  // ---- dictionaries ----------------------------------------------------------------------------

  /** State and options, tensors shared with the optimizer. @see torch.optim.Optimizer.state_dict */
  stateDict(): OptimizerStateDict {
    const indices = new Map(this.paramGroups.flatMap((g) => g.params).map((p, i) => [p, i]));
    const state: Record<number, ParamState> = {};
    for (const [p, s] of this.state) state[indices.get(p) as number] = { ...s };
    const groups = this.paramGroups.map((g) => {
      const { params, ...options } = g;
      return { ...snakeCased(options), params: params.map((p) => indices.get(p) as number) };
    });
    return { state, param_groups: groups };
  }

  /**
   * Takes over state and options of an optimizer of the same kind; tensors are copied.
   *
   * @throws ConfigError when the groups differ in number or size
   * @see torch.optim.Optimizer.load_state_dict
   */
  loadStateDict(saved: OptimizerStateDict): void {
    if (saved.param_groups.length !== this.paramGroups.length) {
      this.reject("loaded state dict has a different number of parameter groups");
    }
    saved.param_groups.forEach((group, i) => {
      if (group.params.length !== this.paramGroups[i]?.params.length) {
        this.reject(
          "loaded state dict contains a parameter group that doesn't match the size of optimizer's group",
        );
      }
    });
    this.state.clear();
    saved.param_groups.forEach((group, i) => {
      const own = this.paramGroups[i] as ParamGroup<O>;
      const { params, ...options } = group;
      Object.assign(own, camelCased(options));
      params.forEach((index, k) => {
        const state = saved.state[index];
        const p = own.params[k] as Tensor;
        if (state) this.state.set(p, copied(state, p));
      });
    });
  }

  /** The text that PyTorch prints. */
  toString(): string {
    const groups = this.paramGroups.map((g, i) => {
      const entries = Object.entries(this.printed(g)).sort(([a], [b]) => (a < b ? -1 : 1));
      return `Parameter Group ${i}\n${entries.map(([k, v]) => `    ${k}: ${python(v)}\n`).join("")}`;
    });
    return `${this.constructor.name} (\n${groups.join("\n")})`;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/** The steps done so far, from a state's 0-dimensional `step`. */
export function stepsOf(state: ParamState): number {
  return state["step"]?.item() ?? 0;
}

/** A step counter as PyTorch keeps it. */
export function stepTensor(k: number): Tensor {
  return tensor(k);
}

function isGroup(item: unknown): boolean {
  return typeof item === "object" && item !== null && !(item instanceof Tensor) && "params" in item;
}

/** Copies in the parameter's type; step counters keep theirs. */
function copied(state: ParamState, { dtype }: Tensor): ParamState {
  const copy = (k: string, v: Tensor) =>
    (k === "step" || !dtype.isFloatingPoint ? v : v.detach().to(dtype)).detach().clone();
  return Object.fromEntries(
    Object.entries(state).map(([k, v]) => [k, v === null ? null : copy(k, v)]),
  );
}

/** Options over defaults; an undefined option counts as missing. */
export function withDefaults<D extends object, O extends object>(defaults: D, given: O): D & O {
  const own = Object.entries(given).filter(([, v]) => v !== undefined);
  return { ...defaults, ...Object.fromEntries(own) } as D & O;
}

/** Whole numbers print without a point: JavaScript does not distinguish 0 from 0.0. */
function python(value: unknown): string {
  if (value === null) return "None";
  if (Array.isArray(value)) return tuple(value).replaceAll(/[\d.e-]+/g, (n) => python(Number(n)));
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : repr(value);
  return typeof value === "boolean" ? repr(value) : String(value);
}
