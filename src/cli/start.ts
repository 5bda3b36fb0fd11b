/**
 * The demonstration of recurrence. Trains three models on a novel and compares them: a bigram
 * model, which sees one character, and an RNN and an LSTM, which see all characters so far.
 */

import { tmpdir } from "node:os";
import { join } from "node:path";
import { CheckpointError } from "../core/index.ts";
import { FolderStore } from "../io/index.ts";
import { backendInfo, ready } from "../kernels/index.ts";
import { generateText, type LmOptions, type TrainResult, train } from "../lm/index.ts";
import { type Io, processIo } from "./io.ts";
import { interruptible, statusOf } from "./outcome.ts";
import { aligned, bits, grouped, nats, perplexityText } from "./ui/format.ts";
import { frame } from "./ui/frame.ts";
import { columnsOf, look } from "./ui/look.ts";
import { progress } from "./ui/progress.ts";
import { saiki } from "./ui/shell.ts";

const FOLDER = "moby-dick.saiki";
const PROMPT = "The whale";

/** The training of each model: with native kernels about half a minute in all on two cores. */
interface Pace {
  readonly hidden: number;
  readonly batch: number;
  readonly steps: number;
}

const native: Pace = { hidden: 128, batch: 16, steps: 1600 };
const slower: Pace = { hidden: 128, batch: 16, steps: 600 };

/** @returns the exit status */
export function start(text: string, io: Io = processIo(), pace?: Pace): Promise<number> {
  return statusOf(() => compareModels(text, io, pace), io);
}

async function compareModels(text: string, io: Io, given?: Pace): Promise<void> {
  const say = (line: string) => io.stdout.write(`${line}\n`);
  say(`Moby-Dick: ${grouped(text.length)} characters, the last tenth held out.`);
  await ready();
  const isNative = backendInfo().name === "native";
  if (!isNative) say("No native kernels here: WebAssembly is used, with fewer steps.");
  say("Losses are nats per character; * best so far.\n");
  const learn = trainer(text, io, given ?? (isNative ? native : slower));
  const store = await writable(io);
  const results = {
    bigram: await learn("bigram: sees the last character", { cell: "bigram", lr: 8e-3 }),
    rnn: await learn("rnn: sees all characters so far", { cell: "rnn", lr: 8e-3 }),
    lstm: await learn("lstm: sees them through gates", { cell: "lstm", lr: 1.2e-2 }, store),
  };
  say(comparison(results, io));
  for (const name of ["rnn", "lstm"] as const) {
    const options = { prompt: PROMPT, length: 300, temperature: 0.7 };
    const written = `${PROMPT}${await generateText(results[name], options)}`;
    const title = `the ${name.toUpperCase()} goes on after "${PROMPT}"`;
    say(`${frame(title, written, columnsOf(io.stdout), look(io, "stdout"))}\n`);
  }
  say("Next:");
  if (store) say(`  ${saiki("generate", store.name, "--prompt", "Call me")}`);
  say(`  ${saiki("train", "your-book.txt")}`);
  say(`  ${saiki("--help")}`);
}

/** Trains one model after another until the user stops it. */
function trainer(text: string, io: Io, pace: Pace) {
  const common = { ...pace, evalEvery: Math.ceil(pace.steps / 8) };
  return async (title: string, options: LmOptions, store?: FolderStore): Promise<TrainResult> => {
    io.stdout.write(`${title}\n`);
    const view = progress(io, { brief: true });
    const hooks = { store, overwrite: true, onEvent: view.show.bind(view) };
    const result = await interruptible(io, (signal) =>
      train(text, { ...common, ...options }, { ...hooks, signal }).finally(() => view.end()),
    );
    io.stdout.write("\n");
    return result;
  };
}

/** A folder for the model: here, else among the temporary files, else none. */
async function writable(io: Io): Promise<FolderStore | undefined> {
  let problem = "";
  for (const folder of [FOLDER, join(tmpdir(), FOLDER)]) {
    const store = new FolderStore(folder);
    try {
      await store.write({});
      if (problem !== "") io.stdout.write(`${problem} The model goes to ${folder}.\n\n`);
      return store;
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error;
      problem ||= `${FOLDER} cannot be written here.`;
    }
  }
  io.stdout.write(`${problem} The model is not kept.\n\n`);
  return undefined;
}

function comparison(results: Readonly<Record<"bigram" | "rnn" | "lstm", TrainResult>>, io: Io) {
  const losses = Object.entries(results).map(([name, r]) => [name, Number(r.bestValLoss)] as const);
  const least = Math.min(...losses.map(([, loss]) => loss));
  const rows = losses.map(([name, x]) => [
    name,
    `${nats(x)}${x === least ? "*" : " "}`,
    perplexityText(Math.exp(x)),
    bits(x / Math.LN2),
  ]);
  const head = ["validation", "nats/char ", "perplexity", "bits/char"];
  const { paint } = look(io, "stdout");
  const table = aligned([head, ...rows]).map((line) =>
    line.includes("*") ? paint(["bold", "green"], line) : line,
  );
  const [bigram, rnn, lstm] = losses.map(([, loss]) => loss) as [number, number, number];
  const gains = `${nats(bigram - rnn)} nats to the RNN, ${nats(bigram - lstm)} to the LSTM`;
  return `${table.join("\n")}\n* best; memory is worth ${gains}\n`;
}
