/** A user's program under strict options; never run. */

import * as torch from "saiki";
import { nn, optim, type Tensor } from "saiki";
import * as data from "saiki/data";
import * as io from "saiki/io";
import * as lm from "saiki/lm";
import * as text from "saiki/text";

declare const numLayers: number | undefined;

export class Model extends nn.Module {
  lstm = new nn.LSTM(3, 4, { numLayers, batchFirst: true });
  head = new nn.Linear(4, 2);

  forward(x: Tensor): Tensor {
    const [y, [h, c]] = this.lstm.forward(x);
    return this.head.forward(y.add(h.sum()).add(c.sum()));
  }
}

const adam = new optim.Adam(new Model().parameters(), { lr: 0.01 });
adam.step();
// @ts-expect-error: it must be a number
new nn.RNN(1, 16, { numLayers: "2" });
export const ready: Promise<torch.Readiness> = torch.ready({ threads: 2 });
export const used = [data, io, lm, text];
