import { train } from "./train.js";

export default {
  async fetch() {
    return Response.json(await train().catch((error) => ({ error: String(error) })));
  },
};
