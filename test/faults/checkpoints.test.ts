import { beforeAll, describe, expect, test } from "vitest";
import { CheckpointError, setWarningHandler } from "../../src/core/index.ts";
import { type LmOptions, loadModel, type TrainHooks, train } from "../../src/lm/index.ts";
import { type Fault, FaultyDisk, storeOf } from "./disk.ts";

const text = "the cat sat on the mat. a dog ran to the sea. ".repeat(6);
const small: LmOptions = {
  ...{ cell: "lstm", embedding: 2, hidden: 3, batch: 2, length: 10, lr: 0.05, dropout: 0.1 },
  ...{ steps: 6, evalEvery: 2 },
};
const other: LmOptions = { ...small, seed: 7, evalEvery: 3 };

async function trained(disk: FaultyDisk, options = small, hooks: TrainHooks = {}) {
  await train(text, options, { store: storeOf(disk), ...hooks });
  return disk;
}

let whole: FaultyDisk;
let whole2: FaultyDisk;
const warnings: string[] = [];

beforeAll(async () => {
  setWarningHandler((warning) => warnings.push(warning));
  whole = await trained(new FaultyDisk());
  whole2 = await trained(new FaultyDisk(), other);
});

/** Goes on as a user would: resumes, or begins where no run had begun. */
async function goOn(disk: FaultyDisk, begin: () => Promise<unknown>): Promise<void> {
  disk.revive();
  const hasRun = (await storeOf(disk).read("config.json")) !== null;
  if (hasRun) await train(text, {}, { store: storeOf(disk), resume: true });
  else await begin();
}

/** A run that ends with an error at operation `at`. */
async function broken(at: number, fault: Fault): Promise<FaultyDisk> {
  const disk = new FaultyDisk();
  disk.failAt(at, fault);
  await expect(trained(disk)).rejects.toThrow(CheckpointError);
  return disk;
}

/** 1, 2, … as far as the operations of a run. */
const points = (disk: FaultyDisk) => Array.from({ length: disk.operations }, (_, i) => i + 1);

describe("after an end at each write, flush, rename and removal a run resumes to the same files", () => {
  test("killed", async () => {
    const ends = points(whole);
    expect(ends.length).toBeGreaterThan(80);
    for (const at of ends) {
      const disk = await broken(at, "kill");
      await goOn(disk, () => trained(disk));
      expect(disk.contents(), `killed at ${at}`).toEqual(whole.contents());
    }
  });

  test("killed, and killed again in the next run", async () => {
    for (const at of points(whole).filter((n) => n % 7 === 0)) {
      const disk = await broken(at, "kill");
      disk.revive();
      disk.failAt(disk.operations + (at % 29), "kill");
      await train(text, {}, { store: storeOf(disk), resume: true }).catch(() => {});
      await goOn(disk, () => trained(disk));
      expect(disk.contents(), `killed at ${at}`).toEqual(whole.contents());
    }
  });

  test.each([
    ["none of the names survive", () => () => false],
    ["all of the names survive", () => () => true],
    ["some of the names survive", alternating],
  ])("power cut: unflushed bytes are lost, %s", async (_, survival) => {
    for (const at of points(whole)) {
      const disk = await broken(at, "kill");
      disk.cutPower(survival(at));
      await goOn(disk, () => trained(disk));
      expect(disk.contents(), `cut at ${at}`).toEqual(whole.contents());
    }
  });

  test("disk full: one typed error that says so", async () => {
    for (const at of points(whole)) {
      const disk = new FaultyDisk();
      disk.failAt(at, "full");
      const end = await trained(disk).then(String, (error: Error) => error);
      if (!(end instanceof Error)) continue; // fewer operations than with a kill: removals succeed
      expect(end).toBeInstanceOf(CheckpointError);
      expect(end.message).toMatch(/^m: .* \(ENOSPC\)\. The disk is full: make room on it\.$/);
      expect(await disk.list("m"), "the lock is given back").not.toContain("saiki.lock");
      await goOn(disk, () => trained(disk));
      expect(disk.contents(), `full at ${at}`).toEqual(whole.contents());
    }
  });
});

