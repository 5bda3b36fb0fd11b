// A recurrent cell from two linear layers: h' = tanh(W_in x + b_in + W_out h + b_out).
//
// Letters: B batch, I input size, H hidden size. Run: npx tsx examples/01-rnn-cell-by-hand.ts

import * as torch from "saiki";
import { nn } from "saiki";

class RNN extends nn.Module {
  // Fields replace the assignments to self in PyTorch's __init__; the module finds them.
  fc_input: nn.Linear;
  fc_output: nn.Linear;

  constructor(inputSize: number, outputSize: number) {
    super();
    this.fc_input = new nn.Linear(inputSize, outputSize);
    this.fc_output = new nn.Linear(outputSize, outputSize);
  }

  // x (B, I), h (B, H) -> (B, H)
  forward(x: torch.Tensor, h: torch.Tensor): torch.Tensor {
    // No operators on tensors in TypeScript: a + b is a.add(b).
    return torch.tanh(this.fc_input.forward(x).add(this.fc_output.forward(h)));
  }
}

torch.manualSeed(0); // the same stream of random numbers as torch.manual_seed(0)
const [batch, inputSize, outputSize] = [2, 3, 4];
const model = new RNN(inputSize, outputSize);

const x1 = torch.randn(batch, inputSize);
const x2 = torch.randn(batch, inputSize);
const h0 = torch.zeros(batch, outputSize);

// One cell, used twice: only the state passes from step to step. Modules are not callable
// here: model(x, h) is model.forward(x, h).
const h1 = model.forward(x1, h0);
const h2 = model.forward(x2, h1);

// torch.print writes what Python's print writes.
torch.print(h1);
torch.print(h2);
