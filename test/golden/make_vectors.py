"""Write JSON reference vectors produced by PyTorch (CPU, float32).

Usage:  python make_vectors.py OUT_DIR

Conventions used by every file
------------------------------
* A tensor is {"shape": [...], "data": [flat row-major numbers]} (plus "dtype" when it is
  not float32).  float32 numbers are printed with the shortest decimal that identifies the
  float32, so parse as double and round to float32 to recover the exact bits.
* Non-finite numbers are the strings "NaN", "Infinity", "-Infinity".
* "sha256" fields hash the little-endian bytes of the contiguous data.
* "capability" in meta.json says which CPU kernels produced the file: float32 random
  normals (16 or more elements), uniform_ with general bounds and the optimisers depend on
  fused multiply-add being used ("AVX2"/"AVX512") or not ("NO AVX"/"DEFAULT").
"""
import base64
import hashlib
import io
import json
import math
import os
import sys
import warnings

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.rnn import (PackedSequence, pack_padded_sequence, pack_sequence,
                                pad_packed_sequence, pad_sequence)

torch.set_num_threads(1)
OUT = sys.argv[1] if len(sys.argv) > 1 else "."
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
    v = float(v)
    if not math.isfinite(v):
        return num(v)
    return float(str(np.float32(v)))


def ten(t):
    t = t.detach().contiguous()
    name = str(t.dtype)[6:]
    if t.dtype == torch.float32:
        return {"shape": list(t.shape), "data": [f32(x) for x in t.reshape(-1).tolist()]}
    return {"shape": list(t.shape), "dtype": name, "data": [num(x) for x in t.reshape(-1).tolist()]}


def sha(t):
    return hashlib.sha256(t.detach().contiguous().numpy().tobytes()).hexdigest()


def write(name, obj):
    with open(os.path.join(OUT, name), "w") as f:
        json.dump(obj, f, separators=(",", ":"), allow_nan=False, ensure_ascii=True)
        f.write("\n")


def named(m):
    return {k: ten(p) for k, p in m.named_parameters()}


def grads(m):
    return {k: ten(p.grad) for k, p in m.named_parameters()}


# --------------------------------------------------------------------------- layers
def layer_case(name, cls, I, H, L=1, seed=0, T=4, B=3, kind="batched", lengths=None,
               enforce_sorted=True, h0=False, train_seed=None, **kw):
    torch.manual_seed(seed)
    m = cls(I, H, L, **kw)
    bf = kw.get("batch_first", False)
    D = 2 if kw.get("bidirectional") else 1
    P = kw.get("proj_size", 0) or H
    torch.manual_seed(seed + 1000)
    if kind == "unbatched":
        x = torch.randn(T, I)
        hs, cs = (L * D, P), (L * D, H)
    else:
        x = torch.randn(B, T, I) if bf else torch.randn(T, B, I)
        hs, cs = (L * D, B, P), (L * D, B, H)
    x.requires_grad_()
    init = None
    if h0:
        init = [torch.randn(hs).requires_grad_()]
        if cls is nn.LSTM:
            init.append(torch.randn(cs).requires_grad_())
    arg = None if init is None else (tuple(init) if cls is nn.LSTM else init[0])
    if train_seed is not None:
        torch.manual_seed(train_seed)
    else:
        m.eval()
    c = {"name": name, "type": cls.__name__, "input_size": I, "hidden_size": H, "num_layers": L,
         "options": kw, "seed": seed, "kind": kind, "repr": repr(m), "params": named(m), "input": ten(x)}
    if train_seed is not None:
        c["train_seed"] = train_seed
        c["note"] = "module in training mode; dropout masks use the mt19937 Bernoulli path"
    if init is not None:
        c["h0"] = ten(init[0])
        if len(init) > 1:
            c["c0"] = ten(init[1])
    if kind == "packed":
        inp = pack_padded_sequence(x, lengths, batch_first=bf, enforce_sorted=enforce_sorted)
        c["lengths"] = lengths
        c["enforce_sorted"] = enforce_sorted
        c["packed_input"] = {"data": ten(inp.data), "batch_sizes": inp.batch_sizes.tolist(),
                             "sorted_indices": None if inp.sorted_indices is None else inp.sorted_indices.tolist(),
                             "unsorted_indices": None if inp.unsorted_indices is None else inp.unsorted_indices.tolist()}
        out, hn = m(inp, arg)
        c["packed_output"] = ten(out.data)
        y, ol = pad_packed_sequence(out, batch_first=bf)
        c["output_lengths"] = ol.tolist()
    else:
        y, hn = m(x, arg)
    hn = list(hn) if isinstance(hn, tuple) else [hn]
    c["output"] = ten(y)
    c["hn"] = ten(hn[0])
    if len(hn) > 1:
        c["cn"] = ten(hn[1])
    torch.manual_seed(seed + 2000)
    gy = torch.randn(y.shape)
    gh = [torch.randn(h.shape) for h in hn]
    c["grad_output"] = ten(gy)
    c["grad_hn"] = ten(gh[0])
    if len(gh) > 1:
        c["grad_cn"] = ten(gh[1])
    loss = (y * gy).sum()
    for h, g in zip(hn, gh):
        loss = loss + (h * g).sum()
    c["loss"] = f32(loss.item())
    loss.backward()
    c["grads"] = grads(m)
    c["grad_input"] = ten(x.grad)
    if init is not None:
        c["grad_h0"] = ten(init[0].grad)
        if len(init) > 1:
            c["grad_c0"] = ten(init[1].grad)
    return c


