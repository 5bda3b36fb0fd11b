/** A private random stream for code that draws from the default generator. */

import { Generator, getRngState, setRngState } from "../random/index.ts";

/**
 * Runs synchronous code that draws from the default generator (initial weights, dropout masks) on
 * its own stream. Other draws between two calls neither change this stream nor are changed by it.
 */
export class PrivateRandom {
  private bytes: Uint8Array;

  constructor(seed: number) {
    this.bytes = new Generator().manualSeed(seed).getState();
  }

  run<T>(body: () => T): T {
    const others = getRngState();
    setRngState(this.bytes);
    try {
      return body();
    } finally {
      this.bytes = getRngState();
      setRngState(others);
    }
  }

  /** The state of the stream, in PyTorch's form. */
  getState(): Uint8Array {
    return this.bytes;
  }

  /** @throws FormatError when the bytes are no such state */
  setState(bytes: Uint8Array): void {
    this.bytes = new Generator().setState(bytes).getState();
  }
}
