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

/** The memory of a model between calls: one tensor (L, B, H) for each kind of state. */
export type LmState = readonly Tensor[];

/** The scores of the next token after each token, and the state after the last. */
export interface LmOutput {
  /** (T·B, V), rows time-major like the tokens. */
  readonly logits: Tensor;
  /** The state after the last token. */
  readonly state: LmState;
}

/** The result of {@link LanguageModel.loss}. */
export interface LmLoss {
  /** The cross entropy, a scalar, in nats. */
  readonly loss: Tensor;
  /** The state after the last token. */
  readonly state: LmState;
}

/** Options of {@link LanguageModel.loss}. */
export type LmLossOptions = Pick<F.LinearCrossEntropyOptions, "reduction" | "ignoreIndex">;

/**
 * A language model: embedding → input dropout → recurrent layers, dropout between them → dropout →
 * projection.
 *
 * With `cell: "bigram"` there are no recurrent layers: the scores depend only on the last token,
 * and the lowest loss of such a model is the entropy of a token given the one before.
 *
 * Letters: T steps, B batch, V vocabulary, E embedding size, H hidden size, L layers, G gates.
 * Parameters: `embedding.weight` (V, E); `rnn.weight_ih_l0` (G·H, E) and the others of the layer;
 * `projection.weight` (V, H), for a bigram model (V, E); `projection.bias` (V).
 *
 * @example
 * import { LanguageModel } from "saiki/lm";
 * const sizes = { vocabulary: 10, embedding: 4, hidden: 8, layers: 1 };
 * const model = new LanguageModel({ cell: "gru", ...sizes, dropout: 0, inputDropout: 0 });
 * const ids = torch.tensor([[1, 2], [3, 4], [5, 6]], { dtype: torch.int64 }); // (T, B)
 * const { logits, state } = model.forward(ids);
 * console.log(logits.shape, state[0]?.shape); // torch.Size([6, 10]) torch.Size([1, 2, 8])
 */
export class LanguageModel extends Module {
  /** The model's sizes. */
  readonly config: ModelConfig;
  /** The table of embeddings (V, E). */
  embedding: Embedding;
  /** The dropout of the embeddings. */
  inputDropout: Dropout;
  /** The dropout before the projection. */
  dropout: Dropout;
  /** The recurrent layers, from E to H; null for a bigram model. */
  rnn: RNN | LSTM | GRU | null;
  /** The projection from H, for a bigram model from E, to V scores. */
  projection: Linear;

  /**
   * Makes a model and draws its parameters from the default generator.
   *
   * @throws ConfigError when a size makes no sense
   */
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
   * Scores the token that follows each token.
   *
   * @param ids (T, B) int64
   * @param state the state that the call before returned; null for zeros
   * @returns logits (T·B, V), rows time-major like the tokens, and the state after the last
   * @throws IndexError when a token is outside the vocabulary
   */
  forward(ids: Tensor, state: LmState | null = null): LmOutput {
    const { rows, state: last } = this.hiddenStates(ids, state);
    return { logits: this.projection.forward(rows), state: last };
  }

  /**
   * The cross entropy of {@link forward}'s logits, which never exist all at once.
   *
   * @param ids (T, B) int64
   * @param targets (T·B) int64, the token that follows each
   * @param state the state that the call before returned; null for zeros
   * @throws IndexError when a token is outside the vocabulary
   */
  loss(
    ids: Tensor,
    targets: Tensor,
    state: LmState | null = null,
    options: LmLossOptions = {},
  ): LmLoss {
    const { rows, state: last } = this.hiddenStates(ids, state);
    const { weight, bias } = this.projection;
    return { loss: F.linearCrossEntropy(rows, weight, targets, { ...options, bias }), state: last };
  }

  /** The number of learned values. */
  get parameterCount(): number {
    return [...this.parameters()].reduce((n, p) => n + p.numel(), 0);
  }

  /** The hidden states (T·B, H), of a bigram model embeddings (T·B, E), and the last state. */
  private hiddenStates(ids: Tensor, state: LmState | null): { rows: Tensor; state: LmState } {
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

/** The same state without history, where back-propagation is truncated. */
export function detachState(state: LmState): LmState {
  return state.map((s) => s.detach());
}

/** Runs synchronous work without dropout and without recording. */
export function inferenceMode<T>(model: LanguageModel, work: () => T): T {
  const wasTraining = model.training;
  model.eval();
  try {
    return noGrad(work);
  } finally {
    model.train(wasTraining);
  }
}
