/** Warnings, where PyTorch calls `warnings.warn`. */

let handler: (text: string) => void = (text) => console.warn(`saiki: ${text}`);

/** Warns that a result is probably not what the user wants. */
export function warn(text: string): void {
  handler(text);
}

/**
 * Sets the handler of warnings, by default `console.warn`; returns the handler before.
 *
 * @see warnings.showwarning
 */
export function setWarningHandler(next: (text: string) => void): (text: string) => void {
  const before = handler;
  handler = next;
  return before;
}
