/** PyTorch's CPU random number generator, and the default generator. */

import { ConfigError, FormatError } from "../core/errors.ts";
import {
  MT_STATE_LENGTH,
  MT_WORDS,
  nextU32,
  nextU53,
  seedLater,
  seedState,
} from "../kernels/reference/mt19937.ts";

const DEFAULT_SEED = 67280421310721n;

/**
 * A stream of random numbers: a Mersenne Twister and one cached normal number.
 *
 * @see torch.Generator
 * @example
 * const generator = new torch.Generator().manualSeed(0);
 * console.log(generator.random()); // 2357136044
 */
export class Generator {
  private readonly words: Uint32Array = new Uint32Array(MT_STATE_LENGTH);
  /** Null until the first use. */
  private seed64: bigint | null = null;
  private cachedNormal: number | null = null;

  /** Makes a generator that starts from PyTorch's default seed. */
  constructor() {
    seedLater(this.words, () => this.initialSeed());
  }

  /** The twister's state, for the kernels that fill arrays; they advance it. */
  get state(): Uint32Array {
    this.initialSeed();
    return this.words;
  }

  /**
   * Starts the stream of a seed; only the low 32 bits count. Negative seeds wrap modulo 2⁶⁴.
   *
   * @param seed an integer from −2⁶³ to 2⁶⁴ − 1
   * @throws ConfigError when `seed` is not such an integer
   * @see torch.Generator.manual_seed
   */
  manualSeed(seed: number | bigint): this {
    this.seed64 = asUint64(seed);
    seedState(Number(BigInt.asUintN(32, this.seed64)), this.words);
    this.cachedNormal = null;
    return this;
  }

  /** The seed that the stream started from. @see torch.Generator.initial_seed */
  initialSeed(): bigint {
    return this.seed64 ?? this.start();
  }

  /** Seeds from the system's entropy and returns that seed, 53 bits. @see torch.Generator.seed */
  seed(): bigint {
    const seed64 = BigInt.asUintN(53, entropy());
    this.manualSeed(seed64);
    return seed64;
  }

  /** Seeds an unseeded stream at its first use; returns the seed. @internal */
  protected start(): bigint {
    this.manualSeed(DEFAULT_SEED);
    return DEFAULT_SEED;
  }

  /** The next 32 bits, in [0, 2³²). */
  random(): number {
    return nextU32(this.words);
  }

  /** The next 64 bits, in [0, 2⁶⁴): two draws, the first is the high word. */
  random64(): bigint {
    const high = BigInt(this.random());
    return (high << 32n) | BigInt(this.random());
  }

  /** A uniform number in [0, 1) of 53 bits: two draws. */
  uniform53(): number {
    return nextU53(this.words);
  }

