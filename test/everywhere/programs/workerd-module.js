import module from "saiki/wasm/simd.wasm";
import { train } from "./train.js";

export default {
  async fetch() {
    return Response.json(await train({ module }).catch((error) => ({ error: String(error) })));
  },
};
