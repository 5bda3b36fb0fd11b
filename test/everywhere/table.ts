/** The page docs/works-with.md. */

import { arch, platform } from "node:os";
import { isBrowser, versionOf } from "./browsers.ts";
import type { Outcome, Result, Row } from "./row.ts";

/** Result, kernels, threads. */
export function cellsOf(result: Result): [string, string, string] {
  if (result.kind !== "ok") return [`${result.kind}: ${oneLine(result.why)}`, "", ""];
  const joined = (of: (outcome: Outcome) => string) => result.outcomes.map(of).join(", ");
  return ["ok", joined(({ backend }) => backend), joined(({ threads }) => String(threads))];
}

export async function pageOf(results: Map<Row, Result>, losses: string) {
  const lines = [
    "# Works with",
    "",
    "Made by `npm run test:everywhere`, which packs saiki, installs the tarball and runs one program with",
    `each of these: an LSTM takes 20 steps of Adam. Every \`ok\` printed the same losses, \`${losses}\``,
    `(step, loss), on ${platform()} ${arch()}. Where two kernels are named, the first are those of the package alone,`,
    "the second those with the package of native kernels, or in a client component. `wasm` is WebAssembly,",
    "`wasm-relaxed` with relaxed SIMD; `reference` is plain TypeScript, which is slower.",
    "",
    "Not tried: Safari, iOS and Android, Windows, macOS, Electron, `next dev`, processors other than x64.",
    "Chrome and Edge have Chromium's engine; Safari's is a near relative of WebKitGTK's.",
  ];
  for (const group of new Set([...results.keys()].map((row) => row.group))) {
    lines.push(
      "",
      `## ${await titleOf(group)}`,
      "",
      "| with | result | kernels | threads | notes |",
    );
    lines.push("|---|---|---|---|---|");
    for (const [row, result] of results) {
      if (row.group !== group) continue;
      const cells = [row.name, ...cellsOf(result), notesOf(row, result)];
      lines.push(`| ${cells.join(" | ")} |`);
    }
  }
  return `${lines.join("\n")}\n`;
}

/** A group, with its version if it is a browser. */
async function titleOf(group: string): Promise<string> {
  return isBrowser(group) ? `${group} ${await versionOf(group).catch(() => "")}`.trim() : group;
}

/** Hints for users, and why the fastest kernels or threads are missing. */
function notesOf(row: Row, result: Result): string {
  const { reason = null, reasons = {} } = result.kind === "ok" ? (result.outcomes[0] ?? {}) : {};
  const { wasm, "wasm-relaxed": relaxed } = reasons as Record<string, string | undefined>;
  const notes = [row.note, wasm ?? relaxed, reason].filter((note) => note);
  return notes.map((note) => oneLine(note as string)).join("; ");
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, " ").replaceAll("|", "\\|");
  return line.length <= 200 ? line : `${line.slice(0, 199)}…`;
}
