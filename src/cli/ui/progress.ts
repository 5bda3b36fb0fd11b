/** How a training run is shown: a bar on a terminal, lines elsewhere, JSON for programs. */

import cliProgress from "cli-progress";
import { generateText, type TrainEvent, type TrainedModel } from "../../lm/index.ts";
import type { Io, Output } from "../io.ts";
import { bits, duration, grouped, nats, perplexityText, sparkline } from "./format.ts";

/** Something that shows a run; `end` may be called twice. */
export interface ProgressView {
  show(event: TrainEvent, current: TrainedModel): void | Promise<void>;
  end(): void;
}

export function progress(io: Io, json: boolean): ProgressView {
  if (json) return jsonLines(io.stdout);
  return io.stderr.isTTY ? new TerminalBar(io.stderr) : plainLines(io.stderr);
}

/** Tokens per second, since the first step that this process did. */
class Speed {
  private tokens = 0;
  private start = performance.now();
  private steps = 0;

  add(tokens: number): void {
    this.tokens += tokens;
    this.steps++;
  }

  get tokensPerSecond(): number {
    return this.tokens / this.seconds;
  }

  /** Seconds left for `steps` more. */
  left(steps: number): number {
    return (this.seconds / Math.max(this.steps, 1)) * steps;
  }

  private get seconds(): number {
    return (performance.now() - this.start) / 1000;
  }
}

// ---- lines ----

function plainLines(out: Output): ProgressView {
  const speed = new Speed();
  let total = 0;
  return {
    show(event) {
      if (event.event === "start") {
        total = event.steps;
        out.write(`${startText(event)}\n`);
      } else if (event.event === "step") speed.add(event.tokens);
      else if (event.event === "valid") {
        const rate = `${grouped(speed.tokensPerSecond)} tokens/s`;
        out.write(`step ${event.step}/${total}  ${scores(event)}  ${rate}\n`);
      }
    },
    end() {},
  };
}

type Start = Extract<TrainEvent, { event: "start" }>;
type Valid = Extract<TrainEvent, { event: "valid" }>;

function startText({ config, step, steps, ...e }: Start): string {
  const sizes = config.cell === "bigram" ? "" : ` ${config.layers}×${config.hidden}`;
  const what = `${config.cell}${sizes}, ${grouped(e.parameters)} parameters`;
  const data = `${grouped(e.trainTokens)} + ${grouped(e.validTokens)} ${config.tokens} tokens of ${e.vocabulary} kinds`;
  return `${what}; ${data}; ${step > 0 ? `from step ${step} of ` : ""}${steps} steps`;
}

function scores(event: Valid): string {
  const { trainLoss, valLoss, perplexity, bitsPerCharacter, best } = event;
  return (
    `train ${nats(trainLoss)}  valid ${nats(valLoss)}${best ? "*" : " "}  ` +
    `perplexity ${perplexityText(perplexity)}  bits/char ${bits(bitsPerCharacter)}`
  );
}

// ---- JSON ----

function jsonLines(out: Output): ProgressView {
  const speed = new Speed();
  let interval = 1;
  return {
    show(event) {
      if (event.event === "start") interval = Math.ceil(event.steps / 100);
      if (event.event !== "step") return void out.write(`${JSON.stringify(event)}\n`);
      speed.add(event.tokens);
      if (event.step % interval !== 0) return;
      const tokensPerSecond = Math.round(speed.tokensPerSecond);
      out.write(`${JSON.stringify({ ...event, tokensPerSecond })}\n`);
    },
    end() {},
  };
}

// ---- terminal ----

const SAMPLES = 4;
const FORMAT =
  "{bar} {percentage}% {value}/{total} | loss {loss} ppl {ppl} | {rate} tok/s | {left} left {curve}";

class TerminalBar implements ProgressView {
  private readonly out: Output;
  private readonly bar: cliProgress.SingleBar;
  private readonly speed = new Speed();
  private readonly curve: number[] = [];
  private total = 0;
  private loss = Number.NaN;
  private samples = 0;

  constructor(out: Output) {
    this.out = out;
    const stream = out as NodeJS.WritableStream;
    const looks = { format: FORMAT, barsize: 16, hideCursor: true, fps: 5 };
    this.bar = new cliProgress.SingleBar({ ...looks, stream }, cliProgress.Presets.shades_classic);
  }

  async show(event: TrainEvent, current: TrainedModel): Promise<void> {
    if (event.event === "start") this.start(event);
    else if (event.event === "step") this.step(event);
    else if (event.event === "valid") {
      this.curve.push(event.valLoss);
      this.bar.update({ curve: sparkline(this.curve) });
      this.above(`step ${event.step}  ${scores(event)}`);
      if (event.step < (this.total / SAMPLES) * (this.samples + 1)) return;
      this.samples++;
      const length = current.tokenizer.kind === "char" ? 70 : 14;
      this.above(`  ${JSON.stringify(await generateText(current, { length }))}`);
    }
  }

  end(): void {
    this.bar.stop();
  }

  private start(event: Start): void {
    this.total = event.steps;
    this.samples = Math.floor((event.step / event.steps) * SAMPLES);
    this.out.write(`${startText(event)}\n`);
    const blank = { loss: "-", ppl: "-", rate: "-", left: "-", curve: "" };
    this.bar.start(event.steps, event.step, blank);
  }

  private step({ step, loss, tokens }: Extract<TrainEvent, { event: "step" }>): void {
    this.speed.add(tokens);
    this.loss = Number.isNaN(this.loss) ? loss : 0.98 * this.loss + 0.02 * loss;
    this.bar.update(step, {
      loss: nats(this.loss),
      ppl: perplexityText(Math.exp(this.loss)),
      rate: grouped(this.speed.tokensPerSecond),
      left: duration(this.speed.left(this.total - step)),
    });
  }

  /** Prints a line where the bar is; the bar is drawn again below. */
  private above(line: string): void {
    this.out.write(`\r\x1b[K${line}\n`);
  }
}
