/** Importing the built package has no effect: no reads, no random numbers, no threads. */

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createContext, runInContext } from "node:vm";
import { build } from "esbuild";
import { expect, test } from "vitest";

const cwd = fileURLToPath(new URL("../..", import.meta.url));
const { exports } = JSON.parse(readFileSync(`${cwd}package.json`, "utf8")) as {
  exports: Record<string, unknown>;
};
/** The entries without the worker's script, which exists for its effect. */
const entries = Object.keys(exports)
  .filter((path) => /^\.(\/[a-z]+)?$/.test(path) && path !== "./worker")
  .map((path) => path.replace(".", "saiki"));
const importAll = entries.map((name, i) => `import * as e${i} from "${name}";`).join("\n");

test("in Node", async () => {
  expect(entries.length).toBeGreaterThan(6);
  const code = `
    import v8 from "node:v8";
    import { syncBuiltinESMExports } from "node:module";
    const used = [];
    const isNodes = (name) => /^(NODE|WATCH)_/.test(name); // its loader reads these
    const trap = (object, name) => {
      const real = object[name];
      object[name] = (...a) => { used.push(name); return real.apply(object, a); };
    };
    trap(v8, "setFlagsFromString");
    trap(Math, "random");
    trap(process, "getBuiltinModule");
    trap(crypto, "getRandomValues");
    for (const name of ["atob", "fetch", "setTimeout", "queueMicrotask"]) trap(globalThis, name);
    for (const name of ["validate", "compile", "Module"]) trap(WebAssembly, name);
    syncBuiltinESMExports();
    process.env = new Proxy(process.env, {
      get: (_, name) => void (isNodes(name) || used.push(name)),
    });
    const names = ${JSON.stringify(entries)};
    const all = [];
    for (const name of names) all.push(await import(name));
    console.log(JSON.stringify(used));
    all[0].rand(1);
    console.log(JSON.stringify([...new Set(used)]));`;
  const args = ["--input-type=module", "--eval", code];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd });
  const [atImport, later] = stdout.split("\n").map((line) => line && JSON.parse(line));
  expect(atImport).toEqual([]);
  expect(later).toEqual(expect.arrayContaining(["SAIKI_BACKEND", "getRandomValues"]));
});

test("elsewhere, and where there is nothing but JavaScript", async () => {
  const result = await build({
    stdin: { contents: `${importAll}\nexport { e0 };`, resolveDir: cwd },
    ...{ bundle: true, format: "iife", globalName: "saiki", write: false, logLevel: "error" },
    ...{ platform: "browser", treeShaking: false, tsconfigRaw: "{}" },
  });
  const used: string[] = [];
  const global = {};
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    if (/^(globalThis|undefined|NaN|Infinity)$/.test(name)) continue;
    if (runInContext(`Object.hasOwn(globalThis, "${name}")`, createContext({}))) continue;
    Object.defineProperty(global, name, { get: () => void used.push(name) });
  }
  const context = createContext(global);
  runInContext(
    `for (const [o, n] of [[Math, "random"], [Date, "now"], [WebAssembly, "validate"]])
    o[n] = () => { throw new Error(n + " was called"); };`,
    context,
  );
  runInContext(result.outputFiles[0]?.text as string, context);
  expect(used).toEqual([]);
  expect(runInContext("typeof saiki.e0.tensor", context)).toBe("function");
});
