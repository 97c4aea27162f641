"""Digits of MNIST's size, 784-512-512-10 with relu: two large matrix products rule."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import in_torch, ours
from .common import BATCH

TITLE = "Digits 784-512-512-10"
UNIT = "samples/s"
PROMISES = {"PyTorch": 0.8}
MEMORY: dict[str, float] = {}


def prepare(who: str) -> Any:
    random = np.random.default_rng(0)
    x, y = random.random((8192, 784), np.float32), random.integers(0, 10, 8192)
    return mine(x, y) if who == "NN Studio" else theirs(x, y)


def mine(x: Any, y: Any) -> Any:
    from nnstudio.nn.activations import Relu, Softmax
    from nnstudio.nn.layers import Dense

    layers = [Dense(512, Relu()), Dense(512, Relu()), Dense(10, Softmax())]
    return ours.epochs_of(*ours.classifier(x, y, layers, 10))


def theirs(x: Any, y: Any) -> Any:
    import torch
    from torch import nn

    x, y = torch.from_numpy(x), torch.from_numpy(y)
    model = nn.Sequential(
        nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10)
    )
    return in_torch.epochs_of(model, lambda chosen: x[chosen], y, nn.CrossEntropyLoss(), BATCH)
