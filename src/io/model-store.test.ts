import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
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

test("HttpStore reads files behind a URL and writes none", async () => {
  const server = createServer((request, response) => {
    response.statusCode = request.url === "/m/a" ? 200 : request.url === "/m/b" ? 500 : 404;
    response.end("hi");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const store = new HttpStore(`http://127.0.0.1:${(server.address() as AddressInfo).port}/m/`);
  expect(new TextDecoder().decode((await store.read("a")) as Uint8Array)).toBe("hi");
  expect(await store.read("none")).toBeNull();
  await expect(store.read("b")).rejects.toThrow("the server answered 500 for b");
  await expect(store.write()).rejects.toThrow("files cannot be written to a URL");
  server.close();
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
