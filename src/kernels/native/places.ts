/** Where native kernels are looked for, and where they are put. */

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import { sources, version } from "./generated/stamp.ts";

/** Written so that no bundler follows it: what lies beside this file stays beside it. */
const here = [import.meta.url][0] as string;
export const nativeRequire = [createRequire][0]?.(here) as NodeJS.Require;

/** The platform as the packages in `npm/` are named: `linux-x64`, `linux-x64-musl`, `darwin-arm64`. */
export function target(): string {
  return `${process.platform}-${process.arch}${isMusl() ? "-musl" : ""}`;
}

function isMusl(): boolean {
  if (process.platform !== "linux" || typeof process.report?.getReport !== "function") return false;
  const report = process.report as NodeJS.ProcessReport & { excludeNetwork?: boolean };
  report.excludeNetwork = true; // it would ask for names
  const { header } = report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return header !== undefined && header.glibcVersionRuntime === undefined;
}

/** The folder of the package: the nearest that has a package.json. */
export function packageFolder(): string {
  let folder = dirname(fileURLToPath(here));
  while (!existsSync(join(folder, "package.json")) && dirname(folder) !== folder) {
    folder = dirname(folder);
  }
  return folder;
}

/** What a person types to have the kernels compiled. */
export function buildCommand(): string {
  const isClone = existsSync(join(packageFolder(), "scripts", "ensure.mjs"));
  return isClone ? "npm run build" : "npx saiki build";
}

/** Where they are compiled to: in the package. */
export function placeInPackage(): string {
  return join(packageFolder(), "native", target(), "saiki.node");
}

/** Where they are compiled to when the package cannot be written; null where the user has no folder. */
export function placeInCache(): string | null {
  const folder = cacheFolder();
  const name = `${version}-${sources.slice(0, 16)}-${target()}.node`;
  return folder === null ? null : join(folder, "saiki", name);
}

function cacheFolder(): string | null {
  const { XDG_CACHE_HOME: named = "" } = process.env;
  if (isAbsolute(named)) return named;
  try {
    const home = homedir();
    if (!isAbsolute(home)) return null;
    return process.platform === "darwin" ? join(home, "Library", "Caches") : join(home, ".cache");
  } catch {
    return null; // no HOME, and a user without an entry
  }
}

/** The kernels' file: compiled in the package, else from the package of the platform, else cached. */
export function findNative(): string | null {
  const built = placeInPackage();
  if (existsSync(built)) return built;
  try {
    return nativeRequire.resolve(`@saiki/${target()}/saiki.node`);
  } catch {
    const cached = placeInCache();
    return cached !== null && existsSync(cached) ? cached : null;
  }
}
