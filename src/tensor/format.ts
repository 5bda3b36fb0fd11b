/** PyTorch's text of a tensor. */

import type { DType, TypedArray } from "../core/index.ts";
import { ConfigError, contiguousStride, fixed, numel, scientific, tuple } from "../core/index.ts";

/** A tensor to print: its row-major elements and the values of the suffixes. */
export interface Printable {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly data: TypedArray;
  /** Printed as `grad_fn=<…>`. */
  readonly gradFn?: string | undefined;
  readonly requiresGrad?: boolean | undefined;
}

/** Options of the text of tensors. */
export interface PrintOptions {
  /** Digits behind the point: 4. */
  readonly precision: number;
  /** With more elements than this, 1000, only the edges are shown. */
  readonly threshold: number;
  /** How many entries an edge has: 3. */
  readonly edgeitems: number;
  /** Characters of a line: 80. */
  readonly linewidth: number;
  /** Whether numbers print as `1.0000e+00`; null, the default, decides by their sizes. */
  readonly sciMode: boolean | null;
}

const defaults: PrintOptions = {
  precision: 4,
  threshold: 1000,
  edgeitems: 3,
  linewidth: 80,
  sciMode: null,
};
const profiles = {
  default: defaults,
  short: { ...defaults, precision: 2, edgeitems: 2 },
  full: { ...defaults, threshold: Number.POSITIVE_INFINITY },
};

/** Changes to the options: first those of a profile, then single ones. */
export type PrintOptionChanges = {
  readonly [K in keyof PrintOptions]?: PrintOptions[K] | undefined;
} & {
  /** `default`, `short` or `full`: where the changes start from. */
  readonly profile?: keyof typeof profiles | undefined;
};

let current = defaults;

/**
 * Changes how tensors print; returns the options before, so that they can be set again.
 *
 * As in PyTorch, `sciMode` goes back to null unless it is given.
 *
 * @throws ConfigError when a value is no count, or the profile does not exist
 * @see torch.set_printoptions
 * @example
 * const before = torch.setPrintOptions({ precision: 2 });
 * console.log(torch.tensor([1 / 3])); // tensor([0.33])
 * torch.setPrintOptions(before);
 */
export function setPrintOptions({ profile, ...changes }: PrintOptionChanges): PrintOptions {
  const base = profile === undefined ? { ...current, sciMode: null } : profiles[profile];
  check("profile", profile, base !== undefined, "Use default, short or full");
  const given = Object.entries(changes).filter(([, x]) => x !== undefined);
  for (const [name, x] of given) {
    if (name === "sciMode") continue;
    const isCount = Number.isInteger(x) || (name === "threshold" && x === Number.POSITIVE_INFINITY);
    const inRange = Number(x) >= 0 && (name !== "precision" || Number(x) <= 100);
    check(name, x, isCount && inRange, "Use a whole number from 0");
  }
  const before = current;
  current = { ...base, ...Object.fromEntries(given) };
  return before;
}

function check(name: string, got: unknown, holds: boolean, fix: string): void {
  if (holds) return;
  throw new ConfigError("setPrintOptions", `${name} is ${got}`, fix);
}

const PREFIX = "tensor(";

/**
 * The text that PyTorch prints, to the letter.
 *
 * With more elements than `threshold`, only those that are shown are read.
 *
 * @see torch.Tensor.__repr__
 */
export function formatTensor(x: Printable, options: PrintOptions = current): string {
  const body = numel(x.shape) === 0 ? "[]" : elements(x, options);
  return withSuffixes(PREFIX + body, suffixes(x), options.linewidth);
}

function suffixes({ shape, dtype, gradFn, requiresGrad }: Printable): string[] {
  const list: string[] = [];
  const isEmpty = numel(shape) === 0;
  if (isEmpty && shape.length !== 1) list.push(`size=${tuple(shape)}`);
  const silent = isEmpty ? ["float32"] : ["float32", "int64", "bool"];
  if (!silent.includes(dtype.name)) list.push(`dtype=${dtype}`);
  if (gradFn !== undefined) list.push(`grad_fn=<${gradFn}>`);
  else if (requiresGrad) list.push("requires_grad=True");
  return list;
}

