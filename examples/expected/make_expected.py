"""The examples in PyTorch: writes the text that each must print, and refuses fragile digits.

Run: python3 examples/expected/make_expected.py   (made with torch 1.13)

The numbers of saiki and PyTorch may differ in the last bits, so a printed value that lies next to a
rounding boundary of its digits could print otherwise. Such a value ends the run with status 1:
choose another seed in the example and here.
"""

import math
import sys
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

EXACT = 1e-6  # distance from a rounding boundary that a forward pass must keep
STEPS = 5e-6  # the same for the loss of each of fifty steps (measured: 1.2e-7)
TRAINED = 1e-4  # the same after training, which makes rounding errors grow (measured: 2e-7)


class Page:
    """Collects what an example prints, and what is wrong with it."""

    def __init__(self, name):
        self.name, self.lines, self.faults = name, [], []

    def print(self, *values):
        for value in values:
            if isinstance(value, torch.Tensor) and value.is_floating_point():
                self.check_tensor(value)
        self.lines.append(" ".join(text(v) for v in values))

    def number(self, value, digits, margin=EXACT):
        self.check(value, digits, margin)
        return f"{value:.{digits}f}"

    def truth(self, difference, bound):
        """Whether the difference is below the bound, and not by chance."""
        if abs(difference - bound) < bound / 4:
            self.faults.append(f"the difference {difference} is close to its bound {bound}")
        return difference < bound

    def check_tensor(self, x):
        if "e-" in str(x.detach()) or "e+" in str(x.detach()):
            self.faults.append("a tensor prints in scientific notation, which is not checked")
        for value in x.detach().double().flatten().tolist():
            self.check(value, 4, EXACT)

    def check(self, value, digits, margin):
        scaled = abs(value) * 10**digits
        distance = abs(scaled - math.floor(scaled) - 0.5) / 10**digits
        if not distance > margin:
            self.faults.append(f"{value!r} is {distance:.1e} from a boundary of {digits} digits")


