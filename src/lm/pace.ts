/** Long computations that leave the event loop alive. */

const SLICE_MS = 50;

/**
 * Lets the event loop turn now and then, so that Ctrl-C, an `AbortSignal`, a page or a server stay
 * alive beside a long computation; results do not depend on when it does.
 */
export class Pace {
  private last = performance.now();

  /** Waits one turn of the event loop if this has computed for about 50 ms since the last. */
  async yieldToEventLoop(): Promise<void> {
    if (performance.now() - this.last < SLICE_MS) return;
    await turn();
    this.last = performance.now();
  }
}

/** Messages are not slowed down in nested calls, as timers are. */
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
