"""A tiny network, 2-8-8-1 with tanh, in batches of 10: nothing but the cost of calls."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import in_torch

TITLE = "Tiny network 2-8-8-1"
UNIT = "updates/s"
PROMISES = {"PyTorch": 15.0}
MEMORY: dict[str, float] = {}

SAMPLES, BATCH = 1000, 10


def prepare(who: str) -> Any:
    x = np.random.default_rng(0).normal(size=(SAMPLES, 2)).astype(np.float32)
    y = x[:, :1] * x[:, 1:]
    epoch = mine(x, y) if who == "NN Studio" else theirs(x, y)
    return lambda: epoch() // BATCH


def mine(x: Any, y: Any) -> Any:
    from nnstudio.data.dataset import Dataset, Samples
    from nnstudio.engine import Network, compile, sequential
    from nnstudio.graph.plan import Signature
    from nnstudio.nn.activations import Tanh
    from nnstudio.nn.layers import Dense
    from nnstudio.nn.losses import MeanSquaredError
    from nnstudio.project.setup import TrainingSetup

    from . import ours

    data = Dataset("product", Signature((2,), "regression"), Samples(x, y), None, None)
    setup = TrainingSetup(loss=MeanSquaredError(), batch_size=BATCH, epochs=1_000_000)
    graph = sequential([Dense(8, Tanh()), Dense(8, Tanh()), Dense(1)])
    network = Network(compile(graph, data.signature, setup.loss), setup.loss)
    return ours.epochs_of(network, data, setup)


def theirs(x: Any, y: Any) -> Any:
    import torch
    from torch import nn

    x, y = torch.from_numpy(x), torch.from_numpy(y)
    model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 1))
    return in_torch.epochs_of(model, lambda chosen: x[chosen], y, nn.MSELoss(), BATCH)
