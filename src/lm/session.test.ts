import { beforeEach, describe, expect, test } from "vitest";
import { int64 } from "../core/index.ts";
import { manualSeed } from "../random/index.ts";
import { tensor } from "../tensor/index.ts";
import { type Cell, cells } from "./config.ts";
import { inferenceMode, LanguageModel, type LmState } from "./model.ts";
import { openSession } from "./session.ts";

const V = 11;
const text = [3, 0, 10, 7, 7, 2, 5, 1];

function modelOf(cell: Cell, sizes = {}): LanguageModel {
  const given = {
    cell,
    vocabulary: V,
    embedding: 6,
    hidden: 9,
    layers: 2,
    dropout: 0.5,
    inputDropout: 0.5,
  };
  return new LanguageModel({ ...given, ...sizes });
}

/** Scores after the last token, and the state, by the layers. */
function forward(model: LanguageModel, ids: number[], before: LmState | null = null) {
  return inferenceMode(model, () => {
    const x = tensor(ids, { dtype: int64 }).view(ids.length, 1);
    const { logits, state } = model.forward(x, before);
    return { scores: logits.select(0, -1).tolist() as number[], state };
  });
}

function expectClose(got: ArrayLike<number>, want: number[], digits = 5): void {
  expect(got).toHaveLength(want.length);
  want.forEach((w, i) => {
    expect(got[i]).toBeCloseTo(w, digits);
  });
}

const values = (state: LmState) => state.map((s) => s.tolist());

beforeEach(() => {
  manualSeed(4);
});

describe("openSession()", () => {
  test.each(cells)("scores as the model's forward does, token by token: %s", (cell) => {
    for (const sizes of [{}, { layers: 1, hidden: 40 }, { embedding: 32 }]) {
      const model = modelOf(cell, sizes);
      const session = openSession(model);
      text.forEach((id, t) => {
        expectClose(session.read([id]), forward(model, text.slice(0, t + 1)).scores);
      });
      expectClose(openSession(model).read(text), forward(model, text).scores);
    }
  });

  test.each(cells)("takes a state over from forward, and hands it back: %s", (cell) => {
    const model = modelOf(cell);
    const [session, first] = [openSession(model), forward(model, text)];
    session.state = first.state;
    expect(values(session.state)).toEqual(values(first.state));
    expectClose(session.read([4]), forward(model, [4], first.state).scores);
    expectClose(
      forward(model, [1], session.state).scores,
      forward(model, [4, 1], first.state).scores,
    );
  });

  test("its state is a copy, to which one can return", () => {
    const session = openSession(modelOf("lstm"));
    session.read(text);
    const here = session.state;
    const scores = session.read([1, 2]);
    session.state = here;
    expect(session.read([1, 2])).toEqual(scores);
  });

  test("reset() forgets what was read", () => {
    const session = openSession(modelOf("gru"));
    const scores = session.read(text);
    expect(session.read(text)).not.toEqual(scores);
    session.reset();
    expect(session.read(text)).toEqual(scores);
  });

  test("keeps its weights when the model's change", () => {
    const model = modelOf("rnn");
    const [session, other] = [openSession(model), openSession(model)];
    for (const p of model.parameters()) p.detach().zero_();
    expect(session.read(text)).toEqual(other.read(text));
    expect(openSession(model).read(text)).toEqual(new Float32Array(V));
  });

  test("computes a model of float64 in double", () => {
    const model = modelOf("lstm").double();
    const scores = openSession(model).read(text);
    expect(scores).toBeInstanceOf(Float64Array);
    expectClose(scores, forward(model, text).scores, 14);
  });

  test("refuses tokens that the model lacks, no tokens, and a foreign state", () => {
    const session = openSession(modelOf("lstm"));
    expect(() => session.read([3, 11])).toThrow(
      "Session.read: index out of range in self. The model knows 11 tokens, the index is 11.",
    );
    expect(() => session.read([0.5])).toThrow("the index is 0.5");
    expect(() => session.read([])).toThrow(
      "Session.read: no tokens leave nothing to score. Give at least one.",
    );
    const foreign = forward(modelOf("gru"), text).state;
    expect(() => {
      session.state = foreign;
    }).toThrow(
      "Session.state: the state has [2, 1, 9] and [2, 1, 9], got [2, 1, 9]. Give the state of",
    );
  });
});
