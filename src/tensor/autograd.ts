/**
 * The tape: nodes that remember how a tensor was made, and the walk back through them.
 *
 * No second derivatives: gradients are plain views, not recorded themselves.
 */

import { AutogradError, list, type Real } from "../core/index.ts";
import { kernels } from "../kernels/index.ts";
import type { Context } from "../ops/op.ts";
import { type Storage, View } from "../ops/view.ts";

/** Where a gradient goes: output `index` of a node. */
export interface Edge {
  readonly node: Node;
  readonly index: number;
}

/** Something that receives gradients and passes them on. */
export interface Node {
  /** As `grad_fn=<…>` of that output prints it. */
  nameOf(output: number): string;
  /** How many outputs it has. */
  readonly outputs: number;
  /** For each input the edge that its gradient takes, or null. */
  readonly edges: readonly (Edge | null)[];
  /** Who wants to see the gradient of an output as it passes: `retainGrad`, hooks. */
  readonly watchers?: Map<number, (grad: View) => void>;
  /** Whether it keeps none of the gradients that it is given, unless it hands them on. */
  readonly letsGo: boolean;
  /** Gradients of the inputs from those of the outputs. */
  backward(grads: readonly (View | null)[], retain: boolean): readonly (View | null)[];
}

/** The node, null for the one at hand, that `storage` came from, as which of its outputs. */
export interface Source {
  readonly storage: Storage;
  readonly node: Node | null;
  readonly output: number;
}

/** The node of an operation that was recorded. */
export class OpNode implements Node {
  readonly outputs: number;
  readonly edges: readonly (Edge | null)[];
  readonly watchers = new Map<number, (grad: View) => void>();
  readonly letsGo: boolean;
  readonly #ctx: Context;
  readonly #names: readonly string[];
  readonly #run: (grads: readonly (View | null)[]) => readonly (View | null)[];
  #sources: readonly Source[];

  constructor(
    names: readonly string[],
    outputs: number,
    edges: readonly (Edge | null)[],
    ctx: Context,
    run: (grads: readonly (View | null)[]) => readonly (View | null)[],
    sources: readonly Source[],
    letsGo: boolean,
  ) {
    this.#names = names;
    this.outputs = outputs;
    this.edges = edges;
    this.#ctx = ctx;
    this.#run = run;
    this.#sources = sources;
    this.letsGo = letsGo;
  }

  nameOf(output: number): string {
    return (this.#names[output] ?? this.#names[0]) as string;
  }

  backward(grads: readonly (View | null)[], retain: boolean): readonly (View | null)[] {
    if (this.#ctx.isReleased) throw secondBackward();
    this.#checkVersions();
    this.#ctx.retain = retain;
    const result = this.#run(grads);
    if (!retain) {
      this.#ctx.release();
      this.#sources = [];
    }
    return result;
  }

  #checkVersions(): void {
    const stale = this.#ctx.firstStale();
    if (stale === undefined) return;
    const { view, version } = stale;
    const { storage } = view;
    const maker = this.#sources.find((s) => s.storage === storage);
    const made = maker && `output ${maker.output} of ${(maker.node ?? this).nameOf(maker.output)}`;
    const source = maker?.node === null ? made : (storage.changedBy ?? made);
    const said =
      "one of the variables needed for gradient computation has been modified by an inplace " +
      `operation: [torch.${view.dtype.tensorType} ${list(view.shape)}]` +
      `${source === undefined ? "" : `, which is ${source},`} is at version ` +
      `${storage.version}; expected version ${version} instead. Hint: enable anomaly ` +
      "detection to find the operation that failed to compute its gradient, with " +
      "torch.autograd.set_detect_anomaly(True).";
    const fix = "Use the operation without the trailing underscore";
    throw AutogradError.torch("Tensor.backward", said, fix);
  }
}

function secondBackward(): AutogradError {
  const said =
    "Trying to backward through the graph a second time (or directly access saved tensors after " +
    "they have already been freed). Saved intermediate values of the graph are freed when you " +
    "call .backward() or autograd.grad(). Specify retain_graph=True if you need to backward " +
    "through the graph a second time or if you need to access saved tensors after calling backward.";
  const fix = "Here the option is backward({ retainGraph: true })";
  return AutogradError.torch("Tensor.backward", said, fix);
}

let recording = true;

/** Whether operations are recorded now. @see torch.is_grad_enabled */
export function isGradEnabled(): boolean {
  return recording;
}

/**
 * Runs `body` without recording; its results do not require a gradient.
 *
 * @returns what `body` returns
 * @throws AutogradError when `body` returns a promise: what runs later would be recorded after all
 * @see torch.no_grad
 * @example
 * const x = torch.ones(2, { requiresGrad: true });
 * console.log(torch.noGrad(() => x.mul(2)).requiresGrad); // false
 */
export function noGrad<T>(body: () => T): T {
  const before = recording;
  recording = false;
  try {
    const result = body();
    if (result instanceof Promise) {
      const said = "the function returned a promise, and what it awaits would be recorded";
      throw new AutogradError("noGrad", said, "Call noGrad around the synchronous parts");
    }
    return result;
  } finally {
    recording = before;
  }
}

/** Walks the tape from `root` backwards, nodes after all that use them. */
export function runBackward(root: Edge, seed: View, retain: boolean): void {
  const order = topological(root.node);
  const pending = new Map<Node, (Accumulator | undefined)[]>();
  const slots = (node: Node) => {
    let found = pending.get(node);
    if (found === undefined) {
      found = new Array<Accumulator | undefined>(node.outputs);
      pending.set(node, found);
    }
    return found;
  };
  const lent = new Lent();
  slots(root.node)[root.index] = new Accumulator(seed, false, lent);
  for (let at = order.length - 1; at >= 0; at--) {
    const node = order[at] as Node;
    const incoming = slots(node);
    pending.delete(node);
    const grads = Array.from(incoming, (a) => a?.view ?? null);
    if (grads.every((g) => g === null)) continue;
    for (const [i, watch] of node.watchers ?? []) if (grads[i]) watch(grads[i]);
    if (!node.letsGo || node.watchers?.size) for (const g of grads) g?.storage.keep();
    const result = node.backward(grads, retain);
    for (const g of result) lent.hold(g);
    node.edges.forEach((edge, i) => {
      const grad = result[i];
      if (edge === null || grad === null || grad === undefined) return;
      const shelf = slots(edge.node);
      const there = shelf[edge.index];
      if (there === undefined) {
        shelf[edge.index] = new Accumulator(grad, isFresh(grad, grads, result, i), lent);
      } else there.add(grad);
    });
    for (const g of result) lent.letGo(g);
    for (const g of grads) lent.letGo(g);
  }
}

/** How many still hold each gradient that the pool lent: after the last it goes back, for those to come. */
class Lent {
  readonly #holders = new Map<Storage, number>();

