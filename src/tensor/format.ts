/** PyTorch's text of a tensor. */

import type { DType, TypedArray } from "../core/index.ts";
import { ConfigError, contiguousStride, fixed, numel, scientific, tuple } from "../core/index.ts";

/** What is printed: row-major elements and what stands behind them. */
export interface Printable {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly data: TypedArray;
  /** Printed as `grad_fn=<…>`. */
  readonly gradFn?: string | undefined;
  readonly requiresGrad?: boolean | undefined;
}

export interface PrintOptions {
  /** Digits behind the point. */
  readonly precision: number;
  /** With more elements than this only the edges are shown. */
  readonly threshold: number;
  /** How many entries an edge has. */
  readonly edgeitems: number;
  readonly linewidth: number;
  /** Whether numbers are printed as 1.0000e+00; null decides by their sizes. */
  readonly sciMode: boolean | null;
}

const profiles = {
  default: { precision: 4, threshold: 1000, edgeitems: 3, linewidth: 80 },
  short: { precision: 2, threshold: 1000, edgeitems: 2, linewidth: 80 },
  full: { precision: 4, threshold: Number.POSITIVE_INFINITY, edgeitems: 3, linewidth: 80 },
};

let options: PrintOptions = { ...profiles.default, sciMode: null };

/**
 * Changes how tensors print; gives the options before.
 *
 * @see torch.set_printoptions
 */
export function setPrintOptions(
  changes: Partial<PrintOptions> & { readonly profile?: keyof typeof profiles | undefined },
): PrintOptions {
  const before = options;
  const { profile, ...rest } = changes;
  if (profile !== undefined && !(profile in profiles)) {
    throw new ConfigError({
      op: "setPrintOptions",
      sentence: `there is no profile ${String(profile)}`,
      fix: "Use default, short or full",
    });
  }
  options = { ...options, ...(profile === undefined ? {} : profiles[profile]), ...rest };
  return before;
}

const PREFIX = "tensor(";

/** `tensor(…)` to the letter. */
export function formatTensor(x: Printable): string {
  const summarise = numel(x.shape) > options.threshold;
  const body = numel(x.shape) === 0 ? "[]" : elements(x, summarise);
  return withSuffixes(PREFIX + body, suffixes(x));
}

function suffixes({ shape, dtype, gradFn, requiresGrad }: Printable): string[] {
  const list: string[] = [];
  const empty = numel(shape) === 0;
  if (empty && shape.length !== 1) list.push(`size=${tuple(shape)}`);
  const silent = empty ? ["float32"] : ["float32", "int64", "bool"];
  if (!silent.includes(dtype.name)) list.push(`dtype=${dtype}`);
  if (gradFn !== undefined) list.push(`grad_fn=<${gradFn}>`);
  else if (requiresGrad) list.push("requires_grad=True");
  return list;
}

/** Suffixes go on the last line while there is room, else on a line of their own. */
function withSuffixes(text: string, list: readonly string[]): string {
  let out = text;
  let length = text.length - (text.lastIndexOf("\n") + 1) + 2;
  for (const suffix of list) {
    if (length + suffix.length + 2 > options.linewidth) {
      out += `,\n${" ".repeat(PREFIX.length)}${suffix}`;
      length = PREFIX.length + suffix.length;
    } else {
      out += `, ${suffix}`;
      length += suffix.length + 2;
    }
  }
  return `${out})`;
}

function elements({ shape, dtype, data }: Printable, summarise: boolean): string {
  const stride = contiguousStride(shape);
  const places = shape.map((n) => shown(n, summarise));
  const visible: number[] = [];
  visit(places, stride, (at) => visible.push(data[at] as number));
  const format = formatter(dtype, visible);
  return layout(0, 0, PREFIX.length, { shape, stride, places, summarise, text: (at) => format(data[at] as number) });
}

/** The indices of a dimension that are shown. */
function shown(n: number, summarise: boolean): number[] {
  const all = [...Array(summarise && n > 2 * options.edgeitems ? 0 : n).keys()];
  if (all.length > 0 || n === 0) return all;
  const edge = [...Array(options.edgeitems).keys()];
  return [...edge, ...edge.map((i) => n - options.edgeitems + i)];
}

function visit(places: readonly number[][], stride: readonly number[], f: (at: number) => void): void {
  const walk = (dim: number, at: number): void => {
    if (dim === places.length) f(at);
    else for (const i of places[dim] as number[]) walk(dim + 1, at + i * (stride[dim] as number));
  };
  walk(0, 0);
}

interface Layout {
  shape: readonly number[];
  stride: readonly number[];
  places: readonly number[][];
  summarise: boolean;
  text: (at: number) => string;
}

function layout(dim: number, at: number, indent: number, x: Layout): string {
  if (dim === x.shape.length) return x.text(at);
  const places = x.places[dim] as number[];
  const cut = places.length < (x.shape[dim] as number);
  const items = places.map((i) => layout(dim + 1, at + i * (x.stride[dim] as number), indent + 1, x));
  if (dim < x.shape.length - 1) {
    if (cut) items.splice(options.edgeitems, 0, "...");
    const gap = `,${"\n".repeat(x.shape.length - 1 - dim)}${" ".repeat(indent + 1)}`;
    return `[${items.join(gap)}]`;
  }
  const width = items[0]?.length ?? 0;
  const perLine = Math.max(1, Math.floor((options.linewidth - indent) / (width + 2)));
  if (cut) items.splice(options.edgeitems, 0, " ...");
  const lines: string[] = [];
  for (let i = 0; i < items.length; i += perLine) lines.push(items.slice(i, i + perLine).join(", "));
  return `[${lines.join(`,\n${" ".repeat(indent + 1)}`)}]`;
}

/** How every visible number is written, all padded to one width. */
function formatter(dtype: DType, visible: readonly number[]): (v: number) => string {
  if (!dtype.isFloatingPoint) {
    const text = (v: number) => (dtype.name === "bool" ? (v === 0 ? "False" : "True") : String(v));
    const width = Math.max(...visible.map((v) => text(v).length));
    return (v) => text(v).padStart(width);
  }
  const relevant = visible.filter((v) => Number.isFinite(v) && v !== 0);
  const text = floatText(relevant.map(Math.abs), relevant.every(Number.isInteger));
  let width = relevant.length === 0 ? 1 : 0;
  for (const v of relevant) width = Math.max(width, text(v).length);
  return (v) => text(v).padStart(width);
}

function floatText(magnitudes: readonly number[], whole: boolean): (v: number) => string {
  const [top, low] = [magnitudes.reduce((a, b) => Math.max(a, b), 0), magnitudes.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)];
  const wide = magnitudes.length > 0 && (top / low > 1000 || top > 1e8 || (!whole && low < 1e-4));
  const { precision } = options;
  if (options.sciMode ?? wide) return (v) => scientific(v, precision);
  if (whole) return (v) => fixed(v, 0) + (Number.isFinite(v) ? "." : "");
  return (v) => fixed(v, precision);
}
