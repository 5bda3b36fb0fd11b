/** The lookup table. */

import { ConfigError } from "../core/index.ts";
import type { Tensor } from "../tensor/index.ts";
import { noGrad, zeros } from "../tensor/index.ts";
import * as F from "./functional.ts";
import * as init from "./init.ts";
import { Module } from "./module.ts";
import { Parameter } from "./parameter.ts";

export interface EmbeddingOptions {
  /** A row that starts at zero and gets no gradient; negative counts from the end. */
  readonly paddingIdx?: number | null | undefined;
}

/**
 * Rows of a table by index: x int64 (…) gives (…, embeddingDim).
 *
 * `weight` (numEmbeddings, embeddingDim) starts standard normal.
 *
 * @throws IndexError when an index has no row
 * @see torch.nn.Embedding
 * @example
 * const table = new Embedding(10, 3);
 * console.log(table.forward(tensor([[1, 2], [4, 5]], { dtype: int64 })).shape);
 * // torch.Size([2, 2, 3])
 */
export class Embedding extends Module {
  readonly numEmbeddings: number;
  readonly embeddingDim: number;
  readonly paddingIdx: number | null;
  weight: Parameter;

  constructor(
    numEmbeddings: number,
    embeddingDim: number,
    { paddingIdx = null }: EmbeddingOptions = {},
  ) {
    super();
    if (paddingIdx !== null && (paddingIdx < -numEmbeddings || paddingIdx >= numEmbeddings)) {
      const said = "Padding_idx must be within num_embeddings";
      throw ConfigError.torch("Embedding", said, `There are ${numEmbeddings} rows`);
    }
    this.numEmbeddings = numEmbeddings;
    this.embeddingDim = embeddingDim;
    this.paddingIdx =
      paddingIdx !== null && paddingIdx < 0 ? paddingIdx + numEmbeddings : paddingIdx;
    this.weight = new Parameter(zeros(numEmbeddings, embeddingDim));
    this.resetParameters();
  }

  resetParameters(): void {
    init.normal_(this.weight);
    const { paddingIdx } = this;
    if (paddingIdx !== null) noGrad(() => this.weight.select(0, paddingIdx).zero_());
  }

  forward(index: Tensor): Tensor {
    return F.embedding(index, this.weight, { paddingIdx: this.paddingIdx });
  }

  override extraRepr(): string {
    const padding = this.paddingIdx === null ? "" : `, padding_idx=${this.paddingIdx}`;
    return `${this.numEmbeddings}, ${this.embeddingDim}${padding}`;
  }
}
