/** Error texts that no recording and no other test contains, so that none changes by accident. */

import { expect, test } from "vitest";
import * as torch from "../src/index.ts";
import { int64, nn, SaikiError, tensor, zeros } from "../src/index.ts";
import { HttpStore } from "../src/io/index.ts";

const F = nn.functional;
const whole = zeros(2, 3, { dtype: int64 });
const vector = zeros(3);
/** Arguments that types forbid. */
const wrong = (x: unknown) => x as never;

type Mistakes = Readonly<Record<string, () => unknown>>;

const ours: Mistakes = {
  "DType | softmax: expected a floating-point tensor, got torch.int64. Convert it with float().":
    () => whole.softmax(0),
  "Shape | mm: expected 2-D tensors, got 1-D. matmul takes any number of dimensions.": () =>
    zeros(2, 3).mm(vector),
  "Shape | outer: expected 1-D tensors, got 2-D. matmul takes any number of dimensions.": () =>
    vector.outer(zeros(2, 3)),
  "Shape | zeros: 1.5 is not a size. Sizes are whole numbers from 0.": () => zeros(1.5),
  "DType | tensor: a Uint16Array has no element type here. Pass a Float32Array, Float64Array, Int32Array or Uint8Array.":
    () => tensor(wrong(new Uint16Array(2))),
  "DType | tensor: an element is string, not a number. Pass numbers or booleans, nested to equal depth.":
    () => tensor(wrong(["a"])),
  "DType | tensor: an element is an array, not a number. Pass numbers or booleans, nested to equal depth.":
    () => tensor(wrong([1, [2]])),
  "DType | to: the integer 3000000000 does not fit the 32 bits that saiki stores an int64 in. Use float64.":
    () => tensor(3e9).long(),
  "Shape | normal: neither mean nor std is a tensor, so the shape is unknown. Use randn(shape).mul(std).add(mean).":
    () => torch.normal(0, 1),
  "DType | randn: random real numbers have no place in torch.int64. Use randint, or float32.": () =>
    torch.randn(2, { dtype: int64 }),
  "Config | gradcheck: an input is torch.float32. Use float64.": () =>
    torch.gradcheck((x) => x.sum(), [zeros(2, { requiresGrad: true })]),
  "Backend | setNumThreads: the number of threads is a whole number from 1 to 64, not 0. Use the number of cores, or less.":
    () => torch.setNumThreads(0),
  "Checkpoint | https://a.b: files cannot be listed behind a URL. Ask for a file by its name.":
    () => new HttpStore("https://a.b").list(),
};

const pyTorchs: Mistakes = {
  "Shape | tril: tril: input tensor must have at least 2 dimensions.": () => vector.tril(),
  "Shape | tensor: expected sequence of length 2 at dim 1 (got 1).": () =>
    tensor(wrong([[1, 2], [3]])),
  "Shape | tensor: expected sequence of length 2 at dim 1 (got a number).": () =>
    tensor(wrong([[1, 2], 3])),
  "Shape | cat: torch.cat(): expected a non-empty list of Tensors.": () => torch.cat([]),
  "Shape | stack: stack expects a non-empty TensorList.": () => torch.stack([]),
  "DType | maskedFill: masked_fill_ only supports boolean masks, but got mask with dtype float. Convert it with bool().":
    () => vector.maskedFill(vector, 1),
  "DType | multinomial: multinomial only supports floating-point dtypes for input, got: Long. Convert the weights with float().":
    () => torch.multinomial(whole, 1),
  "Shape | multinomial: prob_dist must be 1 or 2 dim.": () => torch.multinomial(zeros(1, 1, 1), 1),
  "DType | embedding: Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got torch.FloatTensor instead (while checking arguments for embedding). Convert the indices with long().":
    () => F.embedding(vector, zeros(2, 3)),
  "Config | crossEntropy: ignore_index is not supported for floating point target.": () =>
    F.crossEntropy(zeros(2, 3), zeros(2, 3), { ignoreIndex: 1 }),
  "Shape | crossEntropy: 0D or 1D target tensor expected, multi-target not supported.": () =>
    F.crossEntropy(zeros(2, 3), whole),
  "Config | smoothL1Loss: smooth_l1_loss does not support negative values for beta.": () =>
    F.smoothL1Loss(vector, vector, { beta: -1 }),
  "Shape | binaryCrossEntropy: Using a target size (torch.Size([3])) that is different to the input size (torch.Size([2])) is deprecated. Please ensure they have the same size.":
    () => F.binaryCrossEntropy(zeros(2), vector),
  "Config | binaryCrossEntropy: all elements of input should be between 0 and 1. Apply sigmoid first, or use binaryCrossEntropyWithLogits.":
    () => F.binaryCrossEntropy(tensor([2]), tensor([1])),
  "Shape | init.eye_: Only tensors with 2 dimensions are supported.": () => nn.init.eye_(vector),
  "Shape | init.orthogonal_: Only tensors with 2 or more dimensions are supported.": () =>
    nn.init.orthogonal_(vector),
  "Config | init.calculateGain: Unsupported nonlinearity step.": () =>
    nn.init.calculateGain(wrong("step")),
};

async function thrownBy(mistake: () => unknown): Promise<SaikiError> {
  try {
    await mistake();
  } catch (error) {
    expect(error).toBeInstanceOf(SaikiError);
    return error as SaikiError;
  }
  throw new Error("nothing was thrown");
}

const textOf = ({ name, message }: SaikiError) => `${name.replace("Error", "")} | ${message}`;

test.each(Object.entries(ours))("%s", async (text, mistake) => {
  const error = await thrownBy(mistake);
  expect(textOf(error)).toBe(text);
  expect(error.torch).toBeUndefined();
});

test.each(Object.entries(pyTorchs))("%s (PyTorch's)", async (text, mistake) => {
  const error = await thrownBy(mistake);
  expect(textOf(error)).toBe(text);
  expect(text).toContain(error.torch);
});
