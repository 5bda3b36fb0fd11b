import { describe, expect, test } from "vitest";
import { expectSame } from "../../../test/pytorch/close.ts";
import { readRecording } from "../../../test/pytorch/read.ts";
import { sentence } from "../../../test/pytorch/sentence.ts";
import { type Recorded, restored } from "../../../test/pytorch/tensors.ts";
import { float64, int64 } from "../../core/index.ts";
import { arange, gradcheck, ones, randn, type Tensor, tensor } from "../../tensor/index.ts";
import * as rnn from "./packed.ts";

interface PackedRecord {
  data: Recorded;
  batch_sizes: number[];
  sorted_indices: number[] | null;
  unsorted_indices: number[] | null;
  repr: string;
}

interface Recordings {
  pack_padded_sequence: {
    input: Recorded;
    lengths: number[];
    batch_first: boolean;
    enforce_sorted: boolean;
    packed: PackedRecord;
    padded: Recorded;
    padded_lengths: number[];
    padded_other: Recorded;
  }[];
  pack_sequence: {
    sequences: number[][];
    enforce_sorted: boolean;
    packed: PackedRecord;
    pad: Recorded;
    pad_batch_first: Recorded;
  }[];
  unstable_sort_order: { lengths: number[]; sorted_indices: number[] }[];
}

const recorded = readRecording<Recordings>("packing.json");
const ints = (...data: number[]) => tensor(data, { dtype: int64 });
const steps = (n: number) => arange(n).float();

function expectPacked(got: rnn.PackedSequence, want: PackedRecord): void {
  expectSame(got.data, want.data, "data");
  expect(got.batchSizes.tolist()).toEqual(want.batch_sizes);
  expect(got.batchSizes.dtype).toBe(int64);
  expect(got.sortedIndices?.tolist() ?? null).toEqual(want.sorted_indices);
  expect(got.unsortedIndices?.tolist() ?? null).toEqual(want.unsorted_indices);
  expect(String(got)).toBe(want.repr);
}

describe("packPaddedSequence and padPackedSequence match PyTorch", () => {
  const titled = recorded.pack_padded_sequence.map((c) => {
    const order = c.batch_first ? "batch first" : "time first";
    const title = `[${c.lengths}] ${order} ${c.enforce_sorted ? "" : "un"}sorted [${c.input.shape}]`;
    return [title, c] as const;
  });

  test.each(titled)("%s", (_title, c) => {
    const options = { batchFirst: c.batch_first, enforceSorted: c.enforce_sorted };
    const packed = rnn.packPaddedSequence(restored(c.input), c.lengths, options);
    expectPacked(packed, c.packed);
    const asTensor = rnn.packPaddedSequence(restored(c.input), ints(...c.lengths), options);
    expectPacked(asTensor, c.packed);
    const [padded, lengths] = rnn.padPackedSequence(packed, { batchFirst: c.batch_first });
    expectSame(padded, c.padded, "padded");
    expect(lengths.tolist()).toEqual(c.padded_lengths);
    expect(lengths.dtype).toBe(int64);
    const [other] = rnn.padPackedSequence(packed, {
      batchFirst: !c.batch_first,
      paddingValue: -1.5,
      totalLength: Math.max(...c.lengths) + 2,
    });
    expectSame(other, c.padded_other, "padded with a value, to a length");
  });

  test("surplus steps and fractions of lengths are ignored", () => {
    const x = steps(12).reshape(4, 3);
    const packed = rnn.packPaddedSequence(x, tensor([2.7, 2.2, 1]));
    expect(packed.batchSizes.tolist()).toEqual([3, 2]);
    expect(packed.data.tolist()).toEqual([0, 1, 2, 3, 4]);
  });

  test("integers keep their type", () => {
    const packed = rnn.packPaddedSequence(arange(4).reshape(2, 2), [2, 1]);
    expect(packed.data.dtype).toBe(int64);
    expect(rnn.padPackedSequence(packed, { paddingValue: 9 })[0].tolist()).toEqual([
      [0, 1],
      [2, 9],
    ]);
  });

  test("sequences of equal length keep their order, whatever their number", () => {
    for (const { lengths } of recorded.unstable_sort_order) {
      const x = ones(Math.max(...lengths), lengths.length);
      const { sortedIndices } = rnn.packPaddedSequence(x, lengths, { enforceSorted: false });
      const stable = lengths.map((n, i) => [n, i] as const).sort(([n], [m]) => m - n);
      expect(sortedIndices?.tolist()).toEqual(stable.map(([, i]) => i));
    }
  });

  test("up to 16 sequences that order is PyTorch's", () => {
    const small = recorded.unstable_sort_order.filter((c) => c.lengths.length <= 16);
    expect(small).not.toHaveLength(0);
    for (const { lengths, sorted_indices } of small) {
      const x = ones(Math.max(...lengths), lengths.length);
      const packed = rnn.packPaddedSequence(x, lengths, { enforceSorted: false });
      expect(packed.sortedIndices?.tolist()).toEqual(sorted_indices);
    }
  });
});

