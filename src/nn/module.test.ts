import { describe, expect, test } from "vitest";
import { refusal } from "../../test/pytorch/sentence.ts";
import { float64, int64, noGrad, ones, type Tensor, tensor, zeros } from "../index.ts";
import * as nn from "./index.ts";

/** A module with everything that a module can hold. */
class Mixed extends nn.Module {
  a = new nn.Linear(1, 2);
  w = new nn.Parameter(zeros(1));
  kept = new nn.Buffer(ones(2));
  passing = new nn.Buffer(ones(2), { persistent: false });
  /** The same module under another name. */
  d = this.a;
  notes = ["neither", 1];
}

/** Compares by identity: deep comparison would accept another tensor with equal elements. */
function expectIdentical(got: Iterable<unknown>, want: readonly unknown[]): void {
  const all = [...got];
  expect(all).toHaveLength(want.length);
  all.forEach((x, i) => {
    expect(x === want[i], `item ${i} is the same object`).toBe(true);
  });
}

function names(entries: Iterable<[string, unknown]>): string[] {
  return [...entries].map(([name]) => name);
}

describe("what belongs to a module", () => {
  test("is found under PyTorch's names, own parameters first, shared ones once", () => {
    const m = new Mixed();
    expect(names(m.namedParameters())).toEqual(["w", "a.weight", "a.bias"]);
    expect(names(m.namedBuffers())).toEqual(["kept", "passing"]);
    expect(names(m.namedModules())).toEqual(["", "a"]);
    expectIdentical(m.modules(), [m, m.a]);
    expectIdentical(m.parameters(), [m.w, m.a.weight, m.a.bias]);
    expectIdentical(m.buffers(), [m.kept, m.passing]);
  });

  test("is each child once, also under two names", () => {
    const m = new Mixed();
    expect(names(m.namedChildren())).toEqual(["a"]);
    expectIdentical(m.children(), [m.a]);
  });

  test("counts tied weights once", () => {
    class Tied extends nn.Module {
      encoder = new nn.Embedding(5, 3);
      decoder = new nn.Linear(3, 5);
      constructor() {
        super();
        this.decoder.weight = this.encoder.weight;
      }
    }
    const m = new Tied();
    expect(names(m.namedParameters())).toEqual(["encoder.weight", "decoder.bias"]);
    expect(Object.keys(m.stateDict())).toEqual([
      "encoder.weight",
      "decoder.weight",
      "decoder.bias",
    ]);
  });

  test("may not hide in arrays or maps", () => {
    class Listed extends nn.Module {
      layers = [new nn.Tanh()];
    }
    class Mapped extends nn.Module {
      weights = new Map([["a", new nn.Parameter(zeros(1))]]);
    }
    for (const m of [new Listed(), new Mapped()]) {
      for (const use of [() => [...m.parameters()], () => m.stateDict(), () => String(m)]) {
        expect(refusal(use).message).toMatch(/would not be found\. Use nn\.ModuleList\.$/);
      }
    }
    expect(refusal(() => new Listed().eval()).sentence).toBe(
      "the property layers holds modules or parameters in a plain array, where they would not be found",
    );
  });

  test("is not counted where it is a tensor but no parameter", () => {
    class Plain extends nn.Module {
      constant = ones(2);
    }
    expect([...new Plain().parameters()]).toEqual([]);
    expect(new Plain().stateDict()).toEqual({});
  });
});

