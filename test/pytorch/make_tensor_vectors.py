"""Write tensors.json: expressions, their inputs, outputs and gradients, from PyTorch on the CPU.

Usage:  /usr/bin/python3 make_tensor_vectors.py [OUT_DIR]

A case is {group, code, inputs, outputs, grad_outputs, grads, smooth}. `code` is the Python
expression; its counterpart in TypeScript stands under that key in src/ops/*.test.ts and
src/tensor/*.test.ts. Inputs are called a, b, c in order; in group "error" the case has the sentence
`error` instead of outputs. Tensors are as in recording.py, with their dtype. Real inputs of
differentiable cases are float64 and require gradients; `grads` has one entry per input (null: none).
`smooth` says that difference quotients exist, too: no ties and no kinks.
"""
import math
import warnings

import torch
import torch.nn.functional as F

from recording import dumps, typed as ten, write

warnings.simplefilter("ignore")
torch.manual_seed(20)
NAN, INF = math.nan, math.inf
CASES = []


def r(*shape):
    """Distinct numbers in (-2, 2), none near 0: no ties, no kinks."""
    n = math.prod(shape)
    grid = (torch.randperm(2 * n + 20)[:n].double() + 0.5) / (2 * n + 20)
    return ((4 * grid - 2) * 1000).round().add(0.25).div(1000).reshape(shape)


def pos(*shape):
    return r(*shape).abs() + 0.1


def unit(*shape):
    return r(*shape).abs() / 2.2 + 0.02


def f32(v):
    return torch.tensor(v, dtype=torch.float32)


def f64(v):
    return torch.tensor(v, dtype=torch.float64)


def i64(v):
    return torch.tensor(v, dtype=torch.int64)


def u8(v):
    return torch.tensor(v, dtype=torch.uint8)


def boo(v):
    return torch.tensor(v, dtype=torch.bool)


def case(group, code, *inputs, smooth=True, grad=True):
    xs = [x.clone() for x in inputs]
    wants = [grad and x.dtype == torch.float64 for x in xs]
    for x, w in zip(xs, wants):
        x.requires_grad_(w)
    y = eval(code, {"torch": torch, "F": F, "nan": NAN, "inf": INF, **dict(zip("abc", xs))})
    ys = [y] if isinstance(y, torch.Tensor) else list(y)
    c = {"group": group, "code": code, "inputs": [ten(x) for x in inputs], "outputs": [ten(t) for t in ys], "smooth": smooth}
    live = [t for t in ys if t.requires_grad]
    if live:
        seeds = [r(*t.shape) for t in live]
        grads = torch.autograd.grad(live, [x for x, w in zip(xs, wants) if w], seeds, allow_unused=True)
        found = iter(grads)
        c["grad_outputs"] = [ten(s) for s in seeds]
        c["grads"] = [ten(g) if w and (g := next(found)) is not None else None for w in wants]
    CASES.append(c)


def error(code, *inputs):
    """The first line of what the expression raises."""
    try:
        eval(code, {"torch": torch, "F": F, "nan": NAN, "inf": INF, **dict(zip("abc", (x.clone() for x in inputs)))})
    except Exception as e:
        CASES.append({"group": "error", "code": code, "inputs": [ten(x) for x in inputs], "error": str(e).split("\n")[0]})
        return
    raise AssertionError("no error from " + code)


