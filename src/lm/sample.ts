/** Draws a token from scores. */

import type { Real } from "../core/index.ts";
import type { Generator } from "../random/index.ts";

export interface SamplingRule {
  /** Divides the scores: below 1 safer, above 1 bolder; 0 always takes the likeliest token. */
  readonly temperature: number;
  /** Allows the `topK` likeliest tokens and those as likely as the last of them; null: all. */
  readonly topK: number | null;
  /** Tokens that are never drawn. */
  readonly banned: readonly number[];
}

/**
 * Draws a token with probability `softmax(logits / temperature)` among those that the rule allows.
 *
 * @param logits (V)
 */
export function sampleToken(logits: Real, rule: SamplingRule, generator: Generator): number {
  const allowed = Float64Array.from(logits);
  for (const id of rule.banned) allowed[id] = Number.NEGATIVE_INFINITY;
  const best = likeliest(allowed);
  if (rule.temperature === 0) return best;
  const least = rule.topK === null ? Number.NEGATIVE_INFINITY : nthLargest(allowed, rule.topK);
  const top = allowed[best]!;
  let total = 0;
  const weights = allowed.map((x) => (x < least ? 0 : Math.exp((x - top) / rule.temperature)));
  for (const w of weights) total += w;
  let rest = generator.uniform53() * total;
  for (const [id, w] of weights.entries()) {
    rest -= w;
    if (rest < 0) return id;
  }
  return best;
}

/** The index of the largest element, the first of equals. */
function likeliest(x: Float64Array): number {
  let best = 0;
  for (let i = 1; i < x.length; i++) if (x[i]! > x[best]!) best = i;
  return best;
}

function nthLargest(x: Float64Array, n: number): number {
  return x.toSorted().at(-Math.min(n, x.length))!;
}
