// nn.RNN runs the cell over whole sequences. The loop behind it, by hand, gives the same numbers.
//
// Letters: B batch, T steps, I input size, H hidden size. Run: npx tsx examples/03-rnn.ts

import * as torch from "saiki";
import { nn } from "saiki";

torch.manualSeed(0);
const rnn = new nn.RNN(3, 4, { batchFirst: true });
const x = torch.randn(2, 5, 3); // (B, T, I)

// y holds the state after every step, h the last state of every layer.
const [y, h] = rnn.forward(x);
torch.print(y.shape); // (B, T, H)
torch.print(h.shape); // (layers, B, H)

// The same layer, written out. Its parameters carry PyTorch's names; l0 is the first layer.
const p = rnn.stateDict() as Record<
  "weight_ih_l0" | "weight_hh_l0" | "bias_ih_l0" | "bias_hh_l0",
  torch.Tensor
>;

let state = torch.zeros(2, 4); // (B, H)
const states: torch.Tensor[] = [];
for (const xt of x.unbind(1)) {
  // xt (B, I)
  const fromInput = xt.matmul(p.weight_ih_l0.T).add(p.bias_ih_l0);
  const fromState = state.matmul(p.weight_hh_l0.T).add(p.bias_hh_l0);
  state = torch.tanh(fromInput.add(fromState));
  states.push(state);
}
const byHand = torch.stack(states, 1); // (B, T, H)

// The first sequence: the layer, then the loop.
torch.print(y.at(0));
torch.print(byHand.at(0));

torch.print("all steps equal within 1e-6:", torch.allclose(y, byHand, { rtol: 0, atol: 1e-6 }));
torch.print(
  "last state equal within 1e-6:",
  torch.allclose(h.at(0), state, { rtol: 0, atol: 1e-6 }),
);
