/**
 * Sequences of different lengths. The packed layout has, for each step in turn, the rows of the
 * sequences that have not ended, the longest sequence first. It has no padding.
 */

import { ConfigError, int64, list, ShapeError, torchSays } from "../../core/index.ts";
import { indexing, View } from "../../ops/index.ts";
import { cat, full, Tensor } from "../../tensor/index.ts";

/**
 * Rows of sequences, packed: those of step 0 first; `batchSizes[t]` sequences run at step t.
 *
 * @throws ShapeError when the batch sizes do not describe the rows
 * @see torch.nn.utils.rnn.PackedSequence
 * @example
 * const sequences = [torch.ones(3, 2), torch.ones(1, 2)];
 * const packed = nn.utils.rnn.packSequence(sequences);
 * console.log(packed.batchSizes, packed.data.shape); // tensor([2, 1, 1]) torch.Size([4, 2])
 */
export class PackedSequence {
  /** The rows (N, …), N the sum of the batch sizes. */
  readonly data: Tensor;
  /** The number of sequences at each step: int64 (T), not increasing. */
  readonly batchSizes: Tensor;
  /**
   * The sequence at each place of the packed batch, int64 (B); null if they were not sorted.
   */
  readonly sortedIndices: Tensor | null;
  /**
   * The place of each sequence, int64 (B), the inverse of `sortedIndices`; null where that is null.
   */
  readonly unsortedIndices: Tensor | null;

  /**
   * Holds packed rows. {@link packPaddedSequence} and {@link packSequence} make them.
   *
   * @throws ShapeError when the batch sizes do not describe the rows
   */
  constructor(
    data: Tensor,
    batchSizes: Tensor,
    sortedIndices: Tensor | null = null,
    unsortedIndices: Tensor | null = null,
  ) {
    checkBatchSizes(data, batchSizes);
    this.data = data;
    this.batchSizes = batchSizes;
    this.sortedIndices = sortedIndices;
    this.unsortedIndices =
      unsortedIndices ?? (sortedIndices === null ? null : inverse(sortedIndices));
  }