def layers():
    cs = []
    for cls in (nn.RNN, nn.LSTM, nn.GRU):
        n = cls.__name__.lower()
        add = lambda tag, *a, **k: cs.append(layer_case(n + "-" + tag, cls, *a, seed=len(cs), **k))
        add("basic", 3, 4)
        add("size1", 1, 1, T=1, B=1)
        add("h0", 3, 4, h0=True)
        add("nobias", 3, 4, bias=False, h0=True)
        add("2layer", 3, 4, 2)
        add("3layer-h0", 2, 3, 3, h0=True)
        add("bidir", 3, 4, bidirectional=True)
        add("bidir-2layer-h0", 3, 4, 2, bidirectional=True, h0=True)
        add("bidir-3layer-nobias-bf", 2, 3, 3, bidirectional=True, bias=False, batch_first=True, h0=True)
        add("bf", 3, 4, batch_first=True)
        add("bf-2layer-h0", 3, 4, 2, batch_first=True, h0=True)
        add("unbatched", 3, 4, kind="unbatched")
        add("unbatched-bidir-2layer-h0", 3, 4, 2, kind="unbatched", bidirectional=True, h0=True)
        add("unbatched-bf", 3, 4, kind="unbatched", batch_first=True)
        add("packed-sorted", 3, 4, kind="packed", lengths=[4, 3, 1])
        add("packed-unsorted-h0", 3, 4, kind="packed", lengths=[2, 4, 3], enforce_sorted=False, h0=True)
        add("packed-bidir-2layer-h0", 3, 4, 2, kind="packed", lengths=[2, 4, 1], enforce_sorted=False,
            bidirectional=True, h0=True)
        add("packed-bf-ties", 2, 3, B=5, kind="packed", lengths=[2, 4, 2, 4, 1], enforce_sorted=False, batch_first=True)
        add("packed-3layer-bidir-nobias", 2, 3, 3, kind="packed", lengths=[1, 3, 2], T=3, enforce_sorted=False,
            bidirectional=True, bias=False)
        add("dropout-train", 3, 4, 3, dropout=0.4, train_seed=77)
        add("dropout-train-bidir-packed", 3, 4, 2, dropout=0.25, bidirectional=True, kind="packed",
            lengths=[2, 4, 3], enforce_sorted=False, train_seed=78)
        add("dropout-train-bf", 3, 4, 2, dropout=0.5, batch_first=True, train_seed=79)
        add("longer", 2, 5, T=25, B=1)
        add("wide", 5, 16, T=3, B=2, bidirectional=False, h0=True)
        if cls is nn.RNN:
            add("relu", 3, 4, nonlinearity="relu")
            add("relu-2layer-bidir-h0", 3, 4, 2, nonlinearity="relu", bidirectional=True, h0=True)
            add("relu-packed", 3, 4, nonlinearity="relu", kind="packed", lengths=[2, 4, 3], enforce_sorted=False)
            add("relu-nobias-unbatched", 3, 4, nonlinearity="relu", bias=False, kind="unbatched")
        if cls is nn.LSTM:
            add("proj", 3, 5, proj_size=2)
            add("proj-2layer-bidir-h0", 3, 5, 2, proj_size=2, bidirectional=True, h0=True)
            add("proj-nobias-bf", 3, 5, proj_size=2, bias=False, batch_first=True)
            add("proj-unbatched-h0", 3, 5, proj_size=2, kind="unbatched", h0=True)
            add("proj-packed-bidir", 3, 5, proj_size=2, kind="packed", lengths=[2, 4, 3], enforce_sorted=False,
                bidirectional=True, h0=True)
            add("proj-dropout-train", 3, 5, 2, proj_size=2, dropout=0.3, train_seed=80)
    write("layers.json", cs)
    return len(cs)


def cells():
    cs = []
    for cls, kw in ((nn.RNNCell, {}), (nn.RNNCell, {"nonlinearity": "relu"}), (nn.LSTMCell, {}), (nn.GRUCell, {})):
        for bias in (True, False):
            for unb in (False, True):
                for h0 in (True, False):
                    seed = 500 + len(cs)
                    torch.manual_seed(seed)
                    m = cls(3, 4, bias=bias, **kw)
                    torch.manual_seed(seed + 1000)
                    x = torch.randn((3,) if unb else (2, 3)).requires_grad_()
                    h = [torch.randn((4,) if unb else (2, 4)).requires_grad_() for _ in range(2 if cls is nn.LSTMCell else 1)] if h0 else None
                    r = m(x, None if h is None else (tuple(h) if cls is nn.LSTMCell else h[0]))
                    r = list(r) if isinstance(r, tuple) else [r]
                    g = [torch.randn(q.shape) for q in r]
                    sum((a * b).sum() for a, b in zip(r, g)).backward()
                    c = {"type": cls.__name__, "input_size": 3, "hidden_size": 4, "options": dict(kw, bias=bias), "seed": seed,
                         "repr": repr(m), "params": named(m), "input": ten(x), "output": [ten(q) for q in r],
                         "grad_output": [ten(q) for q in g], "grads": grads(m), "grad_input": ten(x.grad)}
                    if h:
                        c["hidden"] = [ten(q) for q in h]
                        c["grad_hidden"] = [ten(q.grad) for q in h]
                    cs.append(c)
    write("cells.json", cs)
    return len(cs)


# --------------------------------------------------------------------------- packing
def packing():
    def ps(p):
        return {"data": ten(p.data), "batch_sizes": p.batch_sizes.tolist(),
                "sorted_indices": None if p.sorted_indices is None else p.sorted_indices.tolist(),
                "unsorted_indices": None if p.unsorted_indices is None else p.unsorted_indices.tolist(), "repr": repr(p)}
    cs = []
    for lens, bf, es in (([3, 2, 1], False, True), ([3, 2, 1], True, True), ([2, 3, 2, 1], True, False),
                         ([1, 1, 1], False, False), ([2, 4, 2, 4, 3], False, False), ([4], True, True)):
        T, B = max(lens), len(lens)
        for trail in ((), (2,)):
            shp = ((B, T) if bf else (T, B)) + trail
            x = torch.arange(1, 1 + int(np.prod(shp)), dtype=torch.float32).reshape(shp)
            p = pack_padded_sequence(x, lens, batch_first=bf, enforce_sorted=es)
            y, l = pad_packed_sequence(p, batch_first=bf)
            y2, _ = pad_packed_sequence(p, batch_first=not bf, padding_value=-1.5, total_length=T + 2)
            cs.append({"input": ten(x), "lengths": lens, "batch_first": bf, "enforce_sorted": es, "packed": ps(p),
                       "padded": ten(y), "padded_lengths": l.tolist(), "padded_other": ten(y2)})
    seqs = [[1., 2., 3.], [4., 5.], [6.], [7., 8.]]
    sp = []
    for es, order in ((True, [0, 1, 3, 2]), (False, [2, 0, 1, 3])):
        s = [torch.tensor(seqs[i]) for i in order]
        sp.append({"sequences": [seqs[i] for i in order], "enforce_sorted": es, "packed": ps(pack_sequence(s, enforce_sorted=es)),
                   "pad": ten(pad_sequence(s)), "pad_batch_first": ten(pad_sequence(s, batch_first=True, padding_value=9.))})
    ties = []
    g = torch.Generator().manual_seed(3)
    for n in (5, 16, 17, 24, 40, 100):
        k = torch.randint(1, 5, (n,), generator=g)
        v, i = torch.sort(k, descending=True)
        ties.append({"lengths": k.tolist(), "sorted_indices": i.tolist()})
    write("packing.json", {"pack_padded_sequence": cs, "pack_sequence": sp, "unstable_sort_order": ties})