def elementwise():
    g = "elementwise"
    for name in ("neg", "exp", "sin", "cos", "abs", "sign", "reciprocal", "tanh", "sigmoid", "relu", "square"):
        case(g, "a.%s()" % name, r(2, 3))
        case(g, "a.%s()" % name, r(1)[0])
        case(g, "a.%s()" % name, r(0, 2))
    for name in ("log", "log1p", "sqrt"):
        case(g, "a.%s()" % name, pos(2, 3))
    special = f64([0.0, -0.0, INF, -INF, NAN, 1.0, -1.0, 800.0, -800.0])
    for name in ("neg", "exp", "log", "log1p", "sqrt", "abs", "sign", "reciprocal", "tanh", "sigmoid", "relu"):
        case(g, "a.%s()" % name, special, smooth=False)
    for code in ("a + b", "a - b", "a * b", "torch.maximum(a, b)", "torch.minimum(a, b)"):
        for sa, sb in (((2, 3), (2, 3)), ((2, 3), (3,)), ((2, 1), (3,)), ((4, 1, 3), (2, 1)), ((), (2, 3)), ((2, 3), ()), ((0, 3), (1, 3)), ((1,), ())):
            case(g, code, r(*sa), r(*sb))
        case(g, code, f64([NAN, 1.0, NAN, INF]), f64([1.0, NAN, NAN, -INF]), smooth=False)
    for sa, sb in (((2, 3), (2, 3)), ((2, 3), (3,)), ((2, 1), (1, 3)), ((), (2, 2)), ((2, 2), ())):
        case(g, "a / b", r(*sa), pos(*sb))
        case(g, "a ** b", pos(*sa), r(*sb))
    case(g, "a / b", f64([1.0, -1.0, 0.0]), f64([0.0, 0.0, 0.0]), smooth=False)
    case(g, "a ** b", f64([0.0, 0.0, 0.0, 2.0]), f64([0.0, 2.0, 1.0, 0.0]), smooth=False)
    case(g, "a ** b", f64([-2.0, -1.0]), f64([3.0, 2.0]), grad=False)
    for code in ("torch.maximum(a, b)", "torch.minimum(a, b)"):
        case(g, code, f64([1.0, 2.0]), f64([1.0, 3.0]), smooth=False)
    for p in ("2", "3", "1", "0", "-1"):
        case(g, "a ** %s" % p, r(2, 3))
    case(g, "a ** 0.5", pos(3))
    case(g, "a ** 2", f64([0.0, -1.0]), smooth=False)
    case(g, "a ** 0", f64([0.0, NAN]), smooth=False)
    case(g, "a ** 1", f64([0.0, 3.0]), smooth=False)
    case(g, "2 ** a", r(2, 3))
    case(g, "0 ** a", pos(3), smooth=False)
    for code in ("a + 2", "a - 2", "2 - a", "a * 2", "a / 4", "4 / a", "a.clone()", "a.t() * a.t()", "a * a"):
        case(g, code, r(2, 3))
    for code in ("a.clamp(-0.5, 0.7)", "a.clamp(min=0.1)", "a.clamp(max=0.1)"):
        case(g, code, r(2, 4))
    case(g, "a.clamp(-0.5, 0.7)", f64([-0.5, 0.7, NAN, INF]), smooth=False)
    case(g, "a.clamp(2, 1)", f64([0.0, 1.5, 3.0]), smooth=False)
    case(g, "torch.where(a > 0, a, b)", r(2, 3), r(3))
    case(g, "torch.where(a > 0, a, b)", r(2, 1), r(3))
    case(g, "torch.where(a, b, c)", boo([[True], [False]]), r(2, 3), r(1, 3))
    case(g, "torch.where(a, b, c)", boo([True, False]), f64([1.0, NAN]), f64([INF, 2.0]), smooth=False)
    case(g, "a.expand(4, 3).exp()", r(3))
    case(g, "a.t().expand(2, 3, 2).tanh()", r(2, 3))
    case(g, "a.float() * 2", r(2, 3), smooth=False)
    for op in ("==", "!=", "<", "<=", ">", ">="):
        case(g, "a %s b" % op, f64([1.0, 2.0, 3.0, NAN]), f64([[2.0], [NAN]]), grad=False)
        case(g, "a %s 2" % op, i64([1, 2, 3]))


