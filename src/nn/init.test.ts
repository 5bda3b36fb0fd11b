import { describe, expect, test } from "vitest";
import { expectClose, expectSame } from "../../test/pytorch/close.ts";
import { readRecording } from "../../test/pytorch/read.ts";
import type { Recorded } from "../../test/pytorch/tensors.ts";
import { getRngState, manualSeed } from "../random/index.ts";
import { empty, type Tensor } from "../tensor/index.ts";
import * as nn from "./index.ts";

interface Recording {
  module_init: { seed: number; module: string; params: Record<string, Recorded> }[];
  init_functions: { seed: number; call: string; shape: number[]; result: Recorded }[];
}

const { module_init, init_functions } = readRecording<Recording>("rng.json");

const modules: Record<string, () => nn.Module> = {
  "Linear(3, 4)": () => new nn.Linear(3, 4),
  "Linear(3, 4, bias=False)": () => new nn.Linear(3, 4, { bias: false }),
  "Linear(7, 2)": () => new nn.Linear(7, 2),
  "RNN(3, 4)": () => new nn.RNN(3, 4),
  "RNN(3, 4, 2, bidirectional=True)": () => new nn.RNN(3, 4, { numLayers: 2, bidirectional: true }),
  "RNNCell(2, 3)": () => new nn.RNNCell(2, 3),
  "Embedding(3, 4)": () => new nn.Embedding(3, 4),
  "Embedding(10, 3)": () => new nn.Embedding(10, 3),
  "Embedding(10, 3, padding_idx=2)": () => new nn.Embedding(10, 3, { paddingIdx: 2 }),
};
/** Modules of PyTorch that saiki does not have. */
const absent = [
  "LSTM(2, 3)",
  "LSTM(2, 5, proj_size=3)",
  "GRU(2, 3, bias=False)",
  "LSTMCell(2, 3)",
  "GRUCell(2, 3)",
  "Bilinear(2, 3, 2)",
];

const { init } = nn;
const functions: Record<string, (w: Tensor) => Tensor> = {
  "nn.init.xavier_uniform_(w)": (w) => init.xavierUniform_(w),
  "nn.init.xavier_uniform_(w, gain=1.5)": (w) => init.xavierUniform_(w, 1.5),
  "nn.init.xavier_normal_(w)": (w) => init.xavierNormal_(w),
  "nn.init.kaiming_uniform_(w, a=5 ** 0.5)": (w) => init.kaimingUniform_(w, { a: Math.sqrt(5) }),
  "nn.init.kaiming_uniform_(w, nonlinearity='relu')": (w) =>
    init.kaimingUniform_(w, { nonlinearity: "relu" }),
  "nn.init.kaiming_normal_(w, mode='fan_out', nonlinearity='relu')": (w) =>
    init.kaimingNormal_(w, { mode: "fan_out", nonlinearity: "relu" }),
  "nn.init.orthogonal_(w)": (w) => init.orthogonal_(w),
  "nn.init.orthogonal_(w, gain=2)": (w) => init.orthogonal_(w, 2),
  "nn.init.uniform_(w)": (w) => init.uniform_(w),
  "nn.init.uniform_(w, -0.1, 0.1)": (w) => init.uniform_(w, -0.1, 0.1),
  "nn.init.normal_(w)": (w) => init.normal_(w),
  "nn.init.normal_(w, 0, 0.02)": (w) => init.normal_(w, 0, 0.02),
  "nn.init.trunc_normal_(w)": (w) => init.truncNormal_(w),
  "nn.init.constant_(w, 0.3)": (w) => init.constant_(w, 0.3),
  "nn.init.eye_(w)": (w) => init.eye_(w),
  "nn.init.zeros_(w)": (w) => init.zeros_(w),
  "nn.init.ones_(w)": (w) => init.ones_(w),
};
/** Computed by linear algebra or special functions, so equal to rounding only. */
const rounded = ["orthogonal_", "trunc_normal_"];

describe("initial values are PyTorch's", () => {
  const present = module_init.filter((m) => !absent.includes(m.module));
  test.each(present)("$module, seed $seed: bit for bit", ({ seed, module, params }) => {
    manualSeed(seed);
    const made = [...(modules[module] as () => nn.Module)().namedParameters()];
    expect(made.map(([name]) => name)).toEqual(Object.keys(params));
    for (const [name, p] of made) expectSame(p, params[name] as Recorded, name);
  });

  test.each(init_functions)("$call on $shape, seed $seed", ({ seed, call, shape, result }) => {
    manualSeed(seed);
    const made = (functions[call] as (w: Tensor) => Tensor)(empty(shape));
    if (rounded.some((name) => call.includes(name))) {
      expectClose(made, result, { atol: 1e-6, rtol: 1e-6 }, call);
    } else expectSame(made, result, call);
  });
});

describe("init refuses", () => {
  test("a vector where fans are needed", () => {
    expect(() => init.xavierUniform_(empty(3))).toThrow(
      "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions",
    );
  });
});

test("skipInit() draws nothing and writes nothing, also after a failure", () => {
  const before = getRngState();
  const { skipInit } = nn.utils;
  const layer = skipInit(() => {
    skipInit(() => new nn.Embedding(2, 3));
    return new nn.GRU(2, 3);
  });
  expect(() => skipInit(() => new nn.Dropout(2))).toThrow();
  expect(getRngState()).toEqual(before);
  for (const p of layer.parameters()) expect(p.abs().sum().item()).toBe(0);
  expect(new nn.Linear(2, 3).weight.abs().sum().item()).toBeGreaterThan(0);
});
