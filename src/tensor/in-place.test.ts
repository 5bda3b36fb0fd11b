import { describe, expect, test } from "vitest";
import { modified, sentence } from "../../test/pytorch/sentence.ts";
import { AutogradError } from "../core/index.ts";
import { noGrad } from "./autograd.ts";
import { ones, tensor, zeros } from "./creation.ts";
import { where } from "./functions.ts";
import type { Tensor } from "./tensor.ts";

const leaf = (...data: number[]) => tensor(data, { requiresGrad: true });
const gradOf = (x: Tensor) => x.grad?.tolist();

describe("in-place operations", () => {
  test("compute what their counterparts compute, with gradient", () => {
    const x = leaf(1, 2);
    const y = x.mul(1);
    const same = y.add_(1).mul_(tensor([2, 3]));
    expect(same).toBe(y);
    expect(y.tolist()).toEqual([4, 9]);
    y.sum().backward();
    expect(gradOf(x)).toEqual([2, 3]);
  });

  test("make a plain tensor part of the graph", () => {
    const [x, y] = [leaf(1, 2), zeros(2)];
    y.add_(x);
    expect(y.gradFn?.nameOf(0)).toBe("AddBackward0");
    y.sum().backward();
    expect(gradOf(x)).toEqual([1, 1]);
  });

  test("are refused on leaves that require a gradient, and on their views", () => {
    const x = leaf(1, 2);
    const refused = "leaf Variable that requires grad is being used in an in-place operation.";
    expect(sentence(() => x.add_(1))).toBe(`a ${refused}`);
    expect(sentence(() => x.normal_())).toBe(`a ${refused}`);
    expect(sentence(() => x.at(0).add_(1))).toBe(`a view of a ${refused}`);
    expect(x.tolist()).toEqual([1, 2]);
    noGrad(() => x.add_(1));
    noGrad(() => x.at(0).mul_(10));
    expect(x.tolist()).toEqual([20, 3]);
    expect([x.isLeaf, x.requiresGrad]).toEqual([true, true]);
  });

  test("on views change the base", () => {
    const x = zeros(2, 3);
    x.at(1).add_(1);
    x.t().at(0).fill_(7);
    x.at(null, [1, null]).mul_(2);
    expect(x.tolist()).toEqual([
      [7, 0, 0],
      [7, 2, 2],
    ]);
  });

  test("that the tape could not follow through views are refused, not ignored", () => {
    const [x, y] = [leaf(1, 2), zeros(2)];
    expect(() => y.at(0).copy_(x.at(0))).toThrow(AutogradError);
    expect(() => x.mul(2).at(0).add_(1)).toThrow(AutogradError);
    const before = y.at(0);
    y.add_(x);
    expect(() => before.mul(2)).toThrow(/view was taken before its base was changed/);
    const [made, view] = [x.mul(1), (t: Tensor) => t.at(0)];
    const stale = view(made);
    made.mul_(2);
    expect(() => stale.mul(2)).toThrow(/view was taken before its base was changed/);
    expect(view(made).item()).toBe(2);
  });

  test("views of parameters stay usable after an optimizer's change", () => {
    const x = leaf(1, 2);
    const view = noGrad(() => x.at(1));
    x.update_((v) => v.assign(tensor([5, 6]).impl));
    expect(view.mul(2).item()).toBe(12);
  });

  test("on a saved input make backward throw, naming who changed it", () => {
    const x = ones(2, 3, { requiresGrad: true });
    const y = x.exp();
    const z = y.mul(y);
    y.add_(1);
    expect(sentence(() => z.sum().backward())).toBe(
      modified("[2, 3]], which is output 0 of AddBackward0,", 1),
    );
  });

  test("on a saved output make backward throw, naming who made it", () => {
    const x = leaf(1, 2);
    const y = x.exp();
    y.add_(1).add_(1);
    expect(sentence(() => y.sum().backward())).toBe(
      modified("[2]], which is output 0 of ExpBackward0,", 2),
    );
  });

  test("on a saved leaf make backward throw without a name", () => {
    const x = leaf(1, 2, 3);
    const z = x.mul(x);
    noGrad(() => x.add_(1));
    expect(sentence(() => z.sum().backward())).toBe(modified("[3]]", 1));
    const w = ones(3);
    const product = leaf(1, 2, 3).mul(w);
    w.add_(1);
    expect(sentence(() => product.sum().backward())).toBe(modified("[3]]", 1));
  });

  test("on what backward does not need are harmless", () => {
    const [x, w] = [leaf(1, 2), tensor([1, 0])];
    const sum = x.add(w);
    const chosen = where(w.gt(0), x.mul(1), w);
    w.mul_(100);
    sum.sum().add(chosen.sum()).backward();
    expect(gradOf(x)).toEqual([2, 1]);
  });
});
