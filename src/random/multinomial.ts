/** Random categories by weight. */

import type { Real } from "../core/dtype.ts";
import { ConfigError } from "../core/errors.ts";
import { exponential } from "./distributions.ts";
import type { Generator } from "./generator.ts";

/**
 * Draws categories with probabilities proportional to the weights of each row.
 *
 * With replacement, a uniform number is looked up in the row's running sums. Without, each category
 * scores its weight over an exponential number, and the highest scores win, best first; weights of
 * zero come last, in order.
 *
 * @param weights (rows, cols), at least 0; a row need not sum to 1
 * @returns (rows, numSamples) indices of columns
 * @throws ConfigError on a count or weights that cannot be
 * @see torch.multinomial
 */
export function multinomial(
  generator: Generator,
  weights: Real,
  rows: number,
  cols: number,
  numSamples: number,
  replacement = false,
): Int32Array {
  if (!Number.isInteger(numSamples) || numSamples <= 0) {
    reject("cannot sample n_sample <= 0 samples", "Ask for a whole number of samples");
  }
  if (!replacement && numSamples > cols) {
    const torch = "cannot sample n_sample > prob_dist.size(-1) samples without replacement";
    reject(torch, "Ask for fewer samples or sample with replacement");
  }
  const out = new Int32Array(rows * numSamples);
  const matrix = { data: weights, rows, cols };
  if (replacement) withReplacement(generator, matrix, out, numSamples);
  else withoutReplacement(generator, matrix, out, numSamples);
  return out;
}

interface Matrix {
  data: Real;
  rows: number;
  cols: number;
}

function withReplacement(generator: Generator, w: Matrix, out: Int32Array, n: number): void {
  for (let r = 0; r < w.rows; r++) {
    const cumulative = runningSums(w.data.slice(r * w.cols, (r + 1) * w.cols));
    for (let i = r * n; i < (r + 1) * n; i++) {
      out[i] = lowerBound(cumulative, generator.uniform53());
    }
  }
}

/** In place: the running sums over their total, each step rounded to the type; the last is 1. */
function runningSums(row: Real): Real {
  let total = 0;
  for (let j = 0; j < row.length; j++) {
    const weight = row[j]!;
    if (!(weight >= 0)) reject(`${INVALID} entry < 0)`);
    if (weight === Infinity) reject(`${INVALID} entry = infinity or NaN)`);
    row[j] = total + weight;
    total = row[j]!;
  }
  if (total === 0) reject(ZERO_SUM);
  for (let j = 0; j < row.length; j++) row[j]! /= total;
  row[row.length - 1] = 1;
  return row;
}

/** The index of the first element that is not below `u`. */
function lowerBound(sorted: Real, u: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < u) low = middle + 1;
    else high = middle;
  }
  return low;
}

function withoutReplacement(generator: Generator, w: Matrix, out: Int32Array, n: number): void {
  const { data, rows, cols } = w;
  const bad = data.find((weight) => !(weight >= 0 && weight < Infinity));
  if (bad !== undefined) {
    reject("probability tensor contains either `inf`, `nan` or element < 0");
  }
  for (let r = 0; r < rows; r++) {
    if (data.subarray(r * cols, (r + 1) * cols).every((weight) => weight === 0)) reject(ZERO_SUM);
  }
  // One exponential number for every weight, before any choice; scores are rounded to the type.
  const scores = data.slice();
  exponential(generator, scores);
  for (let i = 0; i < scores.length; i++) scores[i] = data[i]! / scores[i]!;
  for (let r = 0; r < rows; r++) {
    const row = scores.subarray(r * cols, (r + 1) * cols);
    const order = Array.from(row.keys()).sort((i, j) => row[j]! - row[i]!);
    for (let i = 0; i < n; i++) out[r * n + i] = order[i]!;
  }
}

const INVALID = "invalid multinomial distribution (encountering probability";
const ZERO_SUM = "invalid multinomial distribution (sum of probabilities <= 0)";

function reject(torch: string, fix?: string): never {
  throw ConfigError.torch("multinomial", torch, fix);
}
