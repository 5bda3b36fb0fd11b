// @ts-check
/**
 * The rule of imports: the folders of `src/` that each folder may import, and through which file.
 * No files import each other in a circle, types included. docs/architecture.md shows the rule as a
 * diagram: `node scripts/imports.mjs` checks both, with `--write` it draws the diagram.
 */

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

/**
 * From the lowest layer up: the folders that each may import besides itself.
 *
 * @type {Record<string, string[]>}
 */
const floors = {
  core: [],
  platform: ["core"],
  kernels: ["core", "platform"],
  random: ["core", "kernels"],
  ops: ["core", "kernels"],
  tensor: ["core", "kernels", "random", "ops"],
  nn: ["core", "ops", "tensor"],
  optim: ["core", "kernels", "tensor"],
  io: ["core", "platform", "tensor"],
  data: ["core", "tensor"],
  text: ["core"],
  lm: ["core", "kernels", "random", "tensor", "nn", "optim", "io", "data", "text"],
  cli: ["core", "kernels", "io", "lm"],
};
/** Folders that these may import only through `index.ts`. @type {Record<string, string[]>} */
const doors = { nn: ["ops", "tensor"], optim: ["tensor"], lm: Object.keys(floors), cli: ["lm"] };
/** The files that may name `node:` modules. */
const boundary = /^(platform\/node|kernels\/native\/|cli\/)/;
/** The `imports` of package.json. @type {Record<string, string>} */
const aliases = { "#platform": "platform/default.ts", "#native": "kernels/native/none.ts" };

const src = fileURLToPath(new URL("../src/", import.meta.url));
const page = fileURLToPath(new URL("../docs/architecture.md", import.meta.url));
const diagram = /(?<=<!-- imports -->\n).*?(?=<!-- \/imports -->)/s;

const files = readdirSync(src, { recursive: true, encoding: "utf8" })
  .map((file) => file.replaceAll("\\", "/"))
  .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"));
const graph = new Map(files.map((file) => [file, importsOf(file)]));
const findings = files.flatMap(brokenRules).concat(circles());

const text = readFileSync(page, "utf8");
const drawn = text.replace(diagram, drawing());
if (process.argv.includes("--write")) writeFileSync(page, drawn);
else if (drawn !== text)
  findings.push("docs/architecture.md: run node scripts/imports.mjs --write");

for (const finding of findings) console.error(finding);
process.exitCode = findings.length > 0 ? 1 : 0;

/** @param {string} file @returns {string[]} files of `src/`, and names of packages */
function importsOf(file) {
  const { importedFiles } = ts.preProcessFile(readFileSync(src + file, "utf8"));
  return importedFiles.map(({ fileName: name }) =>
    name.startsWith(".") ? posix.join(posix.dirname(file), name) : (aliases[name] ?? name),
  );
}

/** @param {string} file */
function brokenRules(file) {
  const from = folderOf(file);
  return (graph.get(file) ?? []).flatMap((target) => {
    if (target.startsWith("node:"))
      return boundary.test(file) ? [] : [`src/${file}: ${target} belongs to the platform boundary`];
    const to = folderOf(target);
    if (!target.endsWith(".ts") || to === from || from === "") return [];
    if (!floors[from]?.includes(to))
      return [`src/${file}: ${from} may not import ${to} (${target})`];
    const isDoor = target === `${to}/index.ts` || !doors[from]?.includes(to);
    return isDoor ? [] : [`src/${file}: ${from} enters ${to} by its index.ts, not ${target}`];
  });
}

/** One line for each file that imports itself through others. */
function circles() {
  /** @type {Map<string, "open" | "done">} */
  const seen = new Map();
  /** @type {string[]} */
  const found = [];
  /** @param {string} file @param {string[]} path */
  const visit = (file, path) => {
    if (seen.get(file) === "open")
      found.push(`circle: ${[...path.slice(path.indexOf(file)), file].join(" → ")}`);
    if (seen.has(file)) return;
    seen.set(file, "open");
    for (const target of graph.get(file) ?? []) visit(target, [...path, file]);
    seen.set(file, "done");
  };
  for (const file of files) visit(file, []);
  return found;
}

/** The rule as a diagram, without the arrows that follow from others. */
function drawing() {
  const arrows = Object.entries(floors).flatMap(([from, to]) =>
    to
      .filter((x) => !to.some((y) => y !== x && reaches(y, x)))
      .map((x) => `    ${from} --> ${x}\n`),
  );
  return `\`\`\`mermaid\nflowchart TD\n${arrows.reverse().join("")}\`\`\`\n`;
}

/** @param {string} from @param {string} to @returns {boolean} */
function reaches(from, to) {
  return (floors[from] ?? []).some((x) => x === to || reaches(x, to));
}

/** @param {string} file */
function folderOf(file) {
  return file.includes("/") ? /** @type {string} */ (file.split("/")[0]) : "";
}
