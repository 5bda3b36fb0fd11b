export { CharTokenizer } from "./char-tokenizer.ts";
export type { Tokenizer } from "./tokenizer.ts";
export { tokenizerFromJSON } from "./tokenizer-json.ts";
export { WordTokenizer, type WordTokenizerOptions } from "./word-tokenizer.ts";
