// @ts-check
/**
 * The names of PyTorch 1.13 by section, and saiki's claims about them; `parity.mjs` compares the
 * claims with the types of the package.
 *
 * A line is `name[ = ours]: arguments  # remark`. The name and each argument are PyTorch's; ours is
 * the same in camelCase, or the name behind `=`. A `-` before a name or an argument says that saiki
 * lacks it; a missing name has a remark with the reason or the replacement.
 */

/** @typedef {{ title: string, torch: string, ours: string, lines: string }} Section */

const notNeeded = "recurrent models rarely need it";
const lossAbsent = "not there yet; a few tensor operations write it";

/** @type {Section[]} */
export const sections = [
  {
    title: "Recurrent layers and cells",
    torch: "torch.nn",
    ours: "nn",
    lines: `
RNNBase = RecurrentBase: mode=kind input_size hidden_size num_layers bias batch_first dropout bidirectional proj_size -device -dtype  # the abstract base of the three
RNN: input_size hidden_size num_layers nonlinearity bias batch_first dropout bidirectional -device -dtype
LSTM: input_size hidden_size num_layers bias batch_first dropout bidirectional proj_size -device -dtype
GRU: input_size hidden_size num_layers bias batch_first dropout bidirectional -device -dtype
RNNCellBase = CellBase: input_size hidden_size bias num_chunks=gates -device -dtype
RNNCell: input_size hidden_size bias nonlinearity -device -dtype
LSTMCell: input_size hidden_size bias -device -dtype
GRUCell: input_size hidden_size bias -device -dtype
- RNN.flatten_parameters  # weights are prepared inside each call; nothing is to be flattened
RNN.reset_parameters
RNN.all_weights
`,
  },
  {
    title: "Packed and padded sequences",
    torch: "torch.nn.utils.rnn",
    ours: "nn.utils.rnn",
    lines: `
PackedSequence: data batch_sizes sorted_indices unsorted_indices
pack_padded_sequence: input lengths batch_first enforce_sorted  # equal lengths keep their order; PyTorch's sort is not stable
pad_packed_sequence: sequence=packed batch_first padding_value total_length
pad_sequence: sequences batch_first padding_value
pack_sequence: sequences enforce_sorted  # equal lengths keep their order
unpack_sequence: packed_sequences=packed
unpad_sequence: padded_sequences=padded lengths batch_first
- invert_permutation  # an internal helper
`,
  },
  {
    title: "Gradients and parameter vectors",
    torch: "torch.nn.utils",
    ours: "nn.utils",
    lines: `
clip_grad_norm_: parameters=params max_norm norm_type error_if_nonfinite
clip_grad_value_: parameters=params clip_value=limit
parameters_to_vector: parameters=params
vector_to_parameters: vec=vector parameters=params
- clip_grad_norm  # deprecated in PyTorch; use clipGradNorm_
- weight_norm  # reparametrisations are not there
- spectral_norm  # reparametrisations are not there
skip_init: module_cls=make -args -kwargs  # takes a function that makes the module
`,
  },
  {
    title: "Initialisation",
    torch: "torch.nn.init",
    ours: "nn.init",
    lines: `
calculate_gain: nonlinearity param
uniform_: tensor=w a b
normal_: tensor=w mean std
trunc_normal_: tensor=w mean std a b
constant_: tensor=w val=value
ones_: tensor=w
zeros_: tensor=w
eye_: tensor=w
xavier_uniform_: tensor=w gain
xavier_normal_: tensor=w gain
kaiming_uniform_: tensor=w a mode nonlinearity
kaiming_normal_: tensor=w a mode nonlinearity
orthogonal_: tensor=w gain
- dirac_  # for convolutions
- sparse_  # ${notNeeded}
`,
  },
  {
    title: "Modules",
    torch: "torch.nn",
    ours: "nn",
    lines: `
Module
Module.parameters
Module.named_parameters
Module.buffers
Module.named_buffers
Module.children
Module.named_children
Module.modules
Module.named_modules
Module.state_dict
Module.load_state_dict: state_dict=state strict  # and assign, as in PyTorch 2
Module.train
Module.eval
Module.apply
Module.double
Module.float
Module.zero_grad
Module.requires_grad_
Module.extra_repr
- Module.register_buffer  # a property that holds an nn.Buffer
- Module.register_parameter  # a property that holds an nn.Parameter
- Module.register_forward_hook  # there are no hooks; wrap forward
Module.to  # a dtype; there are no devices
Parameter: data requires_grad
Sequential: args=modules
ModuleList: modules
- ModuleDict  # use named properties
- ParameterList  # use named properties
Linear: in_features out_features bias -device -dtype
Embedding: num_embeddings embedding_dim padding_idx -max_norm -norm_type -scale_grad_by_freq -sparse -device -dtype
Dropout: p -inplace
LayerNorm: normalized_shape eps elementwise_affine -device -dtype
Identity
`,
  },
  {
    title: "Activations",
    torch: "torch.nn",
    ours: "nn",
    lines: `
Tanh
ReLU: -inplace
Sigmoid
Softmax: dim
LogSoftmax: dim
- GELU, SiLU, Mish, Softplus  # not there yet; tensor operations write them
- LeakyReLU, ELU, CELU, SELU, PReLU, RReLU, ReLU6, GLU  # not there yet; tensor operations write them
- Hardtanh, Hardsigmoid, Hardswish, Hardshrink  # not there yet; clamp writes them
- Threshold, Softshrink, Tanhshrink, Softsign, Softmin, LogSigmoid  # not there yet; tensor operations write them
- Softmax2d, MultiheadAttention  # not for recurrent networks
`,
  },
  {
    title: "Losses",
    torch: "torch.nn",
    ours: "nn",
    lines: `
CrossEntropyLoss: weight ignore_index reduction label_smoothing
NLLLoss: weight ignore_index reduction
MSELoss: reduction
L1Loss: reduction
SmoothL1Loss: reduction beta
BCELoss: weight reduction
BCEWithLogitsLoss: weight reduction pos_weight
- HuberLoss  # not there yet; SmoothL1Loss with beta = delta, times delta, is the same
- KLDivLoss, PoissonNLLLoss, GaussianNLLLoss  # ${lossAbsent}
- CTCLoss  # not there yet
- HingeEmbeddingLoss, MultiLabelMarginLoss, SoftMarginLoss, MultiLabelSoftMarginLoss, MultiMarginLoss  # ${lossAbsent}
- CosineEmbeddingLoss, MarginRankingLoss, TripletMarginLoss, TripletMarginWithDistanceLoss  # ${lossAbsent}
`,
  },
  {
    title: "Functional forms",
    torch: "torch.nn.functional",
    ours: "nn.functional",
    lines: `
linear: input=x weight bias
embedding: input=index weight padding_idx -max_norm -norm_type -scale_grad_by_freq -sparse
dropout: input=x p training -inplace
layer_norm: input=x normalized_shape weight bias eps
tanh: input=x
sigmoid: input=x
relu: input=x -inplace
softmax: input=x dim -dtype
log_softmax: input=x dim -dtype
one_hot: tensor=index num_classes
cross_entropy: input target weight ignore_index reduction label_smoothing
cross_entropy(linear()) = linearCrossEntropy: input weight target bias weight=classWeight ignore_index reduction label_smoothing  # both in one, without the logits of all rows; mean and sum
nll_loss: input target weight ignore_index reduction
mse_loss: input target reduction
l1_loss: input target reduction
smooth_l1_loss: input target reduction beta
binary_cross_entropy: input target weight reduction
binary_cross_entropy_with_logits: input target weight reduction pos_weight
- huber_loss  # not there yet; smoothL1Loss with beta = delta, times delta, is the same
`,
  },
  {
    title: "Optimizers",
    torch: "torch.optim",
    ours: "optim",
    lines: `
Optimizer: params defaults
Optimizer.step
Optimizer.zero_grad
Optimizer.add_param_group
Optimizer.state_dict
Optimizer.load_state_dict
SGD: params lr momentum dampening weight_decay nesterov maximize -foreach -differentiable
Adam: params lr betas eps weight_decay amsgrad maximize -foreach -capturable -differentiable -fused
AdamW: params lr betas eps weight_decay amsgrad maximize -foreach -capturable
- RMSprop  # not there yet
- Adagrad  # not there yet
- Adadelta, Adamax, NAdam, RAdam, ASGD, Rprop  # ${notNeeded}
- LBFGS, SparseAdam  # ${notNeeded}; there are no sparse gradients
`,
  },
  {
    title: "Learning rate schedules",
    torch: "torch.optim.lr_scheduler",
    ours: "optim.lrScheduler",
    lines: `
_LRScheduler = LRScheduler: optimizer -last_epoch -verbose
StepLR: optimizer step_size gamma -last_epoch -verbose
MultiStepLR: optimizer milestones gamma -last_epoch -verbose
ExponentialLR: optimizer gamma -last_epoch -verbose
LambdaLR: optimizer lr_lambda=factor -last_epoch -verbose
LinearLR: optimizer start_factor end_factor total_iters -last_epoch -verbose
CosineAnnealingLR: optimizer T_max=tMax eta_min -last_epoch -verbose
- ReduceLROnPlateau  # not there yet
- OneCycleLR, CyclicLR, CosineAnnealingWarmRestarts  # not there yet; LambdaLR writes them
- ConstantLR, PolynomialLR, MultiplicativeLR  # not there yet; LambdaLR writes them
- SequentialLR, ChainedScheduler  # not there yet; LambdaLR writes them
`,
  },
  {
    title: "Making tensors",
    torch: "torch",
    ours: "",
    lines: `
tensor: data dtype requires_grad -device
zeros: dtype requires_grad -device  # sizes as arguments or as one array
ones: dtype requires_grad -device
empty: dtype requires_grad -device  # filled with zeros
full: size=shape fill_value=value dtype requires_grad -device
zeros_like: input=x dtype requires_grad
ones_like: input=x dtype requires_grad
empty_like: input=x dtype requires_grad
full_like: input=x fill_value=value dtype requires_grad
arange: start end step dtype requires_grad  # whole numbers give int64
linspace: start end steps dtype requires_grad
eye: n m dtype requires_grad
- logspace, from_numpy, as_tensor, complex  # tensor() takes numbers, nested arrays and typed arrays
`,
  },
  {
    title: "Random numbers",
    torch: "torch",
    ours: "",
    lines: `
manual_seed: seed  # the same streams as PyTorch on a CPU with AVX2
seed
initial_seed
get_rng_state
set_rng_state: new_state=bytes
Generator
Generator.manual_seed
Generator.get_state
Generator.set_state
rand: generator dtype requires_grad
randn: generator dtype requires_grad
rand_like: input=x dtype requires_grad
randn_like: input=x dtype requires_grad
randint: low high size=shape generator dtype requires_grad  # the low bound is always given
randperm: n generator dtype
normal: mean std generator
bernoulli: input=probs generator
multinomial: input=weights num_samples replacement generator
- poisson  # not there yet
`,
  },
  {
    title: "Functions of several tensors, comparison, modes",
    torch: "torch",
    ours: "",
    lines: `
cat: tensors dim
stack: tensors dim
where: condition x=a y=b
allclose: input=a other=b rtol atol equal_nan
equal: input=a other=b
no_grad  # takes a function: noGrad(() => …)
is_grad_enabled
set_printoptions = setPrintOptions: precision threshold edgeitems linewidth profile sci_mode
autograd.gradcheck = gradcheck: func=f inputs eps atol rtol raise_exception=raise
- enable_grad, set_grad_enabled, inference_mode  # noGrad() is all there is
- save, load  # safetensors instead, in saiki/io
- jit, compile, cuda, distributed  # not there
`,
  },
];

