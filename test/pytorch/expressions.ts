/**
 * Replays the recorded expressions of `tensors.json` (made by `make_tensor_vectors.py`). Checks
 * also what no recording contains: strides do not matter, and derivatives equal difference
 * quotients.
 */

import { describe, expect, test } from "vitest";
import { dtypes } from "../../src/core/index.ts";
import { cat, gradcheck, Tensor, zeros } from "../../src/tensor/index.ts";
import { expectClose } from "./close.ts";
import { readRecording } from "./read.ts";
import { refusal } from "./sentence.ts";
import { replayTable } from "./table.ts";
import { type Recorded, restored } from "./tensors.ts";

interface TypedRecord extends Recorded {
  readonly dtype: keyof typeof dtypes;
}

interface ExpressionCase {
  readonly group: string;
  /** The Python expression. */
  readonly code: string;
  readonly inputs: readonly TypedRecord[];
  readonly outputs: readonly TypedRecord[];
  /** No ties and no kinks: difference quotients exist. */
  readonly smooth: boolean;
  readonly grad_outputs?: readonly TypedRecord[];
  readonly grads?: readonly (TypedRecord | null)[];
}

/** A counterpart of a Python expression; inputs are a, b, c. */
export type Expression = (a: Tensor, b: Tensor, c: Tensor) => Tensor | readonly Tensor[];
export type Expressions = Readonly<Record<string, Expression>>;

/** Deviations by element type: float64 within rounding of a few sums, integers not at all. */
const within = {
  float32: { atol: 1e-6, rtol: 1e-5 },
  float64: { atol: 1e-12, rtol: 1e-12 },
  exact: { atol: 0, rtol: 0 },
} as const;

export interface ReplayOptions {
  /** Expressions that demand contiguous inputs. */
  readonly contiguousOnly?: (code: string) => boolean;
}

/** Tests of every recorded case of a group; table and recording must name the same expressions. */
export function replay(group: string, table: Expressions, options: ReplayOptions = {}): void {
  const cases = casesOf<ExpressionCase>(group);
  const titled = cases.map((c) => [c.title, c] as const);
  const f = (c: ExpressionCase) => table[c.code] as Expression;

  describe("values, types and gradients are PyTorch's", () => {
    replayTable(table, cases, (f, c) => expectRecorded(f, c, inputsOf(c)));
  });

  const strided = titled.filter(([, c]) => !options.contiguousOnly?.(c.code));
  describe("strides of inputs and of incoming gradients make no difference", () => {
    test.each(strided)("%s", (_title, c) => {
      const leaves = inputsOf(c);
      const through: Expression = (...x) =>
        outputs(f(c)(...(x.map(reversedStrides) as [Tensor, Tensor, Tensor]))).map(reversedStrides);
      expectRecorded(through, c, leaves);
      const offset: Expression = (...x) => f(c)(...(x.map(insideLarger) as typeof x));
      expectRecorded(offset, c, inputsOf(c));
    });
  });

  const smooth = titled.filter(([, c]) => c.smooth && c.grads?.some((g) => g !== null));
  describe.skipIf(smooth.length === 0)("gradients agree with difference quotients", () => {
    test.each(smooth)("%s", (_title, c) => {
      expect(gradcheck((...x) => f(c)(...(x as [Tensor, Tensor, Tensor])), inputsOf(c))).toBe(true);
    });
  });
}

interface ErrorCase extends Pick<ExpressionCase, "group" | "code" | "inputs"> {
  readonly error: string;
}

/** Tests that expressions throw with PyTorch's sentence. */
export function replayErrors(table: Expressions): void {
  replayTable(table, casesOf<ErrorCase>("error"), (f, c) => {
    const inputs = c.inputs.map((x) => restored(x, dtypes[x.dtype]));
    expect(refusal(() => f(...(inputs as [Tensor, Tensor, Tensor]))).torch).toBe(c.error);
  });
}

/** The recorded cases of a group, each with a title of its own. */
function casesOf<C extends ExpressionCase | ErrorCase>(group: string): (C & { title: string })[] {
  const cases = readRecording<C[]>("tensors.json").filter((c) => c.group === group);
  return cases.map((c, i) => ({ ...c, title: `${i} ${c.code} of ${describeInputs(c)}` }));
}

function describeInputs(c: Pick<ExpressionCase, "inputs">): string {
  return c.inputs.map((x) => `${x.dtype}[${x.shape.join(",")}]`).join(" ");
}

function outputs(y: Tensor | readonly Tensor[]): readonly Tensor[] {
  return y instanceof Tensor ? [y] : y;
}

/** The recorded inputs; those with a recorded gradient require it. */
function inputsOf(c: ExpressionCase): [Tensor, Tensor, Tensor] {
  return c.inputs.map((x, i) => {
    const t = restored(x, dtypes[x.dtype]);
    return c.grads?.[i] ? t.requiresGrad_() : t;
  }) as [Tensor, Tensor, Tensor];
}

function expectRecorded(f: Expression, c: ExpressionCase, leaves: [Tensor, Tensor, Tensor]): void {
  const ys = outputs(f(...leaves));
  expect(ys.map((y) => y.dtype.name)).toEqual(c.outputs.map((y) => y.dtype));
  for (const [i, want] of c.outputs.entries()) expectTyped(ys[i] as Tensor, want, `output ${i}`);
  const live = ys.filter((y) => y.requiresGrad);
  expect(live).toHaveLength(c.grad_outputs?.length ?? 0);
  if (c.grads === undefined) return;
  for (const [i, y] of live.entries()) {
    const seed = restored((c.grad_outputs as TypedRecord[])[i] as TypedRecord, y.dtype);
    y.backward(seed, { retainGraph: i < live.length - 1 });
  }
  c.grads.forEach((want, i) => {
    const got = (leaves[i] as Tensor).grad;
    if (want === null) expect(got, `gradient ${i}`).toBeNull();
    else expectTyped(got as Tensor, want, `gradient ${i}`);
  });
}

function expectTyped(got: Tensor, want: TypedRecord, what: string): void {
  const kind = want.dtype === "float32" || want.dtype === "float64" ? want.dtype : "exact";
  expectClose(got, want, within[kind], what);
}

/** Equal elements with the strides of a transpose, for the gradient too. */
function reversedStrides(x: Tensor): Tensor {
  if (x.ndim < 2) return x;
  const order = [...Array(x.ndim).keys()].reverse();
  return x
    .permute(...order)
    .contiguous()
    .permute(...order);
}

/** Equal elements, stored as every other element of a larger memory. */
function insideLarger(x: Tensor): Tensor {
  if (!x.dtype.isFloatingPoint) return x;
  const junk = zeros([...x.shape, 1], { dtype: x.dtype });
  return cat([junk, x.unsqueeze(-1)], -1).select(-1, 1);
}
