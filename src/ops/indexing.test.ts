import { type Expressions, replay } from "../../test/pytorch/expressions.ts";
import { int64 } from "../core/index.ts";
import { tensor } from "../tensor/creation.ts";
import { gather } from "../tensor/functions.ts";
import { type Nested, Tensor } from "../tensor/tensor.ts";
import { embedding } from "./indexing.ts";

const ints = (data: Nested<number>) => tensor(data, { dtype: int64 });
const ids = ints([
  [1, 0],
  [1, 2],
]);

const table: Expressions = {
  "a[1]": (a) => a.at(1),
  "a[-1]": (a) => a.at(-1),
  "a[:, -1]": (a) => a.at(null, -1),
  "a[:, -1, 0:2]": (a) => a.at(null, -1, [0, 2]),
  "a[..., 1:]": (a) => a.at(null, null, [1, null]),
  "a[0, 1:3]": (a) => a.at(0, [1, 3]),
  "a[:, ::2]": (a) => a.at(null, [0, null, 2]),
  "a[:, 1:100]": (a) => a.at(null, [1, 100]),
  "a[:, -2:]": (a) => a.at(null, [-2, null]),
  "a[:, :-1]": (a) => a.at(null, [0, -1]),
  "a[:, 3:1]": (a) => a.at(null, [3, 1]),
  "a[0, 0, 0]": (a) => a.at(0, 0, 0),
  "a[1:, 1][:, 1]": (a) => a.at([1, null], 1).at(null, 1),
  "a[torch.tensor([1, 0, 1])]": (a) => a.at(ints([1, 0, 1])),
  "a[:, torch.tensor([[0, -1], [2, 2]])]": (a) =>
    a.at(
      null,
      ints([
        [0, -1],
        [2, 2],
      ]),
    ),
  "a[1, torch.tensor([0, 2])]": (a) => a.at(1, ints([0, 2])),
  "a[torch.tensor([1, -1]), 1]": (a) => a.at(ints([1, -1]), 1),
  "a[:, torch.tensor([], dtype=torch.int64)]": (a) => a.at(null, ints([])),
  "a[torch.tensor(1)]": (a) => a.at(ints(1)),
  "a[torch.tensor([2, 0, 1])]": (a) => a.at(ints([2, 0, 1])),
  "a[a > 0]": (a) => a.at(a.gt(0)),
  "a[torch.tensor([True, False])]": (a) => a.at(tensor([true, false])),
  "a[:, torch.tensor([True, False, True])]": (a) => a.at(null, tensor([true, false, true])),
  "a[torch.tensor([[True, False, True], [False, True, True]])]": (a) =>
    a.at(
      tensor([
        [true, false, true],
        [false, true, true],
      ]),
    ),
  "a[1, torch.tensor([True, False, True])]": (a) => a.at(1, tensor([true, false, true])),
  "a[1, torch.tensor([[True, False, True, True], [False] * 4, [False, True, False, False]])]": (
    a,
  ) =>
    a.at(
      1,
      tensor([
        [true, false, true, true],
        [false, false, false, false],
        [false, true, false, false],
      ]),
    ),
  "a.index_select(1, torch.tensor([2, 0, 0]))": (a) => a.indexSelect(1, ints([2, 0, 0])),
  "a.index_select(-1, torch.tensor([1]))": (a) => a.indexSelect(-1, ints([1])),
  "a.index_select(0, torch.tensor([1, 1]))": (a) => a.indexSelect(0, ints([1, 1])),
  "a.masked_select(a > 0)": (a) => a.maskedSelect(a.gt(0)),
  "a.masked_select(a > 100)": (a) => a.maskedSelect(a.gt(100)),
  "a.masked_select(torch.tensor([True, False, True, False]))": (a) =>
    a.maskedSelect(tensor([true, false, true, false])),
  "a.masked_fill(a > 0, 3.5)": (a) => a.maskedFill(a.gt(0), 3.5),
  "a.masked_fill(a > 10, 0)": (a) => a.maskedFill(a.gt(10), 0),
  "a.masked_fill(torch.tensor([True, False, True, False]), -inf)": (a) =>
    a.maskedFill(tensor([true, false, true, false]), Number.NEGATIVE_INFINITY),
  "a.gather(1, torch.tensor([[[0, 1, 2, 0]], [[2, 2, 0, 1]]]))": (a) =>
    gather(a, 1, ints([[[0, 1, 2, 0]], [[2, 2, 0, 1]]])),
  "a.gather(-1, torch.tensor([[[3, 3], [0, 0], [1, 1]], [[0, 1], [1, 2], [2, 3]]]))": (a) =>
    gather(
      a,
      -1,
      ints([
        [
          [3, 3],
          [0, 0],
          [1, 1],
        ],
        [
          [0, 1],
          [1, 2],
          [2, 3],
        ],
      ]),
    ),
  "a.gather(2, torch.tensor([[[3], [0]]]))": (a) => gather(a, 2, ints([[[3], [0]]])),
  "a.gather(0, torch.tensor([[[1, 0], [1, 1]]]))": (a) =>
    gather(
      a,
      0,
      ints([
        [
          [1, 0],
          [1, 1],
        ],
      ]),
    ),
  "a.gather(0, torch.tensor([2, 2, 0]))": (a) => gather(a, 0, ints([2, 2, 0])),
  "a.transpose(0, 2)[:, torch.tensor([2, 0])]": (a) => a.transpose(0, 2).at(null, ints([2, 0])),
  "a.transpose(0, 1)[:, :, 1:3][torch.tensor([2, 0, 2])]": (a) =>
    a
      .transpose(0, 1)
      .at(null, null, [1, 3])
      .at(ints([2, 0, 2])),
  "F.embedding(torch.tensor([[1, 0], [1, 2]]), a)": (a) => Tensor.apply(embedding, [a, ids], -1),
  "F.embedding(torch.tensor([[1, 0], [1, 2]]), a, padding_idx=1)": (a) =>
    Tensor.apply(embedding, [a, ids], 1),
  "F.embedding(torch.tensor([[1, 0], [1, 2]]), a.t())": (a) =>
    Tensor.apply(embedding, [a.t(), ids], -1),
};

replay("indexing", table);
