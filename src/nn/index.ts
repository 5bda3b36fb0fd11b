export * from "./activation.ts";
export type { LayerNormArguments } from "./checks.ts";
export * from "./containers.ts";
export * from "./embedding.ts";
/** Layers and losses as functions. @see torch.nn.functional */
export * as functional from "./functional.ts";
/** Initial values of parameters. @see torch.nn.init */
export * as init from "./init.ts";
export * from "./layer-norm.ts";
export * from "./linear.ts";
export * from "./loss.ts";
export * from "./module.ts";
export * from "./parameter.ts";
export * from "./recurrent/cells.ts";
export * from "./recurrent/gru.ts";
export { RecurrentBase, type RecurrentOptions } from "./recurrent/layer.ts";
export * from "./recurrent/lstm.ts";
export * from "./recurrent/rnn.ts";
/** Clipping of gradients, parameters as one vector, packed sequences. @see torch.nn.utils */
export * as utils from "./utils/index.ts";
