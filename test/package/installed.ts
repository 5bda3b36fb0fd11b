/** The package as users get it: packed, and installed into an empty project. */

import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Installed {
  /** The project. */
  readonly folder: string;
  /** The paths in the tarball, and its bytes. */
  readonly files: readonly string[];
  readonly size: number;
  /** Runs a command in the project; rejects, with what it printed, unless it exits with 0. */
  run(command: string, ...args: string[]): Promise<{ stdout: string; stderr: string }>;
  /** As `run`, with more environment variables. */
  runIn(env: Environment, command: string, ...args: string[]): ReturnType<Installed["run"]>;
  remove(): Promise<void>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Packs the package and installs it, and other tarballs, into a new project in a temporary folder.
 */
export async function install(...others: string[]): Promise<Installed> {
  const folder = await mkdtemp(join(tmpdir(), "saiki-"));
  const npm = ["npm", "pack", "--json", "--ignore-scripts", "--pack-destination", folder] as const;
  const [packed] = JSON.parse((await run(root, ...npm)).stdout) as [
    { filename: string; size: number; files: { path: string }[] },
  ];
  await writeProject(folder);
  const options = ["--no-audit", "--no-fund", "--prefer-offline"];
  await run(folder, "npm", "install", ...options, `./${packed.filename}`, ...others);
  await symlink(join(root, "node_modules/typescript"), join(folder, "node_modules/typescript"));
  return {
    folder,
    files: packed.files.map(({ path }) => path),
    size: packed.size,
    run: (command, ...args) => run(folder, command, ...args),
    runIn: (env, command, ...args) => runIn(env, folder, command, ...args),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/**
 * A project with only a lock file, which pins the dependencies to the repository's versions: npm
 * finds them in its cache and needs no network.
 */
async function writeProject(folder: string): Promise<void> {
  type Entry = { dev?: boolean; devOptional?: boolean };
  const lock = JSON.parse(await readFile(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, Entry>;
  };
  const used = Object.entries(lock.packages).filter(
    ([path, { dev, devOptional }]) => path !== "" && !dev && !devOptional,
  );
  const project = { name: "project", version: "1.0.0", private: true, type: "module" };
  const packages = { "": project, ...Object.fromEntries(used) };
  await writeFile(join(folder, "package.json"), JSON.stringify(project));
  await writeFile(
    join(folder, "package-lock.json"),
    JSON.stringify({ name: "project", version: "1.0.0", lockfileVersion: 3, packages }),
  );
}

const run = (cwd: string, command: string, ...args: string[]) => runIn({}, cwd, command, ...args);

async function runIn(env: Environment, cwd: string, command: string, ...args: string[]) {
  const options = { cwd, env: { ...ownEnvironment(), ...env }, maxBuffer: 2 ** 26 };
  const shell = process.platform === "win32";
  try {
    return await promisify(execFile)(command, args, { ...options, shell });
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    throw new Error(`${command} ${args.join(" ")} failed:\n${stdout}${stderr}`, { cause: error });
  }
}

/** Removes the variables that `npm test` and vitest set for this repository. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const ours = /^(npm_(package|lifecycle|command|config_local_prefix)|INIT_CWD$|VITEST|NODE_ENV$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)));
}