def kinds():
    g = "dtype"
    xs = {"f32": f32([1.5, -2.0]), "f64": f64([0.5, 3.0]), "i64": i64([3, -2]), "u8": u8([7, 200]), "bool": boo([True, False])}
    for k, a in xs.items():
        for b in xs.values():
            for op in ("+", "*"):
                case(g, "a %s b" % op, a, b, grad=False)
            case(g, "a / b", a, b, grad=False)
            if not (k == "bool" and b.dtype == torch.bool):
                case(g, "a - b" if torch.bool not in (a.dtype, b.dtype) else "torch.maximum(a, b)", a, b, grad=False)
            case(g, "torch.where(a > b, a, b)", a, b, grad=False)
            case(g, "torch.cat([a, b])", a, b, grad=False)
            case(g, "torch.stack([a, b])", a, b, grad=False)
            case(g, "a < b", a, b, grad=False)
        for code in ("a + 2", "a * 2.5", "a / 2", "a.sum()", "a.cumsum(0)", "a.prod()", "a.max()", "a.min()", "a.sum(0, keepdim=True)",
                     "a.long()", "a.float()", "a.double()", "a.bool()", "a.all()", "a.any()", "a.exp()", "a.tanh()", "a.sigmoid()", "a == 1", "a > 0.5",
                     "torch.where(a > 0, a, a)", "a.max(0)", "a ** 2", "a.flip(0)", "a.clone()", "a.repeat(2)", "a.log()", "a.sqrt()", "a.logsumexp(0)"):
            case(g, code, a, grad=False)
        if k != "bool":
            for code in ("-a", "a.sign()", "a - 1", "5 - a", "a.clamp(0, 3)", "a.relu()", "a.square()", "4 / a", "a.reciprocal()", "a.argmax()", "a.abs()", "a ** 0.5", "a.clamp(0.5, 2.5)", "a.clamp(max=1)"):
                case(g, code, a, grad=False)
    # Within a kind of number, a 0-dimensional tensor does not decide the result's type.
    zero = {"f32": f32(2.5), "f64": f64(0.1), "i64": i64(3), "bool": boo(True)}
    for a in xs.values():
        for b in zero.values():
            case(g, "a + b", a, b, grad=False)
            case(g, "a * b", b, a, grad=False)
            case(g, "a / b", a, b, grad=False)
    case(g, "a / b", i64([7, -7, 1]), i64([2, 2, 0]))
    case(g, "a.byte()", i64([1, 255, 256, -1]))
    case(g, "a.long()", f32([1.9, -1.9, -0.5]))
    case(g, "a.bool()", f32([0.0, -0.0, NAN, 0.1]))
    case(g, "a + b", u8([200, 100]), u8([100, 100]))
    case(g, "a ** b", i64([2, -3, 0]), i64([10, 3, 0]))
    case(g, "a ** b", i64([2, 1, -1, -1]), i64([-1, -1, -1, -2]))
    for op in ("==", "<"):
        case(g, "a %s b" % op, f32([0.1, 0.2]), f64(0.1), grad=False)
        case(g, "a %s b" % op, f32([0.1, 0.2]), f64([0.1, 0.2]), grad=False)
    case(g, "a.float().mean()", i64([1, 2, 4]))


