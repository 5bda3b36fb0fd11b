import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bool, int64 } from "../core/index.ts";
import { tensor } from "../tensor/index.ts";
import { FolderStore } from "./folder-store.ts";
import { HttpStore, MemoryStore } from "./model-store.ts";
import { loadTensors, saveTensors } from "./tensors.ts";

const folder = mkdtempSync(join(tmpdir(), "saiki-"));
afterAll(() => rmSync(folder, { recursive: true }));

const bytes = (...x: number[]) => Uint8Array.from(x);

describe.each([
  ["FolderStore", () => new FolderStore(join(folder, "deep", "model"))],
  ["MemoryStore", () => new MemoryStore()],
])("%s", (_, make) => {
  test("keeps files, replaces them, lists them", async () => {
    const store = make();
    expect(await store.list()).toEqual([]);
    expect(await store.read("a")).toBeNull();
    await store.write({ b: bytes(1, 2), a: bytes() });
    await store.write({ b: bytes(3) });
    expect(await store.list()).toEqual(["a", "b"]);
    expect([...((await store.read("b")) as Uint8Array)]).toEqual([3]);
  });
});

describe("FolderStore", () => {
  test("finds out whether it could write, and leaves nothing behind", async () => {
    await new FolderStore(join(folder, "x", "y")).write({});
    expect(readdirSync(folder)).not.toContain("x");
  });

  test("writes nothing at all when one file cannot be written", async () => {
    const store = new FolderStore(join(folder, "whole"));
    await store.write({ a: bytes(1) });
    await expect(store.write({ a: bytes(2), "no/such": bytes(3) })).rejects.toThrow(
      `${store.name}: the folder cannot be written (ENOENT). Check the path and its permissions.`,
    );
    expect(readdirSync(store.name)).toEqual(["a"]);
    expect([...readFileSync(join(store.name, "a"))]).toEqual([1]);
  });

  test("refuses a place that is a file, and one where nothing can be made", async () => {
    const file = join(folder, "file");
    writeFileSync(file, "text");
    await expect(new FolderStore(file).write({})).rejects.toMatchObject({
      code: "SAIKI_CHECKPOINT",
    });
    await expect(new FolderStore(join(file, "x")).write({})).rejects.toThrow("cannot be written");
    await expect(new FolderStore(file).read("config.json")).rejects.toThrow("cannot be read");
  });
});

