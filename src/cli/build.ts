/** `saiki build`. */

import { join } from "node:path";
import type { Command } from "commander";
import { BackendError } from "../core/index.ts";
import { type Compiled, compileKernels } from "../kernels/native/compile.ts";
import { packageFolder, placeInCache, placeInPackage } from "../kernels/native/places.ts";
import type { Io } from "./io.ts";

export function buildCommand(program: Command, io: Io): void {
  program
    .command("build")
    .description("compile the native kernels with the C compiler of this machine")
    .action(async () => {
      const begin = () =>
        io.stderr.write("compiling the native kernels, which takes up to a minute ...\n");
      const { sets, out } = await compileWhereAllowed(begin);
      io.stdout.write(`native kernels for ${sets.join(", ")} in ${out}\n`);
    });
}

/** Compiles into the package, or into the user's cache where the package is read-only. */
async function compileWhereAllowed(begin: () => void) {
  const refused: string[] = [];
  for (const out of [placeInPackage(), placeInCache()]) {
    if (out === null) continue;
    try {
      return { sets: setsOf(await compileTo(out, begin)), out };
    } catch (error) {
      if (!isRefusal(error)) throw error;
      refused.push(`${out} (${error.code})`);
    }
  }
  const said = `nothing can be written to ${refused.join(" or ")}`;
  throw new BackendError("saiki build", said, "Set XDG_CACHE_HOME to a folder that can be written");
}

function compileTo(out: string, begin: () => void): Promise<Compiled> {
  const folder = packageFolder();
  const headers = join(folder, "dist", "node-api");
  return compileKernels({ kernels: join(folder, "kernels"), headers, out, begin });
}

const remedies = {
  platform: "WebAssembly is used, which needs nothing",
  compiler: {
    linux: "Install one (apt install build-essential), or name it in CC",
    darwin: "Install one (xcode-select --install), or name it in CC",
  },
  sources: "Name another compiler in CC",
};

function setsOf(compiled: Compiled): readonly string[] {
  if ("sets" in compiled) return compiled.sets;
  const remedy = remedies[compiled.fault];
  const fix =
    typeof remedy === "string"
      ? remedy
      : remedy[process.platform === "darwin" ? "darwin" : "linux"];
  throw new BackendError("saiki build", compiled.reason, fix);
}

/** Whether the error says that a folder is read-only. */
function isRefusal(error: unknown): error is NodeJS.ErrnoException {
  const { code } = error as NodeJS.ErrnoException;
  return ["EACCES", "EPERM", "EROFS", "ENOENT", "ENOTDIR", "ENOSPC"].includes(code ?? "");
}
