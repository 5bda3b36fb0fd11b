/** The functions of `kernels/node_api.c`: sizes first, then buffers, which they check. */

type Fn<Result = void> = (...args: readonly Argument[]) => Result;
type Argument = number | boolean | ArrayBufferView | null;

export interface Binding {
  /** What it was compiled from. */
  readonly sources: string;
  /**
   * Chooses the instruction set, the best of the processor where none is named.
   *
   * @param fail throws what a check of arguments found
   * @returns its name, or null where the processor lacks it
   */
  use(fail: (message: string) => never, set?: string): string | null;
  /** Of the whole process. */
  readonly setThreads: Fn;
  readonly workspaceBytes: Fn<number>;
  readonly gemm: Fn;
  readonly recurrentForward: Fn;
  readonly recurrentBackward: Fn;
  readonly sessionFloats: Fn<number>;
  readonly sessionStep: Fn;
  readonly softmax: Fn;
  readonly softmaxBackward: Fn;
  readonly logSoftmax: Fn;
  readonly logSoftmaxBackward: Fn;
  readonly crossEntropyForward: Fn;
  readonly crossEntropyBackward: Fn;
  readonly linearCrossEntropy: Fn;
  readonly layerNormForward: Fn;
  readonly layerNormBackward: Fn;
  readonly embeddingForward: Fn;
  readonly embeddingBackward: Fn;
  readonly unary: Fn;
  readonly unaryBackward: Fn;
  readonly binary: Fn;
  readonly axpy: Fn;
  readonly sum: Fn;
  readonly sgd: Fn;
  readonly adam: Fn;
  readonly sumSquares: Fn<number>;
  readonly sumAbs: Fn<number>;
  readonly maxAbs: Fn<number>;
  readonly mtFill: Fn;
  readonly uniformFill: Fn;
  readonly normalFill: Fn;
  readonly bernoulliMask: Fn;
}
