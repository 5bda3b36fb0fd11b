// @ts-check
/**
 * ONNX files of a recurrent layer and of one step of a language model, written as protocol buffers.
 */

import { transposed } from "./drawn.mjs";

/**
 * @typedef {import("./drawn.mjs").Weights} Weights
 * @typedef {{ cell: string, input: number, hidden: number, vocabulary: number, batch: number,
 *   length: number }} Size
 */

const gates = { RNN: 1, GRU: 3, LSTM: 4 };
/** The indices of ONNX's gates in PyTorch's order: i o f g among i f g o, z r n among r z n. */
const order = { RNN: [0], GRU: [1, 0, 2], LSTM: [0, 3, 1, 2] };

/** x (T, B, I) → y (T, 1, B, H). @param {Size} size @param {Weights} weights */
export function layerModel(size, weights) {
  const { input, hidden, batch, length } = size;
  return model({
    nodes: [recurrentNode(size, ["x", "W", "R", "B"], ["y"])],
    constants: recurrentConstants(size, weights),
    inputs: [value("x", FLOAT, [length, batch, input])],
    outputs: [value("y", FLOAT, [length, 1, batch, hidden])],
  });
}

/**
 * id (1, 1), h (1, 1, H) and of an LSTM c → scores (1, 1, V), and the state after it: h1, c1.
 *
 * @param {Size} size @param {ReturnType<import("./drawn.mjs").drawnModel>} drawn
 */
export function stepModel(size, { table, rnn, projection, bias }) {
  const { cell, input, hidden, vocabulary } = size;
  const states = cell === "LSTM" ? ["h", "c"] : ["h"];
  const after = states.map((s) => `${s}1`);
  const state = (/** @type {string} */ name) => value(name, FLOAT, [1, 1, hidden]);
  return model({
    nodes: [
      node("Gather", ["table", "id"], ["x"]),
      recurrentNode(size, ["x", "W", "R", "B", "", ...states], ["", ...after]),
      node("MatMul", ["h1", "projection"], ["products"]),
      node("Add", ["products", "bias"], ["scores"]),
    ],
    constants: [
      constant("table", [vocabulary, input], table),
      ...recurrentConstants(size, rnn),
      constant("projection", [hidden, vocabulary], transposed(projection, vocabulary, hidden)),
      constant("bias", [vocabulary], bias),
    ],
    inputs: [value("id", INT64, [1, 1]), ...states.map(state)],
    outputs: [value("scores", FLOAT, [1, 1, vocabulary]), ...after.map(state)],
  });
}

/** @param {Size} size @param {string[]} inputs @param {string[]} outputs */
function recurrentNode({ cell, hidden }, inputs, outputs) {
  const attributes = [attribute("hidden_size", hidden)];
  if (cell === "GRU") attributes.push(attribute("linear_before_reset", 1));
  return node(cell, inputs, outputs, attributes);
}

/** @param {Size} size @param {Weights} weights */
function recurrentConstants({ cell, input, hidden }, { w_ih, w_hh, b_ih, b_hh }) {
  const g = gates[/** @type {keyof typeof gates} */ (cell)];
  const reordered = (/** @type {Float32Array} */ a) => {
    const block = a.length / g;
    return order[/** @type {keyof typeof order} */ (cell)].flatMap((gate) => [
      ...a.subarray(gate * block, (gate + 1) * block),
    ]);
  };
  return [
    constant("W", [1, g * hidden, input], reordered(w_ih)),
    constant("R", [1, g * hidden, hidden], reordered(w_hh)),
    constant("B", [1, 2 * g * hidden], [...reordered(b_ih), ...reordered(b_hh)]),
  ];
}

// ---- onnx.proto: the fields that are needed ----------------------------------------------------

const FLOAT = 1;
const INT64 = 7;

/** @param {{ nodes: Buffer[], constants: Buffer[], inputs: Buffer[], outputs: Buffer[] }} graph */
function model({ nodes, constants, inputs, outputs }) {
  const graph = message(
    ...nodes.map((n) => bytes(1, n)),
    text(2, "saiki-bench"),
    ...constants.map((c) => bytes(5, c)),
    ...inputs.map((i) => bytes(11, i)),
    ...outputs.map((o) => bytes(12, o)),
  );
  const operators = message(text(1, ""), whole(2, 14)); // the version of the operators
  return message(whole(1, 8), bytes(7, graph), bytes(8, operators)); // the version of the format
}

/**
 * @param {string} type @param {string[]} inputs @param {string[]} outputs
 * @param {Buffer[]} [attributes]
 */
function node(type, inputs, outputs, attributes = []) {
  return message(
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(4, type),
    ...attributes.map((a) => bytes(5, a)),
  );
}

/** @param {string} name @param {number} n */
function attribute(name, n) {
  return message(text(1, name), whole(3, n), whole(20, 2)); // 2: a whole number
}

/** @param {string} name @param {number[]} shape @param {ArrayLike<number>} values */
function constant(name, shape, values) {
  const raw = Buffer.from(Float32Array.from(values).buffer);
  return message(...shape.map((n) => whole(1, n)), whole(2, FLOAT), text(8, name), bytes(9, raw));
}

/** @param {string} name @param {number} type @param {number[]} shape */
function value(name, type, shape) {
  const dimensions = message(...shape.map((n) => bytes(1, whole(1, n))));
  const tensor = message(whole(1, type), bytes(2, dimensions));
  return message(text(1, name), bytes(2, bytes(1, tensor)));
}

/** @param {Buffer[]} fields */
function message(...fields) {
  return Buffer.concat(fields);
}

/** @param {number} field @param {number} n */
function whole(field, n) {
  return Buffer.from([...varint(field << 3), ...varint(n)]);
}

/** @param {number} field @param {string} s */
function text(field, s) {
  return bytes(field, Buffer.from(s));
}

/** @param {number} field @param {Buffer} content */
function bytes(field, content) {
  return Buffer.concat([
    Buffer.from([...varint((field << 3) | 2), ...varint(content.length)]),
    content,
  ]);
}

/** @param {number} n @returns {number[]} */
function varint(n) {
  return n < 128 ? [n] : [(n % 128) + 128, ...varint(Math.floor(n / 128))];
}
