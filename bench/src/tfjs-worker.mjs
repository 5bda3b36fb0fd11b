// @ts-check
/**
 * TensorFlow.js' process: serve.mjs has the protocol. Its layers take the batch first, have one
 * bias and transposed weights. Its GRU resets the state before the product: another function with
 * as much arithmetic, so its numbers are not compared. In training, a language model multiplies by
 * one-hot rows instead of a lookup, whose gradient the WebAssembly backend lacks and the other
 * computes slower.
 */

import { createRequire } from "node:module";
import { dirname } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { along, drawnLayer, drawnModel, swapped, transposed } from "./drawn.mjs";
import { likeliest } from "./saiki-work.mjs";
import { serve } from "./serve.mjs";

/**
 * @typedef {import("./saiki-work.mjs").Start} Start
 * @typedef {import("./serve.mjs").Task} Task
 */

const require = createRequire(import.meta.url);
setWasmPaths(`${dirname(require.resolve("@tensorflow/tfjs-backend-wasm/package.json"))}/dist/`);
console.warn = () => {}; // advice about other packages

await serve(async (/** @type {Start & { backend: string }} */ message) => {
  if (!(await tf.setBackend(message.backend))) throw new Error(`no backend ${message.backend}`);
  await tf.ready();
  const task = { forward, layer: forwardBackward, train, token }[message.kind](message);
  if (message.cell === "GRU") task.check = () => [task.step()].map(() => null);
  return { task, version: tf.version.tfjs };
});

/** @param {Start} c @returns {Task} */
function forward(c) {
  const { rnn, x, dy } = layer(c);
  const step = () => tf.tidy(() => tf.reshape(output(rnn.apply(x)), [-1]).dataSync());
  return { step, check: () => [along(step(), dy.dataSync())] };
}

/** @param {Start} c @returns {Task} */
function forwardBackward(c) {
  const { rnn, x, dy } = layer(c);
  const wanted = [x, ...variables(rnn)];
  const loss = () => output(rnn.apply(x)).mul(dy).sum();
  const step = () =>
    tf.tidy(() => {
      const { value, grads } = tf.variableGrads(scalar(loss), wanted);
      return [value.dataSync()[0], ...wanted.map(({ name }) => length(grads[name]).dataSync()[0])];
    });
  const check = () => {
    const [sum = 0, ...norms] = step().map(Number);
    norms.push(Number(norms.at(-1))); // two biases have the same gradient
    return [sum / Math.sqrt(dy.size), Math.hypot(...norms) / Math.sqrt(dy.size)];
  };
  return { step, check };
}

/** @param {Start} c @returns {Task} */
function train(c) {
  const drawn = drawnModel(c);
  const table = tf.variable(tf.tensor(drawn.table, [c.vocabulary, c.input]));
  const rnn = recurrent(c, drawn.rnn);
  const projection = tf.variable(tf.tensor(drawn.projection, [c.vocabulary, c.hidden]));
  const bias = tf.variable(tf.tensor(drawn.bias));
  const wanted = [table, ...variables(rnn), projection, bias];
  const twice = String(variables(rnn).at(-1)?.name); // the bias, where the others have two
  const adam = tf.train.adam(c.lr, 0.9, 0.999, 1e-8);
  const windows = c.windows.map((pair) =>
    pair.map((ids) => tf.tensor1d(swapped(ids, c.length, c.batch), "int32")),
  );
  let state = zeroState(c);
  let done = 0;

  const step = () => {
    const [x, y] = /** @type {tf.Tensor1D[]} */ (windows[done++ % windows.length]);
    /** @type {tf.Tensor[]} */
    let after = [];
    const loss = () => {
      const ids = tf.oneHot(/** @type {tf.Tensor1D} */ (x), c.vocabulary).toFloat();
      const read = tf.matMul(ids, table).reshape([c.batch, c.length, c.input]);
      const [out, ...last] = /** @type {tf.Tensor[]} */ (rnn.apply(read, { initialState: state }));
      after = last.map((s) => tf.keep(s.clone()));
      const rows = /** @type {tf.Tensor} */ (out).reshape([-1, c.hidden]);
      const scores = tf.matMul(rows, projection, false, true).add(bias);
      return tf.losses.softmaxCrossEntropy(
        tf.oneHot(/** @type {tf.Tensor1D} */ (y), c.vocabulary),
        scores,
      );
    };
    const values = tf.tidy(() => {
      const { value, grads } = tf.variableGrads(scalar(loss), wanted);
      const norm = length(...wanted.map(({ name }) => grads[name]), grads[twice]);
      const factor = tf.minimum(1, tf.div(1, norm.add(1e-6)));
      const clipped = Object.entries(grads).map(([name, g]) => [name, g.mul(factor)]);
      adam.applyGradients(Object.fromEntries(clipped));
      return [value.dataSync()[0], norm.dataSync()[0]].map(Number);
    });
    tf.dispose(state);
    state = after;
    return values;
  };
  // After the first step its single bias has moved less than the sum of two biases.
  return { step, check: () => (done === 0 ? step() : step().map(() => null)) };
}

