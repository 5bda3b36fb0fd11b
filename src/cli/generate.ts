/** `saiki generate`. */

import type { Command } from "commander";
import { warn } from "../core/index.ts";
import { generate, resolveGenerateOptions, type Tokenizer } from "../lm/index.ts";
import type { Io } from "./io.ts";
import { openModel } from "./open-model.ts";
import { checkingUsage, examples, inFlags, toNumber } from "./options.ts";
import { interruptible } from "./outcome.ts";
import { quotedList } from "./ui/format.ts";
import { look } from "./ui/look.ts";

interface Flags {
  readonly prompt?: string;
  readonly length?: number;
  readonly temperature?: number;
  readonly topK?: number;
  readonly seed?: number;
  readonly strict?: true;
  readonly json?: true;
  readonly color?: boolean;
}

export function generateCommand(program: Command, io: Io): void {
  const defaults = resolveGenerateOptions();
  const command = program
    .command("generate")
    .description("write text with a model")
    .argument("<model>", "the folder that saiki train wrote")
    .option("--prompt <text>", "what the model continues (default: a line break)")
    .option("--length <n>", `tokens to write (default: ${defaults.length})`, toNumber)
    .option(
      "--temperature <x>",
      `below 1 safer, above 1 bolder, 0 likeliest (default: ${defaults.temperature})`,
      toNumber,
    )
    .option("--top-k <n>", "draw from that many of the likeliest tokens", toNumber)
    .option("--seed <n>", `where the random numbers start (default: ${defaults.seed})`, toNumber)
    .option("--strict", "stop when the model lacks something of the prompt")
    .option("--json", "print the result as a JSON object")
    .action((model: string, flags: Flags) => generateAction(model, flags, io));
  examples(
    command,
    ['npx saiki generate book.txt.saiki --prompt "Once"', "continues the prompt"],
    ["npx saiki generate book.txt.saiki --temperature 0.5", "safer"],
    ["npx saiki generate book.txt.saiki --length 2000 --seed 2", "longer, other"],
  );
}

async function generateAction(folder: string, flags: Flags, io: Io): Promise<void> {
  const { json, color: _, ...given } = flags;
  const options = checkingUsage(() => resolveGenerateOptions(given));
  const { prompt } = options;
  const trained = await openModel(folder);
  if (!flags.strict) warnOfUnknown(trained.tokenizer, prompt);
  let text = "";
  const { paint } = look(io, "stdout");
  const write = (piece: string, painted = piece) => {
    text += piece;
    if (!json) io.stdout.write(painted);
  };
  await interruptible(io, async (signal) => {
    for await (const piece of generate(trained, options)) {
      if (text === "") write(prompt, paint("bold", prompt));
      write(piece);
      if (signal.aborted) break;
    }
    if (text === "") write(prompt);
    if (!json) io.stdout.write("\n");
    if (json) io.stdout.write(`${JSON.stringify({ event: "generate", prompt, text })}\n`);
  }).catch((error) => {
    throw inFlags(error);
  });
}

function warnOfUnknown(tokenizer: Tokenizer, prompt: string): void {
  const unknown = tokenizer.unknown(prompt);
  if (unknown.length === 0) return;
  warn(`the model does not know ${quotedList(unknown)}: read as <unk>`);
}
