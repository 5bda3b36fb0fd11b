"""Write layer-norm.json: nn.LayerNorm's output, gradients and errors, from PyTorch on the CPU.

Usage:  python make_layer_norm_vectors.py [OUT_DIR]

Tensors are as in recording.py, all float32. `options` are the keyword arguments of nn.LayerNorm. Weight and
bias are drawn anew, so that their gradients differ from those of ones and zeros.
"""
import warnings

warnings.simplefilter("ignore")
import torch
import torch.nn as nn
import torch.nn.functional as F

import recording
from recording import dumps, nine, write


def ten(t):
    return recording.ten(t, nine)


def case(shape, normalized_shape, scale=1.0, offset=0.0, transposed=False, **options):
    layer = nn.LayerNorm(normalized_shape, **options)
    x = (torch.randn(shape) * scale + offset).requires_grad_()
    out = {"normalized_shape": normalized_shape, "options": options, "repr": repr(layer),
           "transposed": transposed, "initial": {k: ten(v) for k, v in layer.state_dict().items()}}
    with torch.no_grad():
        for p in layer.parameters():
            p.copy_(torch.randn(p.shape))
    y = layer(x.transpose(0, 1) if transposed else x)
    grad_output = torch.randn(y.shape)
    y.backward(grad_output)
    out.update(params={k: ten(v) for k, v in layer.state_dict().items()}, input=ten(x), output=ten(y),
               grad_output=ten(grad_output), grad_input=ten(x.grad),
               grads={k: ten(p.grad) for k, p in layer.named_parameters()})
    return out


def sentence(shape, normalized_shape, weight=None, bias=None):
    ones = lambda s: None if s is None else torch.ones(s)
    try:
        F.layer_norm(torch.ones(shape), normalized_shape, ones(weight), ones(bias))
    except RuntimeError as e:
        return {"input": shape, "normalized_shape": normalized_shape, "weight": weight, "bias": bias,
                "error": str(e)}
    raise AssertionError("no error")


torch.manual_seed(21)
CASES = [
    case((3, 5), 5),
    case((5,), 5),
    case((2, 3, 4), 4),
    case((2, 3, 4), [3, 4]),
    case((2, 3, 4), [2, 3, 4]),
    case((4, 3, 6), [6], transposed=True),
    case((3, 5), 5, elementwise_affine=False),
    case((3, 7), 7, eps=0.5),
    case((2, 40), 40, scale=30.0, offset=-4.0, eps=1e-6),
    # One element is its own mean, so the output is the bias. With the default eps PyTorch is off by
    # 6e-6, because it multiplies x and the mean by 1/√eps before it subtracts them.
    case((3, 1), 1, eps=1.0),
    case((2, 6), 6, scale=0.0, offset=2.0),
    case((0, 3), 3),
]
ERRORS = [
    sentence((2, 4), [5]),
    sentence((3,), [2, 3]),
    sentence((3, 2), [2, 3]),
    sentence((), [1]),
    sentence((2, 4), []),
    sentence((2, 4), [4], weight=[3]),
    sentence((2, 4), [4], bias=[4, 1]),
]
write("layer-norm.json", dumps({"cases": CASES, "errors": ERRORS}))
