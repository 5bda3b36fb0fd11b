/** Errors that no recording contains; the sentences are those of PyTorch 1.13. */

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Kind, kinds } from "../../../test/properties/configurations.ts";
import { refusal, sentence } from "../../../test/pytorch/sentence.ts";
import { float64, setWarningHandler } from "../../core/index.ts";
import { type Tensor, tensor, zeros } from "../../tensor/index.ts";
import { GRUCell, LSTM, LSTMCell, RNNCell } from "../index.ts";
import { PackedSequence, packPaddedSequence } from "./packed.ts";

const all = Object.keys(kinds) as Kind[];
const cells = { RNN: RNNCell, LSTM: LSTMCell, GRU: GRUCell };
const z = (...shape: number[]) => zeros(shape);
const z64 = (...shape: number[]) => zeros(shape, { dtype: float64 });

/** Calls `forward` without types, as plain JavaScript can. */
function call(layer: { forward: unknown }, x: unknown, state?: unknown): unknown {
  return (layer.forward as (x: unknown, state?: unknown) => unknown).call(layer, x, state);
}

/** A layer of that kind, called with I = 2 and H = 3; a state doubles as h and c. */
function called(kind: Kind, x: unknown, state?: Tensor, options = {}): unknown {
  return call(new kinds[kind](2, 3, options), x, stateOf(kind, state));
}

function calledCell(kind: Kind, x: Tensor, state?: Tensor): unknown {
  return call(new cells[kind](2, 3), x, stateOf(kind, state));
}

function stateOf(kind: Kind, state: Tensor | undefined): Tensor | Tensor[] | undefined {
  return kind === "LSTM" && state !== undefined ? [state, state] : state;
}

const packed = (x: Tensor) => packPaddedSequence(x, [5, 4, 2, 1]);

function projecting(kind: "RNN" | "GRU", projSize: number): unknown {
  const options: object = { projSize };
  return new kinds[kind](2, 3, options);
}

let warnings: string[] = [];
let handler: (text: string) => void;
beforeEach(() => {
  warnings = [];
  handler = setWarningHandler((text) => warnings.push(text));
});
afterEach(() => {
  setWarningHandler(handler);
});

const sameDType = "mat1 and mat2 must have the same dtype";
const noRows = "Expected sequence length to be larger than 0 in RNN";
const dropoutRange =
  "dropout should be a number in range [0, 1] representing the probability of an element being zeroed";

describe.each(all)("%s", (kind) => {
  const hidden = kind === "LSTM" ? "hidden[0]" : "hidden";

  test.each<[string, () => unknown, string]>([
    ["input (2)", () => called(kind, z(2)), "input must have 3 dimensions, got 2"],
    // PyTorch treats it as unbatched, and counts the dimension that it inserts.
    ["input of 4", () => called(kind, z(1, 5, 4, 2)), "input must have 3 dimensions, got 5"],
    ["T = 0, batch first", () => called(kind, z(4, 0, 2), undefined, { batchFirst: true }), noRows],
    ["T = 0, unbatched", () => called(kind, z(0, 2)), noRows],
    ["a float64 input", () => called(kind, z64(5, 4, 2)), sameDType],
    ["a float64 state", () => called(kind, z(5, 4, 2), z64(1, 4, 3)), sameDType],
    ["int64 input", () => called(kind, z(5, 4, 2).long()), sameDType],
    [
      "a state with the batch first",
      () => called(kind, z(4, 5, 2), z(4, 1, 3), { batchFirst: true }),
      `Expected ${hidden} size (1, 4, 3), got [4, 1, 3]`,
    ],
    [
      "a packed input with a state without layers",
      () => called(kind, packed(z(5, 4, 2)), z(4, 3)),
      `Expected ${hidden} size (1, 4, 3), got [4, 3]`,
    ],
    ["dropout below 0", () => new kinds[kind](2, 3, { dropout: -0.1 }), dropoutRange],
    ["dropout NaN", () => new kinds[kind](2, 3, { dropout: Number.NaN }), dropoutRange],
  ])("%s", (_title, mistake, expected) => {
    expect(sentence(mistake)).toBe(expected);
  });

  test("warns of dropout with one layer, and of nothing else", () => {
    new kinds[kind](2, 3, { dropout: 1 });
    expect(warnings).toEqual([
      "dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects " +
        "num_layers greater than 1, but got dropout=1 and num_layers=1",
    ]);
    new kinds[kind](2, 3, { dropout: 0 });
    new kinds[kind](2, 3, { dropout: 0.5, numLayers: 2 });
    expect(warnings).toHaveLength(1);
  });

  test("takes a batch of none", () => {
    const [y] = called(kind, z(5, 0, 2)) as [Tensor];
    expect([...y.shape]).toEqual([5, 0, 3]);
  });

  test.each([
    ["no layers", () => new kinds[kind](2, 3, { numLayers: 0 }), "numLayers is 0"],
    ["no hidden units", () => new kinds[kind](2, 0), "hiddenSize is 0"],
    ["half a hidden unit", () => new kinds[kind](2, 0.5), "hiddenSize is 0.5"],
    ["a negative input size", () => new kinds[kind](-2, 3), "inputSize is -2"],
  ])("refuses %s in a sentence of its own", (_title, mistake, expected) => {
    expect(own(mistake)).toBe(expected);
  });

  test("refuses states of another number, also from plain JavaScript", () => {
    const [layer, x, h] = [new kinds[kind](2, 3), z(5, 4, 2), z(1, 4, 3)];
    const wrong = kind === "LSTM" ? [h, [h], [h, null], [h, h, h]] : [[h], [h, h]];
    const what = kind === "LSTM" ? "a pair of tensors" : "a tensor";
    for (const state of wrong) {
      expect(own(() => call(layer, x, state))).toBe(`the initial state is not ${what}`);
    }
  });
});

