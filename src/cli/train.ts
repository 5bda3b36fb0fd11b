/** `saiki train`. */

import type { Command } from "commander";
import { FolderStore } from "../io/index.ts";
import { profileKernels, ready } from "../kernels/index.ts";
import {
  cells,
  checkOptions,
  type LmOptions,
  optionNames,
  resolveConfig,
  type TrainResult,
  tokenKinds,
  train,
} from "../lm/index.ts";
import { encodingHelp, toEncoding } from "./encoding.ts";
import type { Io } from "./io.ts";
import { openModel } from "./open-model.ts";
import { checkingUsage, examples, inFlags, toNumber } from "./options.ts";
import { interruptible, UsageError } from "./outcome.ts";
import { readText } from "./read-text.ts";
import { bits, nats, perplexityText } from "./ui/format.ts";
import { look } from "./ui/look.ts";
import { profileText } from "./ui/profile.ts";
import { progress } from "./ui/progress.ts";
import { saiki } from "./ui/shell.ts";

type Flags = LmOptions & {
  readonly out?: string;
  readonly force?: true;
  readonly resume?: true;
  readonly initFrom?: string;
  readonly encoding?: string;
  readonly json?: true;
  readonly profile?: true;
};

export function trainCommand(program: Command, io: Io): void {
  const defaults = resolveConfig();
  const command = program
    .command("train")
    .description("learn a language model of a text")
    .argument("<file>", "a text file; - for standard input")
    .option("--encoding <name>", encodingHelp, toEncoding)
    .option("--out <folder>", "where the model goes (default: FILE.saiki)")
    .option("--force", "replace what is there")
    .option("--resume", "continue the interrupted run that is there")
    .option("--init-from <model>", "start with another model's parameters, vocabulary")
    .option("--json", "print what happens as one JSON object a line")
    .option("--profile", "tell at the end where the time went");
  const word = (flags: string, what: string, preset: unknown) =>
    command.option(flags, `${what} (default: ${preset})`);
  const number = (flags: string, what: string, preset?: number) =>
    command.option(flags, preset === undefined ? what : `${what} (default: ${preset})`, toNumber);
  command.optionsGroup("Model:");
  word("--cell <kind>", cells.join(", "), defaults.cell);
  number("--embedding <n>", "size of a token's vector", defaults.embedding);
  number("--hidden <n>", "size of the state", defaults.hidden);
  number("--layers <n>", "recurrent layers", defaults.layers);
  number("--dropout <p>", "share dropped of each layer's output", defaults.dropout);
  number("--input-dropout <p>", "share dropped of tokens' vectors", defaults.inputDropout);
  word("--tokens <kind>", tokenKinds.join(", "), defaults.tokens);
  number("--max-vocabulary <n>", "words that are told apart", defaults.maxVocabulary);
  command.optionsGroup("Training:");
  number("--epochs <n>", "passes over the text", defaults.epochs);
  number("--steps <n>", "steps, instead of epochs");
  number("--batch <n>", "streams read side by side", defaults.batch);
  number("--length <n>", "tokens of a stream in a step", defaults.length);
  number("--lr <x>", "largest step size of Adam", defaults.lr);
  number("--clip <x>", "largest norm of the gradient, 0: any", defaults.clip);
  number("--valid-fraction <p>", "share held out, at the end", defaults.validFraction);
  number("--eval-every <n>", "steps between validations (default: a 20th of all)");
  number("--seed <n>", "where the random numbers start", defaults.seed);
  command.action((file: string, flags: Flags) => trainAction(file, flags, io));
  examples(
    command,
    ["npx saiki train book.txt", "an RNN of characters"],
    ["npx saiki train book.txt --cell lstm --hidden 512", "larger and better"],
    ["npx saiki train book.txt --tokens word", "a model of words"],
    ["npx saiki train book.txt --resume", "after Ctrl-C"],
  );
}

async function trainAction(file: string, flags: Flags, io: Io): Promise<void> {
  const { out = `${file === "-" ? "stdin" : file}.saiki`, force, resume, initFrom, json } = flags;
  const given = Object.fromEntries(optionNames.map((name) => [name, flags[name]]));
  const options = checkingUsage(() => checkOptions(given));
  if (resume && (force || initFrom !== undefined)) {
    const sentence = `--resume continues a run; ${force ? "--force" : "--init-from"} starts one`;
    throw new UsageError("saiki train", sentence, "Use one of them");
  }
  if (out === "") throw new UsageError("saiki train", "--out is empty", "Name a folder");
  const text = await readText(file, io, flags);
  await ready(); // WebAssembly needs it for threads
  const initial = initFrom === undefined ? undefined : await openModel(initFrom);
  const view = progress(io, { json, whenStopped: `Ctrl-C saves in ${out}; --resume goes on` });
  const endProfile = flags.profile ? profileKernels() : null;
  const hooks = { store: new FolderStore(out), overwrite: force, resume, initFrom: initial };
  await interruptible(io, async (signal) => {
    const onEvent = view.show.bind(view);
    const result = await train(text, options, { ...hooks, signal, onEvent, textName: file });
    view.end();
    if (!json) report(result, file, { ...flags, out }, io);
    if (endProfile) io.stderr.write(profileText(endProfile()));
  })
    .catch((error) => {
      throw inFlags(error);
    })
    .finally(() => view.end());
}

function report(
  result: TrainResult,
  file: string,
  { out, encoding }: Flags & { readonly out: string },
  io: Io,
): void {
  if (!result.finished) {
    const outFlag = out === `${file}.saiki` ? [] : ["--out", out];
    const encodingFlag = encoding === undefined ? [] : ["--encoding", encoding];
    io.stderr.write(`stopped at step ${result.step}, saved in ${out}\n`);
    io.stderr.write(
      `continue with: ${saiki("train", file, ...encodingFlag, ...outFlag, "--resume")}\n`,
    );
    return;
  }
  const { bestValLoss, tokenizer } = result;
  if (bestValLoss === null) return;
  const { paint } = look(io, "stdout");
  const unit = tokenizer.kind === "char" ? "character" : "word";
  const perplexity = `perplexity ${perplexityText(Math.exp(bestValLoss))}`;
  const perCharacter = unit === "word" ? "" : `, ${bits(bestValLoss / Math.LN2)} bits`;
  const loss = paint(["bold", "green"], nats(bestValLoss));
  io.stdout.write(`best validation loss ${loss} nats per ${unit} (${perplexity}${perCharacter})\n`);
  io.stdout.write(`model in ${out}\n`);
  io.stdout.write(`try it: ${saiki("generate", out, "--temperature", "0.8")}\n`);
}
