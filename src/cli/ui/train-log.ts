/** The log of a training run, line by line. */

import type { TrainEvent } from "../../lm/index.ts";
import { bits, grouped, nats, perplexityText } from "./format.ts";
import type { Look } from "./look.ts";

export type Start = Extract<TrainEvent, { event: "start" }>;
export type Step = Extract<TrainEvent, { event: "step" }>;
export type Valid = Extract<TrainEvent, { event: "valid" }>;

interface LogOptions {
  readonly brief?: boolean | undefined;
  /** How an interrupted run goes on, said at the start. */
  readonly whenStopped?: string | undefined;
}

/** The log's lines for a validation; it notices when the model beats counted bigrams. */
export class TrainLog {
  /** Whether the run is one of several, and the log short. */
  readonly brief: boolean;
  private readonly look: Look;
  private readonly whenStopped: string | undefined;
  private start: Start | null = null;
  private isReadable = false;

  constructor(look: Look, { brief = false, whenStopped }: LogOptions) {
    this.look = look;
    this.brief = brief;
    this.whenStopped = whenStopped;
  }

  begin(event: Start): string {
    this.start = event;
    const lines = startText(event, this.look).slice(0, this.brief ? 1 : undefined);
    return [...lines, ...(this.whenStopped ? [this.whenStopped] : [])].join("\n");
  }

  valid(event: Valid): string {
    const { trainLoss, valLoss, perplexity, bitsPerCharacter, best } = event;
    const step = String(event.step).padStart(String(this.start?.steps).length);
    const loss = best
      ? this.look.paint(["bold", "green"], `${nats(valLoss)}*`)
      : `${nats(valLoss)} `;
    return (
      `step ${step}  train ${nats(trainLoss)}  valid ${loss}  ` +
      `perplexity ${perplexityText(perplexity)}  bits/char ${bits(bitsPerCharacter)}`
    );
  }

  /** One sentence, at the first validation that is better than counted bigrams. */
  readable({ valLoss }: Valid): string | null {
    if (this.isReadable || this.start === null) return null;
    const { config, bigramLoss } = this.start;
    if (config.cell === "bigram" || !(valLoss < bigramLoss)) return null;
    this.isReadable = true;
    const unit = config.tokens === "char" ? "character" : "word";
    return `below ${nats(bigramLoss)}, which knowing the last ${unit} alone would reach`;
  }
}

function startText({ config, step, steps, ...e }: Start, { isUnicode }: Look): string[] {
  const times = isUnicode ? "×" : "x";
  const sizes = config.cell === "bigram" ? "" : ` ${config.layers}${times}${config.hidden}`;
  const unit = config.tokens === "char" ? "character" : "word";
  const from = step > 0 ? `from step ${step} of ` : "";
  return [
    `${config.cell}${sizes}, ${grouped(e.parameters)} parameters, ${from}${grouped(steps)} steps`,
    `${grouped(e.trainTokens)} + ${grouped(e.validTokens)} ${unit}s of ${e.vocabulary} kinds, the last part held out`,
    `losses in nats per ${unit}; * best so far`,
  ];
}
