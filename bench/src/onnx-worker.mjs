// @ts-check
/** ONNX Runtime's process, inference alone: serve.mjs has the protocol. */

import { createRequire } from "node:module";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { along, drawnLayer, drawnModel } from "./drawn.mjs";
import { layerModel, stepModel } from "./onnx-model.mjs";
import { likeliest } from "./saiki-work.mjs";
import { serve } from "./serve.mjs";

/** @typedef {import("./saiki-work.mjs").Start} Start */

const { version } = createRequire(import.meta.url)("onnxruntime-node/package.json");

await serve(async (/** @type {Start & { threads: number }} */ message) => {
  const options = { intraOpNumThreads: message.threads, interOpNumThreads: 1 };
  const load = (/** @type {Uint8Array} */ file) => InferenceSession.create(file, options);
  const task = message.kind === "token" ? await token(message, load) : await layer(message, load);
  return { task, version };
});

/** @param {Start} c @param {(file: Uint8Array) => Promise<InferenceSession>} load */
async function layer(c, load) {
  const { rnn, x, dy } = drawnLayer(c);
  const session = await load(layerModel(c, rnn));
  const feeds = { x: new Tensor("float32", x, [c.length, c.batch, c.input]) };
  const step = async () => (await session.run(feeds))["y"];
  return { step, check: async () => [along(floats(await step()), dy)] };
}

/** @param {Start} c @param {(file: Uint8Array) => Promise<InferenceSession>} load */
async function token(c, load) {
  const session = await load(stepModel(c, drawnModel(c)));
  const zeros = () => new Tensor("float32", new Float32Array(c.hidden), [1, 1, c.hidden]);
  let id = 0;
  /** @type {Record<string, Tensor | undefined>} */
  let state = c.cell === "LSTM" ? { h: zeros(), c: zeros() } : { h: zeros() };
  const step = async () => {
    const feeds = { id: new Tensor("int64", [BigInt(id)], [1, 1]), ...state };
    const out = await session.run(/** @type {any} */ (feeds));
    state = c.cell === "LSTM" ? { h: out["h1"], c: out["c1"] } : { h: out["h1"] };
    const scores = floats(out["scores"]);
    id = likeliest(scores);
    return scores;
  };
  const check = async () => {
    const scores = await step();
    return [id, Number(scores[id])];
  };
  return { step, check };
}

/** @param {Tensor | undefined} tensor */
function floats(tensor) {
  return /** @type {Float32Array} */ (tensor?.data);
}
