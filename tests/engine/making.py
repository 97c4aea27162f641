"""Small networks and data sets for the tests of the engine."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from nnstudio.data.dataset import Dataset, Samples
from nnstudio.engine import Network, Trainer, compile, sequential
from nnstudio.graph.plan import Signature
from nnstudio.nn.activations import Relu, Softmax
from nnstudio.nn.layers import Dense, Dropout
from nnstudio.nn.losses import CategoricalCrossentropy
from nnstudio.nn.optimizers import Adam
from nnstudio.project.setup import TrainingSetup

CLASSES = Signature((6,), "classification", 3)
NUMBERS = Signature((6,), "regression", outputs=1)


def samples(n: int, seed: int = 0, sparse: bool = False) -> Samples:
    """Which of three groups of inputs is the largest: easy to learn, not linear."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(n, 6)).astype(np.float32)
    y = np.abs(x).reshape(n, 3, 2).sum(axis=2).argmax(axis=1).astype(np.int64)
    if sparse:
        from scipy.sparse import csr_matrix

        x[np.abs(x) < 0.7] = 0.0
        return Samples(csr_matrix(x), y)
    return Samples(x, y)


def dataset(n: int = 100, sparse: bool = False, validation: bool = True) -> Dataset:
    held_back = samples(40, 1, sparse) if validation else None
    return Dataset("made up", CLASSES, samples(n, 0, sparse), held_back, None)


def with_y(data: Dataset, y: Any) -> Dataset:
    return dataclasses.replace(data, train=Samples(data.train.x, y))


def with_x(data: Dataset, x: Any) -> Dataset:
    return dataclasses.replace(data, train=Samples(x, data.train.y))


LAYERS = [Dense(16, Relu()), Dropout(0.3), Dense(3, Softmax())]


def network(layers: Any = None, seed: int = 0, **options: Any) -> Network:
    loss = CategoricalCrossentropy()
    graph = sequential(LAYERS if layers is None else layers)
    return Network(compile(graph, CLASSES, loss), loss, seed=seed, **options)


def setup(**settings: Any) -> TrainingSetup:
    settings.setdefault("optimizer", Adam(0.01))
    settings.setdefault("batch_size", 16)
    settings.setdefault("epochs", 4)
    return TrainingSetup(**settings)


def trainer(data: Dataset | None = None, layers: Any = None, **settings: Any) -> Trainer:
    seed = settings.get("seed", 0)
    return Trainer(network(layers, seed), data or dataset(), setup(**settings))


def same_weights(a: Any, b: Any) -> bool:
    return a.keys() == b.keys() and all(np.array_equal(a[key], b[key]) for key in a)
