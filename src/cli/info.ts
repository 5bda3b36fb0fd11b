/** `saiki info`. */

import { availableParallelism, cpus } from "node:os";
import type { Command } from "commander";
import { wrapAnsi } from "fast-wrap-ansi";
import { backendInfo, ready } from "../kernels/index.ts";
import type { Io } from "./io.ts";
import { openModel } from "./open-model.ts";
import { examples } from "./options.ts";
import { grouped, nats, perplexityText } from "./ui/format.ts";
import { columnsOf, look } from "./ui/look.ts";
import { version } from "./version.ts";

export function infoCommand(program: Command, io: Io): void {
  const command = program
    .command("info")
    .description("tell which kernels run here, or what a model is")
    .argument("[model]", "the folder that saiki train wrote")
    .option("--json", "print it as a JSON object")
    .action(async (model: string | undefined, { json }: { json?: true }) => {
      if (model === undefined) await ready(); // with threads, as in training
      const facts = model === undefined ? machineFacts() : await modelFacts(model);
      if (json) io.stdout.write(`${JSON.stringify(facts)}\n`);
      else io.stdout.write(table(facts, io));
    });
  examples(
    command,
    ["npx saiki info", "kernels, threads, runtime"],
    ["npx saiki info book.txt.saiki", "a model's sizes, text and scores"],
  );
}

type Facts = Record<string, string | number | null>;

function machineFacts(): Facts {
  const { name, instructionSet, file, threads, reasons } = backendInfo();
  const others = Object.entries(reasons).map(([other, why]) => `${other}: ${why}`);
  return {
    saiki: version,
    backend: instructionSet === null ? name : `${name} (${instructionSet})`,
    ...(file === null ? {} : { kernels: file }),
    threads,
    ...(others.length > 0 ? { "not used": others.join("; ") } : {}),
    runtime: runtime(),
    platform: `${process.platform} ${process.arch}`,
    processor: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
  };
}

async function modelFacts(folder: string): Promise<Facts> {
  const { model, tokenizer, training, text, step, valLoss } = await openModel(folder);
  const { cell, embedding, hidden, layers, dropout, inputDropout } = model.config;
  const rest = { hidden, layers, dropout, "input dropout": inputDropout };
  const sizes = cell === "bigram" ? { embedding } : { embedding, ...rest };
  const scores =
    valLoss === null
      ? {}
      : { "validation loss": nats(valLoss), perplexity: perplexityText(Math.exp(valLoss)) };
  return {
    model: folder,
    cell,
    ...sizes,
    tokens: tokenizer.kind,
    vocabulary: grouped(tokenizer.size),
    parameters: grouped(model.parameterCount),
    "trained on": `${grouped(text.trainCharacters)} of ${grouped(text.characters)} characters`,
    steps: step,
    ...scores,
    ...{ batch: training.batch, length: training.length, lr: training.lr, seed: training.seed },
  };
}

function runtime(): string {
  const { Deno } = globalThis as { Deno?: { version: { deno: string } } };
  if (Deno !== undefined) return `Deno ${Deno.version.deno}`;
  const { bun, node } = process.versions;
  return bun === undefined ? `Node ${node}` : `Bun ${bun}`;
}

/** Names and values in two columns; on a terminal long values wrap inside theirs. */
function table(facts: Facts, io: Io): string {
  const width = Math.max(...Object.keys(facts).map((k) => k.length)) + 2;
  const { isLive, paint } = look(io, "stdout");
  const room = columnsOf(io.stdout) - width;
  const indent = `\n${" ".repeat(width)}`;
  return Object.entries(facts)
    .map(([k, value]) => {
      const text = String(value);
      const wrapped = isLive && room >= 10 ? wrapAnsi(text, room, { hard: true }) : text;
      return `${paint("dim", k.padEnd(width))}${wrapped.replaceAll("\n", indent)}\n`;
    })
    .join("");
}
