/** Where native kernels are looked for, and where they are put. */

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { sources, version } from "./generated/stamp.ts";

/** Written so that no bundler follows it: what lies beside this file stays beside it. */
const here = [import.meta.url][0] as string;
export const nativeRequire = [createRequire][0]?.(here) as NodeJS.Require;

let own: string | null = null;

/** The platform as the packages in `npm/` are named: `linux-x64`, `linux-x64-musl`, `darwin-arm64`. */
export function target(): string {
  own ??= `${process.platform}-${process.arch}${isMusl() ? "-musl" : ""}`;
  return own;
}

function isMusl(): boolean {
  if (process.platform !== "linux") return false;
  try {
    const report = process.report as NodeJS.ProcessReport & { excludeNetwork?: boolean };
    report.excludeNetwork = true; // it would ask for names
    const { header } = report.getReport() as { header?: { glibcVersionRuntime?: string } };
    return header !== undefined && header.glibcVersionRuntime === undefined;
  } catch {
    return false; // Bun and Deno have other reports, or want a permission
  }
}

/** The folder of the package, also where a bundler took this file elsewhere. */
export function packageFolder(): string {
  return dirname(nativeRequire.resolve("saiki/package.json"));
}

/** What a person types to have the kernels compiled. */
export function buildCommand(): string {
  const ensure = orNull(() => join(packageFolder(), "scripts", "ensure.mjs"));
  return ensure !== null && existsSync(ensure) ? "npm run build" : "npx saiki build";
}

/** Where they are compiled to: in the package. */
export function placeInPackage(): string {
  return join(packageFolder(), "native", `${process.platform}-${process.arch}`, "saiki.node");
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
  const home = orNull(homedir); // there may be no HOME, and a user without an entry
  if (home === null || !isAbsolute(home)) return null;
  return process.platform === "darwin" ? join(home, "Library", "Caches") : join(home, ".cache");
}

/** The kernels' file: compiled in the package, else from the package of the platform, else cached. */
export function findNative(): string | null {
  const places = [
    placeInPackage,
    () => nativeRequire.resolve(`@saiki/${target()}/saiki.node`),
    placeInCache,
  ];
  for (const place of places) {
    const file = orNull(place);
    if (file !== null && existsSync(file)) return file;
  }
  return null;
}

function orNull<T>(find: () => T): T | null {
  try {
    return find();
  } catch (error) {
    if ((error as Error).name === "NotCapable") throw error; // Deno, without the permission to look
    return null;
  }
}
