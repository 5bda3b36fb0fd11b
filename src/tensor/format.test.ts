import { afterEach, describe, expect, test } from "vitest";
import { golden } from "../../test/golden/read.ts";
import { type DType, dtypes, float64, int64 } from "../core/index.ts";
import { arange, ones, tensor } from "./creation.ts";
import { formatTensor, setPrintOptions } from "./format.ts";
import { cat } from "./functions.ts";
import type { Tensor } from "./tensor.ts";

interface Recorded {
  dtype: string;
  shape: number[];
  data?: (number | string | boolean)[];
  expr?: string;
  requires_grad: boolean;
  grad_fn: string | null;
  parameter: boolean;
  text: string;
}

// Element types that saiki lacks print like one that it has, but for the suffix.
const standIns: Record<string, DType> = { float16: float64, bfloat16: float64, int32: int64 };
// Recorded without data because they are large.
const made: Record<string, () => Tensor> = {
  "arange(1001.)": () => arange(1001),
  "arange(2000.).reshape(40, 50)": () => arange(2000),
  "arange(2004.).reshape(2, 1002)": () => arange(2004),
  "arange(1200).reshape(10, 10, 12)": () => arange(1200),
  "ones(300, 4)": () => ones(1200),
  "ones(4, 300)": () => ones(1200),
  "cat([arange(600.), tensor([0.5]), arange(600.)])": () =>
    cat([arange(600), tensor([0.5]), arange(600)]),
};

const { tensors } = golden<{ tensors: Recorded[] }>("text.json");
const before = setPrintOptions({});

afterEach(() => {
  setPrintOptions(before);
});

describe("formatTensor() gives PyTorch's text", () => {
  test.each(tensors.map((t, i) => [i, t.text.slice(0, 50).replaceAll("\n", " "), t] as const))(
    "%i: %s",
    (_i, _text, t) => {
      const own = dtypes[t.dtype as keyof typeof dtypes];
      const dtype = own ?? (standIns[t.dtype] as DType);
      const values = t.data?.map(Number) ?? [...made[t.expr as string]!().toTypedArray()];
      const data = dtype.allocate(values.length);
      data.set(values);
      const gradFn = t.grad_fn ?? undefined;
      const text = formatTensor({
        shape: t.shape,
        dtype,
        data,
        requiresGrad: t.requires_grad,
        ...(gradFn === undefined ? {} : { gradFn }),
      });
      const comparable = (s: string) => (own ? s : s.replace(/, dtype=torch\.\w+/, ""));
      const printed = (t.parameter ? "Parameter containing:\n" : "") + text;
      expect(comparable(printed)).toBe(comparable(t.text));
    },
  );
});

describe("setPrintOptions()", () => {
  test("changes precision, edges and mode", () => {
    const x = { shape: [3], dtype: dtypes.float32, data: Float32Array.of(1, 0.5, 1 / 3) };
    setPrintOptions({ precision: 2 });
    expect(formatTensor(x)).toBe("tensor([1.00, 0.50, 0.33])");
    setPrintOptions({ sciMode: true });
    expect(formatTensor(x)).toBe("tensor([1.00e+00, 5.00e-01, 3.33e-01])");
  });

  test("full shows everything", () => {
    setPrintOptions({ profile: "full" });
    expect(String(arange(1001))).toContain(" 500, ");
  });
});
