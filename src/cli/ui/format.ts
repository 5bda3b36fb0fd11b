/** Numbers as people read them. */

/** `1234567` as `1,234,567`. */
export function grouped(n: number): string {
  return Math.round(n).toLocaleString("en-US");
}

/** Nats, perplexities and bits, with as many digits as mean something. */
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

const BLOCKS = "▁▂▃▄▅▆▇█";

/** The values as a row of blocks between their least and their largest; the last `width` of them. */
export function sparkline(values: readonly number[], width = 20): string {
  const shown = values.slice(-width);
  const low = Math.min(...shown);
  const range = Math.max(...shown) - low;
  const height = (x: number) =>
    range === 0 ? 0 : Math.round(((x - low) / range) * (BLOCKS.length - 1));
  return shown.map((x) => BLOCKS[height(x)]).join("");
}
