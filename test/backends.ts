/** The kernels that this machine has, for tests that run on each of them. */

import { afterAll, beforeAll, describe } from "vitest";
import { type BackendName, backendInfo, getBackend, setBackend } from "../src/kernels/index.ts";

const every: readonly BackendName[] = ["native", "wasm-relaxed", "wasm", "reference"];

/** The backends that run here, the fastest first, the reference last. */
export const backends = every.filter((name) => {
  try {
    on(name, backendInfo);
    return true;
  } catch {
    return false;
  }
});

/** Declares the tests for each backend, whose name replaces `%s` in the title. */
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
