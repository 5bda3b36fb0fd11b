// How a language model writes: embed the token, take one step of the RNN, score every word,
// draw the next token from the probabilities, and feed it back together with the state.
//
// The model is not trained, so it writes nonsense; the loop is the one that a trained model runs.
// Letters: B batch, T steps, V vocabulary, E embedding, H hidden. All is B = 1, T = 1 here.
// Run: npx tsx examples/04-language-model-loop.ts

import * as torch from "saiki";
import { nn } from "saiki";

const words = ["<start>", "the", "cat", "sat", "on", "a", "mat", "."];

torch.manualSeed(0);
const embed = new nn.Embedding(words.length, 5); // V -> E
const rnn = new nn.RNN(5, 6, { batchFirst: true }); // E -> H
const project = new nn.Linear(6, words.length); // H -> V

let token = torch.tensor([[0]], { dtype: torch.int64 }); // (B, T): <start>
let state: torch.Tensor | null = null; // the first step starts from zeros
const written: string[] = [];

for (let step = 0; step < 8; step++) {
  // noGrad as in PyTorch: nothing is trained here, so nothing needs to be recorded.
  const { e, y, h, probs } = torch.noGrad(() => {
    const e = embed.forward(token); // (B, T, E)
    const [y, h] = rnn.forward(e, state); // (B, T, H), (1, B, H)
    const logits = project.forward(y.select(1, -1)); // (B, V), from the last step
    return { e, y, h, probs: logits.softmax(-1) };
  });

  if (step === 0) {
    torch.print("token", token.shape, "embedded", e.shape);
    torch.print("rnn output", y.shape, "state", h.shape);
    torch.print("probabilities", probs.shape);
    torch.print(probs);
  }

  token = torch.multinomial(probs, 1); // (B, 1): the next input
  state = h; // the model's memory of all tokens before

  const word = words[token.item()] as string;
  torch.print(`step ${step}: token ${token.item()} ${word}`);
  written.push(word);
}

torch.print(written.join(" "));
