import { describe, expect, test } from "vitest";
import { DTypeError, IndexError, int64 } from "../core/index.ts";
import { arange, tensor, zeros } from "./creation.ts";
import type { IndexItem } from "./tensor.ts";

const x = arange(24).reshape(2, 3, 4);
const ints = (...data: number[]) => tensor(data, { dtype: int64 });

describe("at()", () => {
  test("takes one item a dimension: number, null, range", () => {
    expect(x.at(null, -1, [0, 2]).tolist()).toEqual([
      [8, 9],
      [20, 21],
    ]);
    expect(x.at(1, 2, 3).item()).toBe(23);
    expect(x.at(-2, null, 0).tolist()).toEqual([0, 4, 8]);
  });

  test("takes dimensions without an item whole", () => {
    expect(x.at().tolist()).toEqual(x.tolist());
    expect([...x.at(1).shape]).toEqual([3, 4]);
    expect([...x.at(null, 1).shape]).toEqual([2, 4]);
  });

  test.each<[string, IndexItem, number[]]>([
    ["[1, null]", [1, null], [1, 2, 3, 4]],
    ["[0, -1]", [0, -1], [0, 1, 2, 3]],
    ["[-2, null]", [-2, null], [3, 4]],
    ["[-100, 100]", [-100, 100], [0, 1, 2, 3, 4]],
    ["[3, 1]", [3, 1], []],
    ["[0, null, 2]", [0, null, 2], [0, 2, 4]],
    ["[1, 4, 3]", [1, 4, 3], [1]],
    ["[4, null, 100]", [4, null, 100], [4]],
  ])("the range %s is Python's", (_title, item, want) => {
    expect(arange(5).at(item).tolist()).toEqual(want);
  });

  test("of numbers and ranges shares memory", () => {
    const y = zeros(2, 3);
    y.at(1, [1, null]).fill_(5);
    expect(y.tolist()).toEqual([
      [0, 0, 0],
      [0, 5, 5],
    ]);
  });

  test("of tensors copies", () => {
    const y = zeros(3);
    y.at(ints(0, 1)).fill_(5);
    y.at(tensor([true, false, false])).fill_(5);
    expect(y.tolist()).toEqual([0, 0, 0]);
  });

  test("puts the shape of an index tensor in the place of the dimension", () => {
    expect([...x.at(null, ints(0, 2, 1, 1).reshape(2, 2)).shape]).toEqual([2, 2, 2, 4]);
    expect([...x.at(null, tensor(1, { dtype: int64 })).shape]).toEqual([2, 4]);
    expect([...x.at(ints(), [0, 1]).shape]).toEqual([0, 1, 4]);
  });

  test("flattens the dimensions that a mask covers", () => {
    expect(x.at(x.gt(20)).tolist()).toEqual([21, 22, 23]);
    const mask = x.select(2, 0).gt(3);
    expect([...x.at(mask).shape]).toEqual([5, 4]);
    expect(x.at(mask, -1).tolist()).toEqual([7, 11, 15, 19, 23]);
    expect([...x.at(null, tensor([false, false, false])).shape]).toEqual([2, 0, 4]);
  });

  test("refuses two tensors and too many items", () => {
    expect(() => x.at(ints(0), ints(0))).toThrow(/only one of the indices may be a tensor/);
    expect(() => x.at(x.gt(0), 0)).toThrow(/too many indices for tensor of dimension 3/);
  });

  test("names the dimension of the tensor, not of what is left of it", () => {
    expect(() => x.at(0, 3)).toThrow(/^at: index 3 is out of bounds for dimension 1 with size 3\./);
    expect(() => x.at(0, 0, 4)).toThrow(/index 4 is out of bounds for dimension 2 with size 4/);
    expect(() => x.at(0.5)).toThrow(IndexError);
    expect(() => x.at(null, ints(-4))).toThrow(/index -4 is out of bounds/);
    expect(() => x.at(tensor([0]))).toThrow(DTypeError);
  });
});
