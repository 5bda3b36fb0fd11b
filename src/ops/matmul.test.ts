import { type Expressions, replay } from "../../test/pytorch/expressions.ts";
import * as t from "../tensor/functions.ts";
import { Tensor } from "../tensor/tensor.ts";
import { linear } from "./matmul.ts";

const table: Expressions = {
  "a @ b": (a, b) => t.matmul(a, b),
  "a.mm(b)": (a, b) => t.mm(a, b),
  "a.mv(b)": (a, b) => t.mv(a, b),
  "a.dot(b)": (a, b) => t.dot(a, b),
  "a.bmm(b)": (a, b) => t.bmm(a, b),
  "torch.outer(a, b)": (a, b) => t.outer(a, b),
  "a.t() @ b": (a, b) => a.t().matmul(b),
  "a.t() @ b[:, 1:]": (a, b) => a.t().matmul(b.at(null, [1, null])),
  "b.t() @ a[:, :2]": (a, b) => b.t().matmul(a.at(null, [0, 2])),
  "b[::2] @ a[:2].t()": (a, b) => b.at([0, null, 2]).matmul(a.at([0, 2]).t()),
  "a.expand(2, 3) @ b": (a, b) => a.expand(2, 3).matmul(b),
  "a @ b.transpose(-1, -2)": (a, b) => a.matmul(b.transpose(-1, -2)),
  "a.transpose(0, 1) @ b": (a, b) => a.transpose(0, 1).matmul(b),
  "a @ a.t()": (a) => a.matmul(a.t()),
  "torch.addmm(a, b, c)": (a, b, c) => t.addmm(a, b, c),
  "torch.addmm(a, b, c, alpha=0.5, beta=2)": (a, b, c) => t.addmm(a, b, c, { alpha: 0.5, beta: 2 }),
  "torch.addmm(a, b, c, beta=0)": (a, b, c) => t.addmm(a, b, c, { beta: 0 }),
  "torch.addmm(a, b, c, alpha=0)": (a, b, c) => t.addmm(a, b, c, { alpha: 0 }),
  "F.linear(a, b, c)": (a, b, c) => Tensor.apply(linear, [a, b, c], undefined),
  "F.linear(a, b)": (a, b) => Tensor.apply(linear, [a, b, null], undefined),
  "F.linear(a.t(), b.t(), c)": (a, b, c) => Tensor.apply(linear, [a.t(), b.t(), c], undefined),
};

replay("matmul", table);
