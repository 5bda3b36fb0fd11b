"""Shared by the scripts that record PyTorch: numbers, tensors and files as JSON holds them.

A tensor is {"shape": [...], "data": [flat row-major numbers]}, with "dtype" where it is not float32.
Non-finite numbers are the strings "NaN", "Infinity", "-Infinity".
"""
import json
import math
import os
import sys

import numpy as np
import torch

torch.set_num_threads(1)
OUT = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
os.makedirs(OUT, exist_ok=True)


def num(v):
    if isinstance(v, (bool, np.bool_)):
        return bool(v)
    if isinstance(v, (int, np.integer)):
        return int(v)
    v = float(v)
    if math.isnan(v):
        return "NaN"
    if math.isinf(v):
        return "Infinity" if v > 0 else "-Infinity"
    return v


def f32(v):
    """The shortest decimal that identifies the float32."""
    v = float(v)
    return float(str(np.float32(v))) if math.isfinite(v) else num(v)


def nine(v):
    """Nine digits, which identify a float32, too."""
    return float(f"{v:.9g}")


def dtype(t):
    return str(t.dtype)[6:]


def ten(t, real=f32):
    """`real` writes an element of a float32 tensor."""
    t = t.detach().contiguous()
    shape, flat = list(t.shape), t.reshape(-1).tolist()
    if t.dtype == torch.float32:
        return {"shape": shape, "data": [real(v) for v in flat]}
    return {"shape": shape, "dtype": dtype(t), "data": [num(v) for v in flat]}


def typed(t):
    """A tensor that always has its dtype; float32 elements as the doubles that they are."""
    return {"dtype": dtype(t), **ten(t, num)}


def dumps(obj):
    return json.dumps(obj, separators=(",", ":"), allow_nan=False)


def write(name, content):
    with open(os.path.join(OUT, name), "w") as f:
        f.write(content + "\n")
