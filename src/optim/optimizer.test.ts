import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { expectSame } from "../../test/pytorch/close.ts";
import { readRecording } from "../../test/pytorch/read.ts";
import { refusal } from "../../test/pytorch/sentence.ts";
import { type Recorded, restored } from "../../test/pytorch/tensors.ts";
import { camelCased, setWarningHandler } from "../core/index.ts";
import { Parameter } from "../nn/parameter.ts";
import { ones, type Tensor, tensor, zeros } from "../tensor/index.ts";
import { Adam, AdamW, type Optimizer, type Parameters, SGD } from "./index.ts";

interface OptimizerCase {
  optimizer: string;
  options: Record<string, unknown>;
  repr: string;
  params: Recorded[];
  grads: Recorded[][];
  after: Recorded[][];
  state: Record<string, Record<string, Recorded>>;
}

const all = readRecording<{ optimizers: OptimizerCase[] }>("optim.json").optimizers;
const classes: Readonly<Record<string, (p: Parameters<object>, o: object) => Optimizer>> = {
  SGD: (p, o) => new SGD(p, o as { lr: number }),
  Adam: (p, o) => new Adam(p, o),
  AdamW: (p, o) => new AdamW(p, o),
};
/** Optimizers of PyTorch that saiki does not have yet. */
const absent = ["RMSprop", "Adagrad", "Adadelta", "ASGD", "Adamax", "NAdam", "RAdam", "Rprop"];
const cases = all.filter((c) => !absent.includes(c.optimizer));
const titled = cases.map((c) => [`${c.optimizer} ${JSON.stringify(c.options)}`, c] as const);

function optimizerOf(c: OptimizerCase, params: Tensor[]): Optimizer {
  const make = classes[c.optimizer];
  if (make === undefined) throw new Error(`no counterpart of ${c.optimizer}`);
  return make(params, camelCased(c.options));
}

function stepped(optimizer: Optimizer, params: Tensor[], grads: readonly Recorded[]): void {
  params.forEach((p, i) => {
    p.grad = restored(grads[i] as Recorded);
  });
  optimizer.step();
}

function expectAfter(params: Tensor[], want: readonly Recorded[], what: string): void {
  params.forEach((p, i) => {
    expectSame(p, want[i] as Recorded, `parameter ${i} ${what}`);
  });
}

/** The state without its nulls, which the recording leaves out. */
function expectState(optimizer: Optimizer, want: OptimizerCase["state"]): void {
  const { state } = optimizer.stateDict();
  expect(Object.keys(state)).toEqual(Object.keys(want));
  for (const [index, entries] of Object.entries(want)) {
    const own = Object.entries(state[Number(index)] ?? {}).filter(([, v]) => v !== null);
    expect(own.map(([k]) => k).sort()).toEqual(Object.keys(entries).sort());
    for (const [name, value] of own) {
      expectSame(value as Tensor, entries[name] as Recorded, `${name} of ${index}`);
    }
  }
}

describe("optimizers match PyTorch bit for bit", () => {
  test("in all recorded configurations", () => {
    expect(cases).toHaveLength(10);
    expect(new Set(all.map((c) => c.optimizer))).toEqual(
      new Set([...absent, ...Object.keys(classes)]),
    );
  });

  test.each(titled)("%s: text, parameters after every step, state", (_title, c) => {
    const params = c.params.map((p) => new Parameter(restored(p)));
    const optimizer = optimizerOf(c, params);
    expect(String(optimizer)).toBe(c.repr);
    c.grads.forEach((grads, k) => {
      stepped(optimizer, params, grads);
      expectAfter(params, c.after[k] as Recorded[], `after step ${k + 1}`);
    });
    expectState(optimizer, c.state);
  });

  test.each(titled)("%s: goes on after a round trip of its state", (_title, c) => {
    const params = c.params.map((p) => new Parameter(restored(p)));
    const before = optimizerOf(c, params);
    for (const grads of c.grads.slice(0, 2)) stepped(before, params, grads);
    const copies = params.map((p) => new Parameter(p.detach().clone()));
    const after = classes[c.optimizer]?.(copies, { lr: 7 }) as Optimizer;
    after.loadStateDict(before.stateDict());
    expect(String(after)).toBe(c.repr);
    // Further steps of the first optimizer must not change the second.
    stepped(before, params, c.grads[0] as Recorded[]);
    c.grads.slice(2).forEach((grads, k) => {
      stepped(after, copies, grads);
      expectAfter(copies, c.after[k + 2] as Recorded[], `after step ${k + 3}`);
    });
    expectState(after, c.state);
  });
});

