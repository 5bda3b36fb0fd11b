/** Sequences of different lengths, packed and padded. @see torch.nn.utils.rnn */
export * as rnn from "../recurrent/packed.ts";
export * from "./clip-grad.ts";
export * from "./convert.ts";
export { skipInit } from "./skip-init.ts";
