export * as rnn from "../recurrent/packed.ts";
export * from "./clip-grad.ts";
export * from "./convert.ts";
