/** Commands to copy into a shell. */

const SAFE = /^[\p{L}\p{M}\p{N}_@%+:,./-]+$/u;

/** A word as a POSIX shell reads it. */
function quoted(word: string): string {
  return SAFE.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** `npx saiki` with arguments, which finds the command in a project and where it is installed. */
export function saiki(...args: string[]): string {
  return ["npx", "saiki", ...args].map(quoted).join(" ");
}
