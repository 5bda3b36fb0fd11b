import { expect, test } from "vitest";
import { type Expressions, replay } from "../../test/pytorch/expressions.ts";
import { int64 } from "../core/index.ts";
import { tensor, zeros } from "../tensor/creation.ts";
import * as t from "../tensor/functions.ts";
import type { Tensor } from "../tensor/tensor.ts";

const keepdim = { keepdim: true };
const pair = ({ values, indices }: { values: Tensor; indices: Tensor }) => [values, indices];

const table: Expressions = {
  "a.sum()": (a) => t.sum(a),
  "a.sum(0)": (a) => t.sum(a, 0),
  "a.sum(1)": (a) => t.sum(a, 1),
  "a.sum(-1)": (a) => t.sum(a, -1),
  "a.sum((0, 2))": (a) => t.sum(a, [0, 2]),
  "a.sum((2, 0))": (a) => t.sum(a, [2, 0]),
  "a.sum(1, keepdim=True)": (a) => t.sum(a, 1, keepdim),
  "a.sum((0, 1, 2), keepdim=True)": (a) => t.sum(a, [0, 1, 2], keepdim),
  "a.sum((-1, 0), keepdim=True)": (a) => t.sum(a, [-1, 0], keepdim),
  "a.t().sum(0)": (a) => a.t().sum(0),
  "a.expand(3, 2).sum(1)": (a) => a.expand(3, 2).sum(1),
  "a.mean()": (a) => t.mean(a),
  "a.mean(0)": (a) => t.mean(a, 0),
  "a.mean(1)": (a) => t.mean(a, 1),
  "a.mean(-1)": (a) => t.mean(a, -1),
  "a.mean((0, 2))": (a) => t.mean(a, [0, 2]),
  "a.mean((2, 0))": (a) => t.mean(a, [2, 0]),
  "a.mean(1, keepdim=True)": (a) => t.mean(a, 1, keepdim),
  "a.mean((0, 1, 2), keepdim=True)": (a) => t.mean(a, [0, 1, 2], keepdim),
  "a.mean((-1, 0), keepdim=True)": (a) => t.mean(a, [-1, 0], keepdim),
  "a.t().mean(0)": (a) => a.t().mean(0),
  "a.expand(3, 2).mean(1)": (a) => a.expand(3, 2).mean(1),
  "a.std()": (a) => t.std(a),
  "a.std(0)": (a) => t.std(a, 0),
  "a.std((0, 2))": (a) => t.std(a, [0, 2]),
  "a.std(1, keepdim=True)": (a) => a.std(1, keepdim),
  "a.std(1, unbiased=False)": (a) => a.std(1, { correction: 0 }),
  "a.var()": (a) => a.var(),
  "a.var(0)": (a) => a.var(0),
  "a.var((0, 2))": (a) => a.var([0, 2]),
  "a.var(1, keepdim=True)": (a) => a.var(1, keepdim),
  "a.var(1, unbiased=False)": (a) => a.var(1, { correction: 0 }),
  "a.prod()": (a) => t.prod(a),
  "a.norm()": (a) => t.norm(a),
  "a.norm(0)": (a) => t.norm(a, 0),
  "a.norm(1)": (a) => t.norm(a, 1),
  "a.norm(1.5)": (a) => t.norm(a, 1.5),
  "a.norm(2)": (a) => t.norm(a, 2),
  "a.norm(3)": (a) => t.norm(a, 3),
  "a.norm(inf)": (a) => t.norm(a, Number.POSITIVE_INFINITY),
  "a.norm(-inf)": (a) => t.norm(a, Number.NEGATIVE_INFINITY),
  "a.logsumexp(0)": (a) => t.logsumexp(a, 0),
  "a.logsumexp(1)": (a) => t.logsumexp(a, 1),
  "a.logsumexp(-1)": (a) => t.logsumexp(a, -1),
  "a.logsumexp(1, keepdim=True)": (a) => t.logsumexp(a, 1, keepdim),
  "a.cumsum(0)": (a) => t.cumsum(a, 0),
  "a.cumsum(1)": (a) => t.cumsum(a, 1),
  "a.cumsum(-1)": (a) => t.cumsum(a, -1),
  "a.max()": (a) => a.max(),
  "a.max(0)": (a) => pair(a.max(0)),
  "a.max(1)": (a) => pair(a.max(1)),
  "a.max(-1)": (a) => pair(a.max(-1)),
  "a.max(1, keepdim=True)": (a) => pair(a.max(1, keepdim)),
  "a.min()": (a) => a.min(),
  "a.min(0)": (a) => pair(a.min(0)),
  "a.min(1)": (a) => pair(a.min(1)),
  "a.min(-1)": (a) => pair(a.min(-1)),
  "a.min(1, keepdim=True)": (a) => pair(a.min(1, keepdim)),
  "a.argmax()": (a) => t.argmax(a),
  "a.argmax(0)": (a) => t.argmax(a, 0),
  "a.argmax(1)": (a) => t.argmax(a, 1),
  "a.argmax(-1, keepdim=True)": (a) => t.argmax(a, -1, keepdim),
  "a.t().argmax()": (a) => t.argmax(a.t()),
  "a.argmin()": (a) => t.argmin(a),
  "a.argmin(0)": (a) => t.argmin(a, 0),
  "a.argmin(1)": (a) => t.argmin(a, 1),
  "a.argmin(-1, keepdim=True)": (a) => t.argmin(a, -1, keepdim),
  "a.t().argmin()": (a) => t.argmin(a.t()),
  "a.all()": (a) => a.all(),
  "a.any()": (a) => a.any(),
};

replay("reduce", table);

test("no loop runs over the other sizes of a tensor without elements", () => {
  const n = 2 ** 31 - 1;
  const x = zeros(n, 3, 0);
  const index = tensor([0, 2], { dtype: int64 });
  const results = [
    x.sum(1),
    x.mean(1),
    x.argmax(1),
    x.max(1).values,
    x.cumsum(1),
    t.logsumexp(x, 1),
    t.matmul(x, zeros(n, 0, 0)),
    t.matmul(zeros(n, 0, 2), zeros(n, 2, 0)),
    x.indexSelect(1, index),
  ];
  expect(results.map((y) => y.shape)).toEqual([
    ...[
      [n, 0],
      [n, 0],
      [n, 0],
      [n, 0],
      [n, 3, 0],
      [n, 0],
    ],
    ...[
      [n, 3, 0],
      [n, 0, 0],
      [n, 2, 0],
    ],
  ]);
});
