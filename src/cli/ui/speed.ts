/** The speed of a run and its remaining time. */

import { grouped } from "./format.ts";

/** Tokens per second since the first step of this process. */
export class Speed {
  private tokens = 0;
  private start = performance.now();
  private steps = 0;

  add(tokens: number): void {
    this.tokens += tokens;
    this.steps++;
  }

  get text(): string {
    return `${grouped(this.tokens / this.seconds)} tokens/s`;
  }

  get tokensPerSecond(): number {
    return this.tokens / this.seconds;
  }

  /** Seconds for `steps` more steps. */
  left(steps: number): number {
    return (this.seconds / Math.max(this.steps, 1)) * steps;
  }

  private get seconds(): number {
    return (performance.now() - this.start) / 1000;
  }
}