/** @param {Start} c @returns {Task} */
function token(c) {
  const drawn = drawnModel(c);
  const table = tf.tensor2d(drawn.table, [c.vocabulary, c.input]);
  const rnn = recurrent(c, drawn.rnn);
  const projection = tf.tensor2d(drawn.projection, [c.vocabulary, c.hidden]);
  const bias = tf.tensor1d(drawn.bias);
  let state = zeroState(c);
  let id = 0;

  const step = () => {
    const [scores, ...after] = tf.tidy(() => {
      const x = tf.gather(table, [id]).reshape([1, 1, c.input]);
      const [y, ...last] = /** @type {tf.Tensor[]} */ (rnn.apply(x, { initialState: state }));
      const row = /** @type {tf.Tensor} */ (y).reshape([1, c.hidden]);
      return [tf.matMul(row, projection, false, true).add(bias), ...last];
    });
    const values = /** @type {tf.Tensor} */ (scores).dataSync();
    id = likeliest(values);
    tf.dispose([/** @type {tf.Tensor} */ (scores), ...state]);
    state = after;
    return values;
  };
  const check = () => {
    const scores = step();
    return [id, Number(scores[id])];
  };
  return { step, check };
}

// ---- layers ------------------------------------------------------------------------------------

/** A layer and its data, the batch first. @param {Start} c */
function layer(c) {
  const drawn = drawnLayer(c);
  const data = (/** @type {Float32Array} */ a, /** @type {number} */ size) =>
    tf.tensor3d(swapped(a, c.length, c.batch, size), [c.batch, c.length, size]);
  return {
    rnn: recurrent(c, drawn.rnn),
    x: tf.variable(data(drawn.x, c.input)),
    dy: data(drawn.dy, c.hidden),
  };
}

/** @param {Start} c @param {import("./drawn.mjs").Weights} weights */
function recurrent({ cell, kind, input, hidden }, { w_ih, w_hh, b_ih, b_hh }) {
  const state = kind === "train" || kind === "token";
  // The weights are set below; the default, orthogonal, takes minutes at hidden 512.
  const recurrentInitializer = /** @type {const} */ ("zeros");
  const args = { units: hidden, returnSequences: true, returnState: state, recurrentInitializer };
  const gated = {
    ...args,
    recurrentActivation: /** @type {const} */ ("sigmoid"),
    implementation: 2,
  };
  const rnn =
    cell === "LSTM"
      ? tf.layers.lstm(gated)
      : cell === "GRU"
        ? tf.layers.gru(gated)
        : tf.layers.simpleRNN(args);
  tf.tidy(() => void rnn.apply(tf.zeros([1, 1, input]))); // builds it
  const rows = b_ih.length;
  rnn.setWeights([
    tf.tensor2d(transposed(w_ih, rows, input), [input, rows]),
    tf.tensor2d(transposed(w_hh, rows, hidden), [hidden, rows]),
    tf.tensor1d(b_ih.map((b, i) => b + Number(b_hh[i]))),
  ]);
  return rnn;
}

/** @param {Start} c @returns {tf.Tensor[]} */
function zeroState({ cell, batch, hidden }) {
  return Array.from({ length: cell === "LSTM" ? 2 : 1 }, () => tf.zeros([batch, hidden]));
}

/** The Euclidean norm over all of them. @param {(tf.Tensor | undefined)[]} tensors */
function length(...tensors) {
  const squares = tensors.map((t) => /** @type {tf.Tensor} */ (t).square().sum());
  return tf.addN(squares).sqrt();
}

/** @param {{ trainableWeights: tf.layers.Layer["trainableWeights"] }} rnn */
function variables({ trainableWeights }) {
  return trainableWeights.map((w) => /** @type {tf.Variable} */ (w.read()));
}

/** @param {unknown} applied */
function output(applied) {
  return /** @type {tf.Tensor} */ (applied);
}

/** @param {() => tf.Tensor} loss */
function scalar(loss) {
  return /** @type {() => tf.Scalar} */ (loss);
}
