/** Results of a part of the library as plain numbers and text, the same in Node and in a page. */

import { float64 } from "../../src/core/index.ts";
import { MemoryStore, sha256 } from "../../src/io/index.ts";
import { train } from "../../src/lm/index.ts";
import { manualSeed } from "../../src/random/index.ts";
import * as torch from "../../src/tensor/index.ts";
import { type LayerCase, runLayer } from "../pytorch/layers.ts";
import { plain, type Recorded } from "../pytorch/tensors.ts";

export interface LayerOutcome {
  readonly repr: string;
  /** The output, h_n and for an LSTM c_n. */
  readonly outputs: readonly Recorded[];
  readonly grads: Readonly<Record<string, Recorded>>;
}

/** A recorded layer, forward and backward. */
export function layerOutcome(c: LayerCase): LayerOutcome {
  const { layer, y, last } = runLayer(c);
  const grads = [...layer.namedParameters()].map(([name, { grad }]) => {
    if (grad === null) throw new Error(`${c.name}: ${name} has no gradient`);
    return [name, plain(grad)] as const;
  });
  const outputs = [y, ...last].map(plain);
  return { repr: String(layer), outputs, grads: Object.fromEntries(grads) };
}

/** SHA-256 of each kind of random numbers, drawn one after another. */
export function randomStream(): Record<string, string> {
  manualSeed(42);
  const kinds = {
    rand: () => torch.rand(1000),
    randDouble: () => torch.rand(100, { dtype: float64 }),
    randn: () => torch.randn(1000),
    randnShort: () => torch.randn(7),
    randint: () => torch.randint(0, 1000, [500]),
    randperm: () => torch.randperm(300),
    bernoulli: () => torch.bernoulli(torch.full([200], 0.3)),
    multinomial: () => torch.multinomial(torch.arange(1, 11).float(), 5, { replacement: true }),
  };
  return Object.fromEntries(
    Object.entries(kinds).map(([name, make]) => [name, digest(make().toTypedArray())]),
  );
}

/** Tensors as they print. */
export function texts(): string[] {
  manualSeed(7);
  const x = torch.randn(3, 4);
  const all = [
    ...[x, x.mul(1e6), x.exp().requiresGrad_(), x.select(0, 1), torch.arange(2000)],
    ...[torch.tensor([1, Number.NaN, Number.POSITIVE_INFINITY]), torch.zeros(2, 0)],
    ...[torch.tensor([[true, false]]), torch.ones(30, 40), x.double().mul(1e-9)],
  ];
  return all.map(String);
}

/** A short training run: its losses, and the names and sizes of its files. */
export async function trainingRun(): Promise<{ losses: number[]; files: Record<string, number> }> {
  const store = new MemoryStore();
  const losses: number[] = [];
  const text = "the cat sat on the mat. a dog ran to the sea. ".repeat(30);
  const options = { embedding: 8, hidden: 16, batch: 4, length: 10, steps: 20, dropout: 0.2 };
  const { valLoss } = await train(text, options, {
    store,
    onEvent: (e) => {
      if (e.event === "step") losses.push(e.loss);
    },
  });
  if (valLoss !== null) losses.push(valLoss);
  const files = [...store.files].map(([name, { length }]): [string, number] => {
    // Last digits of losses differ between kernels: in content, names, and sizes of texts.
    const size = /^(checkpoint|model)/.test(name) ? 0 : length;
    return [name.replace(/[0-9a-f]{16}/, "DIGITS"), size];
  });
  return { losses, files: Object.fromEntries(files.sort()) };
}

function digest(x: ReturnType<torch.Tensor["toTypedArray"]>): string {
  return sha256(new Uint8Array(x.buffer, x.byteOffset, x.byteLength));
}
