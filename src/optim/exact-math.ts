/**
 * Cosine and power as C libraries compute them, nearly always the nearest double. JavaScript
 * engines are less exact, and a schedule that multiplies rates again and again would show it.
 */

/** Fixed-point numbers here count units of 2^−192. */
const BITS = 192n;
const ONE = 1n << BITS;
const TWO_PI = 0x3243f6a8885a308d313198a2e03707344a4093822299f31d0n * 2n;

/** `cos x`. */
export function cosine(x: number): number {
  // For smaller x the nearest double is 1, and the product in the next line might not be whole.
  if (Math.abs(x) < 2 ** -27 || !Number.isFinite(x)) return Math.cos(x);
  const turned = BigInt(x * 2 ** Number(BITS)) % TWO_PI;
  const square = (turned * turned) >> BITS;
  let [sum, term] = [ONE, ONE];
  for (let k = 1n; term !== 0n; k += 2n) {
    // Shifts round down: a negative term would never reach zero.
    term = ((term * square) >> BITS) / (k * (k + 1n));
    sum += k % 4n === 1n ? -term : term;
  }
  return Number(sum) / 2 ** Number(BITS);
}

/** `x ** n` for a whole n ≥ 0. */
export function power(x: number, n: number): number {
  if (n < 2 || !(x > 0) || x === Number.POSITIVE_INFINITY) return x ** n;
  const digits = Math.max(0, -Math.floor(Math.log2(x))) + 53;
  const whole = BigInt(x * 2 ** digits) ** BigInt(n);
  // Only the leading bits count; one more says whether any bit behind them is set.
  const drop = Math.max(0, whole.toString(16).length * 4 - 128);
  const leading = (whole >> BigInt(drop)) | (drop > 0 ? 1n : 0n);
  // In two steps: 2 to this power may underflow where the result does not.
  const scale = drop - digits * n;
  return Number(leading) * 2 ** Math.ceil(scale / 2) * 2 ** Math.floor(scale / 2);
}
