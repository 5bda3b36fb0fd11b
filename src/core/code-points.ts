/** Orders strings by code point; `<` orders by UTF-16 unit, which puts emoji before U+E000. */
export function compareCodePoints(a: string, b: string): number {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    if (a.charCodeAt(i) === b.charCodeAt(i)) continue;
    // The differing units may be the second halves of surrogate pairs; one may follow a lone half.
    const before = Math.max(i - 1, 0);
    return a.codePointAt(before)! - b.codePointAt(before)! || a.codePointAt(i)! - b.codePointAt(i)!;
  }
  return a.length - b.length;
}
