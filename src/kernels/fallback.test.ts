/** What is used where an engine refuses something: the next kernels, and a reason. */

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { platform } from "#platform";
import { decode, unpack } from "./wasm/decode.ts";
import * as kernels from "./wasm/generated/kernels.ts";

const simdModule = () => new WebAssembly.Module(unpack(kernels, 0));
const relaxedModule = () => new WebAssembly.Module(unpack(kernels, 1));

/** The kernels as a process without native ones first sees them. */
async function fresh() {
  vi.resetModules();
  vi.doMock("./native/load.ts", () => import("./native/none.ts"));
  vi.stubEnv("SAIKI_BACKEND", "");
  return import("./index.ts");
}

/** A WebAssembly whose constructors refuse, as engines do. */
function refusing(...names: ("Module" | "Instance")[]): typeof WebAssembly {
  const refuse = () => {
    throw new WebAssembly.CompileError("refused by the policy");
  };
  const all = Object.getOwnPropertyDescriptors(WebAssembly);
  const stub = Object.create(Object.prototype, all) as typeof WebAssembly;
  for (const name of names) {
    const { value } = all[name] as { value: object };
    Object.defineProperty(stub, name, { value: new Proxy(value, { construct: refuse }) });
  }
  return stub;
}

beforeEach(() => {
  vi.spyOn(platform, "cores").mockReturnValue(8);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
  vi.doUnmock("./native/load.ts");
});

const refused = "the engine refuses WebAssembly: refused by the policy";

describe("the reference kernels are used", () => {
  test.each([["Module"], ["Instance"]] as const)("where no %s can be made", async (name) => {
    const { backendInfo } = await fresh();
    vi.stubGlobal("WebAssembly", refusing(name));
    const { name: used, reasons } = backendInfo();
    expect(used).toBe("reference");
    expect(reasons).toMatchObject({ "wasm-relaxed": refused, wasm: refused });
  });

  test("where there is no WebAssembly", async () => {
    const { backendInfo } = await fresh();
    vi.stubGlobal("WebAssembly", undefined);
    expect(backendInfo().reasons.wasm).toBe("the engine has no WebAssembly");
  });
});

test("relaxed SIMD is turned on only where the engine does not know it", async () => {
  for (const knows of [true, false]) {
    const { setBackend } = await fresh();
    const { platform } = await import("#platform");
    const enable = vi.spyOn(platform, "enableRelaxedSimd").mockImplementation(() => {});
    const validate = vi.spyOn(WebAssembly, "validate").mockReturnValue(knows);
    if (knows) vi.stubGlobal("WebAssembly", refusing("Module"));
    expect(() => setBackend("wasm-relaxed")).toThrow(
      knows ? refused : "does not know relaxed SIMD",
    );
    expect(enable).toHaveBeenCalledTimes(knows ? 0 : 1);
    validate.mockRestore();
  }
});

describe("ready({ module })", () => {
  test.each([
    ["wasm", simdModule],
    ["wasm-relaxed", relaxedModule],
  ] as const)("is used as %s where modules cannot be compiled", async (name, compile) => {
    const { ready, kernels, setBackend } = await fresh();
    setBackend("wasm-relaxed"); // turns relaxed SIMD on, where that is needed
    setBackend("reference");
    const module = compile();
    vi.stubGlobal("WebAssembly", refusing("Module"));
    const compiling = vi.spyOn(WebAssembly, "compile").mockRejectedValue(new Error("refused too"));
    const came = await ready({ module, threads: 2 });
    const reason = "threads cannot be started: refused too";
    expect(came).toEqual({ backend: name, threads: 1, reason });
    expect(compiling).toHaveBeenCalledTimes(1);
    const used = kernels();
    expect(used.name).toBe(name);
    await ready({ module });
    expect(kernels()).toBe(used);
  });

  test("falls back where the module cannot run", async () => {
    const { ready, backendInfo } = await fresh();
    const module = simdModule();
    vi.stubGlobal("WebAssembly", refusing("Module", "Instance"));
    expect(await ready({ module, threads: 1 })).toMatchObject({ backend: "reference" });
    expect(backendInfo().reasons.wasm).toBe(refused);
  });

  test("takes nothing else", async () => {
    const { ready } = await fresh();
    const empty = new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));
    const what = "module is no compiled WebAssembly.Module";
    for (const [module, sentence] of [
      [{}, what],
      [new Uint8Array(8), what],
      [Promise.resolve(empty), what],
      [empty, "module holds no kernels of this build of saiki"],
    ] as const) {
      const failed = ready({ module });
      await expect(failed).rejects.toThrow(`ready: ${sentence}. Compile saiki/wasm/simd.wasm or`);
      await expect(failed).rejects.toHaveProperty("code", "SAIKI_BACKEND");
    }
  });
});

test("decode() reads base64 of any length", () => {
  for (let n = 0; n < 300; n++) {
    const bytes = Buffer.from(Uint8Array.from({ length: n }, (_, i) => (i * 89 + n) & 255));
    expect(Buffer.from(decode(bytes.toString("base64")))).toEqual(bytes);
  }
});
