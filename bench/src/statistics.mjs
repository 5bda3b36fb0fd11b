// @ts-check
/** Statistics of repeated measurements. */

/** @typedef {{ median: number, least: number, low: number, high: number, most: number }} Spread */

/** Median, extremes and quartiles. @param {readonly number[]} values @returns {Spread} */
export function spread(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return {
    median: quantile(sorted, 0.5),
    least: quantile(sorted, 0),
    low: quantile(sorted, 0.25),
    high: quantile(sorted, 0.75),
    most: quantile(sorted, 1),
  };
}

/** @param {readonly number[]} values */
export function median(values) {
  return spread(values).median;
}

/** @param {readonly number[]} sorted @param {number} q linear between neighbours */
function quantile(sorted, q) {
  const at = q * (sorted.length - 1);
  const below = /** @type {number} */ (sorted[Math.floor(at)]);
  const above = /** @type {number} */ (sorted[Math.ceil(at)]);
  return below + (above - below) * (at - Math.floor(at));
}
