/** Loads the native kernels: from the checkout's build, or from the package of this platform. */

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { platform } from "#platform";
import { BackendError } from "../../core/index.ts";
import { nativeBackend } from "./backend.ts";
import type { Binding } from "./binding.ts";
import type { Native, NoNative } from "./types.ts";

const target = `${process.platform}-${process.arch}`;

/**
 * @param file where the binary is, or null, if not where it belongs
 * @param set an instruction set in place of the best one; `SAIKI_ISA` names it too
 */
export function loadNative(
  file?: string | null,
  set: string | undefined = platform.env("SAIKI_ISA") || undefined,
): Native | NoNative {
  try {
    if (file === undefined) file = find();
  } catch (error) {
    const reason = `native kernels cannot be looked for: ${firstLine(error)}`;
    return { reason, broken: false };
  }
  if (file === null) {
    const reason = `there are no native kernels for ${target} here (npm run build compiles them)`;
    return { reason, broken: false };
  }
  let binding: Binding;
  try {
    binding = createRequire(import.meta.url)(file) as Binding;
  } catch (error) {
    return { reason: `${file} cannot be loaded: ${firstLine(error)}`, broken: !isForbidden(error) };
  }
  if (typeof binding.use !== "function") {
    return { reason: `${file} holds no kernels`, broken: true };
  }
  const instructionSet = binding.use(fail, set);
  if (instructionSet === null) {
    return { reason: `there are no kernels for ${set} that this processor runs`, broken: true };
  }
  const setThreads = (threads: number) => binding.setThreads(threads);
  return { backend: nativeBackend(binding), setThreads, instructionSet };
}

function find(): string | null {
  const built = fileURLToPath(new URL(`../../../native/${target}/saiki.node`, import.meta.url));
  if (existsSync(built)) return built;
  try {
    return createRequire(import.meta.url).resolve(`@saiki/${target}/saiki.node`);
  } catch {
    return null;
  }
}

function fail(message: string): never {
  throw new BackendError({
    op: "native kernels",
    sentence: message,
    fix: "Report it as a bug: the library hands kernels what they need",
  });
}

/** Whether Deno or Node was started so that it loads no native code. */
function isForbidden(error: unknown): boolean {
  const { name, code } = error as { name?: string; code?: string };
  return name === "NotCapable" || code === "ERR_DLOPEN_DISABLED" || code === "ERR_ACCESS_DENIED";
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0] as string;
}
