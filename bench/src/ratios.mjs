// @ts-check
/** The pairs of contestants that are compared, and their ratios. */

import { spread } from "./statistics.mjs";

/**
 * @typedef {import("./statistics.mjs").Spread} Spread
 * @typedef {import("./rounds.mjs").Result} Result
 * @typedef {{ own: string, rival: string, ratio: Spread, rounds: number }} Ratio of the rival's
 *   time for a token to saiki's: above 1 saiki is faster
 */

/** The same thread count on both sides; saiki WebAssembly has one thread. */
export const pairings = [
  ["saiki-native-1", "torch-1"],
  ["saiki-native-2", "torch-2"],
  ["saiki-wasm", "torch-1"],
  ["saiki-native-1", "onnx-1"],
  ["saiki-native-2", "onnx-2"],
  ["saiki-native-1", "tfjs-wasm"],
  ["saiki-wasm", "tfjs-wasm"],
  ["saiki-native-1", "tfjs-cpu"],
  ["saiki-wasm", "tfjs-cpu"],
  ["saiki-native-1", "brain"],
  ["saiki-wasm", "brain"],
];

/**
 * The median of the ratios of the rounds that both took part in.
 *
 * @param {Result[]} results @returns {Ratio[]}
 */
export function ratiosOf(results) {
  const times = new Map(results.map((r) => [r.label, r.perToken ?? []]));
  return pairings.flatMap(([own = "", rival = ""]) => {
    const [ours = [], theirs = []] = [times.get(own), times.get(rival)];
    const rounds = Math.min(ours.length, theirs.length);
    if (rounds === 0) return [];
    const each = ours.slice(0, rounds).map((t, i) => Number(theirs[i]) / t);
    return [{ own, rival, ratio: spread(each), rounds }];
  });
}
