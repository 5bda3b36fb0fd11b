/** The lookup table. */

import { ConfigError } from "../core/index.ts";
import type { Tensor } from "../tensor/index.ts";
import { noGrad, zeros } from "../tensor/index.ts";
import * as F from "./functional.ts";
import * as init from "./init.ts";
import { Module } from "./module.ts";
import { Parameter } from "./parameter.ts";

/** Options of {@link Embedding}. */
export interface EmbeddingOptions {
  /**
   * A row that starts at zero and gets no gradient; negative counts from the end; none by default.
   */
  readonly paddingIdx?: number | null | undefined;
}

/**
 * Rows of a table by index: x int64 (…) gives (…, embeddingDim).
 *
 * `weight` (numEmbeddings, embeddingDim) starts standard normal.
 *
 * @throws IndexError when an index has no row
 * @throws DTypeError when the indices are not int64
 * @see torch.nn.Embedding
 * @example
 * const table = new nn.Embedding(10, 3);
 * const words = torch.tensor([[1, 2], [4, 5]], { dtype: torch.int64 });
 * console.log(table.forward(words).shape); // torch.Size([2, 2, 3])
 */
export class Embedding extends Module {
  /** The number of rows. */
  readonly numEmbeddings: number;
  /** The size of a row. */
  readonly embeddingDim: number;
  /** The row without gradient, counted from 0, or null. */
  readonly paddingIdx: number | null;
  /** The table (numEmbeddings, embeddingDim). */
  weight: Parameter;

  /**
   * Makes a table of `numEmbeddings` rows of size `embeddingDim`.
   *
   * @throws ConfigError when `paddingIdx` is no row
   */
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

  /** Draws the table standard normal, except for the padding row, which becomes zero. */
  resetParameters(): void {
    init.normal_(this.weight);
    const { paddingIdx } = this;
    if (paddingIdx !== null) noGrad(() => this.weight.select(0, paddingIdx).zero_());
  }

  /**
   * The rows of the indices: int64 (…) gives (…, embeddingDim).
   *
   * @throws IndexError when an index has no row
   * @throws DTypeError when the indices are not int64
   */
  forward(index: Tensor): Tensor {
    return F.embedding(index, this.weight, { paddingIdx: this.paddingIdx });
  }

  /** The table's sizes, as the module's text shows them. */
  override extraRepr(): string {
    const padding = this.paddingIdx === null ? "" : `, padding_idx=${this.paddingIdx}`;
    return `${this.numEmbeddings}, ${this.embeddingDim}${padding}`;
  }
}
