/** Other programs: run to their end, or while a function runs. */

import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { createServer } from "node:net";

export interface Printed {
  stdout: string;
  stderr: string;
}

/** A program and its arguments. */
export type Command = readonly [program: string, ...args: string[]];

const MINUTE = 60_000;
const environment = {
  ...withoutOurs(process.env),
  ...{ NO_COLOR: "1", NEXT_TELEMETRY_DISABLED: "1", DENO_NO_UPDATE_CHECK: "1" },
};

/** Runs a program; rejects, with what it printed, unless it exits with 0 within five minutes. */
export async function run(cwd: string, command: Command): Promise<Printed> {
  const { child, printed, ended } = start(cwd, command);
  let late = "";
  const timer = setTimeout(() => {
    late = "took more than five minutes: ";
    stop(child);
  }, 5 * MINUTE);
  const code = await ended.finally(() => clearTimeout(timer));
  if (code === 0) return printed;
  throw new Error(late + lastLines(`${printed.stdout}${printed.stderr}`));
}

/** Keeps a program running while `use` runs; rejects when the program ends first. */
export async function during<T>(cwd: string, command: Command, use: () => Promise<T>): Promise<T> {
  const { child, printed, ended } = start(cwd, command);
  const early = ended.then((code) => {
    throw new Error(`ended with ${code}: ${lastLines(printed.stdout + printed.stderr)}`);
  });
  try {
    return await Promise.race([use(), early]);
  } finally {
    stop(child);
    await early.catch(() => {});
  }
}

const running = new Set<ChildProcess>();

/** Ends all programs that still run. */
export function stopAll(): void {
  for (const child of running) stop(child);
}

function start(cwd: string, [program, ...args]: Command) {
  // A group of its own, so that the program's children end with it.
  const options: SpawnOptions = { cwd, env: environment, detached: true, stdio: "pipe" };
  const child = spawn(program, args, options);
  running.add(child);
  child.stdin?.end();
  const printed: Printed = { stdout: "", stderr: "" };
  child.stdout?.on("data", (text) => {
    printed.stdout += text;
  });
  child.stderr?.on("data", (text) => {
    printed.stderr += text;
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  }).finally(() => running.delete(child));
  return { child, printed, ended };
}

function stop({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {} // it has ended
}

/** A port on which nothing listens. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("there is no free port");
  return address.port;
}

/** The response of an address, as soon as a server listens there. */
export async function answered(url: string): Promise<Response> {
  for (let tries = 0; ; tries++) {
    try {
      return await fetch(url);
    } catch (error) {
      if (tries === 300) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

function lastLines(text: string): string {
  return text.trim().split("\n").slice(-40).join("\n");
}

/** Removes the variables of npm, vitest and a proxy. */
function withoutOurs(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const ours = /^(npm_|INIT_CWD$|VITEST|NODE_ENV$|NODE_OPTIONS$|SAIKI_|https?_proxy$)/i;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !ours.test(name)));
}