def reduce():
    g = "reduce"
    for name in ("sum", "mean"):
        for args in ("", "0", "-1", "(0, 2)", "(2, 0)", "1, keepdim=True", "(0, 1, 2), keepdim=True", "(-1, 0), keepdim=True"):
            case(g, "a.%s(%s)" % (name, args), r(2, 3, 2))
        case(g, "a.%s()" % name, r(1)[0])
        case(g, "a.%s(0)" % name, r(1)[0])
        case(g, "a.%s()" % name, r(0, 2), smooth=False)
        case(g, "a.%s(0)" % name, r(0, 2), smooth=False)
        case(g, "a.%s(1)" % name, r(0, 2))
        case(g, "a.t().%s(0)" % name, r(2, 3))
        case(g, "a.expand(3, 2).%s(1)" % name, r(2))
    for name in ("std", "var"):
        for args in ("", "0", "(0, 2)", "1, keepdim=True"):
            case(g, "a.%s(%s)" % (name, args), r(3, 4, 2))
        case(g, "a.%s(1, unbiased=False)" % name, r(3, 4))
        case(g, "a.%s()" % name, f64([2.0]), grad=False)
        case(g, "a.%s()" % name, f64([2.0, 2.0]), smooth=False)
    case(g, "a.prod()", r(2, 3))
    case(g, "a.prod()", r(1)[0])
    case(g, "a.prod()", r(0))
    case(g, "a.prod()", f64([2.0, 0.0, 3.0]))
    case(g, "a.prod()", f64([2.0, 0.0, 0.0]))
    case(g, "a.norm()", r(2, 3))
    for p in ("1", "3", "inf", "2"):
        case(g, "a.norm(%s)" % p, r(2, 3))
    case(g, "a.norm(-inf)", r(2, 3))
    case(g, "a.norm(-inf)", f64([2.0, -1.0, 1.0]), smooth=False)
    case(g, "a.norm()", f64([0.0, 0.0]), smooth=False)
    case(g, "a.norm(1)", f64([0.0, -2.0]), smooth=False)
    case(g, "a.norm(3)", f64([0.0, 0.0]), smooth=False)
    case(g, "a.norm(3)", f64([0.0, -2.0]), smooth=False)
    case(g, "a.norm(1.5)", f64([0.0, -2.0]), smooth=False)
    case(g, "a.norm(inf)", f64([2.0, -2.0, 1.0]), smooth=False)
    case(g, "a.norm(0)", f64([0.0, -2.0, 1.0]), grad=False)
    for args in ("0", "-1", "1, keepdim=True"):
        case(g, "a.logsumexp(%s)" % args, r(2, 3))
    case(g, "a.logsumexp(0)", r(1)[0])
    case(g, "a.logsumexp(0)", f64([1000.0, 999.0]), smooth=False)
    case(g, "a.logsumexp(0)", f64([-INF, 1.0]), smooth=False)
    case(g, "a.logsumexp(0)", f64([-INF, -INF]), grad=False)
    case(g, "a.logsumexp(0)", f64([INF, 1.0]), grad=False)
    case(g, "a.logsumexp(0)", f64([NAN, 1.0]), grad=False)
    case(g, "a.logsumexp(1)", r(0, 2))
    for d in ("0", "1", "-1"):
        case(g, "a.cumsum(%s)" % d, r(2, 3, 2))
    case(g, "a.cumsum(0)", r(1)[0])
    case(g, "a.cumsum(0)", r(0, 2))
    for name in ("max", "min"):
        case(g, "a.%s()" % name, r(2, 3))
        case(g, "a.%s()" % name, r(1)[0])
        case(g, "a.%s()" % name, f64([3.0, 1.0, 3.0, 1.0]), smooth=False)
        case(g, "a.%s()" % name, f64([1.0, NAN, 3.0]), smooth=False)
        case(g, "a.%s()" % name, f64([NAN, 1.0, NAN]), smooth=False)
        for args in ("0", "-1", "1, keepdim=True"):
            case(g, "a.%s(%s)" % (name, args), r(2, 3, 2))
        case(g, "a.%s(0)" % name, r(1)[0])
        case(g, "a.%s(0)" % name, f64([3.0, 1.0, 3.0, 1.0]), smooth=False)
        case(g, "a.%s(0)" % name, f64([1.0, NAN, 3.0, NAN]), smooth=False)
        case(g, "a.%s(1)" % name, r(0, 2))
        case(g, "a.arg%s()" % name, f64([[1.0, 5.0], [5.0, 1.0]]), grad=False)
        case(g, "a.arg%s(1)" % name, f64([[1.0, 1.0], [5.0, NAN]]), grad=False)
        case(g, "a.arg%s(-1, keepdim=True)" % name, f64([[1.0, 2.0], [5.0, 3.0]]), grad=False)
        case(g, "a.t().arg%s()" % name, f64([[1.0, 2.0], [5.0, 3.0]]), grad=False)
        case(g, "a.arg%s()" % name, f64(2.0), grad=False)
        case(g, "a.arg%s(0)" % name, f64(2.0), grad=False)
    for x in ([True, True], [True, False], []):
        case(g, "a.all()", boo(x))
        case(g, "a.any()", boo(x))


