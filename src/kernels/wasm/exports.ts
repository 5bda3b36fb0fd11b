/** The functions of the compiled module; `kernels/saiki_kernels.h` documents them. */

type Kernel = (...args: number[]) => void;
type Measure = (...args: number[]) => number;

export interface Exports {
  readonly memory: WebAssembly.Memory;
  readonly __heap_base: WebAssembly.Global;
  readonly saiki_gemm: Kernel;
  readonly saiki_gemm_workspace: Measure;
  readonly saiki_recurrent_forward: Kernel;
  readonly saiki_recurrent_backward: Kernel;
  readonly saiki_recurrent_workspace: Measure;
  readonly saiki_session_floats: Measure;
  readonly saiki_session_step: Kernel;
  readonly saiki_softmax: Kernel;
  readonly saiki_softmax_backward: Kernel;
  readonly saiki_log_softmax: Kernel;
  readonly saiki_log_softmax_backward: Kernel;
  readonly saiki_cross_entropy_forward: Kernel;
  readonly saiki_cross_entropy_backward: Kernel;
  readonly saiki_linear_cross_entropy: Kernel;
  readonly saiki_linear_cross_entropy_workspace: Measure;
  readonly saiki_layer_norm_forward: Kernel;
  readonly saiki_layer_norm_backward: Kernel;
  readonly saiki_embedding_forward: Kernel;
  readonly saiki_embedding_backward: Kernel;
  readonly saiki_unary: Kernel;
  readonly saiki_unary_backward: Kernel;
  readonly saiki_binary: Kernel;
  readonly saiki_axpy: Kernel;
  readonly saiki_sum: Kernel;
  readonly saiki_sgd: Kernel;
  readonly saiki_adam: Kernel;
  readonly saiki_sum_squares: Measure;
  readonly saiki_sum_abs: Measure;
  readonly saiki_max_abs: Measure;
  readonly saiki_mt_fill: Kernel;
  readonly saiki_uniform_fill: Kernel;
  readonly saiki_normal_fill: Kernel;
  readonly saiki_bernoulli_mask: Kernel;
}
