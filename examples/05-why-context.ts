// Why a language model needs a state: in this grammar the verb agrees with a word four steps back.
//
//   the {cat|cats} {near|behind} the {tree|house} {sleeps|sleep} .
//
// A bigram model sees only the last word. An RNN carries the earlier words in its state.
// Run: npx tsx examples/05-why-context.ts

import * as torch from "saiki";
import { nn, optim } from "saiki";

// --- The grammar: 2 · 2 · 2 = 8 sentences, all equally likely -----------------------------------

const sentences = ["cat sleeps", "cats sleep"].flatMap((subject) => {
  const [noun, verb] = subject.split(" ");
  const places = ["near the tree", "near the house", "behind the tree", "behind the house"];
  return places.map((place) => `the ${noun} ${place} ${verb} .`.split(" "));
});
const words = [...new Set(sentences.flat())].sort();

// No model can need fewer nats per word than the entropy: ln 8 a sentence, spread over 7 words.
const entropy = Math.log(sentences.length) / 7;

// The best bigram model knows how often b follows a: mean of ln(count(a) / count(a b)).
const text = sentences.flat();
const pairs = text.map((b, i) => `${text.at(i - 1)} ${b}`); // "." stands before the first word
const count = (list: string[], item?: string) => list.filter((other) => other === item).length;
const surprise = (pair: string) => Math.log(count(text, pair.split(" ")[0]) / count(pairs, pair));
const bigramOptimum = pairs.map(surprise).reduce((sum, nats) => sum + nats) / pairs.length;

function report(name: string, nats: number, digits: number): void {
  const perplexity = Math.exp(nats).toFixed(digits);
  torch.print(`${name}: ${nats.toFixed(digits)} nats, perplexity ${perplexity}`);
}
report("entropy of the grammar", entropy, 4);
report("optimum of any bigram", bigramOptimum, 4);

// --- The models ---------------------------------------------------------------------------------

class RNNModel extends nn.Module {
  embed = new nn.Embedding(words.length, 8);
  rnn = new nn.RNN(8, 16, { batchFirst: true });
  project = new nn.Linear(16, words.length);
  forward(tokens: torch.Tensor): torch.Tensor {
    return this.project.forward(this.rnn.forward(this.embed.forward(tokens))[0]); // (B, T, V)
  }
}

torch.manualSeed(0);
const bigram = new nn.Embedding(words.length, words.length); // a row of scores for each last word
const rnn = new RNNModel();

// All sentences once are the whole grammar, so this loss is the exact expected loss.
const ids = (list: string[]) => list.map((word) => words.indexOf(word));
const targets = torch.tensor(sentences.map(ids), { dtype: torch.int64 }); // (B, T)
const inputs = torch.cat([targets.slice(1, -1), targets.slice(1, 0, -1)], 1); // "." comes before
const loss = (model: nn.Embedding | RNNModel) =>
  nn.functional.crossEntropy(model.forward(inputs).flatten(0, 1), targets.flatten());

function train(name: string, model: nn.Embedding | RNNModel, lr: number, best: number): void {
  const optimizer = new optim.Adam(model.parameters(), { lr });
  for (let step = 0; step < 600; step++) {
    optimizer.zeroGrad();
    loss(model).backward();
    optimizer.step();
  }
  const nats = loss(model).item();
  report(`${name} after training`, nats, 2);
  torch.print(`  within 0.02 nats of ${best.toFixed(4)}:`, Math.abs(nats - best) < 0.02);

  // Sentences 0 and 4 differ in the subject only; in step 5, after "tree", the verb is due.
  for (const b of [0, 4]) {
    const probs = model.forward(inputs).at(b, 5).softmax(-1);
    const p = (verb: string) => `${verb} ${probs.at(words.indexOf(verb)).item().toFixed(2)}`;
    torch.print(`  the ${sentences[b]?.[1]} near the tree ... ${p("sleeps")}, ${p("sleep")}`);
  }
}

train("bigram", bigram, 0.3, bigramOptimum);
train("RNN", rnn, 0.03, entropy);
