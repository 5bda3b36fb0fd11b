// @ts-check
/** The engine's peak: multiply-adds of WebAssembly's vectors of 4, in registers. */

const sums = 12;
const rounds = 100_000;

/** @type {((rounds: number) => number) | undefined} */
let loop;

/** The best of some runs, in GFLOP/s; the engine's flag for relaxed SIMD must be set. */
export function enginePeakGflops(repeats = 10) {
  const run = (loop ??= compiled());
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < repeats; i++) {
    const start = performance.now();
    run(rounds);
    best = Math.min(best, performance.now() - start);
  }
  return (2 * 4 * sums * rounds) / best / 1e6;
}

/**
 * A function of (rounds: i32), assembled from bytes. Locals 1 … `sums` are the sums: they start
 * with different numbers and add up to the result, so that the engine can remove none. The next
 * two, the factor and the addend, stay zero, which takes as long as any other number.
 */
function compiled() {
  const [i32, f32, v128, none] = [0x7f, 0x7d, 0x7b, 0x40];
  const [get, set, tee] = [0x20, 0x21, 0x22];
  const [factor, addend] = [sums + 1, sums + 2];
  const [splat, relaxedMadd] = [
    [0xfd, 0x13],
    [0xfd, 0x85, 0x02],
  ];
  const [add, firstLane] = [
    [0xfd, 0xe4, 0x01],
    [0xfd, 0x1f, 0],
  ];
  const all = Array.from({ length: sums }, (_, i) => i + 1);
  const code = [
    ...[1, sums + 2, v128],
    ...all.flatMap((sum) => [0x43, 0, 0, sum, 0x40, ...splat, set, sum]), // f32.const 2.… by its bytes
    ...[0x03, none],
    ...all.flatMap((sum) => [get, sum, get, factor, get, addend, ...relaxedMadd, set, sum]),
    ...[get, 0, 0x41, 1, 0x6b, tee, 0, 0x0d, 0, 0x0b], // rounds = rounds - 1; again if not 0
    ...[get, 1, ...all.slice(1).flatMap((sum) => [get, sum, ...add]), ...firstLane, 0x0b],
  ];
  const section = (/** @type {number} */ id, /** @type {number[]} */ bytes) => [
    id,
    ...leb(bytes.length),
    ...bytes,
  ];
  const bytes = Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 1, i32, 1, f32]), // type: (i32) → f32
    ...section(3, [1, 0]), // one function of it
    ...section(7, [1, 1, 0x66, 0, 0]), // exported as "f"
    ...section(10, [1, ...leb(code.length), ...code]),
  ]);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  return /** @type {(rounds: number) => number} */ (exports["f"]);
}

/** A length below 2¹⁴. @param {number} n */
function leb(n) {
  return n < 128 ? [n] : [(n & 127) | 128, n >> 7];
}