/** Names of `torch.Tensor` that saiki has; `torch=ours` where ours is not the camelCased name. */
export const tensorMembers = {
  "What it is":
    "shape dtype ndim dim numel size stride is_contiguous requires_grad grad grad_fn is_leaf",
  "Out of it": "item tolist",
  Gradients: "backward detach requires_grad_ retain_grad",
  "Element by element":
    "add sub mul div pow square neg exp log log1p sqrt sin cos abs sign reciprocal tanh sigmoid relu clamp maximum minimum eq ne lt le gt ge",
  Reductions:
    "sum mean prod var std norm logsumexp cumsum max min argmax argmin all any softmax log_softmax",
  Products: "matmul mm mv dot bmm addmm outer",
  Shape:
    "view reshape flatten transpose t T permute unsqueeze squeeze expand expand_as repeat flip tril triu contiguous clone",
  Types: "to float double long bool byte",
  Pieces: "select narrow unbind split chunk index_select gather masked_select masked_fill",
  "In place":
    "add_ sub_ mul_ div_ neg_ exp_ tanh_ sigmoid_ relu_ clamp_ masked_fill_ zero_ fill_ copy_ uniform_ normal_ bernoulli_ exponential_",
};

/** Members of our `Tensor` that PyTorch spells otherwise. */
export const tensorOwn = {
  at: "`x[i, 2:4, None]`: `x.at(i, [2, 4])`; `null` stands for `:`",
  slice: "`x[:, a:b:s]`, along one dimension",
  rsub: "`3 - x`",
  rdiv: "`3 / x`",
  rpow: "`3 ** x`",
  toTypedArray: "`x.numpy()`",
  toJSON: "`x.tolist()`, called by `JSON.stringify`",
  toString: "`str(x)`",
};

/** Public for the library's other folders only. */
export const internal = {
  Tensor: ["impl", "outputIndex", "setData", "mutate_", "update_"],
  "nn.functional": ["checkProbability"],
};
