/**
 * Trains an RNN language model for ten steps and prints the result: a script for Node and for a
 * page, built from the installed package.
 */

import * as torch from "saiki";
import { backendInfo, manualSeed, nn, noGrad, optim, type Tensor, tensor } from "saiki";

const text = "the cat sat on the mat. ".repeat(20);
const characters = [...new Set(text)].sort();
const tokens = tensor([...text].map((c) => characters.indexOf(c))).long();

class Model extends nn.Module {
  embedding = new nn.Embedding(characters.length, 8);
  rnn = new nn.RNN(8, 32);
  head = new nn.Linear(32, characters.length);

  forward(x: Tensor): Tensor {
    const [y] = this.rnn.forward(this.embedding.forward(x));
    return this.head.forward(y);
  }
}

manualSeed(1);
const model = new Model();
const adam = new optim.Adam(model.parameters(), { lr: 0.01 });
const x = tokens.narrow(0, 0, 400).reshape(8, 50).t();
const y = tokens.narrow(0, 1, 400).reshape(8, 50).t();
const losses: number[] = [];
for (let step = 0; step < 10; step++) {
  const logits = model.forward(x);
  const loss = nn.functional.crossEntropy(logits.flatten(0, 1), y.flatten());
  adam.zeroGrad();
  loss.backward();
  nn.utils.clipGradNorm_(model.parameters(), 1);
  adam.step();
  losses.push(loss.item());
}
const likely = noGrad(() =>
  model
    .forward(x.narrow(1, 0, 1))
    .argmax(-1)
    .flatten(),
);

/** The classes whose names differ from their exports'. */
const renamed = Object.entries({ ...torch, ...nn, ...optim, ...optim.lrScheduler })
  .filter(([name, value]) => typeof value === "function" && isClass(value) && value.name !== name)
  .map(([name]) => name);

function isClass(value: object): boolean {
  return String(value).startsWith("class");
}

function messageOf(mistake: () => unknown): string {
  try {
    mistake();
    return "";
  } catch (error) {
    return String(error);
  }
}

console.log(
  JSON.stringify({
    backend: backendInfo().name,
    losses,
    texts: {
      likely: [...likely.toTypedArray()].map((i) => characters[Number(i)]).join(""),
      model: `${model.rnn} ${model.head}`,
      optimizer: String(adam),
      error: messageOf(() => model.rnn.forward(torch.zeros(2, 3, 4))),
      renamed,
    },
  }),
);
console.log("end of the page");
