/** Rows of a table. The whole table would be copied, so a large one stays where it is. */

import type { Real } from "../../core/dtype.ts";
import { isFloat32 } from "../abi.ts";
import type { Backend } from "../backend.ts";
import { reference } from "../reference/index.ts";
import type { Exports } from "./exports.ts";
import type { Arena } from "./memory.ts";

type Table = Pick<Backend, "embeddingForward" | "embeddingBackward">;

export function table(wasm: Exports, arena: Arena): Table {
  return {
    embeddingForward(weight, index, y, width) {
      if (!isFloat32(weight) || !pays(weight, index, width)) {
        return reference.embeddingForward(weight, index, y, width);
      }
      arena.begin();
      const [from, at] = [arena.put(weight, weight.length), arena.putWords(index)];
      const to = arena.floats(index.length * width);
      wasm.saiki_embedding_forward(from, at, to, index.length, width);
      arena.get(to, y, index.length * width);
    },
    embeddingBackward(dy, index, dWeight, width, paddingIdx) {
      if (!isFloat32(dy) || !pays(dWeight, index, width)) {
        return reference.embeddingBackward(dy, index, dWeight, width, paddingIdx);
      }
      arena.begin();
      const [from, at] = [arena.put(dy, index.length * width), arena.putWords(index)];
      const to = arena.put(dWeight, dWeight.length);
      wasm.saiki_embedding_backward(from, at, to, index.length, width, paddingIdx);
      arena.get(to, dWeight, dWeight.length);
    },
  };
}

/** Both ways give the same bits. */
function pays(table: Real, index: Int32Array, width: number): boolean {
  return table.length <= index.length * width;
}
