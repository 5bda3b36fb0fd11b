/** Opens pages in the installed browsers, and waits for their reports. */

import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { type Command, during, run } from "./process.ts";
import { NotHere, type Outcome } from "./row.ts";

export type BrowserName = "Chromium" | "Firefox" | "WebKitGTK";

/** The places of each browser, and its command to open an address with a new profile. */
const browsers: Record<
  BrowserName,
  { places: string[]; needs?: string; open: (at: string, profile: string, url: string) => Command }
> = {
  Chromium: {
    places: [process.env["CHROMIUM_PATH"] ?? "", "/usr/bin/chromium", "/usr/bin/google-chrome"],
    open: (at, profile, url) => [
      ...([at, "--headless", "--no-sandbox", "--no-first-run"] as const),
      ...["--disable-gpu", `--user-data-dir=${profile}`, url],
    ],
  },
  Firefox: {
    places: ["/usr/bin/firefox-esr", "/usr/bin/firefox"],
    open: (at, profile, url) => [at, "--headless", "--no-remote", "--profile", profile, url],
  },
  WebKitGTK: {
    places: ["/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser"],
    needs: "/usr/bin/xvfb-run",
    open: (at, _profile, url) => ["xvfb-run", "-a", at, url],
  },
};

export function isBrowser(name: string): name is BrowserName {
  return name in browsers;
}

/** Keeps Firefox from opening pages of its own. */
const preferences = [
  ...["browser.aboutwelcome.enabled", "browser.shell.checkDefaultBrowser"],
  ...["datareporting.policy.dataSubmissionEnabled", "app.normandy.enabled"],
].map((name) => `user_pref("${name}", false);\n`);

/** The path of a browser. */
function find(name: BrowserName): string {
  const { places, needs } = browsers[name];
  const found = places.find((path) => existsSync(path));
  if (found === undefined) throw new NotHere(`${name} is not installed`);
  if (needs && !existsSync(needs)) throw new NotHere(`there is no ${needs}`);
  return found;
}

/** The version that the browser prints. */
export async function versionOf(name: BrowserName): Promise<string> {
  const command = browsers[name].open(find(name), tmpdir(), "--version");
  const { stdout } = await run(tmpdir(), command);
  return /\d+\.\d+/.exec(stdout)?.[0] ?? "";
}

export interface Visit {
  /** A folder to serve, with these headers. */
  folder?: string;
  headers?: Record<string, string>;
  /** The page's address; relative to the folder if there is one. */
  url: string;
}

/** Opens a page; `report=` in its address says where to send the outcomes. */
export async function visit(name: BrowserName, { folder, headers, url }: Visit) {
  const browser = find(name);
  const profile = await mkdtemp(join(tmpdir(), "saiki-profile-"));
  await writeFile(join(profile, "user.js"), preferences);
  const page = await serve(folder, headers ?? {});
  const address = new URL(url, page.origin);
  address.searchParams.set("report", `${page.origin}/report`);
  const command = browsers[name].open(browser, profile, address.href);
  try {
    return await during(profile, command, () => page.outcomes);
  } finally {
    page.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Serves a folder, and receives the report of a page. */
async function serve(folder: string | undefined, headers: Record<string, string>) {
  let take: (report: { outcomes: Outcome[] } | { error: string }) => void = () => {};
  const outcomes = new Promise<Outcome[]>((resolve, reject) => {
    const silence = setTimeout(() => reject(new Error("the page was silent for 90 s")), 90_000);
    take = (report) => {
      clearTimeout(silence);
      if ("outcomes" in report) resolve(report.outcomes);
      else reject(new Error(report.error));
    };
  });
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://127.0.0.1");
    if (pathname === "/report") take(JSON.parse(await bodyOf(request)));
    const file = folder && join(folder, normalize(decodeURIComponent(pathname)));
    await answer(response, file, headers);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, outcomes, close };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const part of request) text += part;
  return text;
}

const types: Record<string, string> = { ".html": "text/html", ".js": "text/javascript" };

async function answer(
  response: ServerResponse,
  file: string | undefined,
  headers: Record<string, string>,
): Promise<void> {
  try {
    const content = await readFile(file ?? "");
    const type = types[extname(file ?? "")] ?? "application/octet-stream";
    response.writeHead(200, { ...headers, "content-type": type }).end(content);
  } catch {
    response.writeHead(404).end();
  }
}
