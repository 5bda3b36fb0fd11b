// @ts-check

/**
 * Tokens to learn without a file: each follows from the one before, or is drawn at random.
 *
 * @param {{ vocabulary: number, batch: number, length: number, count: number }} shape
 * @returns {[number[], number[]][]} inputs and targets of each window, time-major (T·B)
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