describe("packSequence, padSequence and their inverses match PyTorch", () => {
  test.each(recorded.pack_sequence)("$sequences", (c) => {
    const sequences = c.sequences.map((s) => tensor(s));
    const packed = rnn.packSequence(sequences, { enforceSorted: c.enforce_sorted });
    expectPacked(packed, c.packed);
    expectSame(rnn.padSequence(sequences), c.pad, "padded");
    const batchFirst = rnn.padSequence(sequences, { batchFirst: true, paddingValue: 9 });
    expectSame(batchFirst, c.pad_batch_first, "padded, batch first");
    expect(rnn.unpackSequence(packed).map((t) => t.tolist())).toEqual(c.sequences);
    const lengths = c.sequences.map((s) => s.length);
    const back = rnn.unpadSequence(batchFirst, lengths, { batchFirst: true });
    expect(back.map((t) => t.tolist())).toEqual(c.sequences);
    const timeFirst = rnn.unpadSequence(rnn.padSequence(sequences), ints(...lengths));
    expect(timeFirst.map((t) => t.tolist())).toEqual(c.sequences);
  });

  test("padSequence() keeps trailing sizes and cuts the padding value of integers", () => {
    expect([...rnn.padSequence([ones(2, 3, 4), ones(5, 3, 4)]).shape]).toEqual([5, 2, 3, 4]);
    const padded = rnn.padSequence([ints(1, 2), ints(3)], { paddingValue: 1.7 });
    expect([padded.tolist(), padded.dtype]).toEqual([
      [
        [1, 3],
        [2, 1],
      ],
      int64,
    ]);
  });

  test("padSequence() of one sequence and of empty ones", () => {
    expect(rnn.padSequence([tensor([1, 2])]).tolist()).toEqual([[1], [2]]);
    expect(rnn.padSequence([tensor([1]), tensor([])], { paddingValue: 7 }).tolist()).toEqual([
      [1, 7],
    ]);
  });
});

describe("PackedSequence", () => {
  test("derives the unsorted indices from the sorted ones", () => {
    const packed = new rnn.PackedSequence(steps(4), ints(3, 1), ints(2, 0, 1));
    expect(packed.unsortedIndices?.tolist()).toEqual([1, 2, 0]);
  });

  test.each([[[2, 3]], [[3, 2]], [[4, 0]], [[4, 1]]])(
    "refuses batch sizes %j of 4 rows",
    (sizes) => {
      expect(() => new rnn.PackedSequence(steps(4), ints(...sizes))).toThrow(
        /do not describe 4 rows/,
      );
    },
  );
});

