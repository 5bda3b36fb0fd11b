/** Finds a browser, and runs pages in it without a window. */

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { chromium, type Page } from "playwright";
import type { TestContext } from "vitest";

/** The last line that a page prints. */
export const END = "end of the page";

const places = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:/Program Files/Google/Chrome/Application/chrome.exe",
];

/** The browser's path; skips the test where there is none. */
export function browserFor(context: TestContext): string {
  const asked = process.env["CHROMIUM_PATH"];
  if (asked) {
    if (existsSync(asked)) return asked;
    throw new Error(`CHROMIUM_PATH is ${asked}, where there is no file`);
  }
  const found = [chromium.executablePath(), ...places].find((path) => existsSync(path));
  return found ?? context.skip("no Chromium was found; CHROMIUM_PATH can tell where it is");
}

interface Visit {
  /** The query of `index.html`, without `?`. */
  readonly query?: string;
  /** Errors that the browser is expected to print. */
  readonly refusals?: RegExp;
}

/**
 * Serves a folder on this machine and opens its `index.html`, whose script prints {@link END} last.
 *
 * @param headers of each response
 * @returns the lines that it printed before
 * @throws when the page throws, or anything is printed as an error
 */
export async function runPage(
  browserPath: string,
  folder: string,
  headers: Record<string, string> = {},
  { query = "", refusals }: Visit = {},
): Promise<string[]> {
  const server = await served(folder, headers);
  const browser = await chromium.launch({ executablePath: browserPath, args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage();
    const { port } = server.address() as AddressInfo;
    const visit = page.goto(`http://127.0.0.1:${port}/index.html?${query}`);
    const [lines] = await Promise.all([printed(page, refusals), visit]);
    return lines;
  } finally {
    await browser.close();
    server.closeAllConnections();
    server.close();
  }
}

/** An `index.html` that runs one script. */
export function pageOf(script: string): string {
  const head =
    '<!doctype html><meta charset="utf-8"><title>saiki</title><link rel="icon" href="data:,">';
  return `${head}\n<script type="module" src="${script}"></script>\n`;
}

async function printed(page: Page, refusals?: RegExp): Promise<string[]> {
  const lines: string[] = [];
  await new Promise<void>((resolve, reject) => {
    page.on("pageerror", reject);
    page.on("crash", () => reject(new Error("the page crashed")));
    page.on("console", (message) => {
      const text = message.text();
      if (text === END) resolve();
      else if (message.type() !== "error") lines.push(text);
      else if (!refusals?.test(text))
        reject(new Error(`the page printed an error: ${text} (${message.location().url})`));
    });
  });
  return lines;
}

const types: Record<string, string> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".json": "application/json",
};

async function served(folder: string, headers: Record<string, string>): Promise<Server> {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://127.0.0.1");
    const path = join(folder, normalize(decodeURIComponent(pathname)));
    try {
      const content = await readFile(path);
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
      response.setHeader("content-type", types[extname(path)] ?? "application/octet-stream");
      response.end(content);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}
