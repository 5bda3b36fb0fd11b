/** Fused multiply-add: `a · b + c` with one rounding, which JavaScript has no operator for. */

/**
 * `a · b + c` rounded once to float32; the operands must be float32 values.
 *
 * The product is exact in double. Rounding the double sum to float32 is right, unless the sum was
 * rounded to a point halfway between two floats: there the lost part decides.
 */
export function fma32(a: number, b: number, c: number): number {
  const s = a * b + c;
  const r = Math.fround(s);
  const other = 2 * s - r; // the float on the other side of s, if s is halfway
  return other !== r && Math.fround(other) === other ? halfway(a * b, c, s, r, other) : r;
}

const MAX_FLOAT = 2 ** 128 - 2 ** 104;
const HALFWAY_TO_INFINITY = 2 ** 128 - 2 ** 103;

function halfway(p: number, c: number, s: number, r: number, other: number): number {
  const t = s - p;
  const lost = p - (s - t) + (c - t); // p + c − s, exactly
  if (Number.isFinite(r)) {
    if (lost > 0) return Math.max(r, other);
    return lost < 0 ? Math.min(r, other) : r;
  }
  return Math.abs(s) === HALFWAY_TO_INFINITY && lost * s < 0 ? Math.sign(s) * MAX_FLOAT : r;
}

/**
 * `a · b + c` rounded once to double.
 *
 * Product and sums are split into value and error, and the errors added with rounding to odd, so
 * that the last addition rounds correctly. Operands near overflow or underflow go through big
 * integers.
 *
 * @see Boldo, Melquiond: Emulation of FMA and correctly rounded sums (2008)
 */
export function fma64(a: number, b: number, c: number): number {
  const p = a * b;
  const size = Math.abs(p);
  const safe = size > TINY && size < HUGE && Math.abs(c) < HUGE;
  if (!safe || Math.abs(a) > HUGE || Math.abs(b) > HUGE) return fmaExact(a, b, c);
  const aHigh = upperHalf(a);
  const aLow = a - aHigh;
  const bHigh = upperHalf(b);
  const bLow = b - bHigh;
  const pLost = aLow * bLow - (p - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
  const t = c + pLost;
  const tLost = sumError(c, pLost, t);
  const v = p + t;
  const vLost = sumError(p, t, v);
  return v + addToOdd(tLost, vLost);
}

const TINY = 2 ** -960;
const HUGE = 2 ** 980;

/** `a + b − s`, exactly, where `s` is the rounded sum (Knuth). */
function sumError(a: number, b: number, s: number): number {
  const t = s - a;
  return a - (s - t) + (b - t);
}

/** The upper 26 bits of `x` (Veltkamp). */
function upperHalf(x: number): number {
  const t = 134217729 * x;
  return t - (t - x);
}

// Scratch of one double, least significant word first.
const f64 = new Float64Array(1);
const i32 = new Int32Array(f64.buffer);
const u64 = new BigUint64Array(f64.buffer);

/** `a + b`; if that is inexact, the neighbour of the exact sum whose last bit is 1. */
function addToOdd(a: number, b: number): number {
  const s = a + b;
  const lost = sumError(a, b, s);
  if (lost === 0) return s;
  f64[0] = s;
  if ((i32[0]! & 1) === 1) return s;
  // Toward zero, the low word may borrow; away from it, the last bit was 0.
  if (lost > 0 === s > 0) i32[0]! |= 1;
  else u64[0]! -= 1n;
  return f64[0]!;
}

function fmaExact(a: number, b: number, c: number): number {
  if (!Number.isFinite(a) || !Number.isFinite(b) || a === 0 || b === 0) return a * b + c;
  if (!Number.isFinite(c)) return c;
  const [ma, ea] = integerAndExponent(a);
  const [mb, eb] = integerAndExponent(b);
  const [mc, ec] = integerAndExponent(c);
  const e = Math.min(ea + eb, ec);
  return roundScaled(((ma * mb) << BigInt(ea + eb - e)) + (mc << BigInt(ec - e)), e);
}

/** Integers `m`, `e` with `x = m · 2^e`. */
function integerAndExponent(x: number): [bigint, number] {
  f64[0] = Math.abs(x);
  const exponent = Number(u64[0]! >> 52n);
  const fraction = BigInt.asUintN(52, u64[0]!);
  const m = exponent === 0 ? fraction : fraction | (1n << 52n);
  return [x < 0 ? -m : m, Math.max(exponent, 1) - 1075];
}

/** `m · 2^e` as the nearest double, ties to even. */
function roundScaled(m: bigint, e: number): number {
  const size = m < 0n ? -m : m;
  const drop = Math.max(size.toString(2).length - 53, -1074 - e, 0);
  const shift = BigInt(drop);
  const twiceRest = BigInt.asUintN(drop, size) * 2n;
  let q = size >> shift;
  const unit = 1n << shift;
  if (drop > 0 && (twiceRest > unit || (twiceRest === unit && (q & 1n) === 1n))) q += 1n;
  const value = Number(q) * 2 ** (e + drop);
  return m < 0n ? -value : value;
}
