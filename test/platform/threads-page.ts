/** The script of a page and of its worker: each prints the result of ready() there. */

import { manualSeed, nn, type Readiness, randn, ready, setNumThreads, type Tensor } from "saiki";
import { sha256 } from "../../src/io/index.ts";

export interface Outcome {
  ready: Readiness;
  /** SHA-256 of an LSTM's results with 1, 2 and 1 threads. */
  bits: string[];
}

if (typeof document === "object") {
  console.log(JSON.stringify(await outcome()));
  const worker = new Worker("page.js", { type: "module" });
  worker.onerror = (event) => console.error(event.message);
  worker.onmessage = ({ data }) => {
    console.log(JSON.stringify(data));
    console.log("end of the page");
  };
} else {
  postMessage(await outcome());
}

async function outcome(): Promise<Outcome> {
  const came = await ready({ threads: 2 });
  const bits = [1, 2, 1].map((threads) => {
    setNumThreads(threads);
    return trained();
  });
  return { ready: came, bits };
}

/** Forward and backward, large enough to be shared by threads. */
function trained(): string {
  manualSeed(1);
  const lstm = new nn.LSTM(70, 67);
  const [y] = lstm.forward(randn(30, 9, 70));
  y.sum().backward();
  return [y, ...[...lstm.parameters()].map(({ grad }) => grad as Tensor)].map(digest).join(" ");
}

function digest(x: Tensor): string {
  const { buffer, byteOffset, byteLength } = x.toTypedArray();
  return sha256(new Uint8Array(buffer, byteOffset, byteLength));
}
