/** Loads the native kernels. */

import { platform } from "#platform";
import { BackendError } from "../../core/index.ts";
import { nativeBackend } from "./backend.ts";
import type { Binding } from "./binding.ts";
import { sources } from "./generated/stamp.ts";
import { buildCommand, findNative, nativeRequire, target } from "./places.ts";
import type { Native, NoNative } from "./types.ts";

/**
 * @param file where the binary is, or null, if not where it belongs
 * @param set an instruction set in place of the best one; `SAIKI_ISA` names it too
 */
export function loadNative(
  file?: string | null,
  set: string | undefined = platform.env("SAIKI_ISA") || undefined,
): Native | NoNative {
  try {
    if (file === undefined) file = findNative();
  } catch (error) {
    const reason = `native kernels cannot be looked for: ${firstLine(error)}`;
    return { reason, broken: false };
  }
  if (file === null) {
    const way = process.platform === "win32" ? "" : ` here (${buildCommand()} compiles them)`;
    return { reason: `there are no native kernels for ${target()}${way}`, broken: false };
  }
  let binding: Binding;
  try {
    binding = nativeRequire(file) as Binding;
  } catch (error) {
    return { reason: `${file} cannot be loaded: ${firstLine(error)}`, broken: !isForbidden(error) };
  }
  if (typeof binding.use !== "function") {
    return { reason: `${file} holds no kernels`, broken: true };
  }
  if (binding.sources !== sources) {
    const reason = `${file} belongs to another version of saiki (${buildCommand()} compiles its like)`;
    return { reason, broken: true };
  }
  const instructionSet = binding.use(fail, set);
  if (instructionSet === null) {
    return { reason: `there are no kernels for ${set} that this processor runs`, broken: true };
  }
  const setThreads = (threads: number) => binding.setThreads(threads);
  return { backend: nativeBackend(binding), setThreads, instructionSet, file };
}

function fail(message: string): never {
  const fix = "Report it as a bug: the library hands kernels what they need";
  throw new BackendError("native kernels", message, fix);
}

/** Whether Deno or Node was started so that it loads no native code. */
function isForbidden(error: unknown): boolean {
  const { name, code } = error as { name?: string; code?: string };
  return name === "NotCapable" || code === "ERR_DLOPEN_DISABLED" || code === "ERR_ACCESS_DENIED";
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0] as string;
}
