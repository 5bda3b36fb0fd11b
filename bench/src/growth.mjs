// @ts-check
/**
 * The growth of cost and memory with the size of a training step, from the rows of that section.
 */

/**
 * @typedef {import("./rounds.mjs").Result} Result
 * @typedef {{ size: string, seconds: number, ratio: number, to: string }} Cost of a token; `ratio`:
 *   to that of the size `to`
 */

/**
 * Cost per token: at each length against the middle one, at each batch against the widest.
 *
 * @param {Result[]} results @returns {Cost[]}
 */
export function costs(results) {
  const measured = results.flatMap(({ label, work, seconds }) =>
    seconds ? [{ label, work, seconds: seconds.median / (work.batch * work.length) }] : [],
  );
  return measured.flatMap(({ label, work, seconds }) => {
    const isLength = work.batch === 64;
    const base = measured.find(({ work: { batch, length } }) =>
      isLength ? batch === 64 && length === 100 : batch === 256,
    );
    return base ? [{ size: label, seconds, ratio: seconds / base.seconds, to: base.label }] : [];
  });
}

/**
 * Bytes for each further token, in the lower and the upper half of the sizes, by vocabulary; and
 * how many float32 matrices of N·V explain the difference between the vocabularies.
 *
 * @param {Result[]} results null where a size has no figure
 */
export function bytesPerToken(results) {
  const slopes = [...new Set(results.map((r) => r.work.vocabulary))].map((vocabulary) => {
    const [low, middle, high] = results
      .filter((r) => r.work.vocabulary === vocabulary && r.memory)
      .map((r) => ({ n: r.work.batch * r.work.length, bytes: Number(r.memory?.peak) }));
    if (!low || !middle || !high) return null;
    const between = (/** @type {typeof low} */ a, /** @type {typeof low} */ b) =>
      (b.bytes - a.bytes) / (b.n - a.n);
    return {
      vocabulary,
      lower: between(low, middle),
      upper: between(middle, high),
      all: between(low, high),
    };
  });
  const [few, many] = slopes;
  if (!few || !many) return null;
  const matrices = (many.all - few.all) / (4 * (many.vocabulary - few.vocabulary));
  return { slopes: [few, many], matrices };
}
