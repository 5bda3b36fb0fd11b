/** The baseline that a model with memory must beat. */

/**
 * The validation loss of counted bigrams, in nats per token: the loss of a model that knows only
 * the token before.
 *
 * With `c` the counts in `train`, `T(a)` the number of kinds of tokens that follow `a`, and `V` the
 * vocabulary:
 *
 *     p(b | a) = (c(a b) + T(a) p(b)) / (c(a) + T(a)),   p(b) = (c(b) + 1) / (N + V)
 *
 * @see Witten and Bell (1991), "The zero-frequency problem", method C, interpolated
 */
export function bigramLoss(train: Int32Array, valid: Int32Array, vocabulary: number): number {
  const pairs = new Map<number, number>();
  const followed = new Float64Array(vocabulary); // c(a): a as the first of two
  const kinds = new Float64Array(vocabulary); // T(a)
  const counts = new Float64Array(vocabulary);
  train.forEach((b, i) => {
    counts[b]!++;
    if (i === 0) return;
    const a = train[i - 1]!;
    const seen = pairs.get(a * vocabulary + b) ?? 0;
    pairs.set(a * vocabulary + b, seen + 1);
    followed[a]!++;
    if (seen === 0) kinds[a]!++;
  });
  let sum = 0;
  for (let i = 1; i < valid.length; i++) {
    const [a, b] = [valid[i - 1]!, valid[i]!];
    const alone = (counts[b]! + 1) / (train.length + vocabulary);
    const seen = pairs.get(a * vocabulary + b) ?? 0;
    const weight = kinds[a]!;
    const p = weight === 0 ? alone : (seen + weight * alone) / (followed[a]! + weight);
    sum -= Math.log(p);
  }
  return sum / (valid.length - 1);
}
