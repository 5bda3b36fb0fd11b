/** Recorded expressions for which PyTorch throws or warns. */

import { afterEach, beforeEach, expect } from "vitest";
import * as torch from "../../src/index.ts";
import { nn, optim, setWarningHandler, type Tensor } from "../../src/index.ts";
import { readRecording } from "./read.ts";
import { refusal } from "./sentence.ts";
import { replayTable } from "./table.ts";

interface ErrorCase {
  expr: string;
  error?: string;
  message?: string;
  result?: string;
  warnings?: [kind: string, text: string][];
}

const cases = readRecording<ErrorCase[]>("errors.json");

const F = nn.functional;
const { packPaddedSequence, padPackedSequence, packSequence, padSequence } = nn.utils.rnn;
const z = (...shape: number[]) => torch.zeros([...shape]);
const zLong = (...shape: number[]) => torch.zeros([...shape], { dtype: torch.int64 });
const pack = (...shape: number[]) => packPaddedSequence(z(...shape), [5, 4, 2, 1]);
const p = () => [new nn.Parameter(z(1))];
/** Arguments that types forbid. */
const wrong = (x: unknown) => x as never;

type Table = Readonly<Record<string, () => unknown>>;

/** The recorded calls of a layer, with its state made from one size. */
function layerCalls(
  name: "RNN" | "LSTM" | "GRU",
  pair: boolean,
  call: (x: Tensor | nn.utils.rnn.PackedSequence, h?: Tensor) => unknown,
): Table {
  const state = (size: string) => (pair ? `(z(${size}), z(${size}))` : `z(${size})`);
  const packed = (size: string) => `pack_padded_sequence(z(${size}), [5, 4, 2, 1])`;
  const entries: readonly [string, () => unknown][] = [
    ["z(5, 1, 4)", () => call(z(5, 1, 4))],
    ["z(5, 4)", () => call(z(5, 4))],
    ["z(0, 1, 2)", () => call(z(0, 1, 2))],
    [`z(5, 4, 2), ${state("1, 3, 3")}`, () => call(z(5, 4, 2), z(1, 3, 3))],
    [`z(5, 4, 2), ${state("2, 4, 3")}`, () => call(z(5, 4, 2), z(2, 4, 3))],
    [`z(5, 4, 2), ${state("1, 4, 5")}`, () => call(z(5, 4, 2), z(1, 4, 5))],
    [`z(5, 4, 2), ${state("1, 3")}`, () => call(z(5, 4, 2), z(1, 3))],
    [`z(5, 2), ${state("1, 1, 3")}`, () => call(z(5, 2), z(1, 1, 3))],
    [`z(5, 2), ${state("2, 3")}`, () => call(z(5, 2), z(2, 3))],
    [`${packed("5, 4, 2")}, ${state("1, 3, 3")}`, () => call(pack(5, 4, 2), z(1, 3, 3))],
    [packed("5, 4, 3"), () => call(pack(5, 4, 3))],
    [packed("5, 4, 3, 2"), () => call(pack(5, 4, 3, 2))],
  ];
  return Object.fromEntries(entries.map(([args, f]) => [`nn.${name}(2, 3)(${args})`, f]));
}

function cellCalls(
  name: "RNNCell" | "LSTMCell" | "GRUCell",
  pair: boolean,
  call: (x: Tensor, h?: Tensor) => unknown,
): Table {
  const state = (size: string) => (pair ? `(z(${size}), z(${size}))` : `z(${size})`);
  const entries: readonly [string, () => unknown][] = [
    ["z(1, 2, 2)", () => call(z(1, 2, 2))],
    ["z(4, 5)", () => call(z(4, 5))],
    [`z(4, 2), ${state("3, 3")}`, () => call(z(4, 2), z(3, 3))],
    [`z(4, 2), ${state("4, 5")}`, () => call(z(4, 2), z(4, 5))],
  ];
  return Object.fromEntries(entries.map(([args, f]) => [`nn.${name}(2, 3)(${args})`, f]));
}

