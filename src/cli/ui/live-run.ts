/** A training run on a terminal: a log, with live lines below it. */

import { setWarningHandler } from "../../core/index.ts";
import { generateText, type TrainEvent, type TrainedModel } from "../../lm/index.ts";
import type { Output } from "../io.ts";
import { bar, duration, nats, perplexityText, sparkline } from "./format.ts";
import { frame } from "./frame.ts";
import { columnsOf, type Look } from "./look.ts";
import { Screen } from "./screen.ts";
import { Speed } from "./speed.ts";
import type { Start, Step, TrainLog, Valid } from "./train-log.ts";
import type { ProgressView } from "./view.ts";

const SAMPLES = 4; // at most

export class LiveRun implements ProgressView {
  private readonly out: Output;
  private readonly look: Look;
  private readonly log: TrainLog;
  private readonly screen: Screen;
  private readonly speed = new Speed();
  private readonly loss = new RunningMean();
  private readonly curve: number[] = [];
  private readonly warnAsBefore: (text: string) => void;
  private start: Start | null = null;
  private step = 0;
  private isEnded = false;
  /** The step of the next sample. */
  private sampleAt = Number.POSITIVE_INFINITY;

  constructor(out: Output, looks: Look, log: TrainLog) {
    this.out = out;
    this.look = looks;
    this.log = log;
    this.screen = new Screen(out, (columns) => this.block(columns));
    this.warnAsBefore = setWarningHandler((text) =>
      this.screen.above(() => this.warnAsBefore(text)),
    );
  }

  async show(event: TrainEvent, current: TrainedModel): Promise<void> {
    if (event.event === "start") {
      this.start = event;
      this.step = event.step;
      this.write(this.log.begin(event));
    } else if (event.event === "step") this.count(event);
    else if (event.event === "valid") {
      this.curve.push(event.valLoss);
      this.write(this.log.valid(event));
      await this.sample(event, current);
    }
  }

  end(): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.screen.end();
    setWarningHandler(this.warnAsBefore);
  }

  private count({ step, loss, tokens }: Step): void {
    this.speed.add(tokens);
    this.loss.add(loss);
    this.step = step;
    this.screen.refresh();
  }

  /**
   * Prints the first sample once the text is worth reading, the others over the rest of the run.
   */
  private async sample(event: Valid, current: TrainedModel): Promise<void> {
    const sentence = this.log.readable(event);
    if (sentence !== null) this.write(sentence);
    if (sentence === null && event.step < this.sampleAt) return;
    this.sampleAt = this.log.brief ? Number.POSITIVE_INFINITY : event.step + this.total / SAMPLES;
    const length = current.tokenizer.kind === "char" ? 150 : 30;
    const text = await generateText(current, { length, temperature: 0.8 });
    this.write(frame(`step ${event.step} writes`, text, columnsOf(this.out), this.look));
  }

  private get total(): number {
    return this.start?.steps ?? 0;
  }

  private write(text: string): void {
    this.screen.above(() => this.out.write(`${text}\n`));
  }

  private block(columns: number): string[] {
    const { start, step, loss, look: looks } = this;
    if (start === null) return [];
    const share = step / this.total;
    const cells = Math.max(Math.min(columns - 50, 24), 8);
    const drawn = looks.paint("cyan", bar(share, looks.isUnicode, cells));
    const label = `${start.config.cell} ${drawn} ${Math.floor(100 * share)} %`;
    const left = duration(this.speed.left(this.total - step));
    if (loss.isEmpty) return [`${label}  step ${step}/${this.total}`];
    const mean = `loss ${nats(loss.value)}  perplexity ${perplexityText(Math.exp(loss.value))}`;
    return [
      `${label}  step ${step}/${this.total}  ${left} left`,
      `${mean}  ${this.speed.text}`,
      ...this.curveLine(columns),
    ];
  }

  /** The validation losses, with the first and the last as its scale. */
  private curveLine(columns: number): string[] {
    const shown = this.curve.slice(-Math.max(Math.min(columns - 22, 40), 4));
    const [first, last] = [shown[0], shown.at(-1)];
    if (first === undefined || last === undefined || shown.length < 2) return [];
    const row = this.look.paint("cyan", sparkline(shown, this.look.isUnicode));
    return [`valid ${nats(first)} ${row} ${nats(last)}`];
  }
}

const KEEP = 0.98;

/** An exponential mean with Adam's bias correction: `m / (1 - 0.98^t)`. */
class RunningMean {
  private mean = 0;
  private count = 0;

  add(x: number): void {
    this.mean = KEEP * this.mean + (1 - KEEP) * x;
    this.count++;
  }

  get isEmpty(): boolean {
    return this.count === 0;
  }

  get value(): number {
    return this.mean / (1 - KEEP ** this.count);
  }
}