# --------------------------------------------------------------------------- random numbers
def rng():
    S = [0, 1, 42, 1234567890123, 4294967301, -1]
    streams = []

    def rec(seed, calls):
        torch.manual_seed(seed)
        out = []
        for text, fn in calls:
            out.append({"call": text, "result": ten(fn())})
        streams.append({"seed": seed, "calls": out})
    for s in S:
        rec(s, [("torch.rand(5)", lambda: torch.rand(5)), ("torch.rand(3, dtype=torch.float64)", lambda: torch.rand(3, dtype=torch.float64))])
        rec(s, [("torch.randint(0, 10, (12,))", lambda: torch.randint(0, 10, (12,))),
                ("torch.randint(-5, 1000, (6,))", lambda: torch.randint(-5, 1000, (6,)))])
    rec(0, [("torch.rand(40)", lambda: torch.rand(40))])
    rec(0, [("torch.rand(2, 3)", lambda: torch.rand(2, 3))])
    for n in (1, 3, 15, 16, 17, 31, 32, 37):
        rec(0, [("torch.randn(%d)" % n, lambda: torch.randn(n)), ("torch.rand(2)", lambda: torch.rand(2))])
    rec(7, [("torch.randn(3)", lambda: torch.randn(3)), ("torch.randn(16)", lambda: torch.randn(16)),
            ("torch.randn(2)", lambda: torch.randn(2)), ("torch.rand(2)", lambda: torch.rand(2)),
            ("torch.randn(20, dtype=torch.float64)", lambda: torch.randn(20, dtype=torch.float64)),
            ("torch.randn(3, dtype=torch.float64)", lambda: torch.randn(3, dtype=torch.float64))])
    rec(8, [("torch.empty(20).uniform_(-0.5773502691896257, 0.5773502691896257)", lambda: torch.empty(20).uniform_(-0.5773502691896257, 0.5773502691896257)),
            ("torch.empty(20).normal_(0.1, 2.7)", lambda: torch.empty(20).normal_(0.1, 2.7)),
            ("torch.empty(5).normal_(0.1, 2.7)", lambda: torch.empty(5).normal_(0.1, 2.7)),
            ("torch.empty(6).exponential_()", lambda: torch.empty(6).exponential_()),
            ("torch.empty(20).bernoulli_(0.3)", lambda: torch.empty(20).bernoulli_(0.3)),
            ("torch.bernoulli(torch.linspace(0, 1, 12))", lambda: torch.bernoulli(torch.linspace(0, 1, 12))),
            ("torch.empty(5, dtype=torch.int64).random_(0, 2**31)", lambda: torch.empty(5, dtype=torch.int64).random_(0, 2**31)),
            ("torch.empty(5).random_()", lambda: torch.empty(5).random_())])
    for n in (1, 2, 5, 10, 33):
        rec(9, [("torch.randperm(%d)" % n, lambda: torch.randperm(n)), ("torch.rand(1)", lambda: torch.rand(1))])
    w = torch.tensor([0.1, 0.2, 3.0, 0.7])
    W = torch.tensor([[1., 2., 3., 0.], [0., 0.5, 0.25, 0.25]])
    rec(10, [("torch.multinomial(w, 12, replacement=True)", lambda: torch.multinomial(w, 12, replacement=True)),
             ("torch.multinomial(w, 4)", lambda: torch.multinomial(w, 4)),
             ("torch.multinomial(w, 1)", lambda: torch.multinomial(w, 1)),
             ("torch.multinomial(W, 3, replacement=True)", lambda: torch.multinomial(W, 3, replacement=True)),
             ("torch.multinomial(W, 2)", lambda: torch.multinomial(W, 2))])
    x = torch.arange(1., 25.)
    rec(11, [("F.dropout(arange(1.,25.), 0.4, training=True)", lambda: F.dropout(x, 0.4, True)),
             ("F.dropout(arange(1.,25.), 0.0, training=True)", lambda: F.dropout(x, 0.0, True)),
             ("F.dropout(arange(1.,25.), 1.0, training=True)", lambda: F.dropout(x, 1.0, True)),
             ("torch.rand(1)", lambda: torch.rand(1))])
    hashes = []

    def h(seed, text, fn):
        torch.manual_seed(seed)
        t = fn()
        hashes.append({"seed": seed, "call": text, "dtype": str(t.dtype)[6:], "sha256": sha(t), "first": ten(t.reshape(-1)[:4])["data"], "last": ten(t.reshape(-1)[-4:])["data"]})
    h(21, "torch.rand(100000)", lambda: torch.rand(100000))
    h(22, "torch.randn(100000)", lambda: torch.randn(100000))
    h(23, "torch.randn(100007)", lambda: torch.randn(100007))
    h(24, "torch.empty(100000).uniform_(-0.5773502691896257, 0.5773502691896257)", lambda: torch.empty(100000).uniform_(-0.5773502691896257, 0.5773502691896257))
    h(25, "torch.empty(100000).normal_(0.1, 2.7)", lambda: torch.empty(100000).normal_(0.1, 2.7))
    h(26, "torch.randperm(10000)", lambda: torch.randperm(10000))
    h(27, "torch.randint(0, 1000, (10000,))", lambda: torch.randint(0, 1000, (10000,)))
    h(28, "torch.cat([torch.randn(15) for _ in range(500)])", lambda: torch.cat([torch.randn(15) for _ in range(500)]))
    h(29, "F.dropout(torch.ones(10000), 0.3)", lambda: F.dropout(torch.ones(10000), 0.3))
    h(30, "nn.Embedding(1000, 50).weight", lambda: nn.Embedding(1000, 50).weight)
    h(31, "nn.Linear(100, 200).weight", lambda: nn.Linear(100, 200).weight)
    h(32, "torch.cat([p.reshape(-1) for p in nn.LSTM(30, 50, 2, bidirectional=True).parameters()])",
      lambda: torch.cat([p.reshape(-1) for p in nn.LSTM(30, 50, 2, bidirectional=True).parameters()]))
    inits = []

    def ini(seed, text):
        torch.manual_seed(seed)
        m = eval("nn." + text, {"nn": nn})
        inits.append({"seed": seed, "module": text, "params": named(m), "next_rand": f32(torch.rand(1).item())})
    for i, t in enumerate(["Linear(3, 4)", "Linear(3, 4, bias=False)", "Linear(7, 2)", "RNN(3, 4)", "RNN(3, 4, 2, bidirectional=True)", "LSTM(2, 3)",
                           "LSTM(2, 5, proj_size=3)", "GRU(2, 3, bias=False)", "LSTMCell(2, 3)", "GRUCell(2, 3)", "RNNCell(2, 3)",
                           "Embedding(3, 4)", "Embedding(10, 3)", "Embedding(10, 3, padding_idx=2)", "Bilinear(2, 3, 2)"]):
        ini(i, t)
    fn = []
    for text in ("xavier_uniform_(w)", "xavier_uniform_(w, gain=1.5)", "xavier_normal_(w)", "kaiming_uniform_(w, a=5 ** 0.5)", "kaiming_uniform_(w, nonlinearity='relu')",
                 "kaiming_normal_(w, mode='fan_out', nonlinearity='relu')", "orthogonal_(w)", "orthogonal_(w, gain=2)", "uniform_(w)", "uniform_(w, -0.1, 0.1)", "normal_(w)",
                 "normal_(w, 0, 0.02)", "trunc_normal_(w)", "constant_(w, 0.3)", "eye_(w)", "zeros_(w)", "ones_(w)"):
        for shp in ((3, 5), (5, 3)):
            torch.manual_seed(4)
            w_ = torch.empty(shp)
            eval("nn.init." + text, {"nn": nn, "w": w_})
            fn.append({"seed": 4, "call": "nn.init." + text, "shape": list(shp), "result": ten(w_)})
    from torch.utils.data import DataLoader, RandomSampler, random_split
    torch.manual_seed(0)
    dl = [[int(v) for v in b] for b in DataLoader(list(range(10)), batch_size=3, shuffle=True)]
    torch.manual_seed(0)
    rs = list(RandomSampler(range(10)))
    torch.manual_seed(0)
    sp = [list(q.indices) for q in random_split(range(10), [7, 3])]
    write("rng.json", {"streams": streams, "hashes": hashes, "module_init": inits, "init_functions": fn,
                       "data": {"seed": 0, "dataloader_shuffle_n10_bs3": dl, "random_sampler_n10": rs, "random_split_7_3": sp}})


