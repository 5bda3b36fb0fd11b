/**
 * The Mersenne Twister MT19937, 32-bit.
 *
 * A state is 624 words and then the index of the next word; 624 means that the words are used up
 * and the next draw twists first.
 *
 * @see Matsumoto, Nishimura: Mersenne Twister (1998)
 */

/** Words of state that the twister computes with. */
export const MT_WORDS = 624;
/** Length of a state: the words and the index of the next. */
export const MT_STATE_LENGTH = MT_WORDS + 1;

const SHIFT = 397;

/**
 * Seeds a state with the low 32 bits of `seed`:
 * `w_0 = seed`, `w_j = 1812433253 · (w_{j−1} ⊕ (w_{j−1} ≫ 30)) + j mod 2³²`.
 *
 * @param state 625 words, a new array by default
 * @returns `state`
 */
export function seedState(
  seed: number,
  state: Uint32Array = new Uint32Array(MT_STATE_LENGTH),
): Uint32Array {
  let w = seed >>> 0;
  state[0] = w;
  for (let j = 1; j < MT_WORDS; j++) {
    w = (Math.imul(1812433253, w ^ (w >>> 30)) + j) >>> 0;
    state[j] = w;
  }
  state[MT_WORDS] = MT_WORDS;
  return state;
}

/** What seeds the states that wait for it. */
const waiting = new WeakMap<Uint32Array, () => void>();

/**
 * Lets a state be seeded by its first draw. Draws look for it where they twist, so that they take no
 * longer.
 *
 * @param state 625 zeros
 * @param seed called before twists of a state whose first word is 0: not for the first time only
 */
export function seedLater(state: Uint32Array, seed: () => void): void {
  state[MT_WORDS] = MT_WORDS;
  waiting.set(state, seed);
}

/** The next 32 random bits, as a number in [0, 2³²). */
export function nextU32(state: Uint32Array): number {
  let i = state[MT_WORDS]!;
  if (i === MT_WORDS) {
    twist(state);
    i = 0;
  }
  state[MT_WORDS] = i + 1;
  let y = state[i]!;
  y ^= y >>> 11;
  y ^= (y << 7) & 0x9d2c5680;
  y ^= (y << 15) & 0xefc60000;
  return (y ^ (y >>> 18)) >>> 0;
}

/**
 * 53 random bits over 2⁵³, in [0, 1): the low 21 bits of one draw, then the 32 of the next.
 *
 * @see PyTorch's `uniform_real_distribution<double>`
 */
export function nextU53(state: Uint32Array): number {
  const high = nextU32(state) & 0x1fffff;
  return (high * 2 ** 32 + nextU32(state)) * 2 ** -53;
}

/** Fills `out` with raw 32-bit draws. */
export function mtFill(state: Uint32Array, out: Uint32Array): void {
  for (let i = 0; i < out.length; i++) out[i] = nextU32(state);
}

function twist(w: Uint32Array): void {
  if (w[0] === 0) waiting.get(w)?.();
  const wrap = MT_WORDS - SHIFT;
  let j = 0;
  for (; j < wrap; j++) w[j] = w[j + SHIFT]! ^ mix(w[j]!, w[j + 1]!);
  for (; j < MT_WORDS - 1; j++) w[j] = w[j - wrap]! ^ mix(w[j]!, w[j + 1]!);
  w[j] = w[j - wrap]! ^ mix(w[j]!, w[0]!);
}

/** The top bit of `a` before the other bits of `b`, times the twister's matrix. */
function mix(a: number, b: number): number {
  return (((a & 0x80000000) | (b & 0x7fffffff)) >>> 1) ^ (-(b & 1) & 0x9908b0df);
}
