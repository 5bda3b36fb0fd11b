/** The example page, served as `npm run example` serves it. */

import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { chromium } from "playwright";
import { afterAll, beforeAll, expect, test } from "vitest";
import { browserFor } from "../platform/browser.ts";
import { root } from "./installed.ts";

let server: ChildProcess;
let address: string;

beforeAll(async () => {
  const env = { ...process.env, HTTP_PROXY: "http://127.0.0.1:9", PORT: "0" };
  server = spawn(process.execPath, [join(root, "scripts/example.mjs")], { env });
  address = await new Promise((resolve, reject) => {
    let text = "";
    server.once("exit", () => reject(new Error(`the server ended: ${text}`)));
    server.stdout?.on("data", (piece) => {
      text += piece;
      const [found] = /http:\S+/.exec(text) ?? [];
      if (found !== undefined) resolve(found);
    });
  });
}, 60_000);
afterAll(() => server.kill());

test("the page is isolated, and nothing else of the folder is served", async () => {
  const { status, headers } = await fetch(address);
  expect(status).toBe(200);
  expect(headers.get("Cross-Origin-Opener-Policy")).toBe("same-origin");
  expect(headers.get("Cross-Origin-Embedder-Policy")).toBe("require-corp");
  for (const path of [
    "package.json",
    "examples/browser/../../package.json",
    "dist/..%2fREADME.md",
  ]) {
    expect((await fetch(address + path)).status).toBe(404);
  }
});

test("the page trains, answers meanwhile, and writes", { timeout: 240_000 }, async (context) => {
  const executablePath = browserFor(context);
  const args = ["--no-sandbox", "--no-proxy-server"];
  const browser = await chromium.launch({ executablePath, args });
  try {
    const page = await browser.newPage();
    const faults: string[] = [];
    page.on("pageerror", (error) => faults.push(error.message));
    page.on("console", (message) => faults.push(message.text()));
    await page.goto(address);
    await page.selectOption("[name=hidden]", "64");
    await page.selectOption("[name=steps]", "200");
    await page.click("button");
    await page.locator("polyline.valid").waitFor({ state: "attached", timeout: 200_000 });
    expect(await page.textContent("#sample")).toMatch(/^The .{50}/s);
    await page.click("button"); // Stop, in the middle of a run
    await page.getByRole("button", { name: "Train" }).waitFor({ timeout: 100_000 });
    expect(await page.textContent("#status")).toMatch(/^step \d+ of 200, .* kernels$/);
    expect(faults).toEqual([]);
  } finally {
    await browser.close();
  }
});