# --------------------------------------------------------------------------- optimisers
def optims():
    O = torch.optim
    cfg = [("SGD", dict(lr=0.1)), ("SGD", dict(lr=0.1, momentum=0.9)), ("SGD", dict(lr=0.1, momentum=0.9, dampening=0.3, weight_decay=0.01)),
           ("SGD", dict(lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01)), ("SGD", dict(lr=0.1, maximize=True)),
           ("Adam", dict()), ("Adam", dict(lr=0.05, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.1)), ("Adam", dict(lr=0.05, amsgrad=True)),
           ("AdamW", dict(lr=0.05)), ("AdamW", dict(lr=0.05, amsgrad=True, weight_decay=0.2)),
           ("RMSprop", dict()), ("RMSprop", dict(centered=True, weight_decay=0.1)), ("RMSprop", dict(momentum=0.9)),
           ("RMSprop", dict(centered=True, momentum=0.9, alpha=0.9)),
           ("Adagrad", dict()), ("Adagrad", dict(lr=0.1, lr_decay=0.1, initial_accumulator_value=0.5, weight_decay=0.1)),
           ("Adadelta", dict()), ("Adadelta", dict(lr=0.5, rho=0.8, weight_decay=0.1)),
           ("ASGD", dict()), ("ASGD", dict(lr=0.3, t0=2, lambd=0.01, weight_decay=0.01)), ("ASGD", dict(lr=0.3, t0=0, lambd=0.)),
           ("Adamax", dict()), ("NAdam", dict()), ("RAdam", dict(lr=0.05)), ("Rprop", dict())]
    cs = []
    for name, kw in cfg:
        g = torch.Generator().manual_seed(len(cs))
        ps = [nn.Parameter(torch.randn(2, 5, generator=g)), nn.Parameter(torch.randn(3, generator=g))]
        G = [[torch.randn(p.shape, generator=g) for p in ps] for _ in range(5)]
        o = getattr(O, name)(ps, **kw)
        c = {"optimizer": name, "options": {k: (list(v) if isinstance(v, tuple) else v) for k, v in kw.items()}, "repr": repr(o),
             "params": [ten(p) for p in ps], "grads": [[ten(q) for q in step] for step in G], "after": []}
        for step in G:
            for p, q in zip(ps, step):
                p.grad = q.clone()
            o.step()
            c["after"].append([ten(p) for p in ps])
        c["state"] = {str(i): {k: (ten(v) if torch.is_tensor(v) else num(v)) for k, v in s.items() if v is not None} for i, s in o.state_dict()["state"].items()}
        cs.append(c)
    S = O.lr_scheduler
    sched = []

    def seq(text, mk, n=30, opt="SGD", **kw):
        p = nn.Parameter(torch.zeros(1))
        o = getattr(O, opt)([p], lr=0.1, **kw)
        s = mk(o)
        lr, mom = [], []
        for _ in range(n):
            gr = o.param_groups[0]
            lr.append(gr["lr"])
            mom.append(gr["betas"][0] if "betas" in gr else gr.get("momentum", 0))
            o.step()
            s.step()
        d = {"scheduler": text, "optimizer": opt, "base_lr": 0.1, "options": kw, "lr": lr}
        if len(set(mom)) > 1:
            d["momentum_or_beta1"] = mom
        sched.append(d)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        seq("StepLR(step_size=7, gamma=0.3)", lambda o: S.StepLR(o, 7, gamma=0.3))
        seq("MultiStepLR(milestones=[3, 3, 10], gamma=0.5)", lambda o: S.MultiStepLR(o, [3, 3, 10], gamma=0.5))
        seq("ExponentialLR(gamma=0.9)", lambda o: S.ExponentialLR(o, 0.9))
        seq("LambdaLR(lambda e: 0.95 ** e)", lambda o: S.LambdaLR(o, lambda e: 0.95 ** e))
        seq("MultiplicativeLR(lambda e: 0.95)", lambda o: S.MultiplicativeLR(o, lambda e: 0.95))
        seq("LinearLR(start_factor=1/3, end_factor=0.8, total_iters=10)", lambda o: S.LinearLR(o, 1 / 3, 0.8, 10))
        seq("LinearLR()", lambda o: S.LinearLR(o))
        seq("ConstantLR(factor=0.25, total_iters=6)", lambda o: S.ConstantLR(o, 0.25, 6))
        seq("PolynomialLR(total_iters=10, power=2.0)", lambda o: S.PolynomialLR(o, 10, 2.0))
        seq("CosineAnnealingLR(T_max=10, eta_min=0.01)", lambda o: S.CosineAnnealingLR(o, 10, 0.01))
        seq("CosineAnnealingWarmRestarts(T_0=4, T_mult=2, eta_min=0.001)", lambda o: S.CosineAnnealingWarmRestarts(o, 4, 2, 0.001))
        seq("OneCycleLR(max_lr=1.0, total_steps=30)", lambda o: S.OneCycleLR(o, 1.0, total_steps=30), n=29, momentum=0.9)
        seq("OneCycleLR(max_lr=1.0, total_steps=30, anneal_strategy='linear', three_phase=True)",
            lambda o: S.OneCycleLR(o, 1.0, total_steps=30, anneal_strategy="linear", three_phase=True), n=29, momentum=0.9)
        seq("OneCycleLR(max_lr=0.5, epochs=3, steps_per_epoch=10, pct_start=0.1, div_factor=10., final_div_factor=100.)",
            lambda o: S.OneCycleLR(o, 0.5, epochs=3, steps_per_epoch=10, pct_start=0.1, div_factor=10., final_div_factor=100.), n=29, opt="Adam")
        seq("CyclicLR(base_lr=0.01, max_lr=0.1, step_size_up=5, step_size_down=8, mode='triangular2')",
            lambda o: S.CyclicLR(o, 0.01, 0.1, 5, 8, mode="triangular2"), momentum=0.9)
        seq("SequentialLR([ConstantLR(0.1, 2), ExponentialLR(0.9)], milestones=[3])",
            lambda o: S.SequentialLR(o, [S.ConstantLR(o, 0.1, 2), S.ExponentialLR(o, 0.9)], [3]), n=10)
        metrics = [1, .9, .95, .95, .95, .95, .8, .9, .9, .9, .9, .9, .9, .9, .9, .9, .9, .9]
        plat = []
        for kw in (dict(factor=.5, patience=2, cooldown=1, min_lr=.02), dict(mode="max", patience=1), dict(threshold=.1, threshold_mode="abs", patience=0)):
            p = nn.Parameter(torch.zeros(1))
            o = O.SGD([p], lr=.1)
            s = S.ReduceLROnPlateau(o, **kw)
            out = []
            for v in metrics:
                s.step(v)
                out.append(o.param_groups[0]["lr"])
            plat.append({"options": kw, "metrics": metrics, "lr": out})
    clip = []
    for n, mx, gs in ((2, 1., [[3., 4.], [12.]]), (2, 100., [[3., 4.], [12.]]), (1, 1., [[3., -4.], [1.]]), ("inf", 1., [[3., -4.], [1.]]), (3, .5, [[.3, -.4], [.1]])):
        ps = [nn.Parameter(torch.zeros(len(g))) for g in gs]
        for p, g in zip(ps, gs):
            p.grad = torch.tensor(g)
        r = nn.utils.clip_grad_norm_(ps, mx, norm_type=float(n))
        clip.append({"norm_type": n, "max_norm": mx, "grads": gs, "total_norm": f32(r.item()), "clipped": [ten(p.grad)["data"] for p in ps]})
    write("optim.json", {"optimizers": cs, "schedulers": sched, "plateau": plat, "clip_grad_norm": clip})