  hold(grad: View | null): void {
    if (!grad?.storage.isLent) return;
    const { storage } = grad;
    this.#holders.set(storage, (this.#holders.get(storage) ?? 0) + 1);
  }

  letGo(grad: View | null): void {
    if (grad === null) return;
    const { storage } = grad;
    const holders = this.#holders.get(storage);
    if (holders === undefined) return;
    if (holders > 1) this.#holders.set(storage, holders - 1);
    else {
      this.#holders.delete(storage);
      storage.giveBack();
    }
  }
}

/** A gradient that grows; `owned` says that its memory belongs to nobody else. */
class Accumulator {
  view: View;
  owned: boolean;
  readonly #lent: Lent;

  constructor(view: View, owned: boolean, lent: Lent) {
    this.view = owned ? markOwned(view) : view;
    this.owned = owned;
    this.#lent = lent;
    lent.hold(view);
  }

  add(other: View): void {
    if (!this.owned || !this.view.isContiguous()) {
      const before = this.view;
      this.view = markOwned(before.clone());
      this.owned = true;
      this.#lent.letGo(before);
    }
    accumulate(this.view, other);
  }
}

const owned = new WeakSet<Storage>();

function markOwned(view: View): View {
  owned.add(view.storage);
  return view;
}

/** A gradient for a leaf to keep: itself where its memory is nobody else's, else a copy. */
export function taken(grad: View): View {
  const whole = grad.isContiguous() && grad.numel === grad.storage.data.length;
  // An addition hands one gradient to both operands: only the first leaf to come may take it.
  if (!whole || !owned.delete(grad.storage)) return grad.clone();
  grad.storage.keep();
  return grad;
}

/** Whether a backward made this gradient's memory itself and hands it out once. */
function isFresh(
  grad: View,
  incoming: readonly (View | null)[],
  result: readonly (View | null)[],
  self: number,
): boolean {
  return (
    !incoming.some((g) => g?.storage === grad.storage) &&
    !result.some((g, i) => i !== self && g?.storage === grad.storage)
  );
}

/** Every node that `root` depends on, each after the nodes that it depends on. */
function topological(root: Node): Node[] {
  const order: Node[] = [];
  const seen = new Set<Node>([root]);
  const stack: { node: Node; next: number }[] = [{ node: root, next: 0 }];
  while (stack.length > 0) {
    const top = stack[stack.length - 1] as { node: Node; next: number };
    const edge = top.node.edges[top.next++];
    if (edge === undefined) {
      order.push(top.node);
      stack.pop();
    } else if (edge !== null && !seen.has(edge.node)) {
      seen.add(edge.node);
      stack.push({ node: edge.node, next: 0 });
    }
  }
  return order;
}

/** Adds `grad` to `into` in place. */
export function accumulate(into: View, grad: View): void {
  const sum: Real = into.real();
  kernels().binary("add", sum, grad.contiguous().real(), sum);
  // Of scattered memory `sum` is a copy.
  if (!into.isContiguous()) into.assign(View.of(sum, into.dtype, into.shape));
}
