/** Reads the files that PyTorch's scripts wrote into this folder. */
import { readFileSync } from "node:fs";

export function readRecording<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(name, import.meta.url), "utf8")) as T;
}
