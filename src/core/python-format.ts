/** Numbers as Python prints them: exact ties to even, two exponent digits, signed zeros. */

/** `%.{digits}f`. */
export function fixed(x: number, digits: number): string {
  if (!Number.isFinite(x)) return nonFinite(x);
  const a = Math.abs(x);
  let text = a >= 1e21 ? exactInteger(a, digits) : a.toFixed(digits);
  // toFixed rounds exact ties up: a tie is an odd multiple of half a unit in the last place.
  const q = a * 2 ** (digits + 1);
  if (a < 2 ** 52 && q % 2 === 1 && isOddDigit(text)) text = lowered(text, text.length - 1);
  return sign(x) + text;
}

/** `%.{digits}e`. */
export function scientific(x: number, digits: number): string {
  if (!Number.isFinite(x)) return nonFinite(x);
  const a = Math.abs(x);
  const [mantissa, exponent] = a.toExponential(digits).split("e") as [string, string];
  const at = Number(exponent);
  const k = at - digits;
  const q = a * 2 ** (1 - k);
  const tie = q % 2 === 1 && (k <= 0 || q % 5 ** k === 0);
  const text = tie && isOddDigit(mantissa) ? lowered(mantissa, mantissa.length - 1) : mantissa;
  return `${sign(x)}${text}e${at < 0 ? "-" : "+"}${String(Math.abs(at)).padStart(2, "0")}`;
}

/** A boolean, or a number that Python holds as a float: `True`, `1.0`, `0.25`, `1e-05`. */
export function repr(value: number | boolean): string {
  if (typeof value === "boolean") return value ? "True" : "False";
  if (!Number.isFinite(value)) return nonFinite(value);
  const a = Math.abs(value);
  if (a !== 0 && (a < 1e-4 || a >= 1e16)) {
    const [mantissa, exponent] = a.toExponential().split("e") as [string, string];
    return `${sign(value)}${mantissa}e${exponent[0]}${exponent.slice(1).padStart(2, "0")}`;
  }
  return sign(value) + (Number.isInteger(a) ? a.toFixed(1) : String(a));
}

/** The name of a value's type in Python, as far as there is one: `int`, `str`, `NoneType`. */
export function typeName(value: unknown): string {
  if (value === null || value === undefined) return "NoneType";
  if (typeof value === "number") return Number.isInteger(value) ? "int" : "float";
  if (Array.isArray(value)) return "list";
  const names: Record<string, string> = { string: "str", boolean: "bool", object: "dict" };
  return names[typeof value] ?? typeof value;
}

/** `(2, 3)`, and `(2,)` for one item. */
export function tuple(items: readonly number[]): string {
  return items.length === 1 ? `(${items[0]},)` : `(${items.join(", ")})`;
}

/** `[2, 3]`. */
export function list(items: readonly (number | string)[]): string {
  return `[${items.join(", ")}]`;
}

/** `batchFirst` → `batch_first`, for the keys of an object. */
export function snakeCased(options: object): Record<string, unknown> {
  return renamed(options, (k) => k.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`));
}

/** `batch_first` → `batchFirst`, for the keys of an object. */
export function camelCased(options: object): Record<string, unknown> {
  return renamed(options, (k) => k.replace(/_([a-z])/g, (_, c: string) => c.toUpperCase()));
}

function renamed(options: object, name: (k: string) => string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).map(([k, v]) => [name(k), v]));
}

function nonFinite(x: number): string {
  return Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "-inf";
}

function sign(x: number): string {
  return x < 0 || Object.is(x, -0) ? "-" : "";
}

function isOddDigit(text: string): boolean {
  return Number(text.at(-1)) % 2 === 1;
}

/** The digit at `i`, which is odd, less one. */
function lowered(text: string, i: number): string {
  return `${text.slice(0, i)}${Number(text[i]) - 1}${text.slice(i + 1)}`;
}

function exactInteger(a: number, digits: number): string {
  return `${BigInt(a)}${digits > 0 ? `.${"0".repeat(digits)}` : ""}`;
}