describe("gradients", () => {
  const x = () => randn(4, 3, 2, { dtype: float64, requiresGrad: true });
  const names = (t: Tensor) => t.gradFn?.nameOf(0);

  test.each([
    [[4, 2, 1], true],
    [[1, 4, 2], false],
  ])("pass through packing and padding of lengths %j", (lengths, enforceSorted) => {
    const pack = (t: Tensor) => rnn.packPaddedSequence(t, lengths, { enforceSorted });
    const pad = (t: Tensor) =>
      rnn.padPackedSequence(pack(t), { batchFirst: true, paddingValue: 3, totalLength: 6 })[0];
    expect(gradcheck((t) => pack(t as Tensor).data, [x()])).toBe(true);
    expect(gradcheck((t) => pad(t as Tensor), [x()])).toBe(true);
    const leaf = x();
    pad(leaf).sum().backward();
    const counts = leaf.grad?.sum(2).sum(0).tolist();
    expect(counts).toEqual(lengths.map((n) => 2 * n));
  });

  test("pass through padSequence(), packSequence() and back", () => {
    const sequences = [2, 3, 1].map((n) => randn(n, 2, { dtype: float64, requiresGrad: true }));
    const there = (...s: Tensor[]) => rnn.packSequence(s, { enforceSorted: false });
    expect(gradcheck((...s) => rnn.padSequence(s, { paddingValue: 2 }), sequences)).toBe(true);
    expect(gradcheck((...s) => there(...s).data, sequences)).toBe(true);
    expect(gradcheck((...s) => rnn.unpackSequence(there(...s)), sequences)).toBe(true);
  });

  test("have nodes with PyTorch's names", () => {
    const packed = rnn.packPaddedSequence(x(), [4, 2, 1]);
    expect(names(packed.data)).toBe("PackPaddedSequenceBackward0");
    expect(names(rnn.padPackedSequence(packed)[0])).toBe("CopySlices");
    const unsorted = rnn.packPaddedSequence(x(), [1, 2, 4], { enforceSorted: false });
    expect(names(rnn.padPackedSequence(unsorted)[0])).toBe("IndexSelectBackward0");
  });
});

describe("errors are PyTorch's", () => {
  const x = steps(12).reshape(4, 3);
  const unsorted =
    "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You can pass " +
    "`enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to sidestep this " +
    "requirement if you do not need ONNX exportability.";
  const tooShort =
    "Length of all samples has to be greater than 0, but found an element in 'lengths' that is <= 0";
  const count = (n: number) =>
    `Expected \`len(lengths)\` to be equal to batch_size, but got ${n} (batch_size=3)`;

  test.each<[string, () => unknown, string]>([
    ["unsorted lengths", () => rnn.packPaddedSequence(x, [2, 3, 1]), unsorted],
    ["a length of 0", () => rnn.packPaddedSequence(x, [2, 1, 0]), tooShort],
    ["a length of 0, unsorted", () => rnn.packPaddedSequence(x, [1, 2, 0]), tooShort],
    [
      "a length of 0, to be sorted",
      () => rnn.packPaddedSequence(x, [2, 0, 1], { enforceSorted: false }),
      tooShort,
    ],
    ["too few lengths", () => rnn.packPaddedSequence(x, [2, 1]), count(2)],
    ["no lengths", () => rnn.packPaddedSequence(x, []), count(0)],
    ["no steps", () => rnn.packPaddedSequence(ones(0, 3), [1, 1]), "Cannot pack empty tensors."],
    [
      "a matrix of lengths",
      () => rnn.packPaddedSequence(x, ints(2, 1).unsqueeze(0)),
      "'lengths' argument should be a 1D CPU int64 tensor, but got 2D cpu Long tensor",
    ],
    [
      "a vector to pack",
      () => rnn.packPaddedSequence(ones(3), [3]),
      "Dimension out of range (expected to be in range of [-1, 0], but got 1)",
    ],
    [
      "a total length that is too small",
      () => rnn.padPackedSequence(rnn.packPaddedSequence(x, [3, 2, 1]), { totalLength: 2 }),
      "Expected total_length to be at least the length of the longest sequence in input, but got " +
        "total_length=2 and max sequence length being 3",
    ],
    ["nothing to pad", () => rnn.padSequence([]), "received an empty list of sequences"],
    ["nothing to pack", () => rnn.packSequence([]), "received an empty list of sequences"],
    ["an empty sequence", () => rnn.packSequence([ones(2), ones(0)]), tooShort],
    ["unsorted sequences", () => rnn.packSequence([ones(1), ones(2)]), unsorted],
    [
      "trailing sizes that differ",
      () => rnn.padSequence([ones(2, 3), ones(3, 4)]),
      "The size of tensor a (3) must match the size of tensor b (4) at non-singleton dimension 1",
    ],
  ])("%s", (_title, f, want) => {
    expect(sentence(f)).toBe(want);
  });

  test("but lengths beyond the input, which PyTorch lets pass, are refused", () => {
    expect(() => rnn.packPaddedSequence(x, [9, 2, 1])).toThrow(
      /a length is 9, but the input has 4/,
    );
  });

  test("but sequences of different rank, which PyTorch may broadcast, are refused", () => {
    expect(() => rnn.padSequence([ones(2, 3), ones(3)])).toThrow(/a sequence has 1 dimensions/);
  });
});