describe("state dicts", () => {
  test("number the parameters over all groups and name options as PyTorch does", () => {
    const [a, b, c] = [1, 2, 3].map((n) => new Parameter(ones(n))) as Parameter[];
    const groups = [{ params: [a, b] as Tensor[] }, { params: [c] as Tensor[], lr: 0.5 }];
    const optimizer = new SGD(groups, { lr: 0.1, weightDecay: 0.2 });
    const { state, param_groups } = optimizer.stateDict();
    expect(state).toEqual({});
    expect(param_groups.map((g) => g.params)).toEqual([[0, 1], [2]]);
    expect(param_groups.map((g) => g["lr"])).toEqual([0.1, 0.5]);
    expect(param_groups.map((g) => g["weight_decay"])).toEqual([0.2, 0.2]);
  });

  test("refuse groups of another number or size", () => {
    const of = (...sizes: number[]) =>
      new SGD(
        sizes.map((n) => ({ params: Array.from({ length: n }, () => new Parameter(ones(1))) })),
        { lr: 0.1 },
      );
    const load = (a: SGD, b: SGD) => refusal(() => a.loadStateDict(b.stateDict())).torch;
    expect(load(of(1), of(1, 1))).toBe(
      "loaded state dict has a different number of parameter groups",
    );
    expect(load(of(1, 2), of(2, 1))).toBe(
      "loaded state dict contains a parameter group that doesn't match the size of optimizer's group",
    );
  });

  test("give moments the parameter's type and leave step counters theirs", () => {
    const p = new Parameter(ones(1));
    const optimizer = new Adam([p]);
    stepped(optimizer, [p], [{ shape: [1], data: [1] }]);
    const wide = new Parameter(ones(1).double());
    const other = new Adam([wide]);
    other.loadStateDict(optimizer.stateDict());
    const types = Object.entries(other.state.get(wide) ?? {}).map(([k, v]) => [k, v?.dtype.name]);
    expect(types).toEqual([
      ["step", "float32"],
      ["exp_avg", "float64"],
      ["exp_avg_sq", "float64"],
    ]);
  });

  test("leave an optimizer that refuses them as it was", () => {
    const p = new Parameter(ones(1));
    const optimizer = new Adam([p]);
    stepped(optimizer, [p], [{ shape: [1], data: [1] }]);
    const other = new Adam([new Parameter(ones(1)), new Parameter(ones(1))]);
    refusal(() => optimizer.loadStateDict(other.stateDict()));
    expect(optimizer.state.get(p)?.["step"]?.item()).toBe(1);
  });
});

describe("options", () => {
  test("that are undefined have their defaults", () => {
    const params = [{ params: [new Parameter(zeros(1))], eps: undefined as never }];
    const [group] = new AdamW(params, { lr: undefined as never }).paramGroups;
    expect([group?.lr, group?.eps, group?.weightDecay]).toEqual([1e-3, 1e-8, 1e-2]);
  });
});

