/** The ways in which rows run the programs; each returns the `run` of a row. */

import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type BrowserName, visit } from "./browsers.ts";
import { installNative } from "./install.ts";
import { answered, type Command, during, freePort, run } from "./process.ts";
import { NotHere, type Row } from "./row.ts";

type Run = Row["run"];

/** Runs a program that prints its outcome, and nothing to stderr. */
export function program(command: Command): Run {
  return async (folder) => {
    mustBe(command[0]);
    const { stdout, stderr } = await run(folder, command);
    if (stderr !== "") throw new Error(`stderr: ${stderr.trim()}`);
    return [JSON.parse(stdout)];
  };
}

/** Runs a program without the native kernels' package, then with it. */
export function programTwice(command: Command): Run {
  const once = program(command);
  return async (folder) => {
    const without = await once(folder);
    await installNative(folder);
    return [...without, ...(await once(folder))];
  };
}

/** Runs a test that leaves its outcome in a file. */
export function tested(command: Command): Run {
  return async (folder) => {
    await run(folder, command);
    return [JSON.parse(await readFile(join(folder, "outcome.json"), "utf8"))];
  };
}

/** Builds the page into `out` and opens it; if the build makes no page, one with `tag`. */
export function built(command: Command, tag?: string): Run {
  return async (folder) => {
    await run(folder, command);
    const out = join(folder, "out");
    if (tag !== undefined) await writeFile(join(out, "index.html"), pageWith(tag));
    return visit("Chromium", { folder: out, url: "/index.html" });
  };
}

/** Opens a page of a server; `command` takes the port. */
export function served(path: string, command: (port: string) => Command): Run {
  return async (folder) => {
    const port = String(await freePort());
    const url = `http://127.0.0.1:${port}${path}`;
    return during(folder, command(port), async () => {
      await answered(url);
      return visit("Chromium", { url });
    });
  };
}

/** As {@link served}, after a build. */
export function builtAndServed(command: Command, ...server: Parameters<typeof served>): Run {
  return async (folder) => {
    await run(folder, command);
    return served(...server)(folder);
  };
}

/** As {@link builtAndServed}, with the package of native kernels. */
export function builtWithNative(...build: Parameters<typeof builtAndServed>): Run {
  return async (folder) => {
    await installNative(folder);
    return builtAndServed(...build)(folder);
  };
}

/** Trains in a page, or in one of the workers and worklets of programs/contexts.js. */
export function inPlace(
  browser: BrowserName,
  place: string,
  bundle: Command,
  headers: Record<string, string>,
): Run {
  return async (folder) => {
    await run(folder, bundle);
    const out = join(folder, "out");
    const script = place === "page" ? "page.js" : "contexts.js";
    await writeFile(join(out, "index.html"), pageWith(`<script type="module" src="${script}">`));
    return visit(browser, { folder: out, headers, url: `/index.html?as=${place}` });
  };
}

/** Runs a worker of Cloudflare's, which answers with its outcome. */
export function workerd(command: Command, binary: string): Run {
  return async (folder) => {
    mustBe(binary);
    await run(folder, command);
    const address = `127.0.0.1:${await freePort()}`;
    const serve: Command = [binary, "serve", "workerd.capnp", `--socket-addr=http=${address}`];
    return during(folder, serve, async () => {
      const answer = await (await answered(`http://${address}`)).json();
      if ("error" in answer) throw new Error(answer.error);
      return [answer];
    });
  };
}

/** Compiles programs/types.ts under each of the options. */
export function typed(command: Command): Run {
  return async (folder) => {
    for (const options of ["nodenext", "bundler"]) {
      await run(folder, [...command, "-p", `tsconfig.${options}.json`]).catch((error) => {
        throw new Error(`${options}: ${error.message}`);
      });
    }
    return [];
  };
}

/** Binaries are optional dependencies: npm leaves out those of another platform. */
function mustBe(binary: string): void {
  if (existsSync(binary)) return;
  throw new NotHere(`no binary for ${process.platform}-${process.arch} is installed`);
}

function pageWith(tag: string): string {
  return `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">\n${tag}</script>\n`;
}
