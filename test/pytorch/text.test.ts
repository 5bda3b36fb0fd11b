/** The texts of modules, sizes and types, and the names of recorded operations. */

import { describe, expect, test } from "vitest";
import * as torch from "../../src/index.ts";
import { nn, Size, type Tensor } from "../../src/index.ts";
import { readRecording } from "./read.ts";
import { replayTable } from "./table.ts";

interface Texts {
  modules: Record<string, string>;
  grad_fn: Record<string, string>;
}

const recorded = readRecording<Texts>("text.json");

const textsOf = (want: Readonly<Record<string, string>>) =>
  Object.entries(want).map(([code, text]) => ({ code, text }));

describe("modules print as in PyTorch", () => {
  const table: Readonly<Record<string, () => unknown>> = {
    "nn.RNN(10, 20)": () => new nn.RNN(10, 20),
    "nn.RNN(10, 20, nonlinearity='relu')": () => new nn.RNN(10, 20, { nonlinearity: "relu" }),
    "nn.LSTM(10, 20, 2, bias=False, batch_first=True, dropout=0.25, bidirectional=True)": () =>
      new nn.LSTM(10, 20, {
        ...{ numLayers: 2, bias: false, batchFirst: true, dropout: 0.25, bidirectional: true },
      }),
    "nn.LSTM(10, 20, 3, proj_size=5, dropout=0.1)": () =>
      new nn.LSTM(10, 20, { numLayers: 3, projSize: 5, dropout: 0.1 }),
    "nn.LSTM(3, 4, num_layers=2, dropout=1)": () => new nn.LSTM(3, 4, { numLayers: 2, dropout: 1 }),
    "nn.GRU(10, 20)": () => new nn.GRU(10, 20),
    "nn.RNNCell(3, 4, nonlinearity='relu', bias=False)": () =>
      new nn.RNNCell(3, 4, { nonlinearity: "relu", bias: false }),
    "nn.LSTMCell(3, 4, bias=False)": () => new nn.LSTMCell(3, 4, { bias: false }),
    "nn.GRUCell(3, 4)": () => new nn.GRUCell(3, 4),
    "nn.Linear(3, 4)": () => new nn.Linear(3, 4),
    "nn.Linear(3, 4, bias=False)": () => new nn.Linear(3, 4, { bias: false }),
    "nn.Embedding(3, 4)": () => new nn.Embedding(3, 4),
    "nn.Embedding(3, 4, padding_idx=-1)": () => new nn.Embedding(3, 4, { paddingIdx: -1 }),
    "nn.Dropout()": () => new nn.Dropout(),
    "nn.ReLU()": () => new nn.ReLU(),
    "nn.Tanh()": () => new nn.Tanh(),
    "nn.Sigmoid()": () => new nn.Sigmoid(),
    "nn.Softmax(dim=1)": () => new nn.Softmax({ dim: 1 }),
    "nn.LogSoftmax(dim=-1)": () => new nn.LogSoftmax({ dim: -1 }),
    "nn.LayerNorm(4)": () => new nn.LayerNorm(4),
    "nn.LayerNorm((3, 4), elementwise_affine=False)": () =>
      new nn.LayerNorm([3, 4], { elementwiseAffine: false }),
    "nn.Identity()": () => new nn.Identity(),
    "nn.Sequential()": () => new nn.Sequential(),
    "nn.Sequential(nn.Linear(1, 2), nn.Sequential(nn.ReLU(), nn.Dropout(0.1)))": () =>
      new nn.Sequential(new nn.Linear(1, 2), new nn.Sequential(new nn.ReLU(), new nn.Dropout(0.1))),
    "nn.ModuleList([nn.GRUCell(2, 3), nn.Tanh()])": () =>
      new nn.ModuleList<nn.Module>([new nn.GRUCell(2, 3), new nn.Tanh()]),
    "nn.CrossEntropyLoss()": () => new nn.CrossEntropyLoss(),
    "nn.MSELoss()": () => new nn.MSELoss(),
    "nn.NLLLoss()": () => new nn.NLLLoss(),
    "nn.BCEWithLogitsLoss()": () => new nn.BCEWithLogitsLoss(),
    "torch.Size([2, 3])": () => torch.zeros(2, 3).shape,
    "torch.Size([])": () => torch.tensor(0).size(),
    "torch.Size([4])": () => Size.fromArray([4]),
    "torch.float32": () => torch.float32,
  };
  const absent = [
    "nn.Dropout(0.3, inplace=True)",
    "nn.ReLU(inplace=True)",
    "nn.Flatten()",
    "nn.LeakyReLU(0.2)",
    "nn.ELU()",
    "nn.GELU()",
    "nn.ModuleDict({'a': nn.Identity(), 'b': nn.Softmax(dim=-1)})",
    "torch.device('cpu')",
  ];
  const check = (make: () => unknown, c: { text: string }) => expect(String(make())).toBe(c.text);
  replayTable(table, textsOf(recorded.modules), check, absent);

  test("absent modules are really absent", () => {
    const names = ["Flatten", "LeakyReLU", "ELU", "GELU", "ModuleDict"];
    expect(names.filter((name) => name in nn)).toEqual([]);
  });
});

