/** Shows a training run: live lines on a terminal, a log elsewhere, JSON for programs. */

import type { Io, Output } from "../io.ts";
import { LiveRun } from "./live-run.ts";
import { look } from "./look.ts";
import { Speed } from "./speed.ts";
import { TrainLog } from "./train-log.ts";
import type { ProgressView } from "./view.ts";

export interface ProgressOptions {
  readonly json?: boolean | undefined;
  /** Whether it is one of several runs on the same text, which share lines and show one sample. */
  readonly brief?: boolean | undefined;
  /** How an interrupted run goes on, said at the start. */
  readonly whenStopped?: string | undefined;
}

export function progress(io: Io, options: ProgressOptions): ProgressView {
  if (options.json) return jsonLines(io.stdout);
  const looks = look(io, "stderr");
  const log = new TrainLog(looks, options);
  return looks.isLive ? new LiveRun(io.stderr, looks, log) : plainLines(io.stderr, log);
}

function plainLines(out: Output, log: TrainLog): ProgressView {
  const speed = new Speed();
  return {
    show(event) {
      if (event.event === "start") out.write(`${log.begin(event)}\n`);
      else if (event.event === "step") speed.add(event.tokens);
      else if (event.event === "valid") {
        const sentence = log.readable(event);
        out.write(`${log.valid(event)}  ${speed.text}\n${sentence ? `${sentence}\n` : ""}`);
      }
    },
    end() {},
  };
}

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
