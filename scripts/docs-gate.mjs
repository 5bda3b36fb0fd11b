// @ts-check
/**
 * Checks that every public name has a doc comment: each export of the package's entry points, each
 * public member of an export, each overload. Every class that can be constructed has an example.
 */

import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("..", import.meta.url));
const entries = ["", "nn/", "optim/", "io/", "text/", "data/", "lm/"].map(
  (folder) => `${root}src/${folder}index.ts`,
);

const config = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile).config;
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
const program = ts.createProgram(entries, { ...options, noEmit: true });
const checker = program.getTypeChecker();

/** @type {Set<ts.Node>} */
const seen = new Set();
/** @type {string[]} */
const findings = [];
const counts = { exports: 0, members: 0 };

for (const entry of entries) {
  const file = program.getSourceFile(entry);
  const symbol = file && checker.getSymbolAtLocation(file);
  if (!symbol) throw new Error(`${entry} exports nothing`);
  visitModule(symbol);
}
for (const finding of findings.sort()) console.error(finding);
const { exports, members } = counts;
console.log(`docs: ${exports} exports, ${members} members, ${findings.length} findings`);
if (findings.length > 0) process.exit(1);

/** @param {ts.Symbol} module */
function visitModule(module) {
  for (const exported of checker.getExportsOfModule(module)) {
    const alias = exported.flags & ts.SymbolFlags.Alias;
    const symbol = alias ? checker.getAliasedSymbol(exported) : exported;
    if (symbol.flags & ts.SymbolFlags.ValueModule) {
      // `export * as nn from …`: the comment is above that line.
      const lines = (exported.declarations ?? []).map((d) => d.parent);
      if (lines.some((line) => !seen.has(line))) visitModule(symbol);
      demand("exports", exported.name, lines);
    } else visitExport(symbol);
  }
}

/** @param {ts.Symbol} symbol */
function visitExport(symbol) {
  const declarations = ownDeclarations(symbol);
  if (declarations.every((d) => seen.has(d))) return;
  demand("exports", symbol.name, declarations);
  for (const declaration of declarations) {
    if (ts.isClassDeclaration(declaration)) visitClass(symbol, declaration);
    else if (ts.isInterfaceDeclaration(declaration)) {
      visitMembers(symbol.name, checker.getDeclaredTypeOfSymbol(symbol).getProperties());
    } else if (ts.isTypeAliasDeclaration(declaration)) visitAlias(symbol.name, declaration.type);
  }
}

/** @param {ts.Symbol} symbol @param {ts.ClassDeclaration} declaration */
function visitClass(symbol, declaration) {
  const isError = checker
    .getDeclaredTypeOfSymbol(symbol)
    .getProperties()
    .some((p) => p.name === "stack");
  const isAbstract = declaration.modifiers?.some((m) => m.kind === ts.SyntaxKind.AbstractKeyword);
  const examples = ts.getJSDocTags(declaration).filter((t) => t.tagName.text === "example");
  if (!isError && !isAbstract && examples.length === 0) {
    findings.push(`${where(declaration)} class ${symbol.name} has no @example`);
  }
  const builders = declaration.members.filter(ts.isConstructorDeclaration);
  demand("members", `${symbol.name} constructor`, withoutImplementation(builders));
  visitMembers(symbol.name, checker.getDeclaredTypeOfSymbol(symbol).getProperties());
  visitMembers(symbol.name, checker.getTypeOfSymbol(symbol).getProperties()); // static ones
}

/**
 * The members of the object types that an alias is made of.
 *
 * @param {string} name @param {ts.TypeNode} type
 */
function visitAlias(name, type) {
  if (ts.isUnionTypeNode(type) || ts.isIntersectionTypeNode(type)) {
    for (const part of type.types) visitAlias(name, part);
  } else if (ts.isTypeLiteralNode(type)) {
    visitMembers(name, checker.getTypeFromTypeNode(type).getProperties());
  }
}

/** @param {string} owner @param {ts.Symbol[]} properties */
function visitMembers(owner, properties) {
  for (const property of properties) {
    if (property.name === "prototype" || property.name.startsWith("#")) continue;
    const declarations = ownDeclarations(property);
    const at = declarations[0]?.parent; // the base class, where the member is inherited
    const name = (at && ts.isClassLike(at) && at.name?.text) || owner;
    demand("members", `${name}.${property.name}`, declarations);
  }
}

/** Counts a name once, where it is declared, and lists its declarations without a comment.
 * @param {"exports" | "members"} kind @param {string} name @param {readonly ts.Node[]} declarations */
function demand(kind, name, declarations) {
  const fresh = declarations.filter((d) => !seen.has(d));
  if (fresh.length === 0) return;
  counts[kind]++;
  for (const declaration of fresh) seen.add(declaration);
  // A setter is documented by its getter, an interface that grows by any of its declarations.
  const all = fresh.some((d) => ts.isFunctionLike(d) && !ts.isAccessor(d));
  const bare = fresh.filter((d) => !hasText(d));
  if (all ? bare.length === 0 : bare.length < fresh.length) return;
  findings.push(`${where(/** @type {ts.Node} */ (bare[0]))} ${name} has no doc comment`);
}

/** The public declarations of a symbol in src. @param {ts.Symbol} symbol */
function ownDeclarations(symbol) {
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  const own = (symbol.declarations ?? []).filter(
    (d) =>
      d.getSourceFile().fileName.startsWith(`${root}src/`) &&
      !(ts.getCombinedModifierFlags(d) & hidden) &&
      !ts.getJSDocTags(d).some((tag) => tag.tagName.text === "internal"),
  );
  return withoutImplementation(own);
}

/**
 * Overloads without the implementation below them.
 *
 * @param {readonly ts.Declaration[]} declarations
 */
function withoutImplementation(declarations) {
  const overloads = declarations.filter((d) => ts.isFunctionLike(d) && !("body" in d && d.body));
  const has = declarations.some((d) => ts.isFunctionLike(d) && "body" in d && d.body);
  return has && overloads.length > 0 ? overloads : declarations;
}

/** @param {ts.Node} node */
function hasText(node) {
  return ts.getJSDocCommentsAndTags(node).some((doc) => ts.isJSDoc(doc) && Boolean(doc.comment));
}

/** @param {ts.Node} node */
function where(node) {
  const file = node.getSourceFile();
  const { line } = file.getLineAndCharacterOfPosition(node.getStart());
  return `${file.fileName.slice(root.length)}:${line + 1}`;
}
