/** Trains in a dedicated, shared or service worker. */

import { train } from "./train.js";

const ownThreads = { worker: () => new Worker("thread.js", { type: "module" }) };
const options = location.search === "?own-threads" ? ownThreads : {};

async function answer(port) {
  port.postMessage(await train(options).catch((error) => ({ error: String(error) })));
}

if ("onconnect" in self) self.onconnect = ({ ports }) => answer(ports[0]);
else if ("registration" in self) self.onmessage = (event) => event.waitUntil(answer(event.source));
else answer(self);
