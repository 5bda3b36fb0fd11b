import { fileURLToPath } from "node:url";

/** The folder of both the page and Next; an ordinary project needs no options. */
const root = fileURLToPath(new URL("../..", import.meta.url));

export default { outputFileTracingRoot: root, turbopack: { root } };
