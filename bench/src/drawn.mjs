// @ts-check
/** The weights and data of a row as plain arrays, drawn by saiki for the other libraries. */

import { Layer, Model } from "./saiki-work.mjs";

/** @typedef {import("./saiki-work.mjs").Start} Start */

/**
 * @typedef {object} Weights of a recurrent layer, as PyTorch has them
 * @property {Float32Array} w_ih (G·H, I)
 * @property {Float32Array} w_hh (G·H, H)
 * @property {Float32Array} b_ih (G·H)
 * @property {Float32Array} b_hh (G·H)
 */

/** @param {Start} start x is (T, B, I), dy (T, B, H) */
export function drawnLayer(start) {
  const layer = new Layer(start);
  return { rnn: weights(layer.rnn), x: values(layer.x), dy: values(layer.dy) };
}

/** @param {Start} start table is (V, E), projection (V, H), bias (V) */
export function drawnModel(start) {
  const { embedding, rnn, projection } = new Model(start);
  return {
    table: values(embedding.weight),
    rnn: weights(rnn),
    projection: values(projection.weight),
    bias: values(projection.bias),
  };
}

/** Σ a · b / √(elements). @param {ArrayLike<number>} a @param {ArrayLike<number>} b */
export function along(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Number(a[i]) * Number(b[i]);
  return sum / Math.sqrt(a.length);
}

/**
 * (rows, columns) → (columns, rows).
 *
 * @param {Float32Array} a @param {number} rows @param {number} columns
 */
export function transposed(a, rows, columns) {
  return Float32Array.from(a, (_, i) => Number(a[(i % rows) * columns + Math.floor(i / rows)]));
}

/**
 * (T, B, …) ↔ (B, T, …), each of `size` values.
 *
 * @param {Float32Array | number[]} a @param {number} outer @param {number} inner
 * @param {number} [size]
 */
export function swapped(a, outer, inner, size = 1) {
  const out = new Float32Array(a.length);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const from = (o * inner + i) * size;
      out.set(a.slice(from, from + size), (i * outer + o) * size);
    }
  }
  return out;
}

/** @param {any} rnn @returns {Weights} */
function weights(rnn) {
  return {
    w_ih: values(rnn.weight_ih_l0),
    w_hh: values(rnn.weight_hh_l0),
    b_ih: values(rnn.bias_ih_l0),
    b_hh: values(rnn.bias_hh_l0),
  };
}

/** @param {any} tensor @returns {Float32Array} */
function values(tensor) {
  return Float32Array.from(tensor.detach().impl.real());
}