def shape():
    g = "shape"
    for code in ("a.view(3, 2, 2)", "a.view(-1)", "a.reshape(4, -1)", "a.transpose(0, 1).reshape(-1)", "a.flatten()", "a.flatten(1)", "a.flatten(0, 1)",
                 "a.flatten(-2, -1)", "a.transpose(0, 2)", "a.transpose(-1, 0)", "a.permute(2, 0, 1)", "a.permute(-1, 0, 1)", "a.unsqueeze(0)", "a.unsqueeze(-1)",
                 "a.unsqueeze(2)", "a.flip(0)", "a.flip(0, 2)", "a.flip(-1)", "a.flip(0, 1, 2)", "a.tril()", "a.triu()", "a.tril(1)", "a.tril(-1)", "a.triu(1)", "a.triu(-1)",
                 "a.repeat(2, 1, 1)", "a.repeat(1, 2, 3)", "a.repeat(2, 1, 1, 2)", "a.repeat(0, 1, 1)", "a.unbind(0)", "a.unbind(1)", "a.unbind(-1)", "a.unbind(1)[1]",
                 "a.split(2, 1)", "a.split([1, 2], 1)", "a.split([0, 3], 1)", "a.split(5, 0)", "a.split(2, -2)[1]", "a.chunk(2, 1)", "a.chunk(5, 1)", "a.select(1, -1)",
                 "a.narrow(1, 1, 2)", "a.narrow(1, -2, 1)", "a.narrow(0, 2, 0)", "a.transpose(0, 1).contiguous()", "torch.cat([a, a], 1)", "torch.stack([a, a], 1)",
                 "torch.stack([a, a], -1)", "torch.cat([a.transpose(0, 2), a.transpose(0, 2)], -1)", "a.expand(2, -1, -1, -1)", "a.expand_as(a)"):
        case(g, code, r(2, 3, 2))
    for code in ("a.t()", "a.T", "a.expand(4, 2, 3)", "a.tril()", "a.triu(2)", "a.repeat(2, 2)"):
        case(g, code, r(2, 3))
    case(g, "a.t()", r(3))
    case(g, "a.expand(2, 3)", r(1, 3))
    case(g, "a.expand(2, 3)", r(3))
    case(g, "a.expand(2, 3)", r(1)[0])
    case(g, "a.expand(0, 3)", r(1, 3), smooth=False)
    case(g, "a.expand(3, -1, 4)", r(2, 1))
    case(g, "a.squeeze()", r(1, 2, 1, 3))
    case(g, "a.squeeze(0)", r(1, 2, 1, 3))
    case(g, "a.squeeze(1)", r(1, 2, 1, 3))
    case(g, "a.squeeze(-2)", r(1, 2, 1, 3))
    for code in ("a.squeeze()", "a.flatten()", "a.reshape(1, 1)", "a.view(1)", "a.unsqueeze(0)", "a.t()", "a.squeeze(0)", "a.repeat(2)",
                 "a.transpose(0, -1)"):
        case(g, code, r(1)[0])
    for code in ("a.reshape(-1)", "a.reshape(2, 0)", "a.flatten()", "a.unbind(1)", "a.repeat(1, 2)", "a.flip(1)", "a.tril()", "a.view(3, 0)", "a.split(1, 0)", "a.chunk(2, 0)",
                 "torch.cat([a, a])"):
        case(g, code, r(0, 2), smooth=False)
    case(g, "torch.cat([a, b])", r(2, 2), r(3, 2))
    case(g, "torch.cat([a, b], -1)", r(2, 2), r(2, 1))
    case(g, "torch.cat([a, b, c], 1)", r(2, 1), r(2, 0), r(2, 2))
    case(g, "torch.cat([a, b])", r(0), r(3, 2))
    case(g, "torch.stack([a, b])", r(2, 2), r(2, 2))
    case(g, "torch.stack([a, b])", r(1)[0], r(1)[0])