def text(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


# --- The examples ---------------------------------------------------------------------------------


def rnn_cell_by_hand(page):
    class RNN(nn.Module):
        def __init__(self, input_size, output_size):
            super().__init__()
            self.fc_input = nn.Linear(input_size, output_size)
            self.fc_output = nn.Linear(output_size, output_size)

        def forward(self, x, h):
            return torch.tanh(self.fc_input(x) + self.fc_output(h))

    torch.manual_seed(0)
    batch, input_size, output_size = 2, 3, 4
    model = RNN(input_size, output_size)
    x1 = torch.randn(batch, input_size)
    x2 = torch.randn(batch, input_size)
    h0 = torch.zeros(batch, output_size)
    h1 = model(x1, h0)
    h2 = model(x2, h1)
    page.print(h1)
    page.print(h2)


def rnn_cell(page):
    torch.manual_seed(0)
    cell = nn.RNNCell(3, 4)
    page.print(cell)
    for name, parameter in cell.named_parameters():
        page.print(name, parameter.shape)
        page.print(parameter)
        page.print()
    x = torch.randn(2, 3)
    h = cell(x)
    page.print(h)
    page.print(torch.equal(h, cell(x, torch.zeros(2, 4))))


def rnn(page):
    torch.manual_seed(0)
    layer = nn.RNN(3, 4, batch_first=True)
    x = torch.randn(2, 5, 3)
    y, h = layer(x)
    page.print(y.shape)
    page.print(h.shape)
    p = layer.state_dict()
    state, states = torch.zeros(2, 4), []
    for xt in x.unbind(1):
        from_input = xt @ p["weight_ih_l0"].T + p["bias_ih_l0"]
        from_state = state @ p["weight_hh_l0"].T + p["bias_hh_l0"]
        state = torch.tanh(from_input + from_state)
        states.append(state)
    by_hand = torch.stack(states, 1)
    page.print(y[0])
    page.print(by_hand[0])
    same = {"rtol": 0, "atol": 1e-6}
    page.print("all steps equal within 1e-6:", torch.allclose(y, by_hand, **same))
    page.print("last state equal within 1e-6:", torch.allclose(h[0], state, **same))


def language_model_loop(page):
    words = ["<start>", "the", "cat", "sat", "on", "a", "mat", "."]
    torch.manual_seed(0)
    embed = nn.Embedding(len(words), 5)
    layer = nn.RNN(5, 6, batch_first=True)
    project = nn.Linear(6, len(words))
    token, state, written = torch.tensor([[0]]), None, []
    for step in range(8):
        with torch.no_grad():
            e = embed(token)
            y, h = layer(e, state)
            probs = project(y.select(1, -1)).softmax(-1)
        if step == 0:
            page.print("token", token.shape, "embedded", e.shape)
            page.print("rnn output", y.shape, "state", h.shape)
            page.print("probabilities", probs.shape)
            page.print(probs)
        check_draw(page, probs)
        token = torch.multinomial(probs, 1)
        state = h
        word = words[token.item()]
        page.print(f"step {step}: token {token.item()} {word}")
        written.append(word)
    page.print(" ".join(written))


def check_draw(page, probs):
    """The draw takes the largest p / q, q exponential; the second must not be within 1 in 10000."""
    before = torch.get_rng_state()
    race = (probs / torch.empty_like(probs).exponential_(1)).flatten().sort(descending=True)[0]
    torch.set_rng_state(before)
    if race[1] > race[0] * (1 - 1e-4):
        page.faults.append("two tokens are almost equally close to being drawn")


def why_context(page):
    places = ["near the tree", "near the house", "behind the tree", "behind the house"]
    sentences = [
        f"the {noun} {place} {verb} .".split()
        for noun, verb in [("cat", "sleeps"), ("cats", "sleep")]
        for place in places
    ]
    flat = [word for sentence in sentences for word in sentence]
    words = sorted(set(flat))
    entropy = math.log(len(sentences)) / 7
    pairs = [(flat[i - 1], b) for i, b in enumerate(flat)]
    surprises = [math.log(flat.count(pair[0]) / pairs.count(pair)) for pair in pairs]
    bigram_optimum = sum(surprises) / len(flat)

    def report(name, nats, digits, margin=EXACT):
        perplexity = page.number(math.exp(nats), digits, margin)
        page.print(f"{name}: {page.number(nats, digits, margin)} nats, perplexity {perplexity}")

    report("entropy of the grammar", entropy, 4)
    report("optimum of any bigram", bigram_optimum, 4)

    class RNNModel(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed = nn.Embedding(len(words), 8)
            self.rnn = nn.RNN(8, 16, batch_first=True)
            self.project = nn.Linear(16, len(words))

        def forward(self, tokens):
            return self.project(self.rnn(self.embed(tokens))[0])

    torch.manual_seed(0)
    bigram = nn.Embedding(len(words), len(words))
    recurrent = RNNModel()
    targets = torch.tensor([[words.index(word) for word in s] for s in sentences])
    inputs = torch.cat([targets[:, -1:], targets[:, :-1]], 1)

    def loss(model):
        return functional.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())

    def train(name, model, lr, best):
        optimizer = torch.optim.Adam(model.parameters(), lr=lr)
        for _ in range(600):
            optimizer.zero_grad()
            loss(model).backward()
            optimizer.step()
        nats = loss(model).item()
        report(f"{name} after training", nats, 2, TRAINED)
        page.print(f"  within 0.02 nats of {best:.4f}:", page.truth(abs(nats - best), 0.02))
        for b, noun in [(0, "cat"), (4, "cats")]:
            probs = model(inputs)[b, 5].softmax(-1)
            values = [probs[words.index(verb)].item() for verb in ["sleeps", "sleep"]]
            sleeps, sleep = (page.number(v, 2, TRAINED) for v in values)
            page.print(f"  the {noun} near the tree ... sleeps {sleeps}, sleep {sleep}")

    train("bigram", bigram, 0.3, bigram_optimum)
    train("RNN", recurrent, 0.03, entropy)


def gru_classifier(page):
    kinds = ["wave", "ramp", "noise"]
    count, steps = 48, 12

    def curves():
        kind = torch.randint(0, len(kinds), [count])
        phase = torch.rand(count, 1) * 6.28
        slope = torch.randn(count, 1)
        noise = torch.randn(count, steps) * 0.5
        time = torch.arange(0, steps) / steps
        wave = (time * 12 + phase).sin()
        ramp = slope * (time * 3 - 1.5)
        is_wave, is_ramp = kind.unsqueeze(1) == 0, kind.unsqueeze(1) == 1
        shape = torch.where(is_wave, wave, torch.where(is_ramp, ramp, torch.zeros(count, steps)))
        return (shape + noise).unsqueeze(2), kind

    class Classifier(nn.Module):
        def __init__(self):
            super().__init__()
            self.gru = nn.GRU(
                1, 12, num_layers=2, bidirectional=True, dropout=0.2, batch_first=True
            )
            self.project = nn.Linear(2 * 12, len(kinds))

        def forward(self, x):
            h = self.gru(x)[1]
            return self.project(torch.cat([h[-2], h[-1]], 1))

    torch.manual_seed(72)
    x, kind = curves()
    new_x, new_kind = curves()
    model = Classifier()
    page.print(model)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    loss_of = nn.CrossEntropyLoss()
    for step in range(1, 51):
        optimizer.zero_grad()
        loss = loss_of(model(x), kind)
        loss.backward()
        optimizer.step()
        page.print(f"step {step}: loss {page.number(loss.item(), 4, STEPS)}")
    model.eval()

    def report(name, curves_of, kind_of):
        with torch.no_grad():
            scores = model(curves_of)
        check_choice(page, scores)
        page.print(f"{name}: {(scores.argmax(1) == kind_of).sum().item()} of {count} right")

    report("trained on", x, kind)
    report("new", new_x, new_kind)


def check_choice(page, scores):
    """The two largest scores of each row must not be so close that rounding could exchange them."""
    best = scores.sort(1, descending=True)[0]
    if (best[:, 0] - best[:, 1]).min() < 1e-3:
        page.faults.append("two classes have almost the same score")


EXAMPLES = {
    "01-rnn-cell-by-hand": rnn_cell_by_hand,
    "02-rnn-cell": rnn_cell,
    "03-rnn": rnn,
    "04-language-model-loop": language_model_loop,
    "05-why-context": why_context,
    "06-gru-classifier": gru_classifier,
}


def main():
    pages = []
    for name, example in EXAMPLES.items():
        page = Page(name)
        example(page)
        pages.append(page)
    faults = [f"{page.name}: {fault}" for page in pages for fault in page.faults]
    if faults:
        sys.exit("\n".join(["Nothing written. Choose another seed:", *faults]))
    for page in pages:
        path = Path(__file__).parent / f"{page.name}.txt"
        path.write_text("\n".join(page.lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
