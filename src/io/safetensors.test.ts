import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { FormatError, numel } from "../core/index.ts";
import { type ElementType, layouts } from "./element-types.ts";
import { type ArrayRecord, decodeSafetensors, encodeSafetensors } from "./safetensors.ts";

/** A file with the given header text or entries, and `size` bytes behind it. */
function file(header: string | object, size = 0): Uint8Array {
  const text = typeof header === "string" ? header : JSON.stringify(header);
  const json = new TextEncoder().encode(text);
  const bytes = new Uint8Array(8 + json.length + size);
  new DataView(bytes.buffer).setUint32(0, json.length, true);
  bytes.set(json, 8);
  return bytes;
}

const entry = (dtype: string, shape: unknown[], begin: number, end: number) => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

function headerOf(bytes: Uint8Array): string {
  const n = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  return new TextDecoder().decode(bytes.subarray(8, 8 + n));
}

const f32 = (shape: number[]): ArrayRecord => ({
  dtype: "F32",
  shape,
  data: Float32Array.from({ length: numel(shape) }, (_, i) => i),
});

const values: Record<ElementType, fc.Arbitrary<number>> = {
  BOOL: fc.nat(1),
  U8: fc.nat(255),
  F32: fc.float(),
  F64: fc.double(),
  I64: fc.integer(),
};
const record: fc.Arbitrary<ArrayRecord> = fc
  .tuple(fc.constantFrom(...(Object.keys(values) as ElementType[])), fc.array(fc.nat(3)))
  .chain(([dtype, shape]) => {
    const n = numel(shape);
    return fc.array(values[dtype], { minLength: n, maxLength: n }).map((list) => {
      const data = layouts[dtype].dtype.allocate(n);
      data.set(list);
      return { dtype, shape, data };
    });
  });
const name = fc
  .string({ unit: "binary" })
  .filter((s) => s !== "__metadata__" && !/\p{Surrogate}/u.test(s));
const records = fc.dictionary(name, record).map((all) => new Map(Object.entries(all)));

describe("decodeSafetensors() of other things", () => {
  const bytes = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));

  test("reads an ArrayBuffer", () => {
    const { buffer } = encodeSafetensors(new Map([["w", f32([2])]]));
    expect(decodeSafetensors(buffer as ArrayBuffer).tensors.get("w")).toEqual(f32([2]));
  });

  test.each([
    ["PK\x03\x04\0\0\x08\x08", "it is a zip, as torch.save writes"],
    ["\x80\x02\x8a\x0al\xfc\x9cF", "it is a pickle of Python"],
    ["GGUF\x03\0\0\0\0", "it is a GGUF file"],
    ["version https://git-lfs.github.com/spec/v1\noid", "it is a pointer of Git LFS"],
    ["<!DOCTYPE html>\n<html>", "it is a web page"],
  ])("names what %j begins", (start, sentence) => {
    const decode = () => decodeSafetensors(bytes(start), "model.pt");
    expect(decode).toThrow(FormatError);
    expect(decode).toThrow(`model.pt: ${sentence}. `);
  });

  test("reads a header whose size begins as a pickle does", () => {
    const tensors = new Map([["w".repeat(0x280 - 57), f32([2])]]);
    const encoded = encodeSafetensors(tensors);
    expect([...encoded.subarray(0, 3)]).toEqual([0x80, 2, 0]);
    expect(decodeSafetensors(encoded).tensors).toEqual(tensors);
  });

  test("refuses a path", () => {
    const decode = () => decodeSafetensors("model.safetensors" as unknown as Uint8Array, "m");
    expect(decode).toThrow("m: the content is a string, not bytes. Read the file, and give its");
  });
});

