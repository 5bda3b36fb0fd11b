/** A language model that reads token by token. */

import { ConfigError, IndexError, list, type Real, ShapeError, torchSays } from "../core/index.ts";
import { type CellKind, kernels } from "../kernels/index.ts";
import { type Tensor, tensor } from "../tensor/index.ts";
import type { Cell } from "./config.ts";
import type { LanguageModel, LmState } from "./model.ts";

/** A model that reads one text, token by token. */
export interface Session {
  /**
   * Reads tokens, one after another.
   *
   * @returns (V): the scores of the token that follows the last, as the model's `logits`
   * @throws IndexError on a token that the model does not have
   * @throws ConfigError on no tokens
   */
  read(ids: ArrayLike<number>): Real;
  /**
   * A copy of the state after all tokens so far, as `LanguageModel.forward` takes and returns it
   * for a batch of one. Set it to continue from there.
   *
   * @throws ShapeError when it is set to tensors that do not fit the model
   */
  state: LmState;
  /** Forgets all tokens. */
  reset(): void;
}

const kinds: Record<Cell, CellKind> = {
  bigram: "rnn-tanh", // without layers
  rnn: "rnn-tanh",
  "rnn-relu": "rnn-relu",
  lstm: "lstm",
  gru: "gru",
};

/**
 * Prepares a model to read one token at a time: no batch, no tape, no dropout; a step takes as long
 * as reading the weights once. The weights are copied, so later training does not change the
 * session.
 *
 * Scores are those of `model.forward`, except for the order of sums and so the last bits.
 *
 * @example
 * import { openSession, train } from "saiki/lm";
 * const sizes = { hidden: 8, embedding: 4, batch: 2, length: 8, epochs: 1 };
 * const { model, tokenizer } = await train("to be or not to be. ".repeat(10), sizes);
 * const session = openSession(model);
 * const scores = session.read(tokenizer.encode("to b"));
 * const likeliest = scores.indexOf(Math.max(...scores)); // the id of a token
 * console.log(scores.length === tokenizer.size, likeliest < tokenizer.size); // true true
 */
export function openSession(model: LanguageModel): Session {
  const { cell, vocabulary, embedding, hidden } = model.config;
  const layers = cell === "bigram" ? 0 : model.config.layers;
  const { dtype } = model.embedding.weight;
  const { state, step } = kernels().openSession({
    ...{ kind: kinds[cell], vocabulary, embeddingSize: embedding },
    hiddenSize: layers === 0 ? embedding : hidden,
    embedding: elements(model.embedding.weight),
    layers: Array.from({ length: layers }, (_, l) => layerOf(model, l)),
    projection: elements(model.projection.weight),
    bias: elements(model.projection.bias),
  });
  const size = layers * hidden; // of each kind of state
  const parts: Real[] = [];
  for (let at = 0; at < state.length; at += size) parts.push(state.subarray(at, at + size));
  return {
    read(ids) {
      checkTokens(ids, vocabulary);
      const scores = dtype.allocate(vocabulary) as Real;
      for (let i = 0; i < ids.length; i++) step(ids[i]!, i + 1 < ids.length ? null : scores);
      return scores;
    },
    get state() {
      return parts.map((part) => tensor(part).view(layers, 1, hidden));
    },
    set state(given) {
      checkState(given, parts.length, [layers, 1, hidden]);
      parts.forEach((part, i) => {
        part.set(elements(given[i]!));
      });
    },
    reset() {
      state.fill(0);
    },
  };
}

function layerOf({ rnn }: LanguageModel, l: number) {
  return {
    wIh: elements(rnn![`weight_ih_l${l}`]),
    wHh: elements(rnn![`weight_hh_l${l}`]),
    bIh: elements(rnn![`bias_ih_l${l}`]),
    bHh: elements(rnn![`bias_hh_l${l}`]),
  };
}

function elements(x: Tensor | null | undefined): Real {
  return x!.impl.contiguous().real();
}

function checkTokens(ids: ArrayLike<number>, vocabulary: number): void {
  if (ids.length === 0) {
    throw new ConfigError("Session.read", "no tokens leave nothing to score", "Give at least one");
  }
  const wrong = Array.from(ids).find((i) => !(Number.isInteger(i) && i >= 0 && i < vocabulary));
  if (wrong === undefined) return;
  const fix = `The model knows ${vocabulary} tokens, the index is ${wrong}`;
  throw IndexError.torch("Session.read", torchSays.noSuchIndex, fix);
}

function checkState(state: LmState, kinds: number, shape: number[]): void {
  const got = state.map((s) => [...s.shape]);
  if (got.length === kinds && got.every((g) => String(g) === String(shape))) return;
  const wanted = new Array<number[]>(kinds).fill(shape);
  const said = `the state has ${shown(wanted)}, got ${shown(got)}`;
  const fix = "Give the state of a session or of a forward call with a batch of one";
  throw new ShapeError("Session.state", said, fix);
}

function shown(shapes: readonly (readonly number[])[]): string {
  return shapes.length === 0 ? "no tensors" : shapes.map(list).join(" and ");
}
