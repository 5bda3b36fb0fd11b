/** The functions of the compiled module; `kernels/saiki_kernels.h` documents them. */

type F = (...args: number[]) => void;
type Size = (...args: number[]) => number;

export interface Exports {
  readonly memory: WebAssembly.Memory;
  readonly __heap_base: WebAssembly.Global;
  readonly saiki_gemm: F;
  readonly saiki_gemm_workspace: Size;
  readonly saiki_rnn_workspace: Size;
  readonly saiki_rnn_forward: F;
  readonly saiki_rnn_backward: F;
  readonly saiki_softmax: F;
  readonly saiki_softmax_backward: F;
  readonly saiki_log_softmax: F;
  readonly saiki_log_softmax_backward: F;
  readonly saiki_cross_entropy_forward: F;
  readonly saiki_cross_entropy_backward: F;
  readonly saiki_embedding_forward: F;
  readonly saiki_embedding_backward: F;
  readonly saiki_unary: F;
  readonly saiki_unary_backward: F;
  readonly saiki_binary: F;
  readonly saiki_axpy: F;
  readonly saiki_sum: F;
  readonly saiki_sgd: F;
  readonly saiki_adam: F;
  readonly saiki_sum_squares: Size;
  readonly saiki_max_abs: Size;
  readonly saiki_mt_fill: F;
  readonly saiki_uniform_fill: F;
  readonly saiki_normal_fill: F;
  readonly saiki_bernoulli_mask: F;
}