describe("state dicts", () => {
  test("have PyTorch's order, shared modules under every name, persistent buffers alone", () => {
    expect(Object.keys(new Mixed().stateDict())).toEqual([
      ...["w", "kept", "a.weight", "a.bias", "d.weight", "d.bias"],
    ]);
  });

  test("share memory with the module and require no gradient", () => {
    const layer = new nn.Linear(2, 1);
    const state = layer.stateDict();
    noGrad(() => layer.weight.fill_(7));
    expect(state["weight"]?.tolist()).toEqual([[7, 7]]);
    expect(state["weight"]?.requiresGrad).toBe(false);
  });

  test("copy values into another module, which keeps its own parameters", () => {
    const [a, b] = [new nn.Linear(3, 2), new nn.Linear(3, 2)];
    const before = b.weight;
    const report = b.loadStateDict(a.stateDict());
    expect(b.weight).toBe(before);
    expect(b.weight.tolist()).toEqual(a.weight.tolist());
    noGrad(() => a.weight.zero_());
    expect(b.weight.tolist()).not.toEqual(a.weight.tolist());
    expect(String(report)).toBe("<All keys matched successfully>");
    expect(b.weight.requiresGrad).toBe(true);
    expect(b.weight.isLeaf).toBe(true);
  });

  test("may be maps, and of other element types", () => {
    const layer = new nn.Linear(1, 2);
    const weight = tensor(new Float64Array([0.5, 0.25])).reshape(2, 1);
    layer.loadStateDict(
      new Map([
        ["weight", weight],
        ["bias", tensor([1, 2], { dtype: int64 })],
      ]),
    );
    expect(layer.weight.tolist()).toEqual([[0.5], [0.25]]);
    expect(layer.bias?.tolist()).toEqual([1, 2]);
    expect(layer.weight.dtype.name).toBe("float32");
  });

  test("are taken over with assign: memory and type, by the same parameters", () => {
    const layer = nn.utils.skipInit(() => new nn.Linear(1, 2));
    const { weight } = layer;
    const given = { weight: ones(2, 1, { dtype: float64 }), bias: tensor([1, 2]) };
    layer.loadStateDict(given, { assign: true });
    noGrad(() => given.weight.fill_(3));
    expect(layer.weight).toBe(weight);
    expect(weight.tolist()).toEqual([[3], [3]]);
    expect([weight.dtype, weight.requiresGrad]).toEqual([float64, true]);
    const whole = { ...given, bias: tensor([1, 2], { dtype: int64 }) };
    expect(refusal(() => layer.loadStateDict(whole, { assign: true })).torch).toBe(
      "only Tensors of floating point and complex dtype can require gradients",
    );
  });

  test("load buffers", () => {
    const m = new Mixed();
    m.loadStateDict({ ...m.stateDict(), kept: tensor([3, 4]) });
    expect(m.kept.tolist()).toEqual([3, 4]);
  });

  test("report what they lack and what is too much where that is allowed", () => {
    const layer = new nn.Linear(3, 1);
    const report = layer.loadStateDict({ weight: zeros(1, 3), x: zeros(1) }, { strict: false });
    expect(report.missingKeys).toEqual(["bias"]);
    expect(report.unexpectedKeys).toEqual(["x"]);
    expect(String(report)).toBe("_IncompatibleKeys(missing_keys=['bias'], unexpected_keys=['x'])");
    expect(layer.weight.tolist()).toEqual([[0, 0, 0]]);
  });
});

describe("state dicts that do not fit are refused with PyTorch's sentence", () => {
  const lead = "Error(s) in loading state_dict for Mixed:";
  const loads: readonly [string, unknown, boolean, string][] = [
    [
      "nothing",
      {},
      true,
      `${lead}\n\tMissing key(s) in state_dict: "w", "kept", "a.weight", "a.bias", "d.weight", "d.bias". `,
    ],
    [
      "another shape",
      { "a.weight": zeros(3, 2), x: zeros(1) },
      false,
      `${lead}\n\tsize mismatch for a.weight: copying a param with shape torch.Size([3, 2]) from checkpoint, the shape in current model is torch.Size([2, 1]).`,
    ],
    [
      "no tensors",
      { w: 1, kept: [1], "a.weight": "x" },
      false,
      `${lead}${[
        ["w", "int"],
        ["kept", "list"],
        ["a.weight", "str"],
      ]
        .map(
          ([name, type]) =>
            `\n\tWhile copying the parameter named "${name}", expected torch.Tensor or Tensor-like object from checkpoint but received <class '${type}'>`,
        )
        .join("")}`,
    ],
    ["null", null, true, "Expected state_dict to be dict-like, got <class 'NoneType'>."],
    ["a number", 5, true, "Expected state_dict to be dict-like, got <class 'int'>."],
    ["a string", "x", true, "Expected state_dict to be dict-like, got <class 'str'>."],
    ["an array", [], true, "Expected state_dict to be dict-like, got <class 'list'>."],
  ];
  test.each(loads)("%s", (_title, state, strict, sentence) => {
    const error = refusal(() => new Mixed().loadStateDict(state as nn.StateDict, { strict }));
    expect(error.torch).toBe(sentence);
  });

  test("and change nothing", () => {
    const layer = new nn.Linear(2, 1);
    const before = layer.weight.tolist();
    refusal(() => layer.loadStateDict({ weight: zeros(1, 2), bias: zeros(9) }));
    expect(layer.weight.tolist()).toEqual(before);
  });
});

describe("modes", () => {
  test("reach all modules below", () => {
    const m = new nn.Sequential(new nn.Dropout(0.5), new nn.Sequential(new nn.Dropout(0.5)));
    const modes = () => [...m.modules()].map((x) => x.training);
    expect(modes()).toEqual([true, true, true, true]);
    expect(m.eval()).toBe(m);
    expect(modes()).toEqual([false, false, false, false]);
    expect(m.train()).toBe(m);
    expect(modes()).toEqual([true, true, true, true]);
    expect(m.train(false).training).toBe(false);
  });

  test("are true or false", () => {
    const error = refusal(() => new nn.Tanh().train(1 as unknown as boolean));
    expect(error.torch).toBe("training mode is expected to be boolean");
  });

  test("decide whether dropout acts", () => {
    const layer = new nn.Dropout(1);
    expect(layer.forward(ones(3)).tolist()).toEqual([0, 0, 0]);
    expect(layer.eval().forward(ones(3)).tolist()).toEqual([1, 1, 1]);
  });
});