describe("a run that replaces another (--force)", () => {
  test("killed anywhere, one of both resumes to its own files", async () => {
    const count = { old: 0, new: 0 };
    const probe = await trained(await trained(new FaultyDisk()), other, { overwrite: true });
    expect(probe.contents()).toEqual(whole2.contents());
    for (let at = whole.operations + 1; at <= probe.operations; at++) {
      const disk = await trained(new FaultyDisk());
      disk.failAt(at, "kill");
      await expect(trained(disk, other, { overwrite: true })).rejects.toThrow(CheckpointError);
      disk.revive();
      const kept = await loadModel(storeOf(disk));
      await goOn(disk, () => Promise.reject(new Error("no run is left")));
      const isOld = kept.training.seed === 1;
      const { contents } = isOld ? whole : whole2;
      count[isOld ? "old" : "new"]++;
      expect(disk.contents(), `killed at ${at}`).toEqual(contents.call(isOld ? whole : whole2));
    }
    expect(Math.min(count.old, count.new)).toBeGreaterThan(10);
  });
});

test("a run from another model resumes after a kill at any point", async () => {
  const initFrom = await train(text, { ...small, steps: 1 });
  const options = { steps: 3, evalEvery: 2, batch: 2, length: 10 };
  const start = (disk: FaultyDisk) => trained(disk, options, { initFrom });
  const reference = await start(new FaultyDisk());
  for (const at of points(reference)) {
    const disk = new FaultyDisk();
    disk.failAt(at, "kill");
    await expect(start(disk)).rejects.toThrow(CheckpointError);
    await goOn(disk, () => start(disk));
    expect(disk.contents(), `killed at ${at}`).toEqual(reference.contents());
  }
});

describe("a damaged generation", () => {
  test.each([/^checkpoint-6/, /^training/])(
    "%s: the one before is used, with a warning",
    async (name) => {
      const disk = await trained(new FaultyDisk());
      const store = storeOf(disk);
      const manifest = JSON.parse(
        new TextDecoder().decode((await store.read("checkpoint-6.json")) ?? undefined),
      );
      const state = `training.${manifest.files["training.safetensors"].slice(0, 16)}.safetensors`;
      const file = name.test("checkpoint-6") ? "checkpoint-6.json" : state;
      const bytes = (await store.read(file)) as Uint8Array;
      bytes[bytes.length - 30]! ^= 1;
      await store.write({ [file]: bytes });
      warnings.length = 0;
      await train(text, {}, { store, resume: true });
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toMatch(/^m: .*damaged.* The checkpoint of step 4 is used instead\.$/);
      expect(disk.contents()).toEqual(whole.contents());
    },
  );
});

describe("two trainings into one folder", () => {
  const folderOf = (disk: FaultyDisk, hooks: TrainHooks = {}) => trained(disk, small, hooks);

  test("the second is refused while the first lives, and takes over when it is dead", async () => {
    const disk = new FaultyDisk();
    let isRefused = false;
    const onEvent: TrainHooks["onEvent"] = async ({ event }) => {
      if (event !== "valid" || isRefused) return;
      await expect(folderOf(disk, { overwrite: true })).rejects.toThrow(
        "m: process 100 is training here. Wait for it, or choose another place (--out).",
      );
      isRefused = true;
    };
    await folderOf(disk, { onEvent });
    expect(isRefused).toBe(true);
    expect(disk.contents()).toEqual(whole.contents());
    const dead = await broken(60, "kill");
    expect(await dead.list("m")).toContain("saiki.lock");
    await goOn(dead, () => folderOf(dead));
    expect(dead.contents()).toEqual(whole.contents());
  });

  test("a lock of another machine, or one that cannot be read, is refused by its name", async () => {
    const disk = new FaultyDisk();
    const lock = { pid: 5, host: "there", started: null };
    await disk.write("m/saiki.lock", new TextEncoder().encode(JSON.stringify(lock)));
    await expect(folderOf(disk)).rejects.toThrow(
      "m: process 5 of the machine there may be training here. If it is gone, remove m/saiki.lock.",
    );
    await disk.write("m/saiki.lock", new Uint8Array(3));
    await expect(folderOf(disk)).rejects.toThrow(
      "m: a process may be training here. If it is gone, remove m/saiki.lock.",
    );
  });
});

function alternating(seed: number): () => boolean {
  let n = seed;
  return () => (n = (n * 1103515245 + 12345) & 0x7fffffff) % 2 ** 16 > 2 ** 15;
}
