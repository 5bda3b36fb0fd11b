"""PyTorch's process: the protocol of serve.mjs, with OMP_NUM_THREADS threads."""

import json
import os
import resource
import sys
import time

import torch
from torch import nn

torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))


class Layer:
    """A layer and its data, which are equal for equal seeds."""

    def __init__(self, c):
        torch.manual_seed(c["seed"])
        self.rnn = getattr(nn, c["cell"])(c["input"], c["hidden"])
        self.x = torch.randn(c["length"], c["batch"], c["input"])
        self.dy = torch.randn(c["length"], c["batch"], c["hidden"])

    def along(self, y):
        return (y * self.dy).sum().item() / y.numel() ** 0.5


class Forward(Layer):
    def step(self):
        with torch.inference_mode():
            return self.rnn(self.x)[0]

    def check(self):
        return [self.along(self.step())]


class ForwardBackward(Layer):
    def __init__(self, c):
        super().__init__(c)
        self.x.requires_grad_()
        self.wanted = [self.x, *self.rnn.parameters()]

    def step(self):
        for p in self.wanted:
            p.grad = None
        y, _ = self.rnn(self.x)
        y.backward(self.dy)
        return y

    def check(self):
        y = self.step()
        norm = nn.utils.clip_grad_norm_(self.wanted, float("inf")).item()
        return [self.along(y), norm / y.numel() ** 0.5]


class Model:
    def __init__(self, c):
        torch.manual_seed(c["seed"])
        self.embedding = nn.Embedding(c["vocabulary"], c["input"])
        self.rnn = getattr(nn, c["cell"])(c["input"], c["hidden"])
        self.projection = nn.Linear(c["hidden"], c["vocabulary"])


class TrainingStep(Model):
    def __init__(self, c):
        super().__init__(c)
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
        self.done += 1
        self.adam.zero_grad(set_to_none=True)
        out, state = self.rnn(self.embedding(x), self.state)
        loss = self.criterion(self.projection(out.flatten(0, 1)), y)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.params, 1)
        self.adam.step()
        lstm = isinstance(state, tuple)
        self.state = tuple(s.detach() for s in state) if lstm else state.detach()
        return loss, norm

    def check(self):
        return [value.item() for value in self.step()]


class NextToken(Model):
    def __init__(self, c):
        super().__init__(c)
        self.token = 0
        self.state = None

    def step(self):
        with torch.inference_mode():
            y, self.state = self.rnn(self.embedding(torch.tensor([[self.token]])), self.state)
            scores = self.projection(y[0, 0])
            self.token = int(scores.argmax())
            return scores

    def check(self):
        scores = self.step()
        return [self.token, scores[self.token].item()]


tasks = {"forward": Forward, "layer": ForwardBackward, "train": TrainingStep, "token": NextToken}


def timed(task, steps):
    cpu, start = time.process_time(), time.perf_counter()
    for _ in range(steps):
        task.step()
    return {
        "seconds": time.perf_counter() - start,
        "cpuSeconds": time.process_time() - cpu,
    }


def product_gflops(size=384, repeats=12):
    """The best of some square products."""
    a, b = torch.rand(size, size), torch.rand(size, size)
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        torch.mm(a, b)
        best = min(best, time.perf_counter() - start)
    return 2 * size**3 / best / 1e9


def peak_memory():
    """The peak of resident memory in bytes; see serve.mjs for Linux."""
    if sys.platform == "linux":
        with open("/proc/self/status") as lines:
            return next(int(l.split()[1]) * 1024 for l in lines if l.startswith("VmHWM:"))
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used if sys.platform == "darwin" else used * 1024


def main():
    imported = peak_memory()
    task = None
    for line in sys.stdin:
        message = json.loads(line)
        what = message["do"]
        if what == "start":
            task = tasks[message["kind"]](message)
            reply = {"version": f"{torch.__version__}, Python {sys.version.split()[0]}"}
        elif what == "check":
            reply = {"values": [v for _ in range(message["steps"]) for v in task.check()]}
        elif what == "steps":
            reply = timed(task, message["steps"])
        elif what == "memory":
            reply = {"imported": imported, "peak": peak_memory()}
        else:
            reply = {"gflops": product_gflops()}
        print(json.dumps(reply), flush=True)


main()