describe("recorded operations have PyTorch's names", () => {
  const like = (...shape: number[]) => torch.randn([...shape], { requiresGrad: true });
  const [a, b, v, c] = [like(3, 4), like(3, 4), like(4), like(2, 3, 4)];
  const integers = (...x: number[]) => torch.tensor(x, { dtype: torch.int64 });
  const [y, idx, mask] = [integers(0, 1, 2), integers(0, 2), a.detach().gt(0)];
  const [lin, emb, F] = [new nn.Linear(4, 2), new nn.Embedding(5, 4), nn.functional];
  const table: Readonly<Record<string, () => Tensor>> = {
    "a+b": () => a.add(b),
    "a+1": () => a.add(1),
    "a-b": () => a.sub(b),
    "1-a": () => a.rsub(1),
    "a*b": () => a.mul(b),
    "a/b": () => a.div(b),
    "1/a": () => a.rdiv(1),
    "-a": () => a.neg(),
    "a**2": () => a.pow(2),
    "2**a": () => a.rpow(2),
    "a.abs()": () => a.abs(),
    "a@b.t()": () => a.matmul(b.t()),
    "a@v": () => a.matmul(v),
    "v@v": () => v.matmul(v),
    "c@b.t()": () => c.matmul(b.t()),
    "torch.bmm(c, c.transpose(1, 2))": () => torch.bmm(c, c.transpose(1, 2)),
    "torch.addmm(b@a.t(), a, b.t())": () => torch.addmm(b.matmul(a.t()), a, b.t()),
    "lin(a)": () => lin.forward(a),
    "lin(c)": () => lin.forward(c),
    "a.tanh()": () => a.tanh(),
    "a.sigmoid()": () => a.sigmoid(),
    "a.relu()": () => a.relu(),
    "a.softmax(1)": () => a.softmax(1),
    "a.log_softmax(1)": () => a.logSoftmax(1),
    "F.nll_loss(a.log_softmax(1), y)": () => F.nllLoss(a.logSoftmax(1), y),
    "F.cross_entropy(a, y)": () => F.crossEntropy(a, y),
    "F.mse_loss(a, b)": () => F.mseLoss(a, b),
    "F.binary_cross_entropy_with_logits(a, mask.float())": () =>
      F.binaryCrossEntropyWithLogits(a, mask.float()),
    "emb(idx)": () => emb.forward(idx),
    "torch.stack([a, b])": () => torch.stack([a, b]),
    "torch.cat([a, b])": () => torch.cat([a, b]),
    "a[0]": () => a.at(0),
    "a[0:2]": () => a.at([0, 2]),
    "a[:, 1]": () => a.at(null, 1),
    "a[None]": () => a.unsqueeze(0),
    "a[idx]": () => a.at(idx),
    "a[mask]": () => a.at(mask),
    "a.index_select(0, idx)": () => a.indexSelect(0, idx),
    "a.gather(1, y[:, None])": () => a.gather(1, y.unsqueeze(1)),
    "a.masked_fill(mask, 0.)": () => a.maskedFill(mask, 0),
    "torch.where(mask, a, b)": () => torch.where(mask, a, b),
    "a.t()": () => a.t(),
    "a.T": () => a.T,
    "a.transpose(0, 1)": () => a.transpose(0, 1),
    "c.permute(2, 0, 1)": () => c.permute(2, 0, 1),
    "a.view(12)": () => a.view(12),
    "a[None].squeeze()": () => a.unsqueeze(0).squeeze(),
    "a[None].squeeze(0)": () => a.unsqueeze(0).squeeze(0),
    "a.unsqueeze(0)": () => a.unsqueeze(0),
    "a.sum()": () => a.sum(),
    "a.sum(0)": () => a.sum(0),
    "a.mean()": () => a.mean(),
    "a.mean(1)": () => a.mean(1),
    "a.max()": () => a.max(),
    "a.max(1)[0]": () => a.max(1).values,
    "F.dropout(a, 0.5)": () => F.dropout(a, 0.5),
    "a.exp()": () => a.exp(),
    "a.abs().log()": () => a.abs().log(),
    "a.abs().sqrt()": () => a.abs().sqrt(),
    "a.sin()": () => a.sin(),
    "a.cos()": () => a.cos(),
    "a.clamp(-1, 1)": () => a.clamp(-1, 1),
    "a.clone()": () => a.clone(),
    "v.expand(3, 4)": () => v.expand(3, 4),
    "a.repeat(2, 1)": () => a.repeat(2, 1),
    "a.double()": () => a.double(),
    "a.chunk(2, 1)[0]": () => a.chunk(2, 1)[0] as Tensor,
    "a.unbind(0)[0]": () => a.unbind(0)[0] as Tensor,
    "a.flip(0)": () => a.flip(0),
    "a.norm()": () => a.norm(),
    "a.logsumexp(1)": () => a.logsumexp(1),
    "a.cumsum(0)": () => a.cumsum(0),
    "a.prod()": () => a.prod(),
    "a.std()": () => a.std(),
    "a.var()": () => a.var(),
    "a.square()": () => a.square(),
    "F.layer_norm(a, (4,))": () => F.layerNorm(a, [4]),
    "a.reciprocal()": () => a.reciprocal(),
  };
  const functions = ["gelu", "silu", "leaky_relu", "elu", "softplus"];
  const absent = functions.map((f) => `F.${f}(a)`);
  const check = (compute: () => Tensor, c: { text: string }) => {
    const x = compute();
    expect(x.gradFn?.nameOf(x.outputIndex)).toBe(c.text);
  };
  replayTable(table, textsOf(recorded.grad_fn), check, absent);

  test("absent functions are really absent", () => {
    const names = [...functions, "leakyRelu"];
    expect(names.filter((name) => name in F)).toEqual([]);
  });
});
