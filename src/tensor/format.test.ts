import { afterEach, describe, expect, test } from "vitest";
import { readRecording } from "../../test/pytorch/read.ts";
import { type DType, dtypes, float32, float64, int64 } from "../core/index.ts";
import { arange, ones, tensor, zeros } from "./creation.ts";
import { formatTensor, type PrintOptionChanges, setPrintOptions } from "./format.ts";
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

// An element type that saiki lacks prints like one that it has, except for the suffix.
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

const { tensors } = readRecording<{ tensors: Recorded[] }>("text.json");
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
  const x = (...values: number[]) => tensor(values);

  // Each text is what PyTorch 1.13 printed.
  test.each<[PrintOptionChanges, Tensor, string]>([
    [{ precision: 2 }, x(1, 0.5, 1 / 3), "tensor([1.00, 0.50, 0.33])"],
    [{ sciMode: true }, x(-1, 1.5), "tensor([-1.0000e+00, 1.5000e+00])"],
    [{ sciMode: true }, x(0, 0), "tensor([0., 0.])"],
    [{ sciMode: false }, x(1e-5, 1), "tensor([    0.0000,     1.0000])"],
    [{ profile: "short" }, arange(1001), "tensor([   0,    1,  ...,  999, 1000])"],
    [
      { edgeitems: 1, threshold: 3 },
      arange(12).float().view(3, 4),
      "tensor([[ 0.,  ...,  3.],\n        ...,\n        [ 8.,  ..., 11.]])",
    ],
    [{ linewidth: 2 }, arange(3), "tensor([0,\n        1,\n        2])"],
    [{ linewidth: 20 }, x(1, 1).requiresGrad_(), "tensor([1., 1.],\n       requires_grad=True)"],
  ])("%o", (changes, printed, text) => {
    setPrintOptions(changes);
    expect(String(printed)).toBe(text);
  });

  test("returns the options before", () => {
    const options = setPrintOptions({ precision: 2, sciMode: true });
    expect(options).toEqual(before);
    expect(setPrintOptions(options)).toEqual({ ...before, precision: 2, sciMode: true });
    expect(setPrintOptions({})).toEqual(before);
  });

  test("profile full shows everything", () => {
    setPrintOptions({ profile: "full" });
    expect(String(arange(100_001))).toContain(" 50000, ");
  });

  test("without sciMode goes back to the automatic choice", () => {
    setPrintOptions({ sciMode: true });
    setPrintOptions({ precision: 2 });
    expect(String(x(0.5))).toBe("tensor([0.50])");
  });

  test.each([
    [{ precision: 0.5 }, "precision is 0.5"],
    [{ precision: 101 }, "precision is 101"],
    [{ edgeitems: -1 }, "edgeitems is -1"],
    [{ threshold: Number.NaN }, "threshold is NaN"],
    [{ profile: "tiny" as "full" }, "profile is tiny"],
  ])("refuses %o", (changes, sentence) => {
    expect(() => setPrintOptions(changes)).toThrow(sentence);
    expect(setPrintOptions({})).toEqual(before);
  });
});

describe("formatTensor()", () => {
  test("columns without numbers to measure are one character wide, as in PyTorch", () => {
    const line = "0., ".repeat(23);
    expect(String(zeros(30))).toBe(`tensor([${line}0.,\n        0., 0., 0., 0., 0., 0.])`);
  });

  test("reads only what it shows", () => {
    const read = new Set<string | symbol>();
    const data = new Proxy(new Float32Array(1001), {
      get: (array, key) => {
        read.add(key);
        return array[key as unknown as number];
      },
    });
    formatTensor({ shape: [1001], dtype: float32, data });
    expect([...read]).toEqual(["0", "1", "2", "998", "999", "1000"]);
  });
});
