/** Long computations that yield to the event loop. */

const SLICE_MS = 50;

/**
 * Yields to the event loop now and then, so that Ctrl-C, an `AbortSignal`, a page or a server
 * respond during a long computation. Results do not depend on the moments.
 */
export class Pace {
  private last = performance.now();

  /** Waits for one turn of the event loop if the last was about 50 ms ago or more. */
  async yieldToEventLoop(): Promise<void> {
    if (performance.now() - this.last < SLICE_MS) return;
    await turn();
    this.last = performance.now();
  }
}

/** A message, because engines delay nested timers. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    const done = () => {
      port1.close();
      resolve();
    };
    port1.addEventListener("message", done, { once: true });
    port1.start();
    port2.postMessage(null);
  });
}