describe("encodeSafetensors()", () => {
  // Headers of the reference writer.
  test.each([
    [
      new Map([["attn.0", f32([1, 2, 3])]]),
      {},
      '{"attn.0":{"dtype":"F32","shape":[1,2,3],"data_offsets":[0,24]}}',
    ],
    [
      new Map([["attn0", f32([1, 1, 2, 3])]]),
      {},
      `{"attn0":{"dtype":"F32","shape":[1,1,2,3],"data_offsets":[0,24]}}${" ".repeat(7)}`,
    ],
    [new Map(), {}, `{}${" ".repeat(6)}`],
    [new Map(), { framework: "pt" }, `{"__metadata__":{"framework":"pt"}}${" ".repeat(5)}`],
  ])("writes the header that the reference writes: %#", (tensors, metadata, header) => {
    const bytes = encodeSafetensors(tensors, metadata);
    expect(headerOf(bytes)).toBe(header);
  });

  test("puts wide elements first, then orders by code points, whatever order they come in", () => {
    const one = (dtype: ElementType): ArrayRecord => {
      return { dtype, shape: [1], data: layouts[dtype].dtype.allocate(1) };
    };
    const types = ["BOOL", "U8", "F32", "F64", "I64"] as const;
    const all = [
      ...types.map((t): [string, ArrayRecord] => [t, one(t)]),
      ...["b", "2", "10", "a", "\u{1F600}", "\uE000"].map((n): [string, ArrayRecord] => [
        n,
        one("U8"),
      ]),
    ];
    const bytes = encodeSafetensors(new Map(all));
    expect([...decodeSafetensors(bytes).tensors.keys()]).toEqual([
      "I64",
      "F64",
      "F32",
      "10",
      "2",
      "U8",
      "a",
      "b",
      "\uE000",
      "\u{1F600}",
      "BOOL",
    ]);
    expect(encodeSafetensors(new Map(all.reverse()))).toEqual(bytes);
  });

  test.each([
    ["x", { dtype: "F32", shape: [3], data: new Float32Array(2) }, "Float32Array of 2"],
    ["x", { dtype: "I64", shape: [2], data: new Float32Array(2) }, "Give a Int32Array of 2"],
    ["__metadata__", f32([1]), "cannot be called"],
    ["\ud800", f32([1]), "cannot be called"],
  ] as [string, ArrayRecord, string][])("refuses %j %o", (key, value, sentence) => {
    expect(() => encodeSafetensors(new Map([[key, value]]))).toThrow(FormatError);
    expect(() => encodeSafetensors(new Map([[key, value]]))).toThrow(sentence);
  });
});

