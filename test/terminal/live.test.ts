/** The live lines of a training run, on the screens of different terminals. */

import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { progress } from "../../src/cli/ui/progress.ts";
import type { ProgressView } from "../../src/cli/ui/view.ts";
import { warn } from "../../src/core/index.ts";
import { setBackend } from "../../src/kernels/index.ts";
import { type TrainEvent, type TrainedModel, train } from "../../src/lm/index.ts";
import { Terminal, type TerminalOptions } from "./terminal.ts";

const events: TrainEvent[] = [];
let model: TrainedModel;
const sea = "海は広いな大きいな、月がのぼるし日が沈む。\n";

beforeAll(async () => {
  setBackend("wasm");
  const options = { cell: "lstm", hidden: 32, embedding: 16, batch: 4, length: 20 } as const;
  model = await train(
    sea.repeat(60),
    { ...options, lr: 0.02, steps: 60, evalEvery: 20 },
    { onEvent: (event) => void events.push(event) },
  );
});
afterEach(() => vi.useRealTimers());

/** A run until step 50 of 60, one second a step. */
async function shown(
  options: TerminalOptions,
): Promise<{ terminal: Terminal; view: ProgressView }> {
  vi.useFakeTimers({ toFake: ["performance"] });
  const terminal = new Terminal(options);
  const view = progress(terminal.io, {});
  const end = events.findIndex(({ event, step }) => event === "step" && step === 50);
  for (const event of events.slice(0, end + 1)) {
    if (event.event === "step") vi.advanceTimersByTime(1000);
    await view.show(event, model);
  }
  return { terminal, view };
}

describe.each([20, 60, 80, 120])("live lines at %i columns", (columns) => {
  test("stand below the log, and are gone at the end", async () => {
    const { terminal, view } = await shown({ columns });
    const during = await terminal.screen();
    await expect(`${during}\n`).toMatchFileSnapshot(`screens/live-${columns}.txt`);
    expect(during.split("\n").slice(-3).join("")).toMatch(/lstm .*loss .*valid /);
    view.end();
    view.end();
    expect(await terminal.screen()).toBe(during.split("\n").slice(0, -3).join("\n"));
    expect(await terminal.isSane()).toBe(true);
  });

  test("overwrite nothing on a full screen", async () => {
    const cleared = await shown({ columns });
    const full = await shown({ columns, isFull: true });
    expect(await full.terminal.screen()).toBe(await cleared.terminal.screen());
    cleared.view.end();
    full.view.end();
  });
});

test("a terminal that becomes narrower keeps the log, and draws the lines once", async () => {
  const { terminal, view } = await shown({ columns: 120 });
  for (const columns of [70, 33, 90]) terminal.resize(columns);
  const lines = (await terminal.screen()).split("\n");
  expect(lines.filter((line) => line.includes("█"))).toHaveLength(2); // bar and curve
  view.end();
  const log = await terminal.screen();
  expect(log).not.toMatch(/tokens\/s|█/);
  expect(log.match(/^step +\d+ {2}train/gm)).toHaveLength(2);
});

test("the loss is a mean that does not lean on its beginning", async () => {
  const terminal = new Terminal({ columns: 80 });
  const view = progress(terminal.io, {});
  const step = { event: "step", epoch: 0, gradNorm: 1, tokens: 80 } as const;
  await view.show(events[0]!, model);
  for (const loss of [3, 1, 1]) await view.show({ ...step, step: 1, loss }, model);
  terminal.resize(70);
  // the weights 0.98², 0.98 and 1, divided by their sum
  const mean = (3 * 0.98 ** 2 + 0.98 + 1) / (0.98 ** 2 + 0.98 + 1);
  expect(await terminal.screen()).toContain(`loss ${mean.toFixed(4)}  perplexity `);
  view.end();
});

test("warnings stand above the live lines", async () => {
  const { terminal, view } = await shown({ columns: 80 });
  const before = (await terminal.screen()).split("\n");
  const log = vi.spyOn(console, "warn").mockImplementation((text: string) => {
    terminal.io.stderr.write(`${text}\n`);
  });
  warn("the loss is odd");
  log.mockRestore();
  const after = (await terminal.screen()).split("\n");
  expect(after).toEqual([...before.slice(0, -3), "saiki: the loss is odd", ...before.slice(-3)]);
  view.end();
});

test("a locale without UTF-8 gets ASCII besides the model's own text", async () => {
  for (const env of [{ LANG: "C" }, { LC_ALL: "POSIX" }, { TERM: "linux" }]) {
    const { terminal, view } = await shown({ columns: 80, env });
    view.end();
    const ours = terminal.bytes.replace(/^.*\|.*$/gm, "");
    expect(ours.match(/[^\p{ASCII}]/u)).toBeNull();
    expect(terminal.bytes).toMatch(/lstm .*#{20}\.{4}.* 83 %/);
    expect(terminal.bytes).toMatch(/valid \d\.\d{4} .*#.*_.* \d\.\d{4}/);
  }
});

test("a dumb terminal gets plain lines", async () => {
  const { terminal, view } = await shown({ columns: 80, env: { TERM: "dumb" } });
  view.end();
  expect(terminal.bytes).not.toContain("\x1b");
  expect(terminal.bytes.match(/^step .* tokens\/s$/gm)).toHaveLength(2);
});

test("colour follows NO_COLOR and --color", async () => {
  const coloured = async (env: Record<string, string>, color?: boolean) => {
    const terminal = new Terminal({ columns: 80, env });
    const view = progress({ ...terminal.io, color }, {});
    for (const event of events.slice(0, 1)) await view.show(event, model);
    for (const event of events) if (event.event === "valid") await view.show(event, model);
    view.end();
    return terminal.bytes.includes("\x1b[32m");
  };
  expect(await coloured({})).toBe(true);
  expect(await coloured({ NO_COLOR: "1" })).toBe(false);
  expect(await coloured({}, false)).toBe(false);
  expect(await coloured({ NO_COLOR: "1" }, true)).toBe(true);
});
