// @ts-check
/**
 * `npm run example`: serves `examples/browser/` on this machine, cross-origin isolated for threads.
 * `PORT` names a port.
 */

import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
/** @type {Record<string, string>} */
const types = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".map": "text/json",
};
const isolated = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

const server = createServer(({ url = "/" }, response) => {
  const path = decodeURIComponent(new URL(url, "http://127.0.0.1").pathname);
  const file = join(root, normalize(path));
  const type = types[extname(file)];
  const isServed = /^\/(examples\/browser|dist)\//.test(path) && type !== undefined;
  if (path === "/") {
    response.writeHead(302, { Location: "/examples/browser/index.html" }).end();
  } else if (isServed && statSync(file, { throwIfNoEntry: false })?.isFile()) {
    response.writeHead(200, { "Content-Type": type, ...isolated });
    createReadStream(file).pipe(response);
  } else {
    response.writeHead(404).end();
  }
});
server.on("error", (error) => {
  console.error(`The example cannot be served: ${error.message}. PORT names another port.`);
  process.exit(1);
});
server.listen(Number(process.env["PORT"] ?? 0), "127.0.0.1", () => {
  const address = /** @type {import("node:net").AddressInfo} */ (server.address());
  console.log(`Open http://127.0.0.1:${address.port}/ in a browser; Ctrl-C ends this.`);
  const proxy = process.env["HTTP_PROXY"] || process.env["http_proxy"];
  if (proxy) console.log("A proxy is set: the browser must reach 127.0.0.1 without it.");
});
