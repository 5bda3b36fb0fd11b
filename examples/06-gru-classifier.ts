// A GRU that reads a sequence in both directions and classifies the curve.
//
// Letters: B batch, T steps, C classes, H hidden size. Run: npx tsx examples/06-gru-classifier.ts

import * as torch from "saiki";
import { nn, optim } from "saiki";

// --- The data: noisy curves of three kinds, all from the seeded random stream --------------------

const kinds = ["wave", "ramp", "noise"];
const [count, steps] = [48, 12];

function curves(): [x: torch.Tensor, kind: torch.Tensor] {
  const kind = torch.randint(0, kinds.length, [count]); // (B)
  const phase = torch.rand(count, 1).mul(6.28); // (B, 1)
  const slope = torch.randn(count, 1);
  const noise = torch.randn(count, steps).mul(0.5); // (B, T)
  const time = torch.arange(0, steps).div(steps); // (T), from 0 to 1
  const wave = time.mul(12).add(phase).sin();
  const ramp = slope.mul(time.mul(3).sub(1.5));
  const isWave = kind.unsqueeze(1).eq(0);
  const isRamp = kind.unsqueeze(1).eq(1);
  const shape = torch.where(isWave, wave, torch.where(isRamp, ramp, torch.zeros(count, steps)));
  return [shape.add(noise).unsqueeze(2), kind]; // (B, T, 1)
}

// --- The model ----------------------------------------------------------------------------------

class Classifier extends nn.Module {
  gru = new nn.GRU(1, 12, { numLayers: 2, bidirectional: true, dropout: 0.2, batchFirst: true });
  project = new nn.Linear(2 * 12, kinds.length);

  forward(x: torch.Tensor): torch.Tensor {
    const [, h] = this.gru.forward(x); // (layers · 2, B, H): the last layer's two states are last
    return this.project.forward(torch.cat([h.at(-2), h.at(-1)], 1)); // (B, C)
  }
}

torch.manualSeed(72);
const [x, kind] = curves();
const [newX, newKind] = curves(); // never trained on
const model = new Classifier();
torch.print(model);

// --- Fifty steps on all curves at once ----------------------------------------------------------

const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
const lossOf = new nn.CrossEntropyLoss();
for (let step = 1; step <= 50; step++) {
  optimizer.zeroGrad();
  const loss = lossOf.forward(model.forward(x), kind);
  loss.backward();
  optimizer.step();
  torch.print(`step ${step}: loss ${loss.item().toFixed(4)}`);
}

// eval() turns dropout off; noGrad() records nothing.
model.eval();
function report(name: string, curvesOf: torch.Tensor, kindOf: torch.Tensor): void {
  const answer = torch.noGrad(() => model.forward(curvesOf).argmax(1)); // (B)
  torch.print(`${name}: ${answer.eq(kindOf).sum().item()} of ${count} right`);
}
report("trained on", x, kind);
report("new", newX, newKind);