# --------------------------------------------------------------------------- losses
def losses():
    cs = []

    def add(name, fn, x, **extra):
        x = x.clone().requires_grad_()
        v = fn(x)
        g = torch.ones_like(v) if v.dim() == 0 else torch.linspace(0.5, 1.5, v.numel()).reshape(v.shape)
        v.backward(g)
        cs.append(dict({"loss": name, "input": ten(x), "grad_output": ten(g), "value": ten(v), "grad_input": ten(x.grad)}, **extra))
    g = torch.Generator().manual_seed(1)
    x = torch.randn(6, 5, generator=g)
    y = torch.tensor([0, 1, -100, 4, 2, 2])
    w = torch.rand(5, generator=g) + .1
    prob = torch.rand(6, 5, generator=g)
    prob = prob / prob.sum(1, keepdim=True)
    for ww in (None, w):
        for red in ("none", "mean", "sum"):
            for ls in (0., .1):
                for ig in (-100, 2):
                    t = torch.where(y == -100, torch.tensor(ig), y)
                    add("cross_entropy", lambda q: F.cross_entropy(q, t, weight=ww, reduction=red, label_smoothing=ls, ignore_index=ig), x,
                        target=t.tolist(), weight=None if ww is None else ten(ww)["data"], reduction=red, label_smoothing=ls, ignore_index=ig)
                add("cross_entropy_prob", lambda q: F.cross_entropy(q, prob, weight=ww, reduction=red, label_smoothing=ls), x,
                    target=ten(prob), weight=None if ww is None else ten(ww)["data"], reduction=red, label_smoothing=ls)
            lp = F.log_softmax(x, 1)
            add("nll_loss", lambda q: F.nll_loss(q, y, weight=ww, reduction=red), lp, target=y.tolist(), weight=None if ww is None else ten(ww)["data"], reduction=red)
    x3 = torch.randn(2, 3, 4, generator=g)
    y3 = torch.randint(0, 3, (2, 4), generator=g)
    add("cross_entropy", lambda q: F.cross_entropy(q, y3), x3, target=ten(y3), weight=None, reduction="mean", label_smoothing=0., ignore_index=-100)
    add("cross_entropy", lambda q: F.cross_entropy(q, torch.tensor(2)), x[0], target=2, weight=None, reduction="mean", label_smoothing=0., ignore_index=-100)
    a, b = torch.randn(4, 3, generator=g) * 3, torch.randn(4, 3, generator=g)
    p01 = torch.rand(4, 3, generator=g)
    pw, bw = torch.rand(3, generator=g) + .5, torch.rand(4, 1, generator=g)
    for red in ("none", "mean", "sum"):
        add("mse_loss", lambda q: F.mse_loss(q, b, reduction=red), a, target=ten(b), reduction=red)
        add("l1_loss", lambda q: F.l1_loss(q, b, reduction=red), a, target=ten(b), reduction=red)
        add("smooth_l1_loss", lambda q: F.smooth_l1_loss(q, b, reduction=red), a, target=ten(b), reduction=red)
        add("huber_loss", lambda q: F.huber_loss(q, b, reduction=red, delta=0.7), a, target=ten(b), reduction=red, delta=0.7)
        add("binary_cross_entropy", lambda q: F.binary_cross_entropy(q, p01, reduction=red), torch.sigmoid(a), target=ten(p01), reduction=red)
        for P in (None, pw):
            for Wt in (None, bw):
                add("binary_cross_entropy_with_logits", lambda q: F.binary_cross_entropy_with_logits(q, p01, weight=Wt, pos_weight=P, reduction=red), a, target=ten(p01),
                    reduction=red, weight=None if Wt is None else ten(Wt), pos_weight=None if P is None else ten(P))
    add("log_softmax", lambda q: F.log_softmax(q, 1), x)
    add("softmax", lambda q: F.softmax(q, 1), x)
    add("binary_cross_entropy_with_logits", lambda q: F.binary_cross_entropy_with_logits(q, torch.tensor([1., 0., 1., 0.])), torch.tensor([100., -100., -100., 100.]),
        target=ten(torch.tensor([1., 0., 1., 0.])), reduction="mean", weight=None, pos_weight=None)
    write("losses.json", cs)
    return len(cs)


