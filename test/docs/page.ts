/** A Markdown page as steps to run: TypeScript modules, shell commands, and their output. */

/** A fenced block; `line` counts the page's lines from 1 and is that of the first line of code. */
interface Block {
  readonly language: string;
  /** The words behind the language: `fresh`, `browser`, `roughly`, the name of a file. */
  readonly mark: string;
  readonly code: string;
  readonly line: number;
}

/** A block's output on the page; null if the page shows none. */
export interface Shown {
  readonly line: number;
  readonly text: string | null;
  /** Whether numbers may differ and a line `…` stands for any lines. */
  readonly roughly: boolean;
}

/** Consecutive blocks of TypeScript; each line has the number of its line on the page. */
export interface Module {
  readonly kind: "module";
  readonly line: number;
  readonly isFile: boolean;
  readonly isRun: boolean;
  readonly name: string;
  readonly lines: string[];
  readonly shown: Shown[];
}

export interface Shell {
  readonly kind: "shell";
  readonly commands: string[];
  readonly shown: Shown;
}

/** A block that is parsed but not run. */
export interface Other {
  readonly kind: "other";
  readonly block: Block;
}

export type Step = Module | Shell | Other;

/** Separates the outputs of two blocks. */
export const BORDER = "\u001e";

const mentioned = new Set(["mermaid", "python"]);
const parsed = new Set(["js", "json", "jsonc", "html", "css"]);

/** The steps of a page, in order. @throws Error on a block of unknown kind */
export function stepsOf(page: string, markdown: string): Step[] {
  const steps: Step[] = [];
  let open: Module | null = null;
  let last: Shown | null = null;
  for (const item of itemsOf(markdown)) {
    const fail = (sentence: string) => new Error(`${page}:${item.line}: ${sentence}`);
    if ("cells" in item) {
      if (open === null) throw fail("the table has no block of TypeScript above it");
      open.lines[item.line - 1] = item.cells.map((code) => `{ ${code} }`).join(" ");
    } else if (item.language === "ts") {
      if (!/^(fresh|browser|[\w-]+\.ts)?$/.test(item.mark)) throw fail(`unknown mark ${item.mark}`);
      const module: Module = item.mark !== "" || open === null ? moduleOf(item) : open;
      if (module !== open) steps.push(module);
      last = addCode(module, item);
      open = module.isRun ? module : null;
    } else if (item.language === "sh") {
      last = { line: item.line, text: null, roughly: true };
      steps.push({ kind: "shell", commands: commandsOf(item.code), shown: last });
      open = null;
    } else if (item.language === "text") {
      if (last === null || last.text !== null) throw fail("no block printed this");
      if (!/^(roughly)?$/.test(item.mark)) throw fail(`unknown mark ${item.mark}`);
      Object.assign(last, { text: item.code, roughly: item.mark === "roughly" });
    } else if (parsed.has(item.language)) steps.push({ kind: "other", block: item });
    else if (!mentioned.has(item.language)) throw fail(`unknown kind of block ${item.language}`);
  }
  return steps;
}

function moduleOf({ mark, line }: Block): Module {
  const isFile = mark.endsWith(".ts");
  const isRun = !isFile && mark !== "browser";
  const name = isFile ? mark : `line-${line}.ts`;
  return { kind: "module", line, isFile, isRun, name, lines: [], shown: [] };
}

function addCode(module: Module, { code, line }: Block): Shown {
  const lines = code.split("\n").slice(0, -1);
  for (const [i, text] of lines.entries()) module.lines[line - 1 + i] = text;
  if (module.isRun) module.lines[line - 1 + lines.length] = `console.log("${BORDER}");`;
  const shown = { line, text: null, roughly: false };
  module.shown.push(shown);
  return shown;
}

/** The text of a module, with empty lines for the rest of its page. */
export function sourceOf({ lines }: Module): string {
  return `${Array.from(lines, (line) => line ?? "").join("\n")}\nexport {};\n`;
}

/** The commands of a block, without comments and empty lines. */
function commandsOf(code: string): string[] {
  const lines = code.split("\n").map((line) => line.replace(/(^|\s+)#.*$/, "").trim());
  return lines.filter((line) => line !== "");
}

// ---- Markdown ----------------------------------------------------------------------------------

/** The cells of the column `saiki` of a row, where the table's first column is `PyTorch`. */
interface Row {
  readonly cells: readonly string[];
  readonly line: number;
}

function* itemsOf(markdown: string): Generator<Block | Row> {
  const lines = markdown.split("\n");
  let inTable = false;
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] as string;
    const [, indent, info] = /^( *)```(.*)$/.exec(line) ?? [];
    if (info !== undefined && indent !== undefined) {
      const end = lines.findIndex((l, k) => k > i && l.trim() === "```");
      if (end < 0) throw new Error(`line ${i + 1}: the block has no end`);
      const [language = "", ...marks] = info.trim().split(/\s+/);
      const own = lines.slice(i + 1, end).map((l) => l.slice(indent.length));
      const code = own.map((l) => `${l}\n`).join("");
      yield { language, mark: marks.join(" "), code, line: i + 2 };
      i = end;
    }
    const cells = line.startsWith("|") ? line.split(/(?<!\\)\|/).map((c) => c.trim()) : [];
    if (cells[1] === "PyTorch" && cells[2] === "saiki") inTable = true;
    else if (cells.length === 0) inTable = false;
    else if (inTable) yield { cells: spans(cells[2] ?? ""), line: i + 1 };
  }
}

function spans(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => (code as string).replace(/\\\|/g, "|"));
}