const recurrent: Table = {
  "nn.LSTM(2, 3, dropout=0.5)": () => new nn.LSTM(2, 3, { dropout: 0.5 }),
  "nn.LSTM(2, 3, 2, dropout=1.5)": () => new nn.LSTM(2, 3, { numLayers: 2, dropout: 1.5 }),
  "nn.LSTM(2, 3, 2, dropout=True)": () => new nn.LSTM(2, 3, { numLayers: 2, dropout: wrong(true) }),
  "nn.LSTM(2, 3, proj_size=-1)": () => new nn.LSTM(2, 3, { projSize: -1 }),
  "nn.LSTM(2, 3, proj_size=3)": () => new nn.LSTM(2, 3, { projSize: 3 }),
  "nn.RNN(2, 3, proj_size=1)": () => new nn.RNN(2, 3, wrong({ projSize: 1 })),
  "nn.GRU(2, 3, proj_size=1)": () => new nn.GRU(2, 3, wrong({ projSize: 1 })),
  "nn.RNN(2, 3, nonlinearity='selu')": () => new nn.RNN(2, 3, { nonlinearity: wrong("selu") }),
  "nn.RNNCell(2, 3, nonlinearity='selu')(z(1, 2))": () =>
    new nn.RNNCell(2, 3, { nonlinearity: wrong("selu") }).forward(z(1, 2)),
  ...layerCalls("RNN", false, (x, h) => new nn.RNN(2, 3).forward(wrong(x), h)),
  ...layerCalls("LSTM", true, (x, h) => new nn.LSTM(2, 3).forward(wrong(x), h && [h, h])),
  ...layerCalls("GRU", false, (x, h) => new nn.GRU(2, 3).forward(wrong(x), h)),
  "nn.LSTM(2, 3)(z(5, 4, 2), (z(1, 4, 3), z(1, 4, 4)))": () =>
    new nn.LSTM(2, 3).forward(z(5, 4, 2), [z(1, 4, 3), z(1, 4, 4)]),
  "nn.LSTM(2, 3, proj_size=1)(z(5, 4, 2), (z(1, 4, 3), z(1, 4, 3)))": () =>
    new nn.LSTM(2, 3, { projSize: 1 }).forward(z(5, 4, 2), [z(1, 4, 3), z(1, 4, 3)]),
  ...cellCalls("RNNCell", false, (x, h) => new nn.RNNCell(2, 3).forward(x, h)),
  ...cellCalls("LSTMCell", true, (x, h) => new nn.LSTMCell(2, 3).forward(x, h && [h, h])),
  ...cellCalls("GRUCell", false, (x, h) => new nn.GRUCell(2, 3).forward(x, h)),
};

const packing: Table = {
  "pack_padded_sequence(z(5, 4, 2), [1, 2, 3, 5])": () =>
    packPaddedSequence(z(5, 4, 2), [1, 2, 3, 5]),
  "pack_padded_sequence(z(5, 4, 2), [5, 2, 1, 0])": () =>
    packPaddedSequence(z(5, 4, 2), [5, 2, 1, 0]),
  "pack_padded_sequence(z(5, 4, 2), [5, 2, 1])": () => packPaddedSequence(z(5, 4, 2), [5, 2, 1]),
  "pack_padded_sequence(z(5, 0, 2), [])": () => packPaddedSequence(z(5, 0, 2), []),
  "pad_packed_sequence(pack_padded_sequence(z(3, 1, 1), [3]), total_length=2)": () =>
    padPackedSequence(packPaddedSequence(z(3, 1, 1), [3]), { totalLength: 2 }),
  "pack_sequence([z(1), z(3), z(2)])": () => packSequence([z(1), z(3), z(2)]),
  "pad_sequence([])": () => padSequence([]),
};

const linear = () => new nn.Linear(2, 3);
const states: Table = {
  "nn.Linear(2, 3).load_state_dict({})": () => linear().loadStateDict({}),
  "nn.Sequential(nn.Linear(2, 3)).load_state_dict({'0.weight': z(3, 2), 'foo': 1, '0.bar': 2})":
    () =>
      new nn.Sequential(linear()).loadStateDict(wrong({ "0.weight": z(3, 2), foo: 1, "0.bar": 2 })),
  "nn.Linear(2, 3).load_state_dict({'weight': z(4, 2), 'bias': z(5), 'x': 1})": () =>
    linear().loadStateDict(wrong({ weight: z(4, 2), bias: z(5), x: 1 })),
  "nn.Linear(2, 3).load_state_dict({'weight': z(3, 2), 'z': 1}, strict=False)": () =>
    linear().loadStateDict(wrong({ weight: z(3, 2), z: 1 }), { strict: false }),
  "nn.Linear(2, 3).load_state_dict({'weight': z(3, 2), 'bias': z(3)})": () =>
    linear().loadStateDict({ weight: z(3, 2), bias: z(3) }),
  "nn.Linear(2, 3).load_state_dict([1])": () => linear().loadStateDict(wrong([1])),
  "nn.LSTM(2, 3).load_state_dict(nn.GRU(2, 3).state_dict())": () =>
    new nn.LSTM(2, 3).loadStateDict(new nn.GRU(2, 3).stateDict()),
};

