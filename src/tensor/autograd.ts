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
  /** The name that `grad_fn=<…>` of that output prints. */
  nameOf(output: number): string;
  /** The number of outputs. */
  readonly outputs: number;
  /** For each input the edge that its gradient follows, or null. */
  readonly edges: readonly (Edge | null)[];
  /** Functions that see the gradient of an output before backward runs: `retainGrad`. */
  readonly hooks?: Map<number, (grad: View) => void>;
  /** Whether it keeps no reference to the gradients that it gets: see `Op.releasesGradients`. */
  readonly releasesGradients: boolean;
  /** Gradients of the inputs from those of the outputs. */
  backward(grads: readonly (View | null)[], retain: boolean): readonly (View | null)[];
}

/** The origin of `storage`: an output of a node; null stands for the node being recorded. */
export interface Source {
  readonly storage: Storage;
  readonly node: Node | null;
  readonly output: number;
}

/** The node of an operation that was recorded. */
export class OpNode implements Node {
  readonly outputs: number;
  readonly edges: readonly (Edge | null)[];
  readonly hooks = new Map<number, (grad: View) => void>();
  readonly releasesGradients: boolean;
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
    releasesGradients: boolean,
  ) {
    this.#names = names;
    this.outputs = outputs;
    this.edges = edges;
    this.#ctx = ctx;
    this.#run = run;
    this.#sources = sources;
    this.releasesGradients = releasesGradients;
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

/** Walks the tape back from `root`; a node comes after all nodes that use its outputs. */
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
  const pooled = new PooledGradients();
  slots(root.node)[root.index] = new Accumulator(seed, false, pooled);
  for (let at = order.length - 1; at >= 0; at--) {
    const node = order[at] as Node;
    const incoming = slots(node);
    pending.delete(node);
    const grads = Array.from(incoming, (a) => a?.view ?? null);
    if (grads.every((g) => g === null)) continue;
    for (const [i, hook] of node.hooks ?? []) if (grads[i]) hook(grads[i]);
    if (!node.releasesGradients || node.hooks?.size) for (const g of grads) g?.storage.detach();
    const result = node.backward(grads, retain);
    for (const g of result) pooled.retain(g);
    node.edges.forEach((edge, i) => {
      const grad = result[i];
      if (edge === null || grad === null || grad === undefined) return;
      const buffer = slots(edge.node);
      const sum = buffer[edge.index];
      if (sum === undefined) {
        buffer[edge.index] = new Accumulator(grad, isFresh(grad, grads, result, i), pooled);
      } else sum.add(grad);
    });
    for (const g of result) pooled.release(g);
    for (const g of grads) pooled.release(g);
  }
}

/** Reference counts of gradients in pooled memory, which the last release returns to the pool. */
class PooledGradients {
  readonly #counts = new Map<Storage, number>();

  retain(grad: View | null): void {
    if (!grad?.storage.isPooled) return;
    const { storage } = grad;
    this.#counts.set(storage, (this.#counts.get(storage) ?? 0) + 1);
  }

  release(grad: View | null): void {
    if (grad === null) return;
    const { storage } = grad;
    const count = this.#counts.get(storage);
    if (count === undefined) return;
    if (count > 1) this.#counts.set(storage, count - 1);
    else {
      this.#counts.delete(storage);
      storage.release();
    }
  }
}

/** A sum of gradients; if `isExclusive`, nothing else refers to its memory. */
class Accumulator {
  view: View;
  isExclusive: boolean;
  readonly #pooled: PooledGradients;

  constructor(view: View, isExclusive: boolean, pooled: PooledGradients) {
    this.view = isExclusive ? markExclusive(view) : view;
    this.isExclusive = isExclusive;
    this.#pooled = pooled;
    pooled.retain(view);
  }

  add(other: View): void {
    if (!this.isExclusive || !this.view.isContiguous()) {
      const before = this.view;
      this.view = markExclusive(before.clone());
      this.isExclusive = true;
      this.#pooled.release(before);
    }
    accumulate(this.view, other);
  }
}

const exclusive = new WeakSet<Storage>();

function markExclusive(view: View): View {
  exclusive.add(view.storage);
  return view;
}

/** A gradient for a leaf's `.grad`: itself if nothing else refers to its memory, else a copy. */
export function adoptGradient(grad: View): View {
  const whole = grad.isContiguous() && grad.numel === grad.storage.data.length;
  // An addition gives one gradient to both operands; only the first leaf may adopt it.
  if (!whole || !exclusive.delete(grad.storage)) return grad.clone();
  grad.storage.detach();
  return grad;
}

/** Whether a backward made this gradient's memory and returns it only once. */
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
  // If `into` is not contiguous, `sum` is a copy.
  if (!into.isContiguous()) into.assign(View.of(sum, into.dtype, into.shape));
}