def matmul():
    g = "matmul"
    for sa, sb in (((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((1, 3), (3, 1)), ((2, 2, 3), (3, 4)), ((2, 2, 3), (3,)), ((2, 2, 3), (2, 3, 4)),
                   ((3,), (2, 3, 4)), ((2, 3), (4, 3, 2)), ((2, 1, 2, 3), (3, 3, 2)), ((1, 2, 3), (2, 3, 2)), ((0, 3), (3, 2)), ((2, 0), (0, 3)), ((2, 3), (3, 0)),
                   ((0,), (0,)), ((2, 0, 3), (3, 2)), ((0, 2, 3), (0, 3, 2))):
        case(g, "a @ b", r(*sa), r(*sb), smooth=0 not in sa + sb)
    case(g, "a.mm(b)", r(2, 3), r(3, 2))
    case(g, "a.mv(b)", r(2, 3), r(3))
    case(g, "a.dot(b)", r(3), r(3))
    case(g, "a.bmm(b)", r(2, 2, 3), r(2, 3, 2))
    case(g, "torch.outer(a, b)", r(2), r(3))
    for code in ("a.t() @ b", "a.t() @ b[:, 1:]", "b.t() @ a[:, :2]", "b[::2] @ a[:2].t()"):
        case(g, code, r(3, 3), r(3, 3))
    case(g, "a.expand(2, 3) @ b", r(3), r(3, 2))
    case(g, "a.expand(2, 3) @ b", r(1, 3), r(3, 2))
    case(g, "a.expand(2, 3) @ b", r(2, 1), r(3, 2))
    case(g, "a @ b.transpose(-1, -2)", r(2, 2, 3), r(2, 4, 3))
    case(g, "a.transpose(0, 1) @ b", r(3, 2, 3), r(3, 2))
    case(g, "a @ a.t()", r(2, 3))
    for sc in ((2, 4), (4,), (2, 1), ()):
        case(g, "torch.addmm(a, b, c)", r(*sc), r(2, 3), r(3, 4))
        case(g, "torch.addmm(a, b, c, alpha=0.5, beta=2)", r(*sc), r(2, 3), r(3, 4))
    case(g, "torch.addmm(a, b, c, beta=0)", f64([[NAN, 1.0], [INF, 2.0]]), r(2, 3), r(3, 2), smooth=False)
    case(g, "torch.addmm(a, b, c, alpha=0)", r(2, 2), r(2, 3), r(3, 2))
    case(g, "torch.addmm(a, b, c)", r(2, 2), r(2, 0), r(0, 2), smooth=False)
    for sx in ((3,), (2, 3), (2, 2, 3), (0, 3)):
        case(g, "F.linear(a, b, c)", r(*sx), r(4, 3), r(4), smooth=0 not in sx)
        case(g, "F.linear(a, b)", r(*sx), r(4, 3), smooth=0 not in sx)
    case(g, "F.linear(a.t(), b.t(), c)", r(3, 2), r(3, 4), r(4))


def rows():
    g = "rows"
    for name in ("softmax", "log_softmax"):
        for d in ("0", "1", "-1"):
            case(g, "a.%s(%s)" % (name, d), r(2, 3, 2))
        case(g, "a.%s(0)" % name, r(1)[0])
        case(g, "a.%s(1)" % name, r(0, 3))
        case(g, "a.%s(0)" % name, r(0, 3))
        case(g, "a.t().%s(0)" % name, r(2, 3))
        case(g, "a.%s(0)" % name, f64([1000.0, 999.0, -1000.0]), smooth=False)
        case(g, "a.%s(0)" % name, f64([-INF, 1.0, 2.0]), smooth=False)
        case(g, "a.%s(0)" % name, f64([-INF, -INF]), grad=False)
        case(g, "a.%s(0)" % name, f64([INF, 1.0]), grad=False)
        case(g, "a.%s(0)" % name, f64([NAN, 1.0]), grad=False)


def loss():
    g = "loss"
    for red in ("mean", "sum", "none"):
        for code, a, b in (("F.mse_loss(a, b, reduction='%s')", r(2, 3), r(2, 3)), ("F.smooth_l1_loss(a, b, reduction='%s')", r(2, 3), r(2, 3)),
                           ("F.smooth_l1_loss(a, b, beta=0.3, reduction='%s')", r(2, 3), r(2, 3)),
                           ("F.binary_cross_entropy(a, b, reduction='%s')", unit(2, 3), unit(2, 3)),
                           ("F.binary_cross_entropy_with_logits(a, b, reduction='%s')", r(2, 3), unit(2, 3))):
            case(g, code % red, a, b)
        case(g, "F.binary_cross_entropy_with_logits(a, b, pos_weight=c.detach(), reduction='%s')" % red, r(2, 3), unit(2, 3), pos(3))
        for x, t in ((r(4, 3), [0, 2, 1, 2]), (r(3), 1), (r(2, 3, 2), [[0, 1], [2, 2]])):
            case(g, "F.cross_entropy(a, b, reduction='%s')" % red, x, i64(t))
            case(g, "F.cross_entropy(a, b, c.detach(), label_smoothing=0.1, ignore_index=1, reduction='%s')" % red, x, i64(t) if x.dim() > 1 else i64(2), pos(3))
            case(g, "F.nll_loss(a, b, c.detach(), ignore_index=0, reduction='%s')" % red, x, i64(t), pos(3))
    case(g, "F.binary_cross_entropy(a, b, reduction='none')", f64([0.0, 1.0, 0.0, 1.0]), f64([0.0, 1.0, 1.0, 0.0]), grad=False)
    case(g, "F.cross_entropy(a, b, reduction='mean')", f64([[1000.0, -1000.0], [0.0, 900.0]]), i64([1, 1]), smooth=False)
    case(g, "F.cross_entropy(a, b, ignore_index=1, reduction='mean')", r(2, 3), i64([1, 1]), smooth=False)


def indexing():
    g = "indexing"
    for code in ("a[1]", "a[-1]", "a[:, -1]", "a[:, -1, 0:2]", "a[..., 1:]", "a[0, 1:3]", "a[:, ::2]", "a[:, 1:100]", "a[:, -2:]", "a[:, :-1]", "a[:, 3:1]", "a[0, 0, 0]",
                 "a[1:, 1][:, 1]", "a.index_select(1, torch.tensor([2, 0, 0]))", "a.index_select(-1, torch.tensor([1]))", "a[torch.tensor([1, 0, 1])]", "a[:, torch.tensor([[0, -1], [2, 2]])]",
                 "a[1, torch.tensor([0, 2])]", "a[torch.tensor([1, -1]), 1]", "a[:, torch.tensor([], dtype=torch.int64)]", "a[torch.tensor(1)]",
                 "a[a > 0]", "a[torch.tensor([True, False])]", "a[:, torch.tensor([True, False, True])]", "a[torch.tensor([[True, False, True], [False, True, True]])]",
                 "a[1, torch.tensor([True, False, True])]", "a[1, torch.tensor([[True, False, True, True], [False] * 4, [False, True, False, False]])]",
                 "a.masked_select(a > 0)", "a.masked_select(a > 100)", "a.masked_fill(a > 0, 3.5)",
                 "a.gather(1, torch.tensor([[[0, 1, 2, 0]], [[2, 2, 0, 1]]]))", "a.gather(-1, torch.tensor([[[3, 3], [0, 0], [1, 1]], [[0, 1], [1, 2], [2, 3]]]))",
                 "a.gather(2, torch.tensor([[[3], [0]]]))", "a.gather(0, torch.tensor([[[1, 0], [1, 1]]]))",
                 "a.masked_select(torch.tensor([True, False, True, False]))", "a.transpose(0, 2)[:, torch.tensor([2, 0])]", "a.transpose(0, 1)[:, :, 1:3][torch.tensor([2, 0, 2])]"):
        case(g, code, r(2, 3, 4))
    case(g, "a.masked_fill(torch.tensor([True, False, True, False]), -inf)", r(2, 3, 4), smooth=False)
    case(g, "a.gather(0, torch.tensor([2, 2, 0]))", r(3))
    case(g, "a.index_select(0, torch.tensor([1, 1]))", r(3))
    case(g, "F.embedding(torch.tensor([[1, 0], [1, 2]]), a)", r(3, 2))
    case(g, "F.embedding(torch.tensor([[1, 0], [1, 2]]), a, padding_idx=1)", r(3, 2), smooth=False)
    case(g, "F.embedding(torch.tensor([[1, 0], [1, 2]]), a.t())", r(2, 3))
    case(g, "a[torch.tensor([2, 0, 1])]", i64([10, 20, 30]))
    case(g, "a.masked_fill(a > 10, 0)", i64([10, 20, 30]))


def errors():
    b, i, v, m, x, one = boo([True, False]), i64([1, 2]), r(2), r(2, 3), r(2, 3, 4), r(1)[0]
    for code in ("-a", "a - a", "5 - a", "a - 1", "a.relu()", "a.abs()", "a ** a"):
        error(code, b)
    error("a - b", b, i)
    error("a + b", x, v)
    error("a.add_(b)", m, x[0, :1].expand(2, 2, 4)[:, :, :3])
    error("a.add_(0.5)", i)
    error("a.div_(2)", i)
    error("a.add_(1)", b)
    error("a ** -1", i)
    for code in ("a.mean()", "a.std()", "a.var()", "a.norm()"):
        error(code, i)
    error("a.gather(1, b)", m, i64([[0], [0], [0]]))
    error("a.gather(1, b)", m, i64([0]))
    error("a.gather(1, b)", m, i64([[3]]))
    error("a.gather(1, b)", m, i64([[-1]]))
    error("a.expand(3).add_(1)", r(1))
    error("a.expand(3).normal_()", r(1))
    error("a.expand(2, 3)", x)
    error("a.expand(2, 3, 5)", x)
    error("a.expand(-1, 3)", r(3))
    error("torch.cat([a, b])", v, m)
    error("torch.cat([a, b])", m, r(2, 2))
    error("torch.cat([a])", one)
    error("torch.stack([a, b])", m, v)
    error("a.max(5)", m)
    for name in ("max", "argmax", "min", "argmin"):
        error("a.%s()" % name, r(0))
        error("a.%s(0)" % name, r(0, 2))
    error("a @ b", m, r(2, 3))
    error("a @ b", v, r(3, 2))
    error("a @ b", x, r(2, 3))
    error("a @ b", x, r(3, 4, 2))
    error("a @ b", m.float(), r(3, 2))
    error("a @ b", one, v)
    error("a.bmm(b)", x, r(2, 3, 4))
    error("a.bmm(b)", x, r(3, 4, 4))
    error("a.dot(b)", v, r(3))
    error("a.dot(b)", m, v)
    error("a.sum((0, 0))", m)
    error("a.sum((0, 1, -2))", x)
    error("a.flip(0, 0)", x)
    for code in ("a[2]", "a[:, 3]", "a[:, :, -5]", "a[1, 3]", "a[0, 0, 0, 0]", "a[0, torch.tensor([3])]", "a[:, torch.tensor([0.5])]", "a[torch.tensor([True, False, True])]",
                 "a[:, torch.tensor([True, False])]", "a[torch.tensor([[True, False], [True, True]])]", "a[:, :, 0:4:-1]", "a.select(0, 2)", "a.narrow(0, 1, 2)", "a.narrow(0, 0, -1)",
                 "a.index_select(0, torch.tensor([2]))", "a.index_select(0, torch.tensor([-1]))", "a.index_select(0, torch.tensor([[0]]))", "a.unbind(3)", "a.softmax(3)",
                 "a.masked_fill(torch.tensor([True, False]), 0)", "a.masked_select(torch.tensor([1, 0, 1, 0]))", "a.split(-1)", "a.split([1, 2])", "a.split(0)", "a.split(0, 1)", "a.chunk(0)",
                 "a.permute(0, 1)", "a.permute(0, 1, 1)", "a.view(5, -1)", "a.view(-1, -1)", "a.view(5)", "a.reshape(7, 2)", "a.transpose(0, 1).view(-1)", "a.transpose(0, 3)", "a.t()", "a.repeat(2)",
                 "a.unsqueeze(5)", "a.squeeze(3)", "a.flatten(2, 1)", "a.cumsum(3)"):
        error(code, x)
    error("a[0]", one)
    error("a.select(0, 0)", one)
    error("a.unbind(0)", one)
    error("a.item()", v)
    error("a.view(-1, 0)", r(0, 2))
    error("torch.zeros(2, -1)")
    error("torch.arange(0, 1, 0)")
    error("torch.arange(3, 0)")
    error("torch.addmm(a, b, c)", m, m, m)


for run in (elementwise, kinds, reduce, shape, matmul, rows, loss, indexing, errors):
    run()
write("tensors.json", "[\n" + ",\n".join(dumps(c) for c in CASES) + "\n]")
print("tensors.json: %d cases, torch %s" % (len(CASES), torch.__version__))