describe.each(all)("%sCell", (kind) => {
  const type = `${kind}Cell`;
  const batch = (n: number) => `Input batch size 4 doesn't match hidden0 batch size ${n}`;
  const width = (n: number) => `hidden0 has inconsistent hidden_size: got ${n}, expected 3`;

  test.each<[string, () => unknown, string]>([
    [
      "a scalar input",
      () => calledCell(kind, z()),
      `${type}: Expected input to be 1-D or 2-D but received 0-D tensor`,
    ],
    ["a float64 input", () => calledCell(kind, z64(4, 2)), sameDType],
    ["a float64 state", () => calledCell(kind, z(4, 2), z64(4, 3)), sameDType],
    ["a state of a layer", () => calledCell(kind, z(4, 2), z(1, 4, 3)), batch(1)],
    ["a state without a batch", () => calledCell(kind, z(4, 2), z(3)), batch(3)],
    ["a state with a batch, the input without", () => calledCell(kind, z(2), z(1, 3)), width(1)],
    ["a wide state without a batch", () => calledCell(kind, z(2), z(4)), width(4)],
  ])("%s", (_title, mistake, expected) => {
    expect(sentence(mistake)).toBe(expected);
  });

  test("refuses a state with a dimension more in a sentence of its own", () => {
    const mistake = () => calledCell(kind, z(4, 2), z(4, 3, 1));
    expect(own(mistake)).toBe("a state has 3 dimensions, the input has 2");
  });
});

test("cells refuse states of another number, also from plain JavaScript", () => {
  const [x, h] = [z(4, 2), z(4, 3)];
  const one = (kernel: string) =>
    `${kernel}(): argument 'hx' (position 2) must be Tensor, not tuple`;
  const lstm = new LSTMCell(2, 3);
  const notTuple = "lstm_cell(): argument 'hx' (position 2) must be tuple of Tensors, not Tensor";
  expect(sentence(() => call(lstm, x, h))).toBe(notTuple);
  expect(sentence(() => call(lstm, x, [h]))).toBe("lstm_cell expects two hidden states");
  expect(sentence(() => call(new GRUCell(2, 3), x, [h, h]))).toBe(one("gru_cell"));
  expect(sentence(() => call(new RNNCell(2, 3), x, [h, h]))).toBe(one("rnn_tanh_cell"));
  const relu = new RNNCell(2, 3, { nonlinearity: "relu" });
  expect(sentence(() => call(relu, x, [h]))).toBe(one("rnn_relu_cell"));
});

test("the cell state of an LSTM is checked like the hidden state, with its own size", () => {
  const x = z(5, 4, 2);
  const of = (h: Tensor, c: Tensor, options = {}) =>
    sentence(() => new LSTM(2, 3, options).forward(x, [h, c]));
  const ranks = "For batched 3-D input, hx and cx should also be 3-D but got (3-D, 2-D) tensors";
  expect(of(z(1, 4, 3), z(4, 3))).toBe(ranks);
  expect(of(z(1, 4, 3), z64(1, 4, 3))).toBe(sameDType);
  const projected = of(z(1, 4, 1), z(1, 4, 1), { projSize: 1 });
  expect(projected).toBe("Expected hidden[1] size (1, 4, 3), got [1, 4, 1]");
});

test("projSize is refused by RNN and GRU whatever it is, and must be whole", () => {
  const message = "proj_size argument is only supported for LSTM, not RNN or GRU";
  for (const kind of ["RNN", "GRU"] as const) {
    expect(sentence(() => projecting(kind, 0))).toBe(message);
  }
  expect(sentence(() => new LSTM(2, 3, { projSize: 1.5 }))).toBe(
    "proj_size should be a positive integer or zero to disable projections",
  );
});

test("batch sizes made by hand must not grow, nor lie about the rows", () => {
  for (const sizes of [
    [2, 3],
    [3, 1],
    [3, 2, 0],
    [4, 2],
  ]) {
    const mistake = () => new PackedSequence(z(5, 2), tensor(sizes).long());
    expect(own(mistake)).toBe(`the batch sizes [${sizes.join(", ")}] do not describe 5 rows`);
  }
});

/** The sentence of an error for which PyTorch has none. */
function own(mistake: () => unknown): string {
  const error = refusal(mistake);
  expect(error.torch).toBeUndefined();
  return error.sentence;
}
