// @ts-check
/** The work in saiki, line by line like torch_worker.py in PyTorch. */

import * as torch from "saiki";
import { nn, optim } from "saiki";
import * as lm from "saiki/lm";

/**
 * @typedef {import("./rows.mjs").Work & { seed: number, lr: number,
 *   windows: [number[], number[]][] }} Start windows: inputs and targets, time-major (T·B)
 */

/** The task of a row. @param {Start} start @returns {import("./serve.mjs").Task} */
export function taskOf(start) {
  switch (start.kind) {
    case "forward":
      return new Forward(start);
    case "layer":
      return new ForwardBackward(start);
    case "train":
      return new TrainingStep(start);
    case "token":
      return new NextToken(start);
  }
}

/** A layer and its data, which are equal for equal seeds. */
export class Layer {
  /** @param {Start} c */
  constructor(c) {
    torch.manualSeed(c.seed);
    this.rnn = new /** @type {any} */ (nn)[c.cell](c.input, c.hidden);
    this.x = torch.randn(c.length, c.batch, c.input);
    this.dy = torch.randn(c.length, c.batch, c.hidden);
  }

  /**
   * Σ y · dy / √(elements): a number near 1 that depends on every output.
   *
   * @param {torch.Tensor} y
   */
  along(y) {
    return y.mul(this.dy).sum().item() / Math.sqrt(y.numel());
  }
}

/** Forward of a layer alone, nothing recorded. */
class Forward extends Layer {
  step() {
    return torch.noGrad(() => this.rnn.forward(this.x)[0]);
  }

  check() {
    return [this.along(this.step())];
  }
}

/** Forward and backward of a layer alone, all gradients wanted. */
class ForwardBackward extends Layer {
  /** @param {Start} c */
  constructor(c) {
    super(c);
    this.x.requiresGrad_();
    /** @type {torch.Tensor[]} */
    this.wanted = [this.x, ...this.rnn.parameters()];
  }

  /** @returns {torch.Tensor} y */
  step() {
    for (const p of this.wanted) p.grad = null;
    const [y] = this.rnn.forward(this.x);
    y.backward(this.dy);
    return y;
  }

  check() {
    const y = this.step();
    const norm = nn.utils.clipGradNorm_(this.wanted, Number.POSITIVE_INFINITY).item();
    return [this.along(y), norm / Math.sqrt(y.numel())];
  }
}

/** The modules of a language model, drawn in PyTorch's order. */
export class Model {
  /** @param {Start} c */
  constructor(c) {
    torch.manualSeed(c.seed);
    this.embedding = new nn.Embedding(c.vocabulary, c.input);
    this.rnn = new /** @type {any} */ (nn)[c.cell](c.input, c.hidden);
    this.projection = new nn.Linear(c.hidden, c.vocabulary);
  }
}

/** Truncated back-propagation through time with Adam and a clipped gradient. */
class TrainingStep extends Model {
  /** @param {Start} c */
  constructor(c) {
    super(c);
    const modules = [this.embedding, this.rnn, this.projection];
    /** @type {torch.Tensor[]} */
    this.params = modules.flatMap((m) => [...m.parameters()]);
    this.adam = new optim.Adam(this.params, { lr: c.lr });
    this.windows = c.windows.map(([x, y]) => ({
      x: torch.tensor(x, { dtype: torch.int64 }).view(c.length, c.batch),
      y: torch.tensor(y, { dtype: torch.int64 }),
    }));
    /** @type {torch.Tensor | [torch.Tensor, torch.Tensor] | null} */
    this.state = null;
    this.done = 0;
  }

  release() {
    this.adam.zeroGrad({ setToNone: true });
  }

  /** @returns the loss before the step, and the norm of its gradient */
  step() {
    const { x, y } = /** @type {{ x: torch.Tensor, y: torch.Tensor }} */ (
      this.windows[this.done++ % this.windows.length]
    );
    this.adam.zeroGrad({ setToNone: true });
    const [out, state] = this.rnn.forward(this.embedding.forward(x), this.state);
    const loss = this.loss(out.flatten(0, 1), y);
    loss.backward();
    const norm = nn.utils.clipGradNorm_(this.params, 1);
    this.adam.step();
    this.state = Array.isArray(state) ? [state[0].detach(), state[1].detach()] : state.detach();
    return { loss, norm };
  }

  /** The mean cross entropy of the projection, without its logits in memory where saiki can. */
  loss(/** @type {torch.Tensor} */ rows, /** @type {torch.Tensor} */ y) {
    const { weight, bias } = this.projection;
    const { crossEntropy, linearCrossEntropy } = /** @type {any} */ (nn.functional);
    if (linearCrossEntropy) return linearCrossEntropy(rows, weight, y, { bias });
    return crossEntropy(this.projection.forward(rows), y);
  }

  check() {
    const { loss, norm } = this.step();
    return [loss.item(), norm.item()];
  }
}

/** Token after token, always the likeliest. */
class NextToken {
  /** @param {Start} c */
  constructor(c) {
    torch.manualSeed(c.seed);
    const cell = /** @type {lm.Cell} */ (c.cell.toLowerCase());
    const { vocabulary, input: embedding, hidden } = c;
    const size = { cell, vocabulary, embedding, hidden, layers: 1, dropout: 0, inputDropout: 0 };
    this.read = reader(new lm.LanguageModel(size));
    this.token = 0;
  }

  step() {
    const scores = this.read(this.token);
    this.token = likeliest(scores);
    return scores;
  }

  check() {
    const scores = this.step();
    return [this.token, /** @type {number} */ (scores[this.token])];
  }
}

/**
 * Reads a token and returns the scores of the next; keeps the state.
 *
 * @param {lm.LanguageModel} model @returns {(token: number) => ArrayLike<number>}
 */
function reader(model) {
  const { openSession } = /** @type {any} */ (lm);
  if (openSession) {
    const session = openSession(model);
    return (token) => session.read([token]);
  }
  /** @type {lm.LmState | null} */
  let state = null;
  return (token) =>
    torch.noGrad(() => {
      const out = model.forward(torch.tensor([[token]], { dtype: torch.int64 }), state);
      state = out.state;
      return out.logits.impl.real();
    });
}

/** The index of the greatest. @param {ArrayLike<number>} scores */
export function likeliest(scores) {
  let best = 0;
  for (let i = 1; i < scores.length; i++) {
    if (/** @type {number} */ (scores[i]) > /** @type {number} */ (scores[best])) best = i;
  }
  return best;
}

/** The best of some square products, in GFLOP/s. */
export function productGflops(size = 384, repeats = 12) {
  const a = torch.rand(size, size);
  const b = torch.rand(size, size);
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < repeats; i++) {
    const start = performance.now();
    torch.mm(a, b);
    best = Math.min(best, performance.now() - start);
  }
  return (2 * size ** 3) / best / 1e6;
}
