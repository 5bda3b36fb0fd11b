/** `saiki eval`. */

import { type Command, Option } from "commander";
import { evaluateText } from "../lm/index.ts";
import { encodingHelp, toEncoding } from "./encoding.ts";
import type { Io } from "./io.ts";
import { openModel } from "./open-model.ts";
import { examples } from "./options.ts";
import { interruptible } from "./outcome.ts";
import { readText } from "./read-text.ts";
import { bits, grouped, nats, perplexityText, quotedList } from "./ui/format.ts";

interface Flags {
  readonly split: "all" | "valid";
  readonly encoding?: string;
  readonly json?: true;
}

export function evalCommand(program: Command, io: Io): void {
  const command = program
    .command("eval")
    .description("tell how well a model predicts a text")
    .argument("<model>", "the folder that saiki train wrote")
    .argument("<file>", "a text file; - for standard input")
    .option("--encoding <name>", encodingHelp, toEncoding)
    .addOption(
      new Option("--split <part>", "all of the text, or the part that training held out")
        .choices(["all", "valid"])
        .default("all"),
    )
    .option("--json", "print the result as a JSON object")
    .action((model: string, file: string, flags: Flags) => evalAction(model, file, flags, io));
  examples(
    command,
    ["npx saiki eval book.txt.saiki other.txt", "all of another text"],
    ["npx saiki eval book.txt.saiki book.txt --split valid", "what was held out"],
  );
}

async function evalAction(folder: string, file: string, flags: Flags, io: Io): Promise<void> {
  const trained = await openModel(folder);
  const text = await readText(file, io, flags);
  const { split, json } = flags;
  const score = await interruptible(io, (signal) =>
    evaluateText(trained, text, { split, textName: file, signal }),
  );
  if (json) {
    io.stdout.write(`${JSON.stringify({ event: "eval", split, ...score })}\n`);
    return;
  }
  const unit = trained.tokenizer.kind === "char" ? "character" : "word";
  if (score.unknown.length > 0) {
    const count = grouped(score.unknown.length);
    io.stderr.write(`${count} unknown, read as <unk>: ${quotedList(score.unknown)}\n`);
  }
  io.stdout.write(`loss                ${nats(score.loss)} nats per ${unit}\n`);
  io.stdout.write(`perplexity          ${perplexityText(score.perplexity)}\n`);
  io.stdout.write(`bits per character  ${bits(score.bitsPerCharacter)}\n`);
  io.stdout.write(`tokens              ${grouped(score.tokens)}\n`);
}
