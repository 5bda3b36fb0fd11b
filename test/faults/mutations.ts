/** Changes files of models: at random, or with their check sums made right again. */

import { decodeSafetensors, encodeSafetensors, MemoryStore, sha256 } from "../../src/io/index.ts";
import { contentName, json, sealed } from "../../src/lm/files.ts";

type Draw = (below: number) => number;
// biome-ignore lint/suspicious/noExplicitAny: the content of a file, to be broken
export type Content = Record<string, any>;

/** Whole numbers from 0 to below `below`, the same for each seed (mulberry32). */
export function random(seed: number): Draw {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

export function copied(store: MemoryStore): MemoryStore {
  const made = new MemoryStore();
  for (const [file, bytes] of store.files) made.files.set(file, bytes.slice());
  return made;
}

/** A copy with one JSON file changed. */
export function changed(
  store: MemoryStore,
  file: string,
  change: (content: Content) => void,
): MemoryStore {
  const made = copied(store);
  const content = contentOf(made, file) as Content;
  change(content);
  made.files.set(file, json(content));
  return made;
}

/** A copy with something wrong in one file. */
export function mutated(store: MemoryStore, draw: Draw): MemoryStore {
  const made = copied(store);
  const files = [...made.files.keys()];
  const file = files[draw(files.length)] as string;
  const bytes = made.files.get(file) as Uint8Array;
  if (file.endsWith(".json") && draw(4) > 0) {
    const content = contentOf(made, file) as Content;
    spoil(content, draw);
    made.files.set(file, json(content));
  } else made.files.set(file, scrambled(bytes, draw));
  return made;
}

/** A copy whose check sums are right, as far as its files can be read. */
export function corrected(store: MemoryStore): MemoryStore {
  const made = copied(store);
  const sum = (file: string) => sha256(made.files.get(file) ?? new Uint8Array(0));
  const seal = (file: string, change: (content: Content) => void) => {
    const content = contentOf(made, file);
    if (content === null) return;
    delete content["sha256"];
    change(content);
    made.files.set(file, sealed(content));
  };
  seal("config.json", (config) => {
    if (isObject(config["files"])) config["files"]["tokenizer.json"] = sum("tokenizer.json");
  });
  for (const file of store.files.keys()) {
    if (file.startsWith("model.")) weigh(made, file, sum("config.json"));
  }
  for (const file of [...store.files.keys()].filter((name) => name.startsWith("checkpoint-"))) {
    seal(file, (content) => {
      const files = content["files"];
      if (!isObject(files)) return;
      for (const name of Object.keys(files)) {
        const kept = made.files.get(contentName(name, String(files[name])));
        if (kept === undefined) files[name] = sum(name);
        else made.files.set(contentName(name, (files[name] = sha256(kept))), kept);
      }
    });
  }
  return made;
}

/** Makes the header of parameters right: the check sums of config.json and of itself. */
function weigh(store: MemoryStore, file: string, config: string): void {
  try {
    const { tensors, metadata } = decodeSafetensors(store.files.get(file) as Uint8Array);
    const blank = { ...metadata, config, sha256: "0".repeat(64) };
    const sha = sha256(encodeSafetensors(tensors, blank));
    store.files.set(file, encodeSafetensors(tensors, { ...blank, sha256: sha }));
  } catch {
    // It stays as broken as it is.
  }
}

function contentOf(store: MemoryStore, file: string): Content | null {
  try {
    const content = JSON.parse(new TextDecoder().decode(store.files.get(file)));
    return isObject(content) ? content : null;
  } catch {
    return null;
  }
}

function isObject(x: unknown): x is Content {
  return typeof x === "object" && x !== null && !Array.isArray(x);
}

const strange = [
  0,
  -1,
  1.5,
  1e9,
  1e300,
  2 ** 53,
  null,
  "",
  "lstm",
  true,
  [],
  {},
  [[]],
  "__proto__",
];

/** Changes, removes or adds a member somewhere. */
function spoil(content: Content, draw: Draw): void {
  const keys = Object.keys(content);
  const key = keys[draw(keys.length)];
  if (key === undefined) return;
  const inside = content[key];
  if (typeof inside === "object" && inside !== null && draw(3) > 0) {
    spoil(inside, draw);
    return;
  }
  const kind = draw(8);
  if (kind === 0) delete content[key];
  else if (kind === 1) content[`${key}x`] = inside;
  else if (kind === 2) content[key] = nested(1 + draw(1000));
  else if (kind === 3 && typeof inside === "number") content[key] = inside + 1;
  else content[key] = strange[draw(strange.length)];
}

function nested(depth: number): unknown {
  let value: unknown = 0;
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}

/** Turns a bit, sets a byte, cuts, lengthens or doubles a part. */
function scrambled(bytes: Uint8Array, draw: Draw): Uint8Array {
  const at = draw(bytes.length);
  const kind = draw(5);
  if (kind === 0) return bytes.slice(0, at);
  if (kind === 1) return Uint8Array.from([...bytes, ...bytes.subarray(0, at)]);
  if (kind === 2) return Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at >> 1)]);
  const made = bytes.slice();
  made[at] = kind === 3 ? draw(256) : (made[at] as number) ^ (1 << draw(8));
  return made;
}
