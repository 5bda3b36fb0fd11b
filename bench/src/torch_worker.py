"""PyTorch's side: answers lines of JSON, see pairs.mjs. One thread."""

import json
import os
import sys
import time

os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["OMP_NUM_THREADS"] = "1"

import torch  # noqa: E402
from torch import nn  # noqa: E402

torch.set_num_threads(1)


class Training:
    """The step that saiki-worker.mjs takes, line by line."""

    def __init__(self, c):
        torch.manual_seed(c["seed"])
        self.embedding = nn.Embedding(c["vocabulary"], c["embedding"])
        self.rnn = getattr(nn, c["cell"])(c["embedding"], c["hidden"])
        self.projection = nn.Linear(c["hidden"], c["vocabulary"])
        modules = (self.embedding, self.rnn, self.projection)
        self.params = [p for m in modules for p in m.parameters()]
        self.adam = torch.optim.Adam(self.params, lr=c["lr"])
        self.criterion = nn.CrossEntropyLoss()
        shape = (c["length"], c["batch"])
        self.windows = [
            (torch.tensor(x).view(shape), torch.tensor(y)) for x, y in c["windows"]
        ]
        self.state = None
        self.done = 0

    def step(self):
        x, y = self.windows[self.done % len(self.windows)]
        self.adam.zero_grad(set_to_none=True)
        out, state = self.rnn(self.embedding(x), self.state)
        loss = self.criterion(self.projection(out.flatten(0, 1)), y)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.params, 1)
        self.adam.step()
        lstm = isinstance(state, tuple)
        self.state = tuple(s.detach() for s in state) if lstm else state.detach()
        self.done += 1
        return loss, norm

    def check(self):
        return self.step()


class Layer:
    """Forward and backward of a recurrent layer alone, as in training.mjs."""

    def __init__(self, c):
        torch.manual_seed(c["seed"])
        self.rnn = getattr(nn, c["cell"])(c["input"], c["hidden"])
        self.params = list(self.rnn.parameters())
        self.x = torch.randn(c["length"], c["batch"], c["input"]).requires_grad_()
        self.dy = torch.randn(c["length"], c["batch"], c["hidden"])

    def step(self):
        for p in (self.x, *self.params):
            p.grad = None
        y, _ = self.rnn(self.x)
        y.backward(self.dy)
        return y

    def check(self):
        loss = (self.step() * self.dy).mean()
        norm = nn.utils.clip_grad_norm_(self.params, float("inf"))
        return loss, norm / self.dy.numel()


def best_gflops(size=384, repeats=12):
    """The best of some square products."""
    a, b = torch.rand(size, size), torch.rand(size, size)
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        torch.mm(a, b)
        best = min(best, time.perf_counter() - start)
    return 2 * size**3 / best / 1e9


def answer(message, training):
    what = message["do"]
    if what == "peak":
        return {"gflops": best_gflops()}
    if what == "check":
        pairs = [training.check() for _ in range(message["steps"])]
        return {"losses": [l.item() for l, _ in pairs], "norms": [n.item() for _, n in pairs]}
    cpu, start = time.process_time(), time.perf_counter()
    for _ in range(message["steps"]):
        training.step()
    return {
        "seconds": time.perf_counter() - start,
        "cpuSeconds": time.process_time() - cpu,
    }


def main():
    training = None
    for line in sys.stdin:
        message = json.loads(line)
        if message["do"] == "start":
            training = (Layer if message["work"] == "layer" else Training)(message)
            reply = {
                "version": torch.__version__,
                "python": sys.version.split()[0],
                "parameters": sum(p.numel() for p in training.params),
            }
        else:
            reply = answer(message, training)
        print(json.dumps(reply), flush=True)


main()
