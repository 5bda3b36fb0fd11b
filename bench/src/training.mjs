// @ts-check
/** The training step of a language model in saiki, as torch_worker.py takes it in PyTorch. */

import * as torch from "saiki";
import { nn, optim } from "saiki";

/**
 * @typedef {object} Workload
 * @property {string} cell RNN, LSTM or GRU
 * @property {number} vocabulary
 * @property {number} embedding
 * @property {number} hidden
 * @property {number} batch
 * @property {number} length
 * @property {number} lr
 * @property {number} seed
 * @property {[number[], number[]][]} windows inputs and targets, time-major (T·B)
 */

/** Truncated back-propagation through time with Adam and a clipped gradient. */
export class Training {
  /** @param {Workload} c */
  constructor(c) {
    torch.manualSeed(c.seed);
    this.embedding = new nn.Embedding(c.vocabulary, c.embedding);
    this.rnn = new /** @type {any} */ (nn)[c.cell](c.embedding, c.hidden);
    this.projection = new nn.Linear(c.hidden, c.vocabulary);
    const modules = [this.embedding, this.rnn, this.projection];
    /** @type {torch.Tensor[]} */
    this.params = modules.flatMap((m) => [...m.parameters()]);
    this.adam = new optim.Adam(this.params, { lr: c.lr });
    this.criterion = new nn.CrossEntropyLoss();
    this.windows = c.windows.map(([x, y]) => ({
      x: torch.tensor(x, { dtype: torch.int64 }).view(c.length, c.batch),
      y: torch.tensor(y, { dtype: torch.int64 }),
    }));
    /** @type {torch.Tensor | [torch.Tensor, torch.Tensor] | null} */
    this.state = null;
    this.done = 0;
  }

  /** @returns the loss before the step, and the norm of its gradient */
  step() {
    const { x, y } = /** @type {{ x: torch.Tensor, y: torch.Tensor }} */ (
      this.windows[this.done % this.windows.length]
    );
    this.adam.zeroGrad({ setToNone: true });
    const [out, state] = this.rnn.forward(this.embedding.forward(x), this.state);
    const loss = this.criterion.forward(this.projection.forward(out.flatten(0, 1)), y);
    loss.backward();
    const norm = nn.utils.clipGradNorm_(this.params, 1);
    this.adam.step();
    this.state = Array.isArray(state) ? [state[0].detach(), state[1].detach()] : state.detach();
    this.done++;
    return { loss, norm };
  }

  check() {
    return this.step();
  }
}

/** Forward and backward of a recurrent layer alone, all gradients wanted. */
export class Layer {
  /** @param {{ cell: string, input: number, hidden: number, batch: number, length: number, seed: number }} c */
  constructor(c) {
    torch.manualSeed(c.seed);
    this.rnn = new /** @type {any} */ (nn)[c.cell](c.input, c.hidden);
    /** @type {torch.Tensor[]} */
    this.params = [...this.rnn.parameters()];
    this.x = torch.randn(c.length, c.batch, c.input).requiresGrad_();
    this.dy = torch.randn(c.length, c.batch, c.hidden);
  }

  /** @returns {torch.Tensor} y */
  step() {
    for (const p of [this.x, ...this.params]) p.grad = null;
    const [y] = this.rnn.forward(this.x);
    y.backward(this.dy);
    return y;
  }

  /** @returns the mean of y · dy, and the norm of the gradient per value */
  check() {
    const loss = this.step().mul(this.dy).mean();
    const norm = nn.utils.clipGradNorm_(this.params, Number.POSITIVE_INFINITY);
    return { loss, norm: norm.div(this.dy.numel()) };
  }
}

/** The best of some square products, in GFLOP/s. */
export function peakGflops(size = 384, repeats = 12) {
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

/**
 * Tokens that need learning but no file: each follows from the one before, or is drawn anew.
 *
 * @param {{ vocabulary: number, batch: number, length: number, count: number }} shape
 * @returns {[number[], number[]][]}
 */
export function windows({ vocabulary, batch, length, count }) {
  let word = 12345;
  const draw = () => (word = (Math.imul(word, 1103515245) + 12345) & 0x7fffffff) >>> 8;
  const row = Array.from({ length: batch }, () => draw() % vocabulary);
  const rows = [row];
  for (let t = 0; t < count * length; t++) {
    const last = /** @type {number[]} */ (rows[t]);
    rows.push(last.map((k) => (draw() % 3 === 0 ? draw() : 7 * k + 3) % vocabulary));
  }
  return Array.from({ length: count }, (_, i) => [
    rows.slice(i * length, (i + 1) * length).flat(),
    rows.slice(i * length + 1, (i + 1) * length + 1).flat(),
  ]);
}
