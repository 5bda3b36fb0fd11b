// @ts-check
/**
 * Writes docs/parity.md: the parts of PyTorch that saiki has, with their names, and those that it
 * lacks.
 *
 * The claims of `parity-data.mjs` are compared with the types that the package exports. The run
 * ends with status 1 if a claimed name or argument is missing, one declared missing exists, or one
 * that exists is not mentioned. With `--check` it writes nothing, and a stale page is an error.
 */

import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { internal, sections, tensorMembers, tensorOwn } from "./parity-data.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const page = `${root}docs/parity.md`;

/** @type {string[]} */
const faults = [];
const { checker, entry } = load();
const used = new Set(Object.keys(tensorOwn).map((name) => `Tensor.${name}`));
for (const [where, names] of Object.entries(internal)) {
  for (const name of names) used.add(`${where}.${name}`);
}

// ---- the package's types -----------------------------------------------------------------------

function load() {
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: fail };
  const config = ts.getParsedCommandLineOfConfigFile(`${root}tsconfig.json`, {}, host);
  const program = ts.createProgram([`${root}src/index.ts`], { ...config?.options, noEmit: true });
  const source = program.getSourceFile(`${root}src/index.ts`);
  const typeChecker = program.getTypeChecker();
  const symbol = source && typeChecker.getSymbolAtLocation(source);
  if (!symbol) throw new Error("src/index.ts exports nothing");
  return { checker: typeChecker, entry: symbol };
}

/** @param {ts.Diagnostic} diagnostic */
function fail(diagnostic) {
  throw new Error(String(diagnostic.messageText));
}

