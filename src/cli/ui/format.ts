/** Numbers for people. */

/** `1234567` as `1,234,567`. */
export function grouped(n: number): string {
  return Math.round(n).toLocaleString("en-US");
}

/** Words in quotes: the first of them, each no longer than a line. */
export function quotedList(words: readonly string[], most = 8): string {
  const some = words.slice(0, most).map((word) => {
    return JSON.stringify(word.length > 40 ? `${word.slice(0, 40)}…` : word);
  });
  return `${some.join(", ")}${words.length > most ? ", …" : ""}`;
}

/** Nats, perplexities and bits with their significant digits. */
export function nats(x: number): string {
  return x.toFixed(4);
}

export function perplexityText(x: number): string {
  return x < 1000 ? x.toFixed(2) : grouped(x);
}

export function bits(x: number): string {
  return x.toFixed(3);
}

/** Seconds as `1:05` or `2:03:04`. */
export function duration(seconds: number): string {
  const s = Math.round(seconds);
  const two = (n: number) => String(n).padStart(2, "0");
  const [h, m] = [Math.floor(s / 3600), Math.floor(s / 60) % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`;
}

const BLOCKS = ["▁▂▃▄▅▆▇█", "_.-:=+*#"] as const;

/** The values as a row of blocks between their least and their largest. */
export function sparkline(values: readonly number[], isUnicode: boolean): string {
  const blocks = BLOCKS[isUnicode ? 0 : 1];
  const low = Math.min(...values);
  const range = Math.max(...values) - low;
  const height = (x: number) =>
    range === 0 ? 0 : Math.round(((x - low) / range) * (blocks.length - 1));
  return values.map((x) => blocks[height(x)]).join("");
}

/** The share that is done, as a bar of `width` cells. */
export function bar(share: number, isUnicode: boolean, width: number): string {
  const [full, empty] = isUnicode ? ["█", "░"] : ["#", "."];
  const done = Math.round(share * width);
  return full.repeat(done) + empty.repeat(width - done);
}

/** Rows in columns as wide as needed: the first column to the left, the others to the right. */
export function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, c) => Math.max(...rows.map((row) => row[c]!.length)));
  return rows.map((row) =>
    row
      .map((cell, c) => (c === 0 ? cell.padEnd(widths[c]!) : cell.padStart(widths[c]!)))
      .join("  ")
      .trimEnd(),
  );
}