/** Suffixes go on the last line while there is room, else on a line of their own. */
function withSuffixes(text: string, list: readonly string[], linewidth: number): string {
  let out = text;
  let length = text.length - (text.lastIndexOf("\n") + 1) + 2;
  for (const suffix of list) {
    if (length + suffix.length + 2 > linewidth) {
      out += `,\n${" ".repeat(PREFIX.length)}${suffix}`;
      length = PREFIX.length + suffix.length;
    } else {
      out += `, ${suffix}`;
      length += suffix.length + 2;
    }
  }
  return `${out})`;
}

/** The elements in nested brackets. */
function elements({ shape, dtype, data }: Printable, options: PrintOptions): string {
  const edge = numel(shape) > options.threshold ? options.edgeitems : Number.POSITIVE_INFINITY;
  const places = shape.map((n) => shown(n, edge));
  const stride = contiguousStride(shape);
  let offsets = [0];
  for (const [dim, indices] of places.entries()) {
    offsets = offsets.flatMap((at) => indices.map((i) => at + i * stride[dim]!));
  }
  const visible = offsets.map((at) => data[at]!);
  const { text, width } = dtype.isFloatingPoint
    ? floatFormat(visible, options)
    : integerFormat(visible, dtype);

  const nested = (texts: readonly string[], dim: number): string => {
    if (dim === shape.length) return texts[0]!;
    const count = places[dim]!.length;
    const n = texts.length / count;
    const items = places[dim]!.map((_, i) => nested(texts.slice(i * n, i * n + n), dim + 1));
    const isLast = dim === shape.length - 1;
    if (count < shape[dim]!) items.splice(edge, 0, isLast ? " ..." : "...");
    const indent = PREFIX.length + dim;
    const perLine = isLast ? Math.floor((options.linewidth - indent) / (width + 2)) : 1;
    const newlines = "\n".repeat(Math.max(shape.length - 1 - dim, 1));
    return `[${lines(items, perLine).join(`,${newlines}${" ".repeat(indent + 1)}`)}]`;
  };
  return nested(
    visible.map((x) => text(x).padStart(width)),
    0,
  );
}

/** The indices of a dimension of size `n` that are shown: all, or `edge` at both ends. */
function shown(n: number, edge: number): number[] {
  if (n <= 2 * edge) return Array.from({ length: n }, (_, i) => i);
  return Array.from({ length: 2 * edge }, (_, i) => (i < edge ? i : n - 2 * edge + i));
}

function lines(items: readonly string[], perLine: number): string[] {
  const list: string[] = [];
  const step = Math.max(perLine, 1);
  for (let i = 0; i < items.length; i += step) list.push(items.slice(i, i + step).join(", "));
  return list;
}

interface NumberFormat {
  readonly text: (x: number) => string;
  /** The width of the column; longer texts are not cut. */
  readonly width: number;
}

function integerFormat(visible: readonly number[], dtype: DType): NumberFormat {
  const text = (x: number) => (dtype.name === "bool" ? (x === 0 ? "False" : "True") : String(x));
  return { text, width: widest(visible, text) };
}

/** One of three forms, `1.`, `1.0000` or `1.0000e+00`, chosen by the finite values other than 0. */
function floatFormat(
  visible: readonly number[],
  { precision, sciMode }: PrintOptions,
): NumberFormat {
  const whole = (x: number) => fixed(x, 0) + (Number.isFinite(x) ? "." : "");
  const plain = (x: number) => fixed(x, precision);
  const powers = (x: number) => scientific(x, precision);

  const relevant = visible.filter((x) => Number.isFinite(x) && x !== 0);
  if (relevant.length === 0) return { text: whole, width: 1 };
  let [low, top] = [Number.POSITIVE_INFINITY, 0];
  for (const x of relevant) {
    low = Math.min(low, Math.abs(x));
    top = Math.max(top, Math.abs(x));
  }
  const isWhole = relevant.every(Number.isInteger);
  const isWide = top / low > 1000 || top > 1e8 || (!isWhole && low < 1e-4);
  const narrow = isWhole ? whole : plain;
  // PyTorch 1.13 takes the width from the automatic form even where sciMode then forces the other.
  const width = widest(relevant, isWide ? powers : narrow);
  return { text: (sciMode ?? isWide) ? powers : narrow, width };
}

function widest(values: readonly number[], text: (x: number) => string): number {
  let width = 1;
  for (const x of values) width = Math.max(width, text(x).length);
  return width;
}