describe("decodeSafetensors()", () => {
  test("gives back what encodeSafetensors() was given", () => {
    fc.assert(
      fc.property(records, fc.dictionary(name, name), (tensors, metadata) => {
        const own = Object.fromEntries(Object.entries(metadata)); // a plain prototype
        const result = decodeSafetensors(encodeSafetensors(tensors, own));
        expect(new Map([...result.tensors].sort())).toEqual(new Map([...tensors].sort()));
        expect(result.metadata).toEqual(own);
      }),
    );
  });

  test.each(["__proto__", "constructor"])("keeps metadata and arrays called %s", (key) => {
    const [x, metadata] = [f32([1]), Object.fromEntries([[key, "y"]])];
    const result = decodeSafetensors(encodeSafetensors(new Map([[key, x]]), metadata));
    expect(Object.entries(result.metadata)).toEqual([[key, "y"]]);
    expect(result.tensors.get(key)).toEqual(x);
  });

  test("reads at any position in memory", () => {
    const bytes = encodeSafetensors(new Map([["x", f32([3])]]));
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    expect(decodeSafetensors(shifted.subarray(1)).tensors.get("x")).toEqual(f32([3]));
  });

  test.each<[string, string, number[], number[]]>([
    [
      "F16",
      "F32",
      [0x00, 0x3c, 0x01, 0x00, 0x55, 0x35, 0x00, 0xfc],
      [1, 2 ** -24, 0.333251953125, -Infinity],
    ],
    ["BF16", "F32", [0x80, 0x3f, 0xab, 0x3e, 0x80, 0xff], [1, 0.333984375, -Infinity]],
    ["I8", "I64", [0xff, 0x7f], [-1, 127]],
    ["I16", "I64", [0xfe, 0xff], [-2]],
    ["U16", "I64", [0xfe, 0xff], [65534]],
    ["I32", "I64", [0xff, 0xff, 0xff, 0xff], [-1]],
    ["U32", "I64", [0xff, 0xff, 0xff, 0x7f], [2 ** 31 - 1]],
    ["U64", "I64", [7, 0, 0, 0, 0, 0, 0, 0], [7]],
    ["BOOL", "BOOL", [0, 1, 2], [0, 1, 1]],
  ])("reads %s as %s", (dtype, as, bytes, numbers) => {
    const whole = file({ x: entry(dtype, [numbers.length], 0, bytes.length) }, bytes.length);
    whole.set(bytes, whole.length - bytes.length);
    const x = decodeSafetensors(whole).tensors.get("x")!;
    expect(x.dtype).toBe(as);
    expect([...x.data]).toEqual(numbers);
  });

  test.each(["F16", "BF16"])("reads NaN of %s", (dtype) => {
    const bytes = file({ x: entry(dtype, [1], 0, 2) }, 2).fill(0xff, -2);
    expect(decodeSafetensors(bytes).tensors.get("x")!.data[0]).toBeNaN();
  });

  const whole = entry("U8", [2], 0, 2);
  test.each<[string, Uint8Array, string]>([
    ["no header", new Uint8Array(7), "too few"],
    ["a header longer than any", new Uint8Array(16).fill(255), "not a safetensors file"],
    ["a header longer than the file", file("{}").subarray(0, 9), "ends within its header"],
    ["text", new TextEncoder().encode("First Citizen: Before"), "not a safetensors file"],
    ["no JSON", file("{x"), "not JSON"],
    ["20,000 levels", file("[".repeat(20_000)), "not JSON"],
    ["20,000 levels that close", file(`{"x":${"[".repeat(2e4)}${"]".repeat(2e4)}}`), "not JSON"],
    ["bytes that are not UTF-8", file("{}").fill(0xff, 9), "not JSON"],
    ["another JSON value", file("[]"), "not a JSON object"],
    ["a space before the object", file(" {}"), "not a JSON object"],
    [
      "equal names",
      file('{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\\u0061":{}}'),
      "twice",
    ],
    ["metadata of numbers", file({ __metadata__: { a: 1 } }), "__metadata__"],
    ["no dtype", file({ x: { shape: [1], data_offsets: [0, 1] } }, 1), "x lacks"],
    ["a negative size", file({ x: entry("U8", [-1], 0, 1) }, 1), "x lacks"],
    ["a fraction", file({ x: entry("U8", [0.5], 0, 1) }, 1), "x lacks"],
    ["an unknown type", file({ x: entry("F8_E4M3", [1], 0, 1) }, 1), "F8_E4M3"],
    ["a type with an inherited name", file({ x: entry("toString", [1], 0, 1) }, 1), "toString"],
    ["a wrong size", file({ x: entry("U8", [3], 0, 2) }, 2), "not the size of U8 [3]"],
    ["an overflow", file({ x: entry("U8", [2 ** 40, 2 ** 40, 0], 0, 0) }), "not the size"],
    ["a gap at the start", file({ x: entry("U8", [2], 1, 3) }, 3), "does not begin"],
    ["a gap inside", file({ x: whole, y: entry("U8", [1], 3, 4) }, 4), "y does not begin"],
    ["an overlap", file({ x: whole, y: entry("U8", [2], 1, 3) }, 3), "y does not begin"],
    [
      "a reversed span",
      file({ x: entry("U8", [0], 0, 0), y: entry("U8", [1], 1, 0) }),
      "y does not",
    ],
    ["bytes behind the arrays", file({ x: whole }, 3), "the file has 3"],
    ["bytes missing", file({ x: whole }, 1), "the file has 1"],
  ])("refuses %s", (_what, bytes, sentence) => {
    expect(() => decodeSafetensors(bytes, "model.safetensors")).toThrow(FormatError);
    expect(() => decodeSafetensors(bytes, "model.safetensors")).toThrow(/^model\.safetensors: /);
    expect(() => decodeSafetensors(bytes)).toThrow(sentence);
  });

  test.each(["I64", "U64", "U32"])("refuses %s beyond 32 bits", (dtype) => {
    const size = dtype === "U32" ? 4 : 8;
    const bytes = file({ x: entry(dtype, [1], 0, size) }, size).fill(0x80, -1);
    expect(() => decodeSafetensors(bytes)).toThrow("beyond 32 bits");
  });

  test("reads and writes the same on a big-endian machine, element by element", async () => {
    const tensors = new Map(fc.sample(record, { numRuns: 50, seed: 1 }).map((r, i) => [`${i}`, r]));
    const bytes = encodeSafetensors(tensors);
    vi.resetModules();
    vi.stubGlobal("Uint16Array", { of: () => Uint8Array.of(0, 1) });
    const other = await import("./safetensors.ts").finally(() => vi.unstubAllGlobals());
    expect(other.encodeSafetensors(tensors)).toEqual(bytes);
    expect(other.decodeSafetensors(bytes)).toEqual(decodeSafetensors(bytes));
  });

  test("gives arrays of its own, not the file's memory", () => {
    const bytes = encodeSafetensors(new Map([["x", f32([3])]]));
    const x = decodeSafetensors(bytes).tensors.get("x");
    bytes.fill(0);
    expect(x).toEqual(f32([3]));
  });

  test("refuses a file cut off anywhere, and throws nothing but FormatError on damage", () => {
    fc.assert(
      fc.property(records, fc.nat(), fc.integer({ min: 1, max: 255 }), (tensors, at, mask) => {
        const bytes = encodeSafetensors(tensors);
        expect(() => decodeSafetensors(bytes.subarray(0, at % bytes.length))).toThrow(FormatError);
        bytes[at % bytes.length]! ^= mask;
        try {
          decodeSafetensors(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
    );
  });
});
