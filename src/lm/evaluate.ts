/** The score of a model on tokens. */

import { ConfigError, int64 } from "../core/index.ts";
import { tensor } from "../tensor/index.ts";
import type { TokenKind } from "./config.ts";
import { inferenceMode, type LanguageModel, type LmState } from "./model.ts";
import { Pace } from "./pace.ts";

/** The mean over all predicted tokens, each counted once. */
export interface Score {
  /** Nats per token: the mean of `−ln p`. */
  readonly loss: number;
  /** `exp(loss)`: the number of equally likely tokens with the same uncertainty. */
  readonly perplexity: number;
  /** The number of predicted tokens: all but the first. */
  readonly tokens: number;
}

/** Options of {@link evaluate}. */
export interface EvaluateOptions {
  /** Aborts the work: the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Scores every token of a sequence except the first, which has no context.
 *
 * The sequence is read as up to 64 streams at once, each with a carried state. A stream other than
 * the first starts 64 tokens before the part that it scores, so that no prediction lacks context.
 * The number of streams depends only on the length: equal tokens give equal bits.
 *
 * @param tokens ids (N), at least two
 * @returns nats per token, perplexity and the number of predicted tokens
 * @throws ConfigError on fewer than two tokens
 */
export async function evaluate(
  model: LanguageModel,
  tokens: Int32Array,
  { signal }: EvaluateOptions = {},
): Promise<Score> {
  if (tokens.length < 2) {
    const said = `${tokens.length} tokens leave nothing to predict`;
    throw new ConfigError("evaluate", said, "Give at least two");
  }
  const pace = new Pace();
  let sum = 0;
  let state: LmState | null = null;
  for (const { inputs, targets, batch } of scoringWindows(tokens)) {
    const counted = { reduction: "sum", ignoreIndex: IGNORED } as const;
    const result = inferenceMode(model, () =>
      model.loss(inputs.view(-1, batch), targets, state, counted),
    );
    state = result.state;
    sum += result.loss.item();
    await pace.yieldToEventLoop();
    signal?.throwIfAborted();
  }
  const loss = sum / (tokens.length - 1);
  return { loss, perplexity: Math.exp(loss), tokens: tokens.length - 1 };
}

/**
 * Bits for each character that the predicted tokens spell: those tokens themselves if they are
 * characters, else the `characters` of the whole text.
 */
export function bitsPerCharacter(
  { loss, tokens }: Score,
  kind: TokenKind,
  characters: number,
): number {
  return (loss * tokens) / (Math.LN2 * (kind === "char" ? tokens : characters));
}

const IGNORED = -100;
const WARM_UP = 64;
const MAX_STREAMS = 64;
const LEAST_STREAM = 1024;
const WINDOW = 128;

/**
 * Stream `b` reads from token `b·S`; the first scores all of its `C = S + 64` steps, the others all
 * after the first 64. Steps beyond the end of the tokens are ignored.
 */
function* scoringWindows(tokens: Int32Array) {
  const predictions = tokens.length - 1;
  const batch = Math.min(Math.max(Math.floor(predictions / LEAST_STREAM), 1), MAX_STREAMS);
  const warmUp = batch === 1 ? 0 : WARM_UP;
  const stride = Math.ceil((predictions - warmUp) / batch);
  const steps = stride + warmUp;
  for (let start = 0; start < steps; start += WINDOW) {
    const length = Math.min(WINDOW, steps - start);
    const inputs = new Int32Array(length * batch);
    const targets = new Int32Array(length * batch).fill(IGNORED);
    for (let b = 0; b < batch; b++) {
      for (let t = 0; t < length; t++) {
        const at = b * stride + start + t;
        if (at >= predictions) break;
        inputs[t * batch + b] = tokens[at]!;
        if (b === 0 || start + t >= warmUp) targets[t * batch + b] = tokens[at + 1]!;
      }
    }
    const as = { dtype: int64 };
    yield { inputs: tensor(inputs, as), targets: tensor(targets, as), batch };
  }
}