const layersAndLosses: Table = {
  "nn.Linear(2, 3)(z(3, 5))": () => linear().forward(z(3, 5)),
  "nn.Embedding(3, 4)(torch.tensor([5]))": () =>
    new nn.Embedding(3, 4).forward(torch.tensor([5], { dtype: torch.int64 })),
  "nn.Embedding(3, 4, padding_idx=5)": () => new nn.Embedding(3, 4, { paddingIdx: 5 }),
  "nn.Dropout(2)": () => new nn.Dropout(2),
  "F.dropout(z(2), 1.5)": () => F.dropout(z(2), 1.5),
  "F.cross_entropy(z(3, 2), z(4, dtype=torch.long))": () => F.crossEntropy(z(3, 2), zLong(4)),
  "F.cross_entropy(z(3, 2), torch.tensor([0, 1, 2]))": () =>
    F.crossEntropy(z(3, 2), torch.tensor([0, 1, 2], { dtype: torch.int64 })),
  "F.cross_entropy(z(3, 2), z(3, dtype=torch.long), label_smoothing=1.5)": () =>
    F.crossEntropy(z(3, 2), zLong(3), { labelSmoothing: 1.5 }),
  "F.cross_entropy(z(3, 2), z(3, dtype=torch.long), weight=torch.ones(3))": () =>
    F.crossEntropy(z(3, 2), zLong(3), { weight: torch.ones(3) }),
  "F.cross_entropy(z(3, 2), z(3, dtype=torch.long), reduction='foo')": () =>
    F.crossEntropy(z(3, 2), zLong(3), { reduction: wrong("foo") }),
  "F.binary_cross_entropy_with_logits(z(3, 1), z(3))": () =>
    F.binaryCrossEntropyWithLogits(z(3, 1), z(3)),
  "F.mse_loss(z(3, 1), z(3))": () => F.mseLoss(z(3, 1), z(3)),
};

const optimizers: Table = {
  "optim.SGD([], lr=.1)": () => new optim.SGD([], { lr: 0.1 }),
  "optim.SGD([nn.Parameter(z(1))], lr=-1)": () => new optim.SGD(p(), { lr: -1 }),
  "optim.SGD([nn.Parameter(z(1))], lr=.1, nesterov=True)": () =>
    new optim.SGD(p(), { lr: 0.1, nesterov: true }),
  "optim.Adam([nn.Parameter(z(1))], betas=(1.0, .9))": () =>
    new optim.Adam(p(), { betas: [1, 0.9] }),
  "optim.Adam([nn.Parameter(z(1))], eps=-1)": () => new optim.Adam(p(), { eps: -1 }),
};

const tensors: Table = {
  "torch.multinomial(z(3), 1)": () => torch.multinomial(z(3), 1),
  "torch.multinomial(torch.ones(3), 4)": () => torch.multinomial(torch.ones(3), 4),
  "torch.multinomial(torch.ones(3), 0)": () => torch.multinomial(torch.ones(3), 0),
  "torch.randint(5, 5, (2,))": () => torch.randint(5, 5, [2]),
  "torch.empty(2).uniform_(2, 1)": () => torch.empty(2).uniform_(2, 1),
  "torch.empty(2).normal_(0, -1)": () => torch.empty(2).normal_(0, -1),
  "z(2, requires_grad=True).exp().backward()": () => z(2).requiresGrad_().exp().backward(),
  "z(1).backward()": () => z(1).backward(),
  "z(4).view(3)": () => z(4).view(3),
  "z(4).reshape(3, -1)": () => z(4).reshape(3, -1),
  "torch.cat([z(2, 3), z(2, 4)])": () => torch.cat([z(2, 3), z(2, 4)]),
  "torch.stack([z(2), z(3)])": () => torch.stack([z(2), z(3)]),
  "z(2, 3) @ z(2, 3)": () => z(2, 3).matmul(z(2, 3)),
  "z(2, 3) + z(2, 4)": () => z(2, 3).add(z(2, 4)),
  "z(3)[5]": () => z(3).at(5),
  "z(3).sum(2)": () => z(3).sum(2),
};

const table: Table = {
  ...recurrent,
  ...packing,
  ...states,
  ...layersAndLosses,
  ...optimizers,
  ...tensors,
};

const warnings: string[] = [];
let restore: ReturnType<typeof setWarningHandler>;
beforeEach(() => {
  warnings.length = 0;
  restore = setWarningHandler((text) => warnings.push(text));
});
afterEach(() => {
  setWarningHandler(restore);
});

const titled = cases.map((c) => ({
  ...{ ...c, code: c.expr },
  title: `${c.expr} ${c.message === undefined ? `gives ${c.result}` : "is refused"}`,
}));
replayTable(table, titled, (f, { message, result, warnings: expected = [] }) => {
  if (message === undefined) {
    expect(String(f())).toBe(result);
  } else {
    const error = refusal(f);
    expect(error.torch).toBe(message);
    expect(error.message).toContain(message);
  }
  expect(warnings).toEqual(expected.map(([, text]) => text));
});
