/** The kernels that this machine has, for tests that hold on each of them. */

import { afterAll, beforeAll, describe } from "vitest";
import { type BackendName, backendInfo, getBackend, setBackend } from "../src/kernels/index.ts";

const every: readonly BackendName[] = ["native", "wasm-relaxed", "wasm", "reference"];

/** Those that run here, from the fastest; the reference is the last. */
export const backends = every.filter((name) => {
  try {
    on(name, backendInfo);
    return true;
  } catch {
    return false;
  }
});

/** Declares tests of a title with `%s` on each of them. */
export function describeEach(title: string, tests: () => void): void {
  describe.each(backends)(title, (name) => {
    let before: BackendName;
    beforeAll(() => {
      before = getBackend();
      setBackend(name);
    });
    afterAll(() => setBackend(before));
    tests();
  });
}

/** Runs `body` with the kernels of that name. */
export function on<T>(name: BackendName, body: () => T): T {
  const before = getBackend();
  setBackend(name);
  try {
    return body();
  } finally {
    setBackend(before);
  }
}