# --------------------------------------------------------------------------- text
def reprs():
    inf, nan = float("inf"), float("nan")
    g = torch.Generator().manual_seed(0)
    P = nn.Parameter
    ex = [torch.tensor(3.14159), torch.tensor(5), torch.tensor(5.), torch.tensor(True), torch.tensor([]), torch.empty(0, 3), torch.empty(2, 0, dtype=torch.int64),
          torch.tensor([], dtype=torch.int32), torch.tensor([1., 2., -3.]), torch.tensor([0., -0.]), torch.tensor([0., nan, inf, -inf]), torch.tensor([1., nan, inf, -inf]),
          torch.tensor([100., nan, -inf]), torch.tensor([1.5, nan, inf, -inf]), torch.tensor([1e-5, nan, inf, -inf, 0.]), torch.tensor([1., 1000.]), torch.tensor([1., 1001.]),
          torch.tensor([.5, 501.]), torch.tensor([.5, 500.]), torch.tensor([1e8]), torch.tensor([100000008.]), torch.tensor([1e-4]), torch.tensor([0.00010001]),
          torch.tensor([1e-4], dtype=torch.float64), torch.tensor([0.03125, 0.09375, 0.15625, -0.03125]), torch.tensor([9.99999, 1.5]), torch.tensor([[1.5, -2.25], [100.125, 0.]]),
          torch.tensor([-0.00001, 0.5, -0.0]), torch.tensor([True, False]), torch.tensor([1, 255], dtype=torch.uint8), torch.tensor([[1, -20], [300, 4]], dtype=torch.int32),
          torch.tensor([[1, -20], [300, 4]]), torch.tensor([1.5, 2.5], dtype=torch.float64), torch.tensor([1.5, 2.5], dtype=torch.float16), torch.tensor([1.5, 2.703125], dtype=torch.bfloat16),
          torch.arange(25) * 0.1, torch.arange(30), torch.arange(60).reshape(2, 30), torch.arange(12.).reshape(2, 2, 3), torch.arange(8.).reshape(2, 1, 2, 2),
          torch.arange(1001.), torch.arange(2000.).reshape(40, 50), torch.arange(2004.).reshape(2, 1002), torch.arange(1200).reshape(10, 10, 12), torch.ones(300, 4), torch.ones(4, 300),
          torch.cat([torch.arange(600.), torch.tensor([.5]), torch.arange(600.)]), torch.tensor([[7.]]), torch.tensor([1e20, 1.]), torch.tensor([3e7, 1e8]), torch.tensor([3.4e38]),
          torch.tensor([1e-45]), torch.tensor([-1e10, 1.]), torch.tensor([[[]]]), torch.tensor(-0.), torch.tensor(nan), torch.tensor(1e10), torch.tensor(1e-10), torch.tensor([2.5, 3.5])]
    out = []

    def rec(t, expr=None, full=True):
        d = {"dtype": str(t.dtype)[6:], "shape": list(t.shape), "requires_grad": t.requires_grad, "grad_fn": None if t.grad_fn is None else type(t.grad_fn).__name__,
             "parameter": isinstance(t, P), "text": repr(t)}
        flat = t.detach().reshape(-1)
        if full:
            d["data"] = ten(t)["data"]
        else:
            d["expr"] = expr
        out.append(d)
    for t in ex:
        rec(t, full=t.numel() <= 200)
        if t.numel() > 200:
            names = {1001: "arange(1001.)", 2000: "arange(2000.).reshape(40, 50)", 2004: "arange(2004.).reshape(2, 1002)",
                     1201: "cat([arange(600.), tensor([0.5]), arange(600.)])"}
            if t.dtype == torch.int64:
                out[-1]["expr"] = "arange(1200).reshape(10, 10, 12)"
            elif t.numel() in names:
                out[-1]["expr"] = names[t.numel()]
            else:
                out[-1]["expr"] = "ones(%d, %d)" % tuple(t.shape)
    rec(torch.tensor([1., 2.], requires_grad=True))
    rec(torch.tensor([], requires_grad=True))
    rec(torch.tanh(torch.tensor([1., 2.], requires_grad=True)))
    rec(torch.tanh(torch.tensor([1., 2.], requires_grad=True, dtype=torch.float64)))
    rec(torch.full((2, 9), 0.12345, requires_grad=True) * 1)
    rec(torch.exp(torch.ones(4, 3, 2, requires_grad=True)))
    rec(torch.sigmoid(torch.zeros(6, 6, requires_grad=True)).sum())
    rec(P(torch.tensor([1., 2.])))
    rec(P(torch.tensor([1., 2.]), requires_grad=False))
    rec(P(torch.tensor(1.5)))
    rec(P(torch.zeros(3, 2)))
    for k in range(60):
        n = int(torch.randint(1, 40, (1,), generator=g))
        t = torch.randn(n, generator=g) * 10 ** float(torch.randint(-5, 6, (1,), generator=g))
        if k % 5 == 1:
            t = torch.floor(t)
        if k % 7 == 2:
            t[0] = [nan, inf, -inf, 0., -0.][k % 5]
        if k % 3 == 0 and n % 2 == 0:
            t = t.reshape(2, n // 2)
        rec(t)
    mods = {}
    for e in ["nn.RNN(10, 20)", "nn.RNN(10, 20, nonlinearity='relu')", "nn.LSTM(10, 20, 2, bias=False, batch_first=True, dropout=0.25, bidirectional=True)", "nn.LSTM(10, 20, 3, proj_size=5, dropout=0.1)",
              "nn.LSTM(3, 4, num_layers=2, dropout=1)", "nn.GRU(10, 20)", "nn.RNNCell(3, 4, nonlinearity='relu', bias=False)", "nn.LSTMCell(3, 4, bias=False)", "nn.GRUCell(3, 4)", "nn.Linear(3, 4)",
              "nn.Linear(3, 4, bias=False)", "nn.Embedding(3, 4)", "nn.Embedding(3, 4, padding_idx=-1)", "nn.Dropout()", "nn.Dropout(0.3, inplace=True)", "nn.ReLU()", "nn.ReLU(inplace=True)", "nn.Tanh()",
              "nn.Sigmoid()", "nn.Softmax(dim=1)", "nn.LogSoftmax(dim=-1)", "nn.LayerNorm(4)", "nn.LayerNorm((3, 4), elementwise_affine=False)", "nn.Identity()", "nn.Flatten()", "nn.LeakyReLU(0.2)", "nn.ELU()",
              "nn.GELU()", "nn.Sequential()", "nn.Sequential(nn.Linear(1, 2), nn.Sequential(nn.ReLU(), nn.Dropout(0.1)))", "nn.ModuleList([nn.GRUCell(2, 3), nn.Tanh()])", "nn.ModuleDict({'a': nn.Identity(), 'b': nn.Softmax(dim=-1)})",
              "nn.CrossEntropyLoss()", "nn.MSELoss()", "nn.NLLLoss()", "nn.BCEWithLogitsLoss()", "torch.Size([2, 3])", "torch.Size([])", "torch.Size([4])", "torch.float32", "torch.device('cpu')"]:
        mods[e] = repr(eval(e))
    gf = {}
    a = torch.randn(3, 4, requires_grad=True)
    b = torch.randn(3, 4, requires_grad=True)
    v = torch.randn(4, requires_grad=True)
    c = torch.randn(2, 3, 4, requires_grad=True)
    y = torch.tensor([0, 1, 2])
    idx = torch.tensor([0, 2])
    mask = a.detach() > 0
    lin = nn.Linear(4, 2)
    emb = nn.Embedding(5, 4)
    env = dict(torch=torch, nn=nn, F=F, a=a, b=b, v=v, c=c, y=y, idx=idx, mask=mask, lin=lin, emb=emb)
    for e in ["a+b", "a+1", "a-b", "1-a", "a*b", "a/b", "1/a", "-a", "a**2", "2**a", "a.abs()", "a@b.t()", "a@v", "v@v", "c@b.t()", "torch.bmm(c, c.transpose(1, 2))", "torch.addmm(b@a.t(), a, b.t())", "lin(a)", "lin(c)",
              "a.tanh()", "a.sigmoid()", "a.relu()", "a.softmax(1)", "a.log_softmax(1)", "F.nll_loss(a.log_softmax(1), y)", "F.cross_entropy(a, y)", "F.mse_loss(a, b)", "F.binary_cross_entropy_with_logits(a, mask.float())",
              "emb(idx)", "torch.stack([a, b])", "torch.cat([a, b])", "a[0]", "a[0:2]", "a[:, 1]", "a[None]", "a[idx]", "a[mask]", "a.index_select(0, idx)", "a.gather(1, y[:, None])", "a.masked_fill(mask, 0.)",
              "torch.where(mask, a, b)", "a.t()", "a.T", "a.transpose(0, 1)", "c.permute(2, 0, 1)", "a.view(12)", "a[None].squeeze()", "a[None].squeeze(0)", "a.unsqueeze(0)", "a.sum()", "a.sum(0)", "a.mean()", "a.mean(1)", "a.max()",
              "a.max(1)[0]", "F.dropout(a, 0.5)", "a.exp()", "a.abs().log()", "a.abs().sqrt()", "a.sin()", "a.cos()", "a.clamp(-1, 1)", "a.clone()", "v.expand(3, 4)", "a.repeat(2, 1)", "a.double()", "a.chunk(2, 1)[0]", "a.unbind(0)[0]",
              "a.flip(0)", "a.norm()", "a.logsumexp(1)", "a.cumsum(0)", "a.prod()", "a.std()", "a.var()", "a.square()", "a.reciprocal()", "F.layer_norm(a, (4,))", "F.gelu(a)", "F.silu(a)", "F.leaky_relu(a)", "F.elu(a)", "F.softplus(a)"]:
        gf[e] = type(eval(e, env).grad_fn).__name__
    write("text.json", {"tensors": out, "modules": mods, "grad_fn": gf})


def errors():
    z = torch.zeros
    env = dict(torch=torch, nn=nn, F=F, z=z, pack_padded_sequence=pack_padded_sequence, pad_packed_sequence=pad_packed_sequence, pack_sequence=pack_sequence, pad_sequence=pad_sequence, optim=torch.optim)
    ex = ["nn.LSTM(2, 3, dropout=0.5)", "nn.LSTM(2, 3, 2, dropout=1.5)", "nn.LSTM(2, 3, 2, dropout=True)", "nn.LSTM(2, 3, proj_size=-1)", "nn.LSTM(2, 3, proj_size=3)", "nn.RNN(2, 3, proj_size=1)", "nn.GRU(2, 3, proj_size=1)",
          "nn.RNN(2, 3, nonlinearity='selu')", "nn.RNNCell(2, 3, nonlinearity='selu')(z(1, 2))"]
    for m, h in (("RNN", "z(%s)"), ("LSTM", "(z(%s), z(%s))"), ("GRU", "z(%s)")):
        hh = lambda s: h.replace("%s", s)
        k = "nn.%s(2, 3)" % m
        ex += [k + "(z(5, 1, 4))", k + "(z(5, 4))", k + "(z(0, 1, 2))", k + "(z(5, 4, 2), %s)" % hh("1, 3, 3"), k + "(z(5, 4, 2), %s)" % hh("2, 4, 3"), k + "(z(5, 4, 2), %s)" % hh("1, 4, 5"),
               k + "(z(5, 4, 2), %s)" % hh("1, 3"), k + "(z(5, 2), %s)" % hh("1, 1, 3"), k + "(z(5, 2), %s)" % hh("2, 3"), k + "(pack_padded_sequence(z(5, 4, 2), [5, 4, 2, 1]), %s)" % hh("1, 3, 3"),
               k + "(pack_padded_sequence(z(5, 4, 3), [5, 4, 2, 1]))", k + "(pack_padded_sequence(z(5, 4, 3, 2), [5, 4, 2, 1]))"]
    ex += ["nn.LSTM(2, 3)(z(5, 4, 2), (z(1, 4, 3), z(1, 4, 4)))", "nn.LSTM(2, 3, proj_size=1)(z(5, 4, 2), (z(1, 4, 3), z(1, 4, 3)))"]
    for m, h in (("RNNCell", "z(%s)"), ("LSTMCell", "(z(%s), z(%s))"), ("GRUCell", "z(%s)")):
        hh = lambda s: h.replace("%s", s)
        k = "nn.%s(2, 3)" % m
        ex += [k + "(z(1, 2, 2))", k + "(z(4, 5))", k + "(z(4, 2), %s)" % hh("3, 3"), k + "(z(4, 2), %s)" % hh("4, 5")]
    ex += ["pack_padded_sequence(z(5, 4, 2), [1, 2, 3, 5])", "pack_padded_sequence(z(5, 4, 2), [5, 2, 1, 0])", "pack_padded_sequence(z(5, 4, 2), [5, 2, 1])", "pack_padded_sequence(z(5, 0, 2), [])",
           "pad_packed_sequence(pack_padded_sequence(z(3, 1, 1), [3]), total_length=2)", "pack_sequence([z(1), z(3), z(2)])", "pad_sequence([])",
           "nn.Linear(2, 3).load_state_dict({})", "nn.Sequential(nn.Linear(2, 3)).load_state_dict({'0.weight': z(3, 2), 'foo': 1, '0.bar': 2})", "nn.Linear(2, 3).load_state_dict({'weight': z(4, 2), 'bias': z(5), 'x': 1})",
           "nn.Linear(2, 3).load_state_dict({'weight': z(3, 2), 'z': 1}, strict=False)", "nn.Linear(2, 3).load_state_dict({'weight': z(3, 2), 'bias': z(3)})", "nn.Linear(2, 3).load_state_dict([1])", "nn.LSTM(2, 3).load_state_dict(nn.GRU(2, 3).state_dict())",
           "nn.Linear(2, 3)(z(3, 5))", "nn.Embedding(3, 4)(torch.tensor([5]))", "nn.Embedding(3, 4, padding_idx=5)", "nn.Dropout(2)", "F.dropout(z(2), 1.5)",
           "F.cross_entropy(z(3, 2), z(4, dtype=torch.long))", "F.cross_entropy(z(3, 2), torch.tensor([0, 1, 2]))", "F.cross_entropy(z(3, 2), z(3, dtype=torch.long), label_smoothing=1.5)", "F.cross_entropy(z(3, 2), z(3, dtype=torch.long), weight=torch.ones(3))",
           "F.cross_entropy(z(3, 2), z(3, dtype=torch.long), reduction='foo')", "F.binary_cross_entropy_with_logits(z(3, 1), z(3))", "F.mse_loss(z(3, 1), z(3))",
           "optim.SGD([], lr=.1)", "optim.SGD([nn.Parameter(z(1))], lr=-1)", "optim.SGD([nn.Parameter(z(1))], lr=.1, nesterov=True)", "optim.Adam([nn.Parameter(z(1))], betas=(1.0, .9))", "optim.Adam([nn.Parameter(z(1))], eps=-1)",
           "torch.multinomial(z(3), 1)", "torch.multinomial(torch.ones(3), 4)", "torch.multinomial(torch.ones(3), 0)", "torch.randint(5, 5, (2,))", "torch.empty(2).uniform_(2, 1)", "torch.empty(2).normal_(0, -1)",
           "z(2, requires_grad=True).exp().backward()", "z(1).backward()", "z(4).view(3)", "z(4).reshape(3, -1)", "torch.cat([z(2, 3), z(2, 4)])", "torch.stack([z(2), z(3)])", "z(2, 3) @ z(2, 3)", "z(2, 3) + z(2, 4)", "z(3)[5]", "z(3).sum(2)"]
    out = []
    for e in ex:
        d = {"expr": e}
        with warnings.catch_warnings(record=True) as ws:
            warnings.simplefilter("always")
            try:
                d["result"] = repr(eval(e, env))
            except Exception as err:
                d["error"] = type(err).__name__
                d["message"] = str(err)
        if ws:
            d["warnings"] = [[w.category.__name__, str(w.message)] for w in ws]
        out.append(d)
    write("errors.json", out)


# --------------------------------------------------------------------------- files
def files():
    def pt(o):
        b = io.BytesIO()
        torch.save(o, b)
        return base64.b64encode(b.getvalue()).decode()
    torch.manual_seed(0)
    m = nn.GRU(2, 3)
    sd = m.state_dict()
    t = torch.arange(12.).view(3, 4)
    p = nn.Parameter(torch.tensor([1., 2.]))
    o = torch.optim.Adam([p], lr=0.01)
    p.grad = torch.tensor([.5, -.25])
    o.step()
    st = o.state_dict()
    mixed = {"view": t[1:, ::2], "base": t, "i64": torch.tensor([1, -2]), "i32": torch.tensor([7], dtype=torch.int32), "u8": torch.tensor([255], dtype=torch.uint8), "bool": torch.tensor([True, False]),
             "f64": torch.tensor([1.25], dtype=torch.float64), "f16": torch.tensor([1.5], dtype=torch.float16), "scalar": torch.tensor(2.5), "empty": torch.zeros(0, 3), "epoch": 3, "loss": 1.25,
             "none": None, "flag": True, "name": "h\u00e9", "big": 2 ** 40, "neg": -70000, "list": [1, [2.5, "x"]], "tuple": (1, 2, 3, 4)}
    write("files.json", {
        "gru_state_dict": {"pt": pt(sd), "tensors": {k: ten(v) for k, v in sd.items()}, "order": list(sd)},
        "mixed": {"pt": pt(mixed), "tensors": {k: ten(v) for k, v in mixed.items() if torch.is_tensor(v)},
                  "values": {k: (list(v) if isinstance(v, tuple) else v) for k, v in mixed.items() if not torch.is_tensor(v)}},
        "adam": {"pt": pt(st), "param_groups": [{k: (list(v) if isinstance(v, tuple) else v) for k, v in gr.items()} for gr in st["param_groups"]],
                 "state": {str(k): {n: ten(v) for n, v in s.items()} for k, s in st["state"].items()}},
        "parameter": {"pt": pt(p), "tensor": ten(p)},
        "malicious": {"pt": pt({"x": type("E", (), {"__reduce__": lambda self: (os.getpid, ())})()}), "expect": "a restricted reader must refuse this file"}})


layers()
cells()
packing()
rng()
optims()
losses()
reprs()
errors()
files()
cap = torch.__config__.show().split("CPU capability usage:")[1].split("\n")[0].strip()
write("meta.json", {"torch": torch.__version__, "capability": cap, "mkl": torch.backends.mkl.is_available(),
                    "suggested_tolerance": {"forward": {"rtol": 1e-5, "atol": 1e-6}, "gradient": {"rtol": 1e-4, "atol": 1e-5}}})
total = 0
for f in sorted(os.listdir(OUT)):
    if f.endswith(".json"):
        n = os.path.getsize(os.path.join(OUT, f))
        total += n
        print("%-14s %9d" % (f, n))
print("%-14s %9d" % ("total", total))
