import { describe, expect, test } from "vitest";
import { expectClose, expectSame, tolerance } from "../../test/pytorch/close.ts";
import { readRecording } from "../../test/pytorch/read.ts";
import { sentence } from "../../test/pytorch/sentence.ts";
import { type Recorded, restored } from "../../test/pytorch/tensors.ts";
import { camelCased, float32, float64, int64 } from "../core/index.ts";
import { gradcheck, noGrad, ones, randn, type Tensor, tensor } from "../tensor/index.ts";
import * as F from "./functional.ts";
import { LayerNorm } from "./layer-norm.ts";

interface LayerNormCase {
  normalized_shape: number | number[];
  options: Record<string, unknown>;
  repr: string;
  transposed: boolean;
  initial: Record<string, Recorded>;
  params: Record<string, Recorded>;
  input: Recorded;
  output: Recorded;
  grad_output: Recorded;
  grad_input: Recorded;
  grads: Record<string, Recorded>;
}

interface ErrorCase {
  input: number[];
  normalized_shape: number[];
  weight: number[] | null;
  bias: number[] | null;
  error: string;
}

const { cases, errors } = readRecording<{ cases: LayerNormCase[]; errors: ErrorCase[] }>(
  "layer-norm.json",
);

describe("LayerNorm matches PyTorch", () => {
  const titled = cases.map((c) => [`${c.repr} of [${c.input.shape}]`, c] as const);
  test.each(titled)("%s: initial values, output and gradients", (_title, c) => {
    const layer = new LayerNorm(c.normalized_shape, camelCased(c.options));
    expect(String(layer)).toBe(c.repr);
    const state = layer.stateDict();
    expect(Object.keys(state)).toEqual(Object.keys(c.initial));
    for (const name of Object.keys(state)) {
      expectSame(state[name] as Tensor, c.initial[name] as Recorded, name);
    }
    layer.loadStateDict(
      Object.fromEntries(Object.entries(c.params).map(([k, v]) => [k, restored(v)])),
    );
    const x = restored(c.input).requiresGrad_();
    const y = layer.forward(c.transposed ? x.transpose(0, 1) : x);
    expectClose(y, c.output, tolerance.forward, "output");
    y.backward(restored(c.grad_output));
    expectClose(x.grad, c.grad_input, tolerance.gradient, "gradient of the input");
    for (const [name, p] of layer.namedParameters()) {
      expectClose(p.grad, c.grads[name] as Recorded, tolerance.gradient, `gradient of ${name}`);
    }
  });

  test.each(errors.map((c) => [c.error, c] as const))("says %s", (_title, c) => {
    const given = (shape: number[] | null) => (shape === null ? null : ones(...shape));
    const call = () =>
      F.layerNorm(ones(...c.input), c.normalized_shape, {
        ...{ weight: given(c.weight), bias: given(c.bias) },
      });
    expect(sentence(call)).toBe(c.error);
  });
});

describe("LayerNorm", () => {
  test("is recorded under PyTorch's name", () => {
    expect(String(new LayerNorm(2).forward(ones(1, 2)))).toContain("NativeLayerNormBackward0");
  });

  test("resetParameters() gives ones and zeros again", () => {
    const layer = new LayerNorm([2, 3]);
    noGrad(() => {
      layer.weight?.fill_(7);
      layer.bias?.fill_(7);
    });
    layer.resetParameters();
    expect(layer.weight?.tolist()).toEqual(ones(2, 3).tolist());
    expect(layer.bias?.tolist()).toEqual(ones(2, 3).mul(0).tolist());
  });

  test("refuses integers, mixed types and negative sizes with PyTorch's sentences", () => {
    const [x, weight] = [ones(2, 3), ones(3, { dtype: float64 })];
    expect(sentence(() => F.layerNorm(x.to(int64), [3]))).toBe(
      "\"LayerNormKernelImpl\" not implemented for 'Long'",
    );
    expect(sentence(() => F.layerNorm(x, [3], { weight }))).toBe(
      "expected scalar type Float but found Double",
    );
    expect(sentence(() => F.layerNorm(x.double(), [3], { weight, bias: ones(3) }))).toBe(
      "expected scalar type Double but found Float",
    );
    expect(sentence(() => new LayerNorm([2, -1]))).toBe(
      "Trying to create tensor with negative dimension -1: [2, -1]",
    );
  });
});

describe("layerNorm()", () => {
  const random = (...shape: number[]) => randn(...shape, { dtype: float64 }).requiresGrad_();

  test("has the derivatives that difference quotients have", () => {
    const [x, w, b] = [random(3, 2, 4), random(2, 4), random(2, 4)];
    const affine = (...[a, weight, bias]: Tensor[]) =>
      F.layerNorm(a as Tensor, [2, 4], { weight, bias });
    const shifted = (bias?: Tensor) => F.layerNorm(x.detach(), [2, 4], { bias });
    expect(gradcheck(affine, [x, w, b])).toBe(true);
    expect(gradcheck((a) => F.layerNorm(a as Tensor, [4]), [x])).toBe(true);
    expect(gradcheck(shifted, [b])).toBe(true);
  });

  test.each([
    [1e20, float32],
    [1e38, float32],
    [1e200, float64],
    [5e307, float64],
  ])("of rows around %d is right, though their squares overflow", (size, dtype) => {
    const rows = tensor(
      [
        [size, 2 * size, 3 * size],
        [size, size, size],
      ],
      { dtype },
    );
    const x = rows.requiresGrad_();
    const y = F.layerNorm(x, [3]);
    const expected = [-Math.sqrt(1.5), 0, Math.sqrt(1.5), 0, 0, 0];
    (y.flatten().tolist() as number[]).forEach((v, i) => {
      expect(v).toBeCloseTo(expected[i] as number, 6);
    });
    y.pow(3).sum().backward();
    const grad = (x.grad as Tensor).flatten().tolist() as number[];
    expect(grad.every(Number.isFinite)).toBe(true);
  });

  test("of one element is the bias, whatever the element", () => {
    const y = F.layerNorm(randn(5, 1).mul(1000), [1], { weight: ones(1), bias: ones(1) });
    expect(y.tolist()).toEqual(ones(5, 1).tolist());
  });
});