describe("parameter groups", () => {
  test("have options of their own", () => {
    const [a, b] = [new Parameter(ones(1)), new Parameter(ones(1))];
    const optimizer = new SGD([{ params: [a] }, { params: [b], lr: 0.5 }], { lr: 0.25 });
    stepped(optimizer, [a, b], Array(2).fill({ shape: [1], data: [1] }));
    expect([a.item(), b.item()]).toEqual([0.75, 0.5]);
    expect(optimizer.paramGroups.map((g) => g.lr)).toEqual([0.25, 0.5]);
  });

  test("can be added and changed while training", () => {
    const [a, b] = [new Parameter(ones(1)), new Parameter(ones(1))];
    const optimizer = new SGD([a], { lr: 0.5 });
    optimizer.addParamGroup({ params: [b] });
    for (const group of optimizer.paramGroups) group.lr /= 2;
    stepped(optimizer, [a, b], Array(2).fill({ shape: [1], data: [1] }));
    expect([a.item(), b.item()]).toEqual([0.75, 0.75]);
  });

  test("print one after another, with the options of each", () => {
    const [a, b] = [new Parameter(ones(1)), new Parameter(ones(1))];
    const groups = [{ params: [a] }, { params: [b], lr: 0.5, betas: [0, 0.5] as const }];
    const text = String(new Adam(groups, { lr: 1e-5 }));
    expect(text).toMatch(/^Adam \(\nParameter Group 0\n {4}amsgrad: False\n/);
    expect(text).toContain("    betas: (0.9, 0.999)\n");
    expect(text).toContain("    lr: 1e-05\n");
    expect(text).toContain("    weight_decay: 0\n\nParameter Group 1\n    amsgrad: False\n");
    expect(text).toContain("    betas: (0, 0.5)\n");
    expect(text.endsWith("    weight_decay: 0\n)")).toBe(true);
  });
});

describe("steps", () => {
  test("pass over parameters without a gradient and keep no state for them", () => {
    const [a, b] = [new Parameter(ones(1)), new Parameter(ones(1))];
    const optimizer = new AdamW([a, b]);
    a.grad = ones(1);
    optimizer.step();
    expect(b.item()).toBe(1);
    expect(Object.keys(optimizer.stateDict().state)).toEqual(["0"]);
  });

  test.each(Object.keys(classes))("%s computes float64 parameters in float64", (name) => {
    const p = new Parameter(tensor(new Float64Array([1])));
    const optimizer = classes[name]?.([p], { lr: 1e-12 }) as Optimizer;
    p.grad = tensor(new Float64Array([1]));
    optimizer.step();
    expect(p.dtype.name).toBe("float64");
    expect(p.item()).toBeLessThan(1);
    expect(p.item()).toBeGreaterThan(1 - 1e-10);
  });

  test("are recorded nowhere: the parameter stays a leaf", () => {
    const p = new Parameter(ones(2));
    const optimizer = new SGD([p], { lr: 0.5 });
    p.mul(p).sum().backward();
    optimizer.step();
    expect([p.isLeaf, p.requiresGrad, p.tolist()]).toEqual([true, true, [0, 0]]);
  });

  test("of gradients and parameters with other strides than their own are the same", () => {
    const data = () => tensor([1, 2, 3, 4, 5, 6]).reshape(2, 3);
    const grads = tensor([6, 5, 4, 3, 2, 1]).reshape(2, 3);
    const flipped = (t: Tensor) => t.t().contiguous().t();
    const [a, b] = [new Parameter(data()), new Parameter(flipped(data()))];
    const optimizer = new Adam([a, b], { lr: 0.1, amsgrad: true });
    for (let k = 0; k < 3; k++) {
      a.grad = flipped(grads);
      b.grad = grads.clone();
      optimizer.step();
    }
    expect(b.tolist()).toEqual(a.tolist());
    expect(a.tolist()).not.toEqual(data().tolist());
  });
});

describe("zeroGrad", () => {
  test("forgets gradients", () => {
    const p = new Parameter(ones(2));
    p.sum().backward();
    new SGD([p], { lr: 1 }).zeroGrad();
    expect(p.grad).toBeNull();
  });

  test("fills them with zeros on demand", () => {
    const [p, q] = [new Parameter(ones(2)), new Parameter(ones(2))];
    p.sum().backward();
    new SGD([p, q], { lr: 1 }).zeroGrad({ setToNone: false });
    expect(p.grad?.tolist()).toEqual([0, 0]);
    expect(q.grad).toBeNull();
  });
});

describe("senseless arguments are refused with PyTorch's sentence", () => {
  const p = () => [new Parameter(zeros(1))];
  const two = new Parameter(zeros(1));
  const table: readonly [string, () => unknown][] = [
    ["Invalid learning rate: -1", () => new SGD(p(), { lr: -1 })],
    ["Invalid learning rate: -inf", () => new SGD(p(), { lr: Number.NEGATIVE_INFINITY })],
    ["Invalid learning rate: nan", () => new Adam(p(), { lr: Number.NaN })],
    ["Invalid momentum value: -0.5", () => new SGD(p(), { lr: 1, momentum: -0.5 })],
    ["Invalid weight_decay value: -1e-05", () => new SGD(p(), { lr: 1, weightDecay: -1e-5 })],
    ["Invalid learning rate: -1", () => new Adam(p(), { lr: -1 })],
    ["Invalid epsilon value: -1e-08", () => new Adam(p(), { eps: -1e-8 })],
    ["Invalid beta parameter at index 0: 1.0", () => new Adam(p(), { betas: [1, 0.9] })],
    ["Invalid beta parameter at index 1: -0.1", () => new AdamW(p(), { betas: [0, -0.1] })],
    ["Invalid weight_decay value: -1", () => new AdamW(p(), { weightDecay: -1 })],
    [
      "Nesterov momentum requires a momentum and zero dampening",
      () => new SGD(p(), { lr: 1, nesterov: true, momentum: 0.9, dampening: 0.1 }),
    ],
    ["optimizer got an empty parameter list", () => new SGD([], { lr: 1 })],
    ["can't optimize a non-leaf Tensor", () => new SGD([two.mul(2)], { lr: 1 })],
    [
      "some parameters appear in more than one parameter group",
      () => new SGD([{ params: [two] }, { params: [two] }], { lr: 1 }),
    ],
    [
      "params argument given to the optimizer should be an iterable of Tensors or dicts, but got torch.FloatTensor",
      () => new SGD(zeros(1) as never, { lr: 1 }),
    ],
    [
      "optimizer can only optimize Tensors, but one of the params is int",
      () => new SGD([1] as never, { lr: 1 }),
    ],
    [
      "optimizer can only optimize Tensors, but one of the params is dict",
      () => new SGD([two, { params: p() }] as never, { lr: 1 }),
    ],
    ["param group must be a dict", () => new SGD([{ params: p() }, two] as never, { lr: 1 })],
    [
      "parameter group didn't specify a value of required optimization parameter lr",
      () => new SGD(p(), {} as never),
    ],
  ];
  test.each(table)("%s", (sentence, make) => {
    expect(refusal(make).torch).toBe(sentence);
  });

  test("an option of a group, too", () => {
    const groups = [{ params: p() }, { params: p(), lr: -2 }];
    expect(refusal(() => new SGD(groups, { lr: 1 })).torch).toBe("Invalid learning rate: -2");
  });
});

describe("duplicates in a group", () => {
  const warnings: string[] = [];
  let restore = setWarningHandler(() => {});
  setWarningHandler(restore);
  beforeEach(() => {
    warnings.length = 0;
    restore = setWarningHandler((text) => warnings.push(text));
  });
  afterEach(() => {
    setWarningHandler(restore);
  });

  test("warn", () => {
    const p = new Parameter(zeros(1));
    new SGD([p, p], { lr: 1 });
    expect(warnings).toEqual([
      "optimizer contains a parameter group with duplicate parameters; in future, this will cause an error; " +
        "see github.com/pytorch/pytorch/issues/40967 for more information",
    ]);
  });
});
