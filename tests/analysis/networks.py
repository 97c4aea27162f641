"""Small networks with every layer, their data, and tapes of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from nnstudio.analysis.tape import ProbeRequest, Tape, record
from nnstudio.data.dataset import Dataset, Samples
from nnstudio.engine import Network, Trainer, compile
from nnstudio.graph.model import Graph
from nnstudio.graph.plan import Signature
from nnstudio.nn.layers.activation import Activation
from nnstudio.nn.layers.add import Add
from nnstudio.nn.layers.batch_normalization import BatchNormalization
from nnstudio.nn.layers.concatenate import Concatenate
from nnstudio.nn.layers.dropout import Dropout
from nnstudio.nn.layers.embedding import Embedding
from nnstudio.nn.layers.flatten import Flatten
from nnstudio.nn.layers.gaussian_noise import GaussianNoise
from nnstudio.nn.layers.global_average_pooling_1d import GlobalAveragePooling1D
from nnstudio.nn.layers.layer_normalization import LayerNormalization
from nnstudio.nn.layers.multiply import Multiply
from nnstudio.nn.layers.reshape import Reshape
from nnstudio.nn.loss import Loss
from nnstudio.nn.losses import CategoricalCrossentropy
from nnstudio.nn.optimizers import Adam
from nnstudio.project.model import Fitted
from nnstudio.project.setup import TrainingSetup
from nnstudio.project.start import Start
from nnstudio.session.order import Order
from nnstudio.session.run import Run
from nnstudio.spec import parts
from tests.graph.building import chain, dense, graph, start

BRANCHES = (
    "input-1>dense-1 dense-1>batch-normalization-1 dense-1>layer-normalization-1 "
    "batch-normalization-1>add-1:0 layer-normalization-1>add-1:1 dense-1>add-1:2 "
    "add-1>multiply-1:0 dense-1>multiply-1:1 multiply-1>concatenate-1:0 add-1>concatenate-1:1 "
    "concatenate-1>gaussian-noise-1 gaussian-noise-1>activation-1 activation-1>dropout-1 "
    "dropout-1>dense-2"
)


def branched() -> Graph:
    """A graph with merges, fan-out, both normalisations, noise and dropout."""
    return graph(
        [
            start(), dense(4, "tanh", l2=0.01, l1=0.001), BatchNormalization(),
            LayerNormalization(), Add(), Multiply(), Concatenate(), GaussianNoise(0.1),
            Activation(parts("activation")["leaky_relu"]()), Dropout(0.3), dense(3, "softmax"),
        ],
        BRANCHES,
    )  # fmt: skip


def reading() -> Graph:
    """A graph that reads token indices: embedding, a dense layer on each position, pooling."""
    return chain(
        start(), Embedding(9, 4), dense(5, "relu"), GlobalAveragePooling1D(), dense(3, "softmax")
    )


def pictures() -> Graph:
    return chain(start(), Reshape((2, 6)), Flatten(), dense(5, "relu"), dense(3, "softmax"))


def numbers(
    n: int = 24, shape: tuple[int, ...] = (6,), classes: int = 3, tokens: int = 0
) -> Dataset:
    """Random numbers (or indices) with random classes; with 0 classes, numbers to predict."""
    random = np.random.default_rng(7)
    if tokens:
        x: Any = random.integers(0, tokens, (n, *shape))
    else:
        x = random.normal(size=(n, *shape)).astype(np.float32)
        x[np.abs(x) < 0.3] = 0
    if classes:
        y: Any = random.integers(0, classes, n)
        signature = Signature(shape, "classification", classes, tokens=tokens)
    else:
        y = random.normal(size=(n, 2)).astype(np.float32)
        signature = Signature(shape, "regression", outputs=2)
    samples = Samples(x, y)
    names = tuple(f"class {k}" for k in range(classes))
    return Dataset("numbers", signature, samples, samples, samples, names)


def run_of(
    network: Graph, data: Dataset, loss: Loss | None = None, updates: int = 0, **setup: Any
) -> Run:
    """A run after some updates."""
    setup.setdefault("optimizer", Adam())
    settings = TrainingSetup(loss=loss or CategoricalCrossentropy(), batch_size=8, **setup)
    plan = compile(network, data.signature, settings.loss)
    began = Start(network, settings.loss, settings.seed, None)
    run = Run(Order(plan, settings, began, data, Fitted.of(data), None))
    trainer: Trainer = run.ready_to_train(settings)
    events = trainer.run()
    while trainer.update < updates:
        next(events)
    return run


def tape_of(run: Run, rows: tuple[int, ...] = (0, 1, 2, 3), **request: Any) -> Tape:
    network: Network = run.network
    probe = ProbeRequest(
        rows, around=tuple(range(min(12, len(run.order.dataset.train)))), **request
    )
    return record(network, run.order.dataset, run.order.setup, probe, run.standing())


def computed(python: str) -> float:
    """The value of a formula with its numbers put in."""
    names = {name: getattr(math, name) for name in ("exp", "log", "sqrt", "tanh")}
    return float(eval(python, {"__builtins__": {}}, names | {"max": max, "abs": abs}))