  /**
   * A standard normal number in double: of each pair by Box and Muller, `r cos θ` comes first and
   * `r sin θ` waits for the next call, whatever is drawn in between.
   */
  normal(): number {
    const cached = this.cachedNormal;
    if (cached !== null) {
      this.cachedNormal = null;
      return cached;
    }
    const angle = 2 * Math.PI * this.uniform53();
    const radius = Math.sqrt(-2 * Math.log1p(-this.uniform53()));
    this.cachedNormal = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** The whole state in PyTorch's form, 5,056 bytes. @see torch.Generator.get_state */
  getState(): Uint8Array {
    const bytes = new Uint8Array(LAYOUT.size);
    const view = new DataView(bytes.buffer);
    const seed64 = this.initialSeed();
    const next = this.words[MT_WORDS]!;
    // Twisting replaces the first word, so it distinguishes a new seed from a used-up block.
    const fresh = next === MT_WORDS && this.words[0] === Number(BigInt.asUintN(32, seed64));
    view.setBigUint64(LAYOUT.seed, seed64, true);
    view.setInt32(LAYOUT.left, MT_WORDS + 1 - next, true);
    view.setInt32(LAYOUT.seeded, 1, true);
    view.setBigUint64(LAYOUT.next, BigInt(fresh ? 0 : next), true);
    for (let j = 0; j < MT_WORDS; j++) view.setUint32(LAYOUT.words + 8 * j, this.words[j]!, true);
    view.setFloat64(LAYOUT.normal, this.cachedNormal ?? 0, true);
    view.setInt32(LAYOUT.normalIsCached, this.cachedNormal === null ? 0 : 1, true);
    return bytes;
  }

  /**
   * Continues where {@link Generator.getState}, here or in PyTorch, was called.
   *
   * @throws FormatError when the bytes are no such state
   * @see torch.Generator.set_state
   */
  setState(bytes: Uint8Array): this {
    const op = "Generator.setState";
    if (bytes.length !== LAYOUT.size) throw FormatError.torch(op, sizeSentence(bytes.length));
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const left = view.getInt32(LAYOUT.left, true);
    const next = Number(view.getBigUint64(LAYOUT.next, true));
    const fresh = left === 1 && next === 0;
    const valid = next >= 1 && next <= MT_WORDS && left === MT_WORDS + 1 - next;
    if (view.getInt32(LAYOUT.seeded, true) !== 1 || !(fresh || valid)) {
      throw FormatError.torch(op, "Invalid mt19937 state", "Pass bytes of getState");
    }
    this.seed64 = view.getBigUint64(LAYOUT.seed, true);
    for (let j = 0; j < MT_WORDS; j++) this.words[j] = view.getUint32(LAYOUT.words + 8 * j, true);
    this.words[MT_WORDS] = fresh ? MT_WORDS : next;
    const isCached = view.getInt32(LAYOUT.normalIsCached, true) !== 0;
    this.cachedNormal = isCached ? view.getFloat64(LAYOUT.normal, true) : null;
    return this;
  }
}

class DefaultGenerator extends Generator {
  protected override start(): bigint {
    return this.seed();
  }
}

/**
 * The generator that every draw uses unless another is given. Its first use seeds it from the
 * system's entropy, unless it was seeded before.
 */
export const defaultGenerator: Generator = new DefaultGenerator();

/**
 * Starts the default generator's stream of a seed.
 *
 * @param seed an integer from −2⁶³ to 2⁶⁴ − 1
 * @throws ConfigError when `seed` is not such an integer
 * @see torch.manual_seed
 */
export function manualSeed(seed: number | bigint): Generator {
  return defaultGenerator.manualSeed(seed);
}

/** Seeds the default generator from the system's entropy; returns that seed. @see torch.seed */
export function seed(): bigint {
  return defaultGenerator.seed();
}

/** The seed of the default generator. @see torch.initial_seed */
export function initialSeed(): bigint {
  return defaultGenerator.initialSeed();
}

/** The default generator's state, 5,056 bytes. @see torch.get_rng_state */
export function getRngState(): Uint8Array {
  return defaultGenerator.getState();
}

/**
 * Sets the default generator's state.
 *
 * @throws FormatError when the bytes are no such state
 * @see torch.set_rng_state
 */
export function setRngState(bytes: Uint8Array): void {
  defaultGenerator.setState(bytes);
}

// Offsets in the state's bytes, little endian. Words take 8 bytes each; the rest stays zero.
const LAYOUT = {
  seed: 0,
  left: 8, // i32: draws until the next twist
  seeded: 12, // i32: 1
  next: 16, // u64: index of the next word; 0 after seeding
  words: 24,
  normal: 5024, // f64
  normalIsCached: 5040, // i32
  size: 5056,
};

function entropy(): bigint {
  try {
    const [words] = crypto.getRandomValues(new BigUint64Array(1));
    return words!;
  } catch {
    // Audio worklets have no `crypto`; Cloudflare's workers have it only inside a handler.
    return BigInt(Math.floor(Math.random() * 2 ** 53));
  }
}

function sizeSentence(length: number): string {
  return (
    "Expected either a CPUGeneratorImplStateLegacy of size 5048 or a CPUGeneratorImplState of " +
    `size ${LAYOUT.size} but found the input RNG state size to be ${length}`
  );
}

function asUint64(seed: number | bigint): bigint {
  const op = "manualSeed";
  const fix = "Use an integer from -2^63 to 2^64 - 1";
  if (typeof seed === "number" && !Number.isInteger(seed)) {
    throw ConfigError.torch(op, "manual_seed expected a long, but got float", fix);
  }
  const wide = BigInt(seed);
  if (wide < -(1n << 63n) || wide >= 1n << 64n) {
    throw ConfigError.torch(op, "Overflow when unpacking long", fix);
  }
  return BigInt.asUintN(64, wide);
}
