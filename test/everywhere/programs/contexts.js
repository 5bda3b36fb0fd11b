/** A page that trains in the worker or worklet that its address names. */

import { fail, report } from "./report.js";

/** Each returns the sender of the outcome. */
const contexts = {
  worker: () => started(new Worker("worker.js", { type: "module" })),
  "own-threads": () => started(new Worker("worker.js?own-threads", { type: "module" })),

  shared() {
    const worker = new SharedWorker("worker.js", { type: "module" });
    worker.onerror = (event) => fail(event.message ?? "the worker did not start");
    worker.port.start();
    return worker.port;
  },

  async service() {
    const options = /** @type {const} */ ({ type: "module", scope: "/nowhere/" });
    const { installing, active } = await navigator.serviceWorker.register("worker.js", options);
    (installing ?? active)?.postMessage("train");
    navigator.serviceWorker.startMessages();
    return navigator.serviceWorker;
  },

  async worklet() {
    const context = new OfflineAudioContext(1, 128, 44100);
    await context.audioWorklet.addModule("worklet.js");
    const { port } = new AudioWorkletNode(context, "train");
    port.start();
    return port;
  },
};

/** @param {Worker} worker */
function started(worker) {
  worker.onerror = (event) => fail(event.message ?? "the worker did not start");
  return worker;
}

const name = new URLSearchParams(location.search).get("as");
report(
  (async () => {
    const place = await contexts[name]();
    return new Promise((resolve, reject) => {
      place.addEventListener("message", ({ data }) =>
        data.error ? reject(data.error) : resolve([data]),
      );
    });
  })(),
);
