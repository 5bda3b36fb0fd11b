export * from "./activation.ts";
export * from "./cell-base.ts";
export * from "./containers.ts";
export * from "./embedding.ts";
/** Layers and losses as functions. @see torch.nn.functional */
export * as functional from "./functional.ts";
export * from "./gru.ts";
export * from "./gru-cell.ts";
/** Initial values of parameters. @see torch.nn.init */
export * as init from "./init.ts";
export * from "./layer-norm.ts";
export * from "./linear.ts";
export * from "./loss.ts";
export * from "./lstm.ts";
export * from "./lstm-cell.ts";
export * from "./module.ts";
export * from "./parameter.ts";
export * from "./rnn.ts";
export { RecurrentBase, type RecurrentOptions } from "./rnn-base.ts";
export * from "./rnn-cell.ts";
/** Clipping of gradients, parameters as one vector, packed sequences. @see torch.nn.utils */
export * as utils from "./utils/index.ts";
