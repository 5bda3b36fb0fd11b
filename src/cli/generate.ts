/** `saiki generate`. */

import type { Command } from "commander";
import { FolderStore } from "../io/index.ts";
import { generate, loadModel, resolveGenerateOptions, type Tokenizer } from "../lm/index.ts";
import type { Io } from "./io.ts";
import { checkingUsage, toNumber, wording } from "./options.ts";
import { Interrupted } from "./outcome.ts";

interface Flags {
  readonly prompt?: string;
  readonly length?: number;
  readonly temperature?: number;
  readonly topK?: number;
  readonly seed?: number;
  readonly strict?: true;
  readonly json?: true;
}

const says = wording("generate");

export function generateCommand(program: Command, io: Io): void {
  const defaults = resolveGenerateOptions();
  program
    .command("generate")
    .description("write text with a model")
    .argument("<model>", "the folder that saiki train wrote")
    .option("--prompt <text>", "what the model continues (default: a line break)")
    .option("--length <n>", `tokens to write (default: ${defaults.length})`, toNumber)
    .option(
      "--temperature <x>",
      `below 1 safer, above 1 bolder, 0: the likeliest (default: ${defaults.temperature})`,
      toNumber,
    )
    .option("--top-k <n>", "draw from that many of the likeliest tokens", toNumber)
    .option("--seed <n>", `where the random numbers start (default: ${defaults.seed})`, toNumber)
    .option("--strict", "stop when the prompt has characters or words that the model lacks")
    .option("--json", "print the result as a JSON object")
    .action((model: string, flags: Flags) => generateAction(model, flags, io));
}

async function generateAction(folder: string, flags: Flags, io: Io): Promise<void> {
  const { json, ...options } = flags;
  const { prompt } = checkingUsage(() => resolveGenerateOptions(options, says));
  const trained = await loadModel(new FolderStore(folder));
  if (!flags.strict) warnOfUnknown(trained.tokenizer, prompt, io);
  let status = 0;
  const forget = io.onStop((wish) => {
    status = wish;
  });
  let text = "";
  const write = (piece: string) => {
    text += piece;
    if (!json) io.stdout.write(piece);
  };
  try {
    for await (const piece of generate(trained, options, says)) {
      write(text === "" ? prompt + piece : piece);
      if (status !== 0) break;
    }
  } finally {
    forget();
  }
  if (text === "") write(prompt);
  if (!json) io.stdout.write("\n");
  if (json) io.stdout.write(`${JSON.stringify({ event: "generate", prompt, text })}\n`);
  if (status !== 0) throw new Interrupted(status);
}

function warnOfUnknown(tokenizer: Tokenizer, prompt: string, io: Io): void {
  const unknown = tokenizer.unknown(prompt);
  if (unknown.length === 0) return;
  const list = unknown.map((u) => JSON.stringify(u)).join(", ");
  io.stderr.write(`warning: the model does not know ${list}: read as <unk>\n`);
}
