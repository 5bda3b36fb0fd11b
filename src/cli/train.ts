/** `saiki train`. */

import type { Command } from "commander";
import { FolderStore } from "../io/index.ts";
import { profileKernels, ready } from "../kernels/index.ts";
import {
  cells,
  type LmOptions,
  loadModel,
  optionNames,
  resolveConfig,
  type TrainResult,
  tokenKinds,
  train,
} from "../lm/index.ts";
import type { Io } from "./io.ts";
import { checkingUsage, toNumber, wording } from "./options.ts";
import { Interrupted, UsageError } from "./outcome.ts";
import { readText } from "./read-text.ts";
import { bits, nats, perplexityText } from "./ui/format.ts";
import { profileText } from "./ui/profile.ts";
import { progress } from "./ui/progress.ts";

type Flags = LmOptions & {
  readonly out?: string;
  readonly force?: true;
  readonly resume?: true;
  readonly initFrom?: string;
  readonly json?: true;
  readonly profile?: true;
};

const { op, nameOf } = wording("train");

export function trainCommand(program: Command, io: Io): void {
  const defaults = resolveConfig();
  program
    .command("train")
    .description("learn a language model of a text")
    .argument("<file>", "a text file, UTF-8; - for standard input")
    .option("--out <folder>", "where the model goes (default: FILE.saiki)")
    .option("--force", "replace what is there")
    .option("--resume", "continue the interrupted run that is there")
    .option("--init-from <model>", "start from the parameters and vocabulary of another model")
    .option("--json", "print what happens as one JSON object a line")
    .option("--profile", "tell at the end where the time went")
    .optionsGroup("Model:")
    .option("--cell <kind>", `${cells.join(", ")} (default: ${defaults.cell})`)
    .option(
      "--embedding <n>",
      `size of a token's vector (default: ${defaults.embedding})`,
      toNumber,
    )
    .option("--hidden <n>", `size of the state (default: ${defaults.hidden})`, toNumber)
    .option("--layers <n>", `recurrent layers (default: ${defaults.layers})`, toNumber)
    .option(
      "--dropout <p>",
      `share of activations dropped after each layer (default: ${defaults.dropout})`,
      toNumber,
    )
    .option(
      "--input-dropout <p>",
      `share of the embedding's dropped (default: ${defaults.inputDropout})`,
      toNumber,
    )
    .option("--tokens <kind>", `${tokenKinds.join(", ")} (default: ${defaults.tokens})`)
    .option(
      "--max-vocabulary <n>",
      `words that are told apart (default: ${defaults.maxVocabulary})`,
      toNumber,
    )
    .optionsGroup("Training:")
    .option("--epochs <n>", `passes over the text (default: ${defaults.epochs})`, toNumber)
    .option("--steps <n>", "steps, instead of epochs", toNumber)
    .option("--batch <n>", `streams read side by side (default: ${defaults.batch})`, toNumber)
    .option(
      "--length <n>",
      `tokens of each stream in a step (default: ${defaults.length})`,
      toNumber,
    )
    .option("--lr <x>", `largest step size of Adam (default: ${defaults.lr})`, toNumber)
    .option(
      "--clip <x>",
      `largest norm of the gradient, 0: any (default: ${defaults.clip})`,
      toNumber,
    )
    .option(
      "--valid-fraction <p>",
      `share of the text, at its end, held out (default: ${defaults.validFraction})`,
      toNumber,
    )
    .option("--eval-every <n>", "steps between validations (default: a 20th of all)", toNumber)
    .option("--seed <n>", `where the random numbers start (default: ${defaults.seed})`, toNumber)
    .action((file: string, flags: Flags) => trainAction(file, flags, io));
}

async function trainAction(file: string, flags: Flags, io: Io): Promise<void> {
  const { out = `${file === "-" ? "stdin" : file}.saiki`, force, resume, initFrom, json } = flags;
  const names: readonly string[] = optionNames;
  const options: LmOptions = Object.fromEntries(
    Object.entries(flags).filter(([name]) => names.includes(name)),
  );
  checkingUsage(() => resolveConfig(options, { op, nameOf }));
  if (resume && (force || initFrom !== undefined)) {
    const sentence = `--resume continues a run; ${force ? "--force" : "--init-from"} starts one`;
    throw new UsageError({ op, sentence, fix: "Use one of them" });
  }
  const text = await readText(file, io);
  await ready(); // where WebAssembly computes, with threads
  const initial = initFrom === undefined ? undefined : await loadModel(new FolderStore(initFrom));
  const stop = new AbortController();
  let status = 0;
  const forget = io.onStop((wish) => {
    status = wish;
    stop.abort();
  });
  const view = progress(io, json === true);
  const endProfile = flags.profile ? profileKernels() : null;
  try {
    const result = await train(text, options, {
      store: new FolderStore(out),
      overwrite: force,
      resume,
      initFrom: initial,
      signal: stop.signal,
      onEvent: (event, current) => view.show(event, current),
      textName: file,
      wording: { op, nameOf },
    });
    view.end();
    if (!json) report(result, file, out, io);
    if (endProfile) io.stderr.write(profileText(endProfile()));
  } finally {
    view.end();
    forget();
  }
  if (status !== 0) throw new Interrupted(status);
}

function report(result: TrainResult, file: string, out: string, io: Io): void {
  if (!result.finished) {
    const outFlag = out === `${file}.saiki` ? "" : ` --out ${out}`;
    io.stderr.write(`stopped at step ${result.step}, saved in ${out}\n`);
    io.stderr.write(`continue with: saiki train ${file}${outFlag} --resume\n`);
    return;
  }
  const { valLoss, bestValLoss, tokenizer } = result;
  if (valLoss === null || bestValLoss === null) return;
  const unit = tokenizer.kind === "char" ? "character" : "word";
  const perCharacter =
    unit === "word" ? "" : `, ${bits(bestValLoss / Math.LN2)} bits per character`;
  const best = `best ${nats(bestValLoss)} (perplexity ${perplexityText(Math.exp(bestValLoss))}${perCharacter})`;
  io.stdout.write(`validation loss ${nats(valLoss)} nats per ${unit}, ${best}\n`);
  io.stdout.write(`model in ${out}\n`);
}
