/** Installs the dependencies of the rows and the packed package. */

import { cp, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "./process.ts";
import { NotHere, programs, work } from "./row.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const platform = `${process.platform}-${process.arch}`;

/**
 * Packs the package and installs the tarball, as a user would, into the folder of all rows.
 *
 * @returns the losses of the program in this Node
 */
export async function installPackage(): Promise<string> {
  await rm(work, { recursive: true, force: true });
  await mkdir(work);
  const project = {
    ...{ name: "project", version: "1.0.0", private: true, type: "module" },
    "@parcel/resolver-default": { packageExports: true },
  };
  await writeFile(join(work, "package.json"), JSON.stringify(project));
  await writeFile(join(work, "tsconfig.json"), "{}"); // or tools would use the repository's
  await run(root, ["npm", "pack", "--ignore-scripts", "--pack-destination", work]);
  const tarball = (await readdir(work)).find((name) => name.endsWith(".tgz"));
  const options = ["--no-audit", "--no-fund", "--prefer-offline"];
  await run(work, ["npm", "install", ...options, `./${tarball}`]);
  const folder = join(work, "expected");
  await cp(programs, folder, { recursive: true });
  const { stdout } = await run(folder, [process.execPath, "print.js"]);
  return JSON.parse(stdout).losses;
}

/** Installs the package of this platform's native kernels for one row. */
export async function installNative(folder: string): Promise<void> {
  const to = join(folder, "node_modules/@saiki", platform);
  await cp(join(work, "node_modules/saiki"), join(folder, "node_modules/saiki"), {
    recursive: true,
  });
  await cp(join(root, "npm", platform), to, { recursive: true });
  await cp(join(root, "native", platform, "saiki.node"), join(to, "saiki.node")).catch(() => {
    throw new NotHere("no native kernels were compiled");
  });
}
