/** The interface of the displays of a training run. */

import type { TrainEvent, TrainedModel } from "../../lm/index.ts";

/** Something that shows a run; `end` may be called twice. */
export interface ProgressView {
  show(event: TrainEvent, current: TrainedModel): void | Promise<void>;
  end(): void;
}
