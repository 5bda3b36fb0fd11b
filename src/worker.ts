/**
 * The script of a worker that `ready({ worker })` starts: it waits for kernels, then runs their
 * tasks. A page has a file with `import "saiki/worker";` and passes
 * `() => new Worker(new URL("./that-file.js", import.meta.url), { type: "module" })`. It imports
 * nothing.
 */

interface Start {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly number: number;
  readonly stack: number;
  readonly scratch: number;
}

interface Port {
  addEventListener(
    event: "message",
    listener: (event: { data: Start }) => void,
    options: { once: boolean },
  ): void;
  postMessage(message: null): void;
}

/** Node gives a worker a port; on the web the worker itself is one. */
interface Global extends Port {
  process?: { getBuiltinModule?(name: string): { parentPort: Port | null } };
}

const web = globalThis as unknown as Global;
const port = web.process?.getBuiltinModule?.("node:worker_threads").parentPort ?? web;
port.addEventListener("message", ({ data }) => work(data), { once: true });

/** Never returns. `threaded.ts` contains the same code as text. */
function work({ module, memory, number, stack, scratch }: Start): void {
  const wasm = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Exports;
  wasm.__stack_pointer.value = stack;
  port.postMessage(null);
  wasm.saiki_work(number, scratch);
}

interface Exports {
  readonly __stack_pointer: WebAssembly.Global;
  saiki_work(number: number, scratch: number): void;
}
