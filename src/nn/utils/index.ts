export * from "./clip-grad.ts";
export * from "./convert.ts";
export * as rnn from "./rnn.ts";
