// nn.RNNCell is the cell of example 01, ready made, with PyTorch's names and initial values.
//
// Run: npx tsx examples/02-rnn-cell.ts

import * as torch from "saiki";
import { nn } from "saiki";

torch.manualSeed(0);
const cell = new nn.RNNCell(3, 4); // input size 3, hidden size 4
torch.print(cell);

// weight_ih (4, 3), weight_hh (4, 4), bias_ih (4), bias_hh (4): all uniform in ±1/√4.
for (const [name, parameter] of cell.namedParameters()) {
  torch.print(name, parameter.shape);
  torch.print(parameter);
  torch.print();
}

// Without a state the cell starts from zeros.
const x = torch.randn(2, 3);
const h = cell.forward(x);
torch.print(h);

// The same as giving the zeros ourselves.
torch.print(torch.equal(h, cell.forward(x, torch.zeros(2, 4))));
