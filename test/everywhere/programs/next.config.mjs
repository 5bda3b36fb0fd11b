import { fileURLToPath } from "node:url";

/** Where both the page and Next lie; a project of its own needs no options. */
const root = fileURLToPath(new URL("../..", import.meta.url));

export default { outputFileTracingRoot: root, turbopack: { root } };
