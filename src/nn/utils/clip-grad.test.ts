import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readRecording } from "../../../test/pytorch/read.ts";
import { ones, type Tensor, tensor, zeros } from "../../tensor/index.ts";
import { Parameter } from "../parameter.ts";
import { clipGradNorm_, clipGradValue_ } from "./clip-grad.ts";

interface ClipCase {
  norm_type: number | "inf";
  max_norm: number;
  grads: number[][];
  total_norm: number;
  clipped: number[][];
}

const cases = readRecording<{ clip_grad_norm: ClipCase[] }>("optim.json").clip_grad_norm;

function withGrads(grads: readonly (readonly number[])[]): Parameter[] {
  return grads.map((g) => {
    const p = new Parameter(zeros(g.length));
    p.grad = tensor([...g]);
    return p;
  });
}

function gradsOf(params: readonly Tensor[]): unknown[] {
  return params.map((p) => p.grad?.tolist());
}

function rounded(grads: readonly (readonly number[])[]): number[][] {
  return grads.map((g) => g.map(Math.fround));
}

describe("clipGradNorm_", () => {
  test.each(cases)("$norm_type-norm of $grads to $max_norm is PyTorch's, bit for bit", (c) => {
    const params = withGrads(c.grads);
    const normType = c.norm_type === "inf" ? Number.POSITIVE_INFINITY : c.norm_type;
    const total = clipGradNorm_(params, c.max_norm, { normType });
    expect([total.ndim, total.item()]).toEqual([0, Math.fround(c.total_norm)]);
    expect(gradsOf(params)).toEqual(rounded(c.clipped));
  });

  const [inf, nan] = [Number.POSITIVE_INFINITY, Number.NaN];
  // Gradients, limit, norm type; norm and gradients of torch.nn.utils.clip_grad_norm_.
  const edges: readonly [number[][], number, number, number, number[][]][] = [
    [[[0, 0]], 1, 2, 0, [[0, 0]]],
    [[[inf, 1]], 1, 2, inf, [[nan, 0]]],
    [[[nan, 1], [2]], 1, 2, nan, [[nan, nan], [nan]]],
    [[[3, 4], [nan]], 1, inf, nan, [[nan, nan], [nan]]],
    [[[3, 4]], 0, 2, 5, [[0, 0]]],
    [[[3, 4]], -1, 2, 5, [[-0.5999999046325684, -0.7999998331069946]]],
    [[[3, 4]], inf, 2, 5, [[3, 4]]],
    [[[3, 4]], 5, 2, 5, [[2.9999992847442627, 3.9999990463256836]]],
    [[[3, 4]], 5.000001, 2, 5, [[3, 4]]],
    [[[3, -4]], 1, 0, 1, [[2.999997138977051, -3.9999961853027344]]],
    [[[3, -4]], 1, -inf, 3, [[0.9999996423721313, -1.333332896232605]]],
    [[[3, 0]], 1, 0.5, 3, [[0.9999996423721313, 0]]],
  ];
  test.each(edges)("%j to %s, norm type %s", (grads, maxNorm, normType, total, clipped) => {
    const params = withGrads(grads);
    expect(clipGradNorm_(params, maxNorm, { normType }).item()).toBe(total);
    expect(gradsOf(params)).toEqual(clipped);
  });

  test("computes float64 gradients in float64", () => {
    const p = new Parameter(tensor(new Float64Array(2)));
    p.grad = tensor(new Float64Array([3, 4]));
    expect(String(clipGradNorm_([p], 1))).toBe("tensor(5., dtype=torch.float64)");
    expect(p.grad.tolist()).toEqual([0.599999880000024, 0.799999840000032]);
  });

  test("finds norms whose squares float32 cannot hold", () => {
    const params = withGrads([[3e30, 4e30]]);
    expect(clipGradNorm_(params, 1).item()).toBe(Math.fround(5e30));
    expect(params[0]?.grad?.norm().item()).toBeCloseTo(1, 6);
  });

  test.each([
    [[inf, 1], 2, "2.0"],
    [[nan, 1], inf, "inf"],
    [[nan, 1], 0.5, "0.5"],
  ])("of %j refuses norm type %s on demand and leaves the gradients", (grads, normType, text) => {
    const params = withGrads([grads]);
    expect(() => clipGradNorm_(params, 1, { normType, errorIfNonfinite: true })).toThrow(
      `The total norm of order ${text} for gradients from \`parameters\` is non-finite, so it ` +
        "cannot be clipped. To disable this error and scale the gradients by the non-finite norm " +
        "anyway, set `error_if_nonfinite=False`",
    );
    expect(gradsOf(params)).toEqual([grads]);
  });

  test("takes one tensor, and passes over parameters without a gradient", () => {
    const [p, q] = [...withGrads([[3, 4]]), new Parameter(ones(2))] as [Tensor, Tensor];
    expect(clipGradNorm_(q, 1).item()).toBe(0);
    expect(clipGradNorm_([q, p], 10).item()).toBe(5);
    expect(clipGradNorm_(p, 10).item()).toBe(5);
    expect(q.grad).toBeNull();
  });

  test("scales gradients of any strides", () => {
    const p = new Parameter(zeros(2, 3));
    p.grad = tensor([3, 0, 0, 4, 0, 0]).reshape(3, 2).t();
    clipGradNorm_([p], 5 / 2);
    expect(p.grad.norm().item()).toBeCloseTo(2.5, 5);
  });

  test("leaves a norm of at most the limit, and the direction", () => {
    const values = fc.float({ noNaN: true, min: -100, max: 100 });
    const vectors = fc.array(fc.array(values, { minLength: 1, maxLength: 5 }), { minLength: 1 });
    const limit = fc.float({ min: Math.fround(0.01), max: 100, noNaN: true });
    fc.assert(
      fc.property(vectors, limit, (grads, maxNorm) => {
        const params = withGrads(grads);
        const before = clipGradNorm_(params, maxNorm).item();
        const factor = Math.min(1, maxNorm / (before + 1e-6));
        const after = Math.hypot(...params.flatMap((p) => [...(p.grad?.toTypedArray() ?? [])]));
        expect(after).toBeLessThanOrEqual(maxNorm * (1 + 1e-5));
        grads.forEach((g, i) => {
          g.forEach((v, k) => {
            const [got, want] = [params[i]?.grad?.toTypedArray()[k] as number, v * factor];
            expect(Math.abs(got - want)).toBeLessThanOrEqual(1e-5 * Math.abs(want) + 1e-30);
          });
        });
      }),
    );
  });
});

describe("clipGradValue_", () => {
  test("clamps, keeps NaN, and passes over parameters without a gradient", () => {
    const nan = Number.NaN;
    const [p] = withGrads([[-3, nan, Number.POSITIVE_INFINITY, 0.5]]) as [Parameter];
    clipGradValue_([p, new Parameter(ones(1))], 0.75);
    expect(p.grad?.tolist()).toEqual([-0.75, nan, 0.75, 0.5]);
  });

  test("clamps float64 gradients and gradients of any strides", () => {
    const p = new Parameter(tensor(new Float64Array(4)).reshape(2, 2));
    p.grad = tensor(new Float64Array([1, 2, 3, 4]))
      .reshape(2, 2)
      .t();
    clipGradValue_(p, 2.1);
    expect(p.grad.tolist()).toEqual([
      [1, 2.1],
      [2, 2.1],
    ]);
  });
});
