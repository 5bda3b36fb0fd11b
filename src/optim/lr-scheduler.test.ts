import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readRecording } from "../../test/pytorch/read.ts";
import { setWarningHandler } from "../core/index.ts";
import { Parameter } from "../nn/parameter.ts";
import { zeros } from "../tensor/index.ts";
import { power } from "./exact-math.ts";
import { Adam, lrScheduler, type Optimizer, SGD } from "./index.ts";

interface ScheduleCase {
  scheduler: string;
  optimizer: string;
  base_lr: number;
  options: { momentum?: number };
  lr: number[];
}

const { schedulers: cases, plateau } = readRecording<{
  schedulers: ScheduleCase[];
  plateau: unknown[];
}>("optim.json");

type Make = (optimizer: Optimizer) => lrScheduler.LRScheduler;

const schedules: Readonly<Record<string, Make>> = {
  "StepLR(step_size=7, gamma=0.3)": (o) => new lrScheduler.StepLR(o, 7, { gamma: 0.3 }),
  "MultiStepLR(milestones=[3, 3, 10], gamma=0.5)": (o) =>
    new lrScheduler.MultiStepLR(o, [3, 3, 10], { gamma: 0.5 }),
  "ExponentialLR(gamma=0.9)": (o) => new lrScheduler.ExponentialLR(o, 0.9),
  "LambdaLR(lambda e: 0.95 ** e)": (o) => new lrScheduler.LambdaLR(o, (e) => power(0.95, e)),
  "LinearLR(start_factor=1/3, end_factor=0.8, total_iters=10)": (o) =>
    new lrScheduler.LinearLR(o, { startFactor: 1 / 3, endFactor: 0.8, totalIters: 10 }),
  "LinearLR()": (o) => new lrScheduler.LinearLR(o),
  "CosineAnnealingLR(T_max=10, eta_min=0.01)": (o) =>
    new lrScheduler.CosineAnnealingLR(o, 10, { etaMin: 0.01 }),
};

/** Recorded schedules of PyTorch that saiki does not have yet; ReduceLROnPlateau is another. */
const absent = [
  "MultiplicativeLR(lambda e: 0.95)",
  "ConstantLR(factor=0.25, total_iters=6)",
  "PolynomialLR(total_iters=10, power=2.0)",
  "CosineAnnealingWarmRestarts(T_0=4, T_mult=2, eta_min=0.001)",
  "OneCycleLR(max_lr=1.0, total_steps=30)",
  "OneCycleLR(max_lr=1.0, total_steps=30, anneal_strategy='linear', three_phase=True)",
  "OneCycleLR(max_lr=0.5, epochs=3, steps_per_epoch=10, pct_start=0.1, div_factor=10., final_div_factor=100.)",
  "CyclicLR(base_lr=0.01, max_lr=0.1, step_size_up=5, step_size_down=8, mode='triangular2')",
  "SequentialLR([ConstantLR(0.1, 2), ExponentialLR(0.9)], milestones=[3])",
];

const warnings: string[] = [];
let restore: ReturnType<typeof setWarningHandler>;
beforeEach(() => {
  warnings.length = 0;
  restore = setWarningHandler((text) => warnings.push(text));
});
afterEach(() => {
  setWarningHandler(restore);
});

function optimizerAt(lr: number): SGD {
  return new SGD([new Parameter(zeros(1))], { lr });
}

/** The rates of `n` epochs. */
function ratesOf(optimizer: Optimizer, schedule: lrScheduler.LRScheduler, n: number): number[] {
  return Array.from({ length: n }, () => {
    const lr = optimizer.paramGroups[0]?.lr as number;
    optimizer.step();
    schedule.step();
    return lr;
  });
}

describe("schedules match PyTorch", () => {
  test("in all recorded cases but for the absent schedules", () => {
    const own = Object.keys(schedules);
    expect(cases.map((c) => c.scheduler).sort()).toEqual([...own, ...absent].sort());
    expect(plateau).toHaveLength(3);
  });

  test("absent ones are really absent", () => {
    const names = [...absent.map((text) => text.slice(0, text.indexOf("("))), "ReduceLROnPlateau"];
    expect(names.filter((name) => name in lrScheduler)).toEqual([]);
  });

  test.each(Object.entries(schedules))("%s: identical doubles", (text, make) => {
    const c = cases.find((other) => other.scheduler === text) as ScheduleCase;
    const optimizer = optimizerAt(c.base_lr);
    expect(ratesOf(optimizer, make(optimizer), c.lr.length)).toEqual(c.lr);
    expect(warnings).toEqual([]);
  });
});

describe("every schedule", () => {
  test.each(Object.entries(schedules))("%s goes on from its state dict", (_text, make) => {
    const [a, b] = [optimizerAt(0.1), optimizerAt(0.1)];
    const first = make(a);
    ratesOf(a, first, 4);
    const second = make(b);
    b.loadStateDict(a.stateDict());
    second.loadStateDict(first.stateDict());
    expect(second.stateDict()).toEqual(first.stateDict());
    expect(ratesOf(b, second, 12)).toEqual(ratesOf(a, first, 12));
  });

  test.each(Object.entries(schedules))("%s scales every group by its own rate", (_text, make) => {
    const params = [0.1, 0.2].map((lr) => ({ params: [new Parameter(zeros(1))], lr }));
    const optimizer = new Adam(params);
    const schedule = make(optimizer);
    const alone = [0.1, 0.2].map((lr) => {
      const single = optimizerAt(lr);
      const its = make(single);
      ratesOf(single, its, 8);
      return its.getLastLr()[0];
    });
    ratesOf(optimizer, schedule, 8);
    expect(schedule.getLastLr()).toEqual(alone);
    expect(optimizer.paramGroups.map((g) => g.lr)).toEqual(alone);
  });

  test("knows its epoch and the rates it started from", () => {
    const optimizer = optimizerAt(0.5);
    const schedule = new lrScheduler.ExponentialLR(optimizer, 0.5);
    ratesOf(optimizer, schedule, 2);
    expect(schedule.stateDict()).toEqual({ last_epoch: 2, base_lrs: [0.5], _last_lr: [0.125] });
  });

  test("warns once when it steps before the optimizer", () => {
    const schedule = new lrScheduler.StepLR(optimizerAt(0.1), 2);
    schedule.step();
    schedule.step();
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(
      /^Detected call of `lr_scheduler\.step\(\)` before `optimizer\.step\(\)`/,
    );
  });
});

test("a cosine turns back after half a period", () => {
  const optimizer = optimizerAt(0.1);
  const rates = ratesOf(optimizer, new lrScheduler.CosineAnnealingLR(optimizer, 3), 7);
  expect(rates[3]).toBe(0);
  expect(rates[6]).toBeCloseTo(0.1, 12);
});
