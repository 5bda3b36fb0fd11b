/** The network of a language model. */

import {
  Dropout,
  Embedding,
  functional as F,
  GRU,
  Linear,
  LSTM,
  type LSTMState,
  Module,
  type RecurrentOptions,
  RNN,
} from "../nn/index.ts";
import { noGrad, type Tensor } from "../tensor/index.ts";
import type { Cell, ModelConfig } from "./config.ts";

/** What a model remembers between calls: one tensor (L, B, H) for each kind of state. */
export type LmState = readonly Tensor[];

/** The scores of the next token after each token, and the state after the last. */
export interface LmOutput {
  /** (T·B, V), rows time-major like the tokens. */
  readonly logits: Tensor;
  readonly state: LmState;
}

export interface LmLoss {
  /** A scalar. */
  readonly loss: Tensor;
  readonly state: LmState;
}

export type LmLossOptions = Pick<F.LinearCrossEntropyOptions, "reduction" | "ignoreIndex">;

/**
 * Embedding → input dropout → recurrent layers, dropout between them → dropout → projection.
 *
 * With `cell: "bigram"` there are no recurrent layers: the scores depend on the last token alone, and
 * the best that such a model can reach is the entropy of pairs of tokens.
 *
 * Parameters: `embedding.weight` (V, E); `rnn.weight_ih_l0` (G·H, E) and the others of the layer;
 * `projection.weight` (V, H), for a bigram model (V, E); `projection.bias` (V).
 */
export class LanguageModel extends Module {
  readonly config: ModelConfig;
  embedding: Embedding;
  inputDropout: Dropout;
  dropout: Dropout;
  rnn: RNN | LSTM | GRU | null;
  projection: Linear;

  constructor(config: ModelConfig) {
    super();
    const { cell, vocabulary, embedding, hidden, layers, dropout, inputDropout } = config;
    this.config = config;
    this.embedding = new Embedding(vocabulary, embedding);
    this.inputDropout = new Dropout(inputDropout);
    this.dropout = new Dropout(dropout);
    const options = { numLayers: layers, dropout: layers > 1 ? dropout : 0 };
    this.rnn = recurrent(cell, embedding, hidden, options);
    this.projection = new Linear(this.rnn === null ? embedding : hidden, vocabulary);
  }

  /**
   * Scores what follows each token.
   *
   * @param ids (T, B) int64
   * @param state as the call before returned it; zeros where it is null
   */
  forward(ids: Tensor, state: LmState | null = null): LmOutput {
    const { rows, state: last } = this.rows(ids, state);
    return { logits: this.projection.forward(rows), state: last };
  }

  /**
   * How badly each token foretells the next: the cross entropy of {@link forward}'s logits, which
   * never exist all at once.
   *
   * @param ids (T, B) int64
   * @param targets (T·B) int64, what follows each
   * @param state as the call before returned it; zeros where it is null
   */
  loss(
    ids: Tensor,
    targets: Tensor,
    state: LmState | null = null,
    options: LmLossOptions = {},
  ): LmLoss {
    const { rows, state: last } = this.rows(ids, state);
    const { weight, bias } = this.projection;
    return { loss: F.linearCrossEntropy(rows, weight, targets, { ...options, bias }), state: last };
  }

  /** The number of learned values. */
  get parameterCount(): number {
    return [...this.parameters()].reduce((n, p) => n + p.numel(), 0);
  }

  /** What is projected, (T·B, H) or of a bigram model (T·B, E), and the state after it. */
  private rows(ids: Tensor, state: LmState | null): { rows: Tensor; state: LmState } {
    const x = this.inputDropout.forward(this.embedding.forward(ids)); // (T, B, E)
    if (this.rnn === null) return { rows: this.dropout.forward(x).flatten(0, 1), state: [] };
    const [y, last] =
      this.rnn instanceof LSTM
        ? this.rnn.forward(x, state as LSTMState | null) // (T, B, H), twice (L, B, H)
        : this.rnn.forward(x, state?.[0] ?? null); // (T, B, H), (L, B, H)
    return { rows: this.dropout.forward(y).flatten(0, 1), state: [last].flat() };
  }
}

function recurrent(cell: Cell, input: number, hidden: number, options: RecurrentOptions) {
  if (cell === "bigram") return null;
  if (cell === "lstm") return new LSTM(input, hidden, options);
  if (cell === "gru") return new GRU(input, hidden, options);
  const nonlinearity = cell === "rnn" ? "tanh" : "relu";
  return new RNN(input, hidden, { ...options, nonlinearity });
}

/** The same state without history: where back-propagation is truncated. */
export function detachState(state: LmState): LmState {
  return state.map((s) => s.detach());
}

/** Runs synchronous work without dropout and without recording. */
export function inferring<T>(model: LanguageModel, work: () => T): T {
  const wasTraining = model.training;
  model.eval();
  try {
    return noGrad(work);
  } finally {
    model.train(wasTraining);
  }
}
