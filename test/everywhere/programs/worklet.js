import { train } from "./train.js";

registerProcessor(
  "train",
  class extends AudioWorkletProcessor {
    constructor() {
      super();
      train()
        .catch((error) => ({ error: String(error) }))
        .then((outcome) => this.port.postMessage(outcome));
    }
    process() {
      return false;
    }
  },
);
