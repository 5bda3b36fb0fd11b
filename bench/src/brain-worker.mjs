// @ts-check
/**
 * The process of brain.js, which trains in its own way: one text after another (batch 1), each from
 * a zero state, by RMSprop with weight decay and gradients clipped by value. A step trains on one
 * window of one stream.
 */

import { createRequire } from "node:module";
import { serve } from "./serve.mjs";

const require = createRequire(import.meta.url);
const { version } = require("brain.js/package.json");

await serve(async (/** @type {import("./saiki-work.mjs").Start} */ c) => {
  const Network = require(`brain.js/dist/recurrent/${c.cell.toLowerCase()}`).default;
  const net = new Network({
    hiddenLayers: [c.hidden],
    inputSize: c.input,
    inputRange: c.vocabulary,
    outputSize: c.vocabulary,
    learningRate: c.lr,
  });
  net.initialize();
  const windows = c.windows.map(([x]) => x.filter((_, i) => i % c.batch === 0));
  let done = 0;
  const step = () => net.trainPattern(windows[done++ % windows.length], true);
  const check = () => mustLearn(() => net.trainPattern(windows[0], true));
  return { task: { step, check }, version, tokens: c.length };
});

/**
 * Checks only that it learns, because it draws its weights in another way.
 *
 * @param {() => number} step
 */
function mustLearn(step) {
  const losses = Array.from({ length: 9 }, step);
  const [first = 0, ...others] = losses;
  if (!(Math.min(...others) < first)) throw new Error(`it does not learn: losses ${losses}`);
  return [];
}
