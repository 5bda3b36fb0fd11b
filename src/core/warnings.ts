/** Warnings: what PyTorch says with `warnings.warn`. */

let handler: (text: string) => void = (text) => console.warn(`saiki: ${text}`);

/** Says that something is probably not what the user wants. */
export function warn(text: string): void {
  handler(text);
}

/**
 * Decides what becomes of warnings, by default `console.warn`; returns the handler before.
 *
 * @see warnings.showwarning
 */
export function setWarningHandler(next: (text: string) => void): (text: string) => void {
  const before = handler;
  handler = next;
  return before;
}
