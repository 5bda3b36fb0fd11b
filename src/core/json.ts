/** Reads JSON that nobody vouches for. */

/** No file of ours is deeper; recursion over it stays far from the end of the stack. */
const MAX_DEPTH = 64;

/** JSON as a value, with the number of colons outside its strings: the number of its keys. */
export interface ParsedJson {
  readonly text: string;
  readonly value: unknown;
  readonly colons: number;
}

/**
 * Parses UTF-8 bytes.
 *
 * @throws SyntaxError, TypeError or RangeError when they are no JSON, or nest too deep
 */
export function parseJson(bytes: Uint8Array): ParsedJson {
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  const { colons, depth } = scanned(text);
  if (depth > MAX_DEPTH) throw new RangeError(`more than ${MAX_DEPTH} levels`);
  return { text, value: JSON.parse(text), colons };
}

function scanned(json: string): { colons: number; depth: number } {
  let colons = 0;
  let level = 0;
  let depth = 0;
  let inString = false;
  for (let i = 0; i < json.length; i++) {
    const c = json[i];
    if (c === '"') inString = !inString;
    else if (inString) i += c === "\\" ? 1 : 0;
    else if (c === ":") colons++;
    else if (c === "[" || c === "{") depth = Math.max(depth, ++level);
    else if (c === "]" || c === "}") level--;
  }
  return { colons, depth };
}
