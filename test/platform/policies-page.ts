/** Trains in a page, a worker or an audio worklet; the page prints the outcome. */

import { backendInfo, manualSeed, nn, optim, type Readiness, randn, ready } from "saiki";

export interface Outcome {
  backend: string;
  reasons: Record<string, string>;
  /** The loss after each of five steps of training. */
  losses: number[];
  ready: Readiness | null;
}

declare const registerProcessor: ((name: string, processor: unknown) => void) | undefined;

if (typeof registerProcessor === "function") registerProcessor("saiki", processor());
else if (typeof document === "object") await page();
else addEventListener("message", async ({ data }) => postMessage(await outcome(data)));

/** Runs in a worker for `?worker`, in a worklet for `?audio`, else in the page. */
async function page(): Promise<void> {
  const [where, own] = location.search.slice(1).split("&");
  let came: Outcome;
  if (where === "audio") came = await inWorklet();
  else if (where === "worker") came = await inWorker(own === "own");
  else came = await outcome(false);
  console.log(JSON.stringify(came));
  console.log("end of the page");
}

function inWorker(own: boolean): Promise<Outcome> {
  const worker = new Worker("page.js", { type: "module" });
  worker.postMessage(own);
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
  });
}

async function inWorklet(): Promise<Outcome> {
  const audio = new OfflineAudioContext(1, 128, 44100);
  await audio.audioWorklet.addModule("page.js");
  const node = new AudioWorkletNode(audio, "saiki");
  return new Promise((resolve, reject) => {
    node.port.onmessage = ({ data }) => resolve(data);
    node.onprocessorerror = () => reject(new Error("the audio worklet failed"));
    node.port.postMessage(null);
  });
}

/** @param own whether threads start from a file of the page's own */
async function outcome(own: boolean): Promise<Outcome> {
  const worker = () => new Worker("thread.js", { type: "module" });
  const came = await ready({ threads: 2, worker: own ? worker : undefined });
  return { ...trained(), ready: came };
}

function trained(): Outcome {
  randn(2); // the first use seeds, even without a source of entropy
  manualSeed(1);
  const [lstm, x] = [new nn.LSTM(3, 8), randn(5, 2, 3)];
  const adam = new optim.Adam(lstm.parameters(), { lr: 0.1 });
  const losses = Array.from({ length: 5 }, () => {
    adam.zeroGrad();
    const loss = lstm.forward(x)[0].pow(2).mean();
    loss.backward();
    adam.step();
    return loss.item();
  });
  const { name: backend, reasons } = backendInfo();
  return { backend, reasons, losses, ready: null };
}

interface AudioProcessor {
  readonly port: MessagePort;
}
declare const AudioWorkletProcessor: new () => AudioProcessor;

function processor(): new () => AudioProcessor {
  return class extends AudioWorkletProcessor {
    constructor() {
      super();
      this.port.onmessage = () => this.port.postMessage(trained());
    }
    process = () => true;
  };
}