describe("all modules or parameters at once", () => {
  test("apply visits children before their parent", () => {
    const inner = new nn.Sequential(new nn.Tanh());
    const m = new nn.Sequential(inner, new nn.ReLU());
    const seen: string[] = [];
    expect(m.apply((x) => seen.push(x.constructor.name))).toBe(m);
    expect(seen).toEqual(["Tanh", "Sequential", "ReLU", "Sequential"]);
  });

  test("requiresGrad_ freezes and thaws", () => {
    const layer = new nn.Linear(2, 1).requiresGrad_(false);
    expect(layer.forward(ones(1, 2)).requiresGrad).toBe(false);
    expect(layer.requiresGrad_().forward(ones(1, 2)).requiresGrad).toBe(true);
  });

  test("zeroGrad forgets gradients, or fills them with zeros", () => {
    const layer = new nn.Linear(2, 1);
    const run = () => layer.forward(ones(1, 2)).sum().backward();
    run();
    layer.zeroGrad({ setToNone: false });
    expect(layer.weight.grad?.tolist()).toEqual([[0, 0]]);
    run();
    expect(layer.weight.grad?.tolist()).toEqual([[1, 1]]);
    layer.zeroGrad();
    expect([layer.weight.grad, layer.bias?.grad]).toEqual([null, null]);
  });

  test("double and float convert parameters, buffers and gradients in place", () => {
    const m = new Mixed();
    const { weight } = m.a;
    const state = m.stateDict();
    weight.grad = ones(2, 1);
    expect(m.double()).toBe(m);
    expect(m.a.weight).toBe(weight);
    const all = (): Tensor[] => [...m.parameters(), ...m.buffers(), weight.grad as Tensor];
    expect(new Set(all().map((t) => t.dtype.name))).toEqual(new Set(["float64"]));
    expect(weight.tolist()).toEqual(state["a.weight"]?.tolist());
    expect(m.a.forward(ones(1, 1, { dtype: float64 })).dtype).toBe(float64);
    m.float();
    expect(new Set(all().map((t) => t.dtype.name))).toEqual(new Set(["float32"]));
    expect([weight.requiresGrad, weight.isLeaf]).toEqual([true, true]);
  });

  test("to refuses types that cannot be learned", () => {
    expect(refusal(() => new nn.Tanh().to(int64)).torch).toBe(
      "nn.Module.to only accepts floating point or complex dtypes, but got desired dtype=torch.int64",
    );
  });

  test("integer buffers keep their type", () => {
    class Counting extends nn.Module {
      count = new nn.Buffer(tensor([1], { dtype: int64 }));
    }
    expect(new Counting().double().count.dtype).toBe(int64);
  });
});

describe("containers", () => {
  test("index from both ends and iterate", () => {
    const layers = [new nn.Tanh(), new nn.ReLU()];
    for (const list of [new nn.ModuleList(layers), new nn.Sequential(...layers)]) {
      expectIdentical(list, layers);
      expect(list).toHaveLength(2);
      expectIdentical([list.at(0), list.at(-1)], layers);
      expectIdentical(
        Object.values(list).filter((x) => x instanceof nn.Module),
        layers,
      );
      expect(refusal(() => list.at(2)).torch).toBe("index 2 is out of range");
      expect(refusal(() => list.at(-3)).torch).toBe("index -3 is out of range");
    }
  });

  test("Sequential hands results on", () => {
    const m = new nn.Sequential(new nn.ReLU(), new nn.Tanh());
    expect(
      m
        .append(new nn.Identity())
        .forward(tensor([-1, 0]))
        .tolist(),
    ).toEqual([0, 0]);
    expect(new nn.Sequential().forward(ones(1)).tolist()).toEqual([1]);
  });

  test("hold one module twice as two places", () => {
    const shared = new nn.Linear(1, 1, { bias: false });
    const m = new nn.Sequential(shared, shared);
    noGrad(() => shared.weight.fill_(3));
    expect(m).toHaveLength(2);
    expect(m.forward(ones(1)).item()).toBe(9);
    expect(names(m.namedParameters())).toEqual(["0.weight"]);
    expect(Object.keys(m.stateDict())).toEqual(["0.weight", "1.weight"]);
    expect(m.append(shared)).toHaveLength(3);
  });
});

describe("texts", () => {
  test("show own settings before children, over several lines where there are several", () => {
    class Two extends nn.Module {
      override extraRepr(): string {
        return "a=1\nb=2";
      }
    }
    class Around extends nn.Module {
      q = new Two();
      r = new nn.ReLU();
      override extraRepr(): string {
        return "x=3";
      }
    }
    expect(String(new Two())).toBe("Two(\n  a=1\n  b=2\n)");
    expect(String(new Around())).toBe(
      "Around(\n  x=3\n  (q): Two(\n    a=1\n    b=2\n  )\n  (r): ReLU()\n)",
    );
  });

  test("show a shared module under each of its names", () => {
    const linear = "Linear(in_features=1, out_features=2, bias=True)";
    expect(String(new Mixed())).toBe(`Mixed(\n  (a): ${linear}\n  (d): ${linear}\n)`);
  });
});
