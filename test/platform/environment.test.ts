/** The messages of the library in an environment with faults. */

import { execFile } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const binary = `native/${process.platform}-${process.arch}/saiki.node`;
const copy = mkdtempSync(join(tmpdir(), "saiki-environment-"));
const at = (name: string) => join(copy, name);

beforeAll(() => {
  for (const name of ["dist", "package.json"]) {
    cpSync(join(root, name), at(name), { recursive: true });
  }
  symlinkSync(join(root, "node_modules"), at("node_modules"));
  writeFileSync(
    at("backend.mjs"),
    'import { getBackend } from "saiki";\nconsole.log(getBackend());',
  );
  writeFileSync(at("book.txt"), "the cat sat on the mat. ".repeat(50));
});
afterAll(() => rmSync(copy, { recursive: true }));

interface Outcome {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

function node(env: Record<string, string>, ...args: string[]): Promise<Outcome> {
  const clean = { ...process.env, SAIKI_BACKEND: "", SAIKI_ISA: "", SAIKI_THREADS: "", ...env };
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: copy, env: clean }, (error, out, err) =>
      resolve({ status: error === null ? 0 : Number(error.code), out, err }),
    );
  });
}

const backend = (env: Record<string, string>) => node(env, "backend.mjs");
const saiki = (env: Record<string, string>, ...args: string[]) =>
  node(env, "dist/cli/main.js", ...args);
const train = ["train", "book.txt", "--hidden", "8", "--steps", "2", "--force"];

describe("a binary that cannot be loaded", { timeout: 60_000 }, () => {
  beforeAll(() => {
    mkdirSync(at("native/x"), { recursive: true });
    mkdirSync(join(at(binary), ".."), { recursive: true });
    writeFileSync(at(binary), "these are no kernels");
  });
  afterAll(() => rmSync(at("native"), { recursive: true }));
  const why = /native kernels: \S+saiki\.node cannot be loaded: .+\. WebAssembly is used; /;

  test("is told once, with what silences it, and WebAssembly does the work", async () => {
    const { status, out, err } = await backend({});
    expect([status, out]).toEqual([0, expect.stringMatching(/^wasm(-relaxed)?\n$/)]);
    expect(err).toMatch(why);
    expect(err).toMatch(/^saiki: [^\n]+ SAIKI_BACKEND=wasm-relaxed or wasm silences this\.\n$/);
  });

  test("is told once on the command line", async () => {
    const { status, err } = await saiki({}, ...train);
    expect(status).toBe(0);
    expect(err.match(/warning/g)).toHaveLength(1);
    expect(err).toMatch(/^warning: native kernels: .* silences this\.$/m);
  });

  test("is not told where WebAssembly was asked for", async () => {
    expect(await backend({ SAIKI_BACKEND: "wasm" })).toEqual({ status: 0, out: "wasm\n", err: "" });
  });

  test("is an error where native kernels were asked for", async () => {
    const { status, out, err } = await saiki({ SAIKI_BACKEND: "native" }, ...train);
    expect([status, out]).toEqual([1, ""]);
    expect(err).toMatch(
      /^error: SAIKI_BACKEND: the backend native cannot run here: .*saiki\.node cannot be loaded: .*\. Use another of [^\n]*\n$/,
    );
  });
});

describe("SAIKI_BACKEND", { timeout: 60_000 }, () => {
  test("names a backend", async () => {
    const { status, err } = await saiki({ SAIKI_BACKEND: "cuda" }, ...train);
    expect(status).toBe(1);
    expect(err).toBe(
      "error: SAIKI_BACKEND: there is no backend cuda. Use one of native, wasm-relaxed, wasm, reference.\n",
    );
  });

  test("cannot be native where there are no native kernels", async () => {
    const { status, err } = await saiki({ SAIKI_BACKEND: "native" }, ...train);
    expect(status).toBe(1);
    expect(err).toMatch(/^error: SAIKI_BACKEND: .* there are no native kernels for [^\n]+\n$/);
  });
});

describe("SAIKI_THREADS", { timeout: 60_000 }, () => {
  test.each(["0", "-1", "abc", "65", "1.5", " 2"])("cannot be %s", async (threads) => {
    const { status, out, err } = await saiki({ SAIKI_THREADS: threads }, ...train);
    expect([status, out]).toEqual([1, ""]);
    expect(err).toBe(
      `error: SAIKI_THREADS: the number of threads is a whole number from 1 to 64, not ${threads}. ` +
        "Use the number of cores, or less.\n",
    );
  });

  test.skipIf(availableParallelism() > 63)("above the cores is told once", async () => {
    const threads = availableParallelism() + 1;
    const { status, err } = await saiki({ SAIKI_THREADS: `${threads}` }, ...train);
    expect(status).toBe(0);
    expect(err.match(/warning/g)).toHaveLength(1);
    expect(err).toMatch(
      new RegExp(
        `^warning: SAIKI_THREADS: ${threads} threads on ${threads - 1} cores are slower`,
        "m",
      ),
    );
  });
});

describe("workers", { timeout: 120_000 }, () => {
  test.skipIf(!existsSync(join(root, binary)))(
    "that use the native kernels at the same time get the bits of one alone",
    async () => {
      cpSync(join(root, binary), at(binary));
      writeFileSync(at("workers.mjs"), workers);
      const threads = `${Math.max(2, availableParallelism())}`;
      const { status, out, err } = await node({ SAIKI_THREADS: threads }, "workers.mjs");
      expect([status, err]).toEqual([0, ""]);
      const [alone, ...together] = JSON.parse(out) as string[];
      expect(alone).toMatch(/^native:[0-9a-f]{64}$/);
      expect(together).toEqual([alone, alone, alone]);
    },
  );
});

/** Each worker trains an LSTM on products that are large enough to be shared. */
const workers = `
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import * as torch from "saiki";

if (isMainThread) {
  const work = () => new Promise((resolve, reject) =>
    new Worker(fileURLToPath(import.meta.url)).once("message", resolve).once("error", reject));
  console.log(JSON.stringify([await work(), ...(await Promise.all([work(), work(), work()]))]));
} else {
  torch.manualSeed(1);
  const layer = new torch.nn.LSTM(64, 96);
  const optimizer = new torch.optim.SGD(layer.parameters(), { lr: 0.1 });
  const hash = createHash("sha256");
  for (let step = 0; step < 12; step++) {
    optimizer.zeroGrad();
    const [y] = layer.forward(torch.randn([40, 24, 64]));
    const loss = y.mul(y).mean();
    loss.backward();
    optimizer.step();
    hash.update(String(loss.item()));
  }
  for (const p of layer.parameters()) hash.update(JSON.stringify(p.tolist()));
  parentPort.postMessage(torch.getBackend() + ":" + hash.digest("hex"));
}
`;