  /** The text that PyTorch prints. */
  toString(): string {
    const text = (t: Tensor | null) => (t === null ? "None" : String(t));
    return (
      `PackedSequence(data=${this.data}, batch_sizes=${this.batchSizes}, ` +
      `sorted_indices=${text(this.sortedIndices)}, unsorted_indices=${text(this.unsortedIndices)})`
    );
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/** Options of {@link packPaddedSequence}. */
export interface PackOptions {
  /** The input is (B, T, …) instead of (T, B, …). */
  readonly batchFirst?: boolean | undefined;
  /**
   * Requires the lengths in descending order, the default; otherwise the sequences are sorted,
   * stably.
   */
  readonly enforceSorted?: boolean | undefined;
}

/**
 * Packs padded sequences.
 *
 * @param input (T, B, …), or (B, T, …) with `batchFirst`
 * @param lengths B whole numbers from 1 to T
 * @throws ShapeError when lengths do not fit the input or each other
 * @see torch.nn.utils.rnn.pack_padded_sequence
 * @example
 * const { packPaddedSequence, padPackedSequence } = nn.utils.rnn;
 * const x = torch.randn(2, 5, 3); // (B, T, I)
 * const packed = packPaddedSequence(x, [5, 2], { batchFirst: true });
 * const [y] = new nn.LSTM(3, 4).forward(packed);
 * const [padded, lengths] = padPackedSequence(y, { batchFirst: true });
 * console.log(padded.shape, lengths); // torch.Size([2, 5, 4]) tensor([5, 2])
 */
export function packPaddedSequence(
  input: Tensor,
  lengths: readonly number[] | Tensor,
  { batchFirst = false, enforceSorted = true }: PackOptions = {},
): PackedSequence {
  const op = "packPaddedSequence";
  const given = lengthsOf(lengths);
  const timeMajor = batchFirst ? input.transpose(0, 1) : input;
  const [T, B] = [timeMajor.size(0), timeMajor.size(1)];
  const order = given.map((_, i) => i);
  if (!enforceSorted) order.sort((a, b) => (given[b] as number) - (given[a] as number));
  const sorted = order.map((i) => given[i] as number);
  checkLengths(op, input, sorted, B, T);
  const sizes: number[] = [];
  const rows: number[] = [];
  for (let t = 0; t < (sorted[0] as number); t++) {
    const running = sorted.findLastIndex((n) => n > t) + 1;
    sizes.push(running);
    for (let b = 0; b < running; b++) rows.push(t * B + (order[b] as number));
  }
  const flat = timeMajor.reshape(T * B, ...timeMajor.impl.shape.slice(2));
  const data = Tensor.apply(indexing.pick, [flat, indexTensor(rows)], {
    dim: 0,
    name: "PackPaddedSequenceBackward0",
  });
  return new PackedSequence(data, indexTensor(sizes), enforceSorted ? null : indexTensor(order));
}

/** Options of functions that pad. */
export interface PadOptions {
  /** The result is (B, T, …) instead of (T, B, …). */
  readonly batchFirst?: boolean | undefined;
  /** The value behind the ends of shorter sequences; 0 by default. */
  readonly paddingValue?: number | undefined;
}

/**
 * Pads a packed sequence; the inverse of {@link packPaddedSequence}.
 *
 * @param options.totalLength T of the result, at least the longest length, which is the default
 * @returns (T, B, …) or (B, T, …), and the lengths int64 (B), both in the order before packing
 * @throws ConfigError when `totalLength` is shorter than a sequence
 * @see torch.nn.utils.rnn.pad_packed_sequence
 */
export function padPackedSequence(
  packed: PackedSequence,
  options: PadOptions & { readonly totalLength?: number | undefined } = {},
): [padded: Tensor, lengths: Tensor] {
  const { batchFirst = false, paddingValue = 0, totalLength } = options;
  const sizes = [...(packed.batchSizes.impl.data() as Int32Array)];
  const longest = sizes.length;
  if (totalLength !== undefined && totalLength < longest) {
    const said =
      "Expected total_length to be at least the length of the longest sequence in input, but got " +
      `total_length=${totalLength} and max sequence length being ${longest}`;
    throw ConfigError.torch("padPackedSequence", said);
  }
  const [T, B] = [totalLength ?? longest, sizes[0] as number];
  const order = packed.sortedIndices?.impl.data() ?? Int32Array.from({ length: B }, (_, b) => b);
  const places: number[] = [];
  const lengths = new Int32Array(B);
  sizes.forEach((n, t) => {
    for (let b = 0; b < n; b++) {
      const sequence = order[b] as number;
      places.push(t * B + sequence);
      lengths[sequence] = t + 1;
    }
  });
  const name = packed.sortedIndices === null ? "CopySlices" : "IndexSelectBackward0";
  const args = { index: Int32Array.from(places), lead: [T, B], fill: paddingValue, name };
  const padded = Tensor.apply(indexing.placeRows, [packed.data], args);
  return [batchFirst ? padded.transpose(0, 1) : padded, indexTensor(lengths)];
}

/**
 * Puts sequences (L_i, …) side by side: (T, B, …) or (B, T, …), T the longest.
 *
 * @throws ShapeError when trailing sizes differ, or the list is empty
 * @see torch.nn.utils.rnn.pad_sequence
 */
export function padSequence(
  sequences: readonly Tensor[],
  { batchFirst = false, paddingValue = 0 }: PadOptions = {},
): Tensor {
  const op = "padSequence";
  const first = sequences[0];
  if (first === undefined) throw ShapeError.torch(op, "received an empty list of sequences");
  const rest = first.impl.shape.slice(1);
  const T = Math.max(...sequences.map((s) => s.size(0)));
  const columns = sequences.map((s) => {
    if (s.ndim !== first.ndim) {
      const said = `a sequence has ${s.ndim} dimensions, the first has ${first.ndim}`;
      throw new ShapeError(op, said, "Sequences are (L_i, …) with equal trailing sizes");
    }
    const at = s.impl.shape.slice(1).findIndex((n, i) => n !== rest[i]);
    if (at >= 0) {
      const [a, b] = [rest[at] as number, s.impl.shape[at + 1] as number];
      throw ShapeError.torch(op, torchSays.notBroadcast(a, b, at + 1));
    }
    if (s.size(0) === T) return s.unsqueeze(1);
    const value = s.dtype.isFloatingPoint ? paddingValue : Math.trunc(paddingValue);
    const padding = full([T - s.size(0), ...rest], value, { dtype: s.dtype });
    return cat([s, padding]).unsqueeze(1);
  });
  const out = cat(columns, 1);
  return batchFirst ? out.transpose(0, 1) : out;
}

/**
 * Packs sequences (L_i, …).
 *
 * @param options.enforceSorted requires lengths in descending order, the default; otherwise the
 *   sequences are sorted, stably
 * @throws ShapeError when they are not sorted, or trailing sizes differ
 * @see torch.nn.utils.rnn.pack_sequence
 */
export function packSequence(
  sequences: readonly Tensor[],
  { enforceSorted = true }: { enforceSorted?: boolean | undefined } = {},
): PackedSequence {
  const lengths = sequences.map((s) => s.size(0));
  return packPaddedSequence(padSequence(sequences), lengths, { enforceSorted });
}

/**
 * The sequences of a padded batch without their padding: B tensors (L_i, …).
 *
 * @param padded (T, B, …), or (B, T, …) with `batchFirst`
 * @throws IndexError when a length is beyond T
 * @see torch.nn.utils.rnn.unpad_sequence
 */
export function unpadSequence(
  padded: Tensor,
  lengths: readonly number[] | Tensor,
  { batchFirst = false }: { batchFirst?: boolean | undefined } = {},
): Tensor[] {
  return lengthsOf(lengths).map((n, b) => padded.select(batchFirst ? 0 : 1, b).narrow(0, 0, n));
}

/** The sequences of a packed batch: B tensors (L_i, …). @see torch.nn.utils.rnn.unpack_sequence */
export function unpackSequence(packed: PackedSequence): Tensor[] {
  const [padded, lengths] = padPackedSequence(packed);
  return unpadSequence(padded, lengths);
}

// ---- shared ------------------------------------------------------------------------------------

function indexTensor(values: ArrayLike<number>): Tensor {
  return new Tensor(View.of(Int32Array.from(values), int64, [values.length]));
}

function inverse(order: Tensor): Tensor {
  const at = new Int32Array(order.numel());
  for (const [place, sequence] of order.impl.data().entries()) at[sequence] = place;
  return indexTensor(at);
}

/** Whole numbers; fractions are truncated, as in PyTorch. */
function lengthsOf(lengths: readonly number[] | Tensor): number[] {
  if (!(lengths instanceof Tensor)) return lengths.map(Math.trunc);
  if (lengths.ndim !== 1) {
    const got = `${lengths.ndim}D cpu ${lengths.dtype.scalarType} tensor`;
    const said = `'lengths' argument should be a 1D CPU int64 tensor, but got ${got}`;
    throw ShapeError.torch("packPaddedSequence", said);
  }
  return Array.from(lengths.impl.data(), Math.trunc);
}

function checkLengths(
  op: string,
  input: Tensor,
  sorted: readonly number[],
  B: number,
  T: number,
): void {
  if (input.numel() === 0) throw ShapeError.torch(op, "Cannot pack empty tensors.");
  if (sorted.length !== B) {
    const got = `${sorted.length} (batch_size=${B})`;
    const said = `Expected \`len(lengths)\` to be equal to batch_size, but got ${got}`;
    throw ShapeError.torch(op, said);
  }
  if ((sorted.at(-1) as number) <= 0) {
    const said =
      "Length of all samples has to be greater than 0, but found an element in 'lengths' that " +
      "is <= 0";
    throw ShapeError.torch(op, said);
  }
  if (sorted.some((n, i) => i > 0 && n > (sorted[i - 1] as number))) {
    const said =
      "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You can pass " +
      "`enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to sidestep this requirement " +
      "if you do not need ONNX exportability.";
    throw ShapeError.torch(op, said, "Here the option is enforceSorted: false");
  }
  if ((sorted[0] as number) > T) {
    const said = `a length is ${sorted[0]}, but the input has ${T} steps`;
    throw new ShapeError(op, said, "Lengths are at most the size of the time dimension");
  }
}

function checkBatchSizes(data: Tensor, batchSizes: Tensor): void {
  const sizes = [...batchSizes.impl.data()];
  const sum = sizes.reduce((a, b) => a + b, 0);
  const shrinks = sizes.every((n, i) => n > 0 && (i === 0 || n <= (sizes[i - 1] as number)));
  if (shrinks && sum === data.size(0)) return;
  const said = `the batch sizes ${list(sizes)} do not describe ${data.size(0)} rows`;
  const fix = "They must not grow, be at least 1, and sum to the number of rows";
  throw new ShapeError("PackedSequence", said, fix);
}