describe("FolderStore.lock()", () => {
  const lockFile = (store: FolderStore) => join(store.name, "saiki.lock");
  const fakeLock = (store: FolderStore, owner: object) => {
    mkdirSync(store.name);
    const own = { pid: process.pid, host: hostname(), started: null };
    writeFileSync(lockFile(store), JSON.stringify({ ...own, ...owner }));
  };

  test("refuses a second writer until it is given back, and leaves no folder behind", async () => {
    const store = new FolderStore(join(folder, "lock", "a"));
    const release = await store.lock();
    await expect(store.lock()).rejects.toThrow(`process ${process.pid} is training here`);
    expect(await store.list()).toEqual([]);
    await release();
    expect(readdirSync(folder)).not.toContain("lock");
  });

  test("of two that come at once one gets it", async () => {
    const stores = Array.from({ length: 8 }, () => new FolderStore(join(folder, "race")));
    const ends = await Promise.allSettled(stores.map((store) => store.lock()));
    expect(ends.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  test("takes over from a dead process, and removes what it left", async () => {
    const store = new FolderStore(join(folder, "dead"));
    const { pid } = spawnSync(process.execPath, ["-e", ""]);
    fakeLock(store, { pid });
    writeFileSync(join(store.name, `model.safetensors.${pid}-3.tmp`), "half");
    const release = await store.lock();
    expect(readdirSync(store.name)).toEqual(["saiki.lock"]);
    expect(JSON.parse(readFileSync(lockFile(store), "utf8")).pid).toBe(process.pid);
    await release();
    expect(readdirSync(store.name)).toEqual([]);
  });

  test.runIf(process.platform === "linux")(
    "takes over from an earlier process of its number",
    async () => {
      const store = new FolderStore(join(folder, "earlier"));
      fakeLock(store, { started: "1" });
      await (await store.lock())();
      expect(readdirSync(store.name)).toEqual([]);
    },
  );

  test.runIf(process.platform === "linux")(
    "takes over from a dead process whose parent has not noticed",
    async () => {
      const parent = spawn("sh", ["-c", "sleep 0.2 & echo $!; exec sleep 60"]);
      const [pid] = await once(parent.stdout, "data");
      const state = () => readFileSync(`/proc/${Number(pid)}/stat`, "utf8");
      await expect.poll(state, { timeout: 10_000 }).toContain(") Z ");
      const store = new FolderStore(join(folder, "unnoticed"));
      fakeLock(store, { pid: Number(pid) });
      await (await store.lock())();
      expect(readdirSync(store.name)).toEqual([]);
      parent.kill();
    },
  );

  test("refuses a process of another machine", async () => {
    const store = new FolderStore(join(folder, "far"));
    fakeLock(store, { host: "far" });
    await expect(store.lock()).rejects.toThrow(`If it is gone, remove ${lockFile(store)}.`);
  });
});

describe("HttpStore", () => {
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url);
    const path = request.url?.replace(/\?.*/, "");
    if (path === "/m/index") response.setHeader("content-type", "text/html; charset=utf-8");
    if (path === "/m/cut") response.setHeader("content-length", 99).write("h");
    if (path === "/m/cut") return setImmediate(() => response.destroy());
    response.statusCode = { "/m/b": 500, "/m/none": 404, "/m/gone": 410 }[path ?? ""] ?? 200;
    response.end(path === "/m/page" ? "\n<!DOCTYPE html><title>Home</title>" : "hi");
  });
  let host: string;
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());

  test("reads files behind a URL and writes none", async () => {
    const store = new HttpStore(`${host}/m/`);
    expect(new TextDecoder().decode((await store.read("a")) as Uint8Array)).toBe("hi");
    expect([await store.read("none"), await store.read("gone")]).toEqual([null, null]);
    await expect(store.read("b")).rejects.toThrow("the server answered 500 for b");
    await expect(store.write()).rejects.toThrow("files cannot be written to a URL");
  });

  test.each(["/m?rev=2", "/m/?rev=2", "/m//?rev=2#part"])("keeps a query: %s", async (path) => {
    const store = new HttpStore(new URL(path, host));
    await store.read("a");
    expect([asked.at(-1), store.name]).toEqual(["/m/a?rev=2", `${host}/m`]);
  });

  test.each(["index", "page"])("says that the server sent a web page: %s", async (file) => {
    await expect(new HttpStore(`${host}/m`).read(file)).rejects.toThrow(
      `${host}/m: the server sent a web page (HTML) for ${file}. ` +
        "Check the address: servers send their own page where there is no file.",
    );
  });

  test("gives a typed error where there is no answer, half of one, or no absolute address", async () => {
    const read = (url: string, file: string) => expect(new HttpStore(url).read(file)).rejects;
    const code = { code: "SAIKI_CHECKPOINT" };
    await read(`${host}/m`, "cut").toMatchObject(code);
    await read("http://127.0.0.1:1/m", "a").toThrow("a cannot be fetched");
    await read("models/poet", "a").toThrow(
      "models/poet: a cannot be fetched (ERR_INVALID_URL). Outside a page, give an absolute address (https://…).",
    );
    await read("models/poet", "a").toMatchObject(code);
  });
});

test("saveTensors() and loadTensors() keep names, types, shapes and views' elements", () => {
  const x = tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  const saved = {
    x,
    t: x.t(),
    i: tensor([1, -2], { dtype: int64 }),
    b: tensor(true),
    e: tensor([]),
  };
  const loaded = loadTensors(saveTensors(saved));
  for (const [name, value] of Object.entries(saved)) {
    expect(String(loaded[name]), name).toBe(String(value));
    expect(loaded[name]?.dtype).toBe(value.dtype);
  }
  expect(loaded["b"]?.dtype).toBe(bool);
});