/** @param {ts.Symbol} symbol */
function unalias(symbol) {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

/**
 * Public values of a module, or members of a class.
 *
 * @param {ts.Symbol} symbol @returns {ts.Symbol[]}
 */
function members(symbol) {
  if (!(symbol.flags & ts.SymbolFlags.ValueModule)) {
    const all = checker.getDeclaredTypeOfSymbol(symbol).getProperties();
    return all.filter((s) => /^[A-Za-z]/.test(s.name) && isPublic(s));
  }
  return checker.getExportsOfModule(symbol).filter((s) => unalias(s).flags & ts.SymbolFlags.Value);
}

/** @param {ts.Symbol} symbol */
function isPublic(symbol) {
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  return !symbol.declarations?.some((d) => ts.getCombinedModifierFlags(d) & hidden);
}

/** The symbol at a path like `nn.utils.rnn.packSequence`. @param {string} path */
function find(path) {
  /** @type {ts.Symbol | undefined} */
  let at = entry;
  for (const step of path.split(".").filter(Boolean)) {
    const next = at && members(at).find((s) => s.name === step);
    at = next && unalias(next);
  }
  return at;
}

/**
 * Names of a function's or constructor's parameters, and of the options in them.
 *
 * @param {ts.Symbol} symbol
 */
function argumentNames(symbol) {
  const type = checker.getTypeOfSymbol(symbol);
  const signatures = [...type.getConstructSignatures(), ...type.getCallSignatures()];
  const names = new Set();
  for (const parameter of signatures.flatMap((s) => [...s.parameters])) {
    names.add(parameter.name);
    for (const option of optionNames(checker.getTypeOfSymbol(parameter))) names.add(option);
  }
  return names;
}

/**
 * Also of the elements of an array, where rest arguments end in options.
 *
 * @param {ts.Type} type @returns {string[]}
 */
function optionNames(type, depth = 0) {
  if (type.isUnion()) return type.types.flatMap((t) => optionNames(t, depth));
  if (checker.isTupleType(type) || checker.isArrayType(type)) {
    const elements = checker.getTypeArguments(/** @type {ts.TypeReference} */ (type));
    return depth === 0 ? elements.flatMap((t) => optionNames(t, 1)) : [];
  }
  const isObject = (type.flags & ts.TypeFlags.Object) !== 0 || type.isIntersection();
  const isOptions = isObject && !type.isClass();
  return isOptions ? type.getProperties().map((s) => s.name) : [];
}

// ---- claims ------------------------------------------------------------------------------------

/** `clip_grad_norm_` → `clipGradNorm_`. @param {string} name */
function camelCased(name) {
  return name.replace(/(?<=.)_([a-z0-9])/g, (_, /** @type {string} */ c) => c.toUpperCase());
}

/** @param {import("./parity-data.mjs").Section} section @param {string} line */
function row(section, line) {
  const [claim = "", remark = ""] = line.split("  # ");
  const isAbsent = claim.startsWith("- ");
  const [head = "", list = ""] = claim.replace(/^- /, "").split(/:\s*/);
  if (isAbsent) return absentRow(section, head, remark);
  const [name = "", renamed] = head.split(" = ");
  const path = [section.ours, renamed ?? camelCased(name)].filter(Boolean).join(".");
  const symbol = find(path);
  if (!symbol) {
    faults.push(`${section.torch}.${name}: there is no ${path}`);
    return "";
  }
  used.add(path);
  const { there, missing } = args(path, symbol, list.split(" ").filter(Boolean));
  return cells([`\`${name}\``, `\`${path}\``, codes(there), codes(missing), remark]);
}

/**
 * @param {import("./parity-data.mjs").Section} section @param {string} names @param {string} remark
 */
function absentRow(section, names, remark) {
  const all = names.split(", ");
  if (remark === "") faults.push(`${section.torch}.${names}: no reason is given`);
  for (const name of all) {
    const path = [section.ours, camelCased(name)].filter(Boolean).join(".");
    if (find(path)) faults.push(`${section.torch}.${name}: ${path} is there after all`);
  }
  return cells([codes(all), "no", "", "", remark]);
}

/** @param {string} path @param {ts.Symbol} symbol @param {string[]} list */
function args(path, symbol, list) {
  const ours = argumentNames(symbol);
  const there = [];
  const missing = [];
  for (const claim of list) {
    const isAbsent = claim.startsWith("-");
    const [torch = "", renamed] = claim.replace("-", "").split("=");
    const name = renamed ?? camelCased(torch);
    if (isAbsent === ours.has(name)) {
      faults.push(`${path}: argument ${name} ${isAbsent ? "is there after all" : "is not there"}`);
    }
    if (isAbsent) missing.push(torch);
    else there.push(name);
  }
  return { there, missing };
}

/** Everything public is mentioned. @param {string} path @param {string[]} [except] */
function checkMentioned(path, except = []) {
  const symbol = find(path);
  if (!symbol) throw new Error(`there is no ${path}`);
  for (const { name } of members(symbol)) {
    if (used.has(`${path}.${name}`) || except.includes(name)) continue;
    faults.push(`${path}.${name} is not mentioned`);
  }
}

// ---- the page ----------------------------------------------------------------------------------

/** @param {string[]} names */
function codes(names) {
  return names.map((n) => `\`${n}\``).join(", ");
}

/** @param {string[]} values */
function cells(values) {
  return `| ${values.join(" | ")} |`;
}

/** @param {import("./parity-data.mjs").Section} section */
function sectionText(section) {
  const rows = section.lines.trim().split("\n");
  const head = [`\`${section.torch}\``, "saiki", "arguments", "arguments not there", "remark"];
  const table = [cells(head), cells(head.map(() => "---")), ...rows.map((r) => row(section, r))];
  return `## ${section.title}\n\n${table.join("\n")}\n`;
}

/** The functions that are methods too. */
function tensorText() {
  const both = new Set(members(entry).map((s) => s.name));
  const rows = Object.entries(tensorMembers).map(([group, list]) => {
    const names = list.split(" ").map((torch) => {
      const name = camelCased(torch);
      const path = `Tensor.${name}`;
      if (!find(path)) faults.push(`torch.Tensor.${torch}: there is no ${path}`);
      used.add(path);
      return both.has(name) ? `**\`${name}\`**` : `\`${name}\``;
    });
    return cells([group, names.join(", ")]);
  });
  const own = Object.entries(tensorOwn).map(([name, python]) => {
    if (!find(`Tensor.${name}`)) faults.push(`there is no Tensor.${name}`);
    return cells([`\`${name}\``, python]);
  });
  return [
    "## Tensor methods",
    "Names in camelCase: `is_contiguous` is `isContiguous`. Those in bold are functions too.",
    [cells(["", "methods"]), cells(["---", "---"]), ...rows].join("\n"),
    "Spelled otherwise than in Python:",
    [cells(["saiki", "PyTorch"]), cells(["---", "---"]), ...own].join("\n"),
    "`torch.Tensor` of PyTorch 1.13 has nearly 500 more names: linear algebra, special functions, bit " +
      "operations, sorting, scattering, sparse, complex and quantised numbers, and second spellings " +
      "(`absolute`, `multiply`). They are not there.\n",
  ].join("\n\n");
}

const introduction = `# Parity with PyTorch

<!-- Written by scripts/parity.mjs, which fails where a name below is not there. Do not edit. -->

The names of PyTorch 1.13 for recurrent networks, and saiki's. General rules:

- Names are PyTorch's in camelCase: \`batch_first\` is \`batchFirst\`, \`clip_grad_norm_\` is
  \`clipGradNorm_\`. Class names, parameter names and keys of state dicts are the same.
- Arguments that Python code gives by position are positional; the others go into one object at the
  end: \`new nn.LSTM(3, 4, { numLayers: 2 })\`. Modules are called with \`forward\`.

General differences, and why:

- **Second derivatives** are not there: backward runs in kernels and is not recorded
  (\`create_graph\`, \`autograd.grad\` of gradients).
- **Devices** are not there: everything runs on the CPU, so no function has \`device\`,
  \`pin_memory\` or \`non_blocking\`. \`setBackend\` chooses among kernels.
- **\`dtype\` of modules**: modules start as float32; \`.double()\` and \`.float()\` convert them.
  Types are float32, float64, int64, bool and uint8. There are no float16, bfloat16, complex numbers.
- **int64 is stored in 32 bits**: values beyond ±2³¹ throw. Files contain 64 bits.
- **Numbers are floats**: JavaScript's \`1\` and \`1.0\` are one number, so \`tensor([1, 2])\` is
  float32. Ask for integers: \`tensor([1, 2], { dtype: int64 })\`.
- **Ties in packing**: sequences of equal length keep their order, while PyTorch's sort is not
  stable. It shows in the packed layout only (and so in dropout masks of packed batches above 16).
- **Bits**: random streams, initial weights, dropout masks, optimizer steps and schedules are those
  of PyTorch on a CPU with AVX2, to the bit (float64 normals: to the last one). Matrix products,
  losses and gradients agree to rounding.
- **Releases**: numbers and texts are those of 1.13; defaults that changed later follow 2.x:
  \`zeroGrad()\` sets gradients to null.
- **Arguments of speed only** (\`inplace\`, \`foreach\`, \`fused\`, \`capturable\`, \`sparse\`) and
  deprecated ones (\`size_average\`, \`reduce\`, \`verbose\`) are not there; \`last_epoch\` neither:
  load the schedule's state instead.
`;

function text() {
  const parts = [introduction, ...sections.map(sectionText), tensorText()];
  for (const path of ["nn.functional", "nn.init", "nn.utils.rnn", "optim.lrScheduler", "Tensor"]) {
    checkMentioned(path);
  }
  checkMentioned("nn", ["functional", "init", "utils", "Buffer", "IncompatibleKeys"]);
  checkMentioned("nn.utils", ["rnn"]);
  checkMentioned("optim", ["lrScheduler"]);
  return parts.join("\n");
}

const wanted = text();
if (faults.length > 0) {
  console.error(`parity: ${faults.join("\nparity: ")}`);
  process.exitCode = 1;
} else if (process.argv.includes("--check")) {
  if ((await readFile(page, "utf8").catch(() => "")) !== wanted) {
    console.error("parity: docs/parity.md is stale. Run node scripts/parity.mjs");
    process.exitCode = 1;
  }
} else {
  await writeFile(page, wanted);
  console.log(`parity: wrote docs/parity.md, ${wanted.split("\n").length} lines`);
}
