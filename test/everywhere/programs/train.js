/** The program that runs everywhere: an LSTM learns which character comes next. */

import { backendInfo, manualSeed, nn, optim, ready, tensor } from "saiki";

const text = "the cat sat on the mat. ".repeat(40);
const characters = [...new Set(text)].sort();

/**
 * Takes 20 steps of Adam.
 *
 * @param options of `ready`, beside its two threads
 */
export async function train(options = {}) {
  const { backend, threads, reason } = await ready({ threads: 2, ...options });
  manualSeed(1);
  const embedding = new nn.Embedding(characters.length, 16);
  const lstm = new nn.LSTM(16, 64);
  const head = new nn.Linear(64, characters.length);
  const parameters = [embedding, lstm, head].flatMap((module) => [...module.parameters()]);
  const adam = new optim.Adam(parameters, { lr: 0.01 });
  const tokens = tensor([...text].map((c) => characters.indexOf(c))).long();
  const x = tokens.narrow(0, 0, 800).reshape(32, 25).t(); // (T, B)
  const y = tokens.narrow(0, 1, 800).reshape(32, 25).t();
  let losses = "";
  for (let step = 1; step <= 20; step++) {
    const [hidden] = lstm.forward(embedding.forward(x));
    const loss = nn.functional.crossEntropy(head.forward(hidden).flatten(0, 1), y.flatten());
    adam.zeroGrad();
    loss.backward();
    adam.step();
    if (step % 10 === 0) losses += `${step} ${loss.item().toFixed(5)} `;
  }
  return { losses: losses.trim(), backend, threads, reason, reasons: backendInfo().reasons };
}
