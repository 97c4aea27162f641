"""The README's NumPy reader gives the engine's numbers for whatever the registry holds."""

from __future__ import annotations

import dataclasses
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnstudio.engine import Network, sequential
from nnstudio.export import npz
from nnstudio.export.program import OPERATIONS
from nnstudio.graph.check import check
from nnstudio.graph.model import Edge, Graph, Node
from nnstudio.graph.plan import Signature
from nnstudio.nn.activations import Softmax, Tanh
from nnstudio.nn.layers import Activation, Add, Dense, Dropout, Input
from nnstudio.nn.losses import CategoricalCrossentropy, MeanSquaredError
from nnstudio.project.model import Fitted
from nnstudio.spec import parts
from tests.readme import programs, reader

from .test_layers import CASES, FLAT, TOKENS, around, samples, signature

READER = reader()
CROSSENTROPY = CategoricalCrossentropy()


def stirred(network: Network) -> Network:
    """The network with random weights and moving averages, none of them at its first value."""
    random = np.random.default_rng(1)
    network.load_weights(
        {
            key: random.uniform(0.2, 1.2, a.shape) * random.choice([1, 1, -1], a.shape)
            if "variance" not in key[1]
            else random.uniform(0.2, 2.0, a.shape)
            for key, a in network.weights().items()
        }
    )
    return network


def exported(
    folder: Path, graph: Graph, data: Signature, fitted: Fitted, loss: Any
) -> tuple[Any, Network]:
    """The file's arrays as plain NumPy reads them, and the network that was written."""
    model = npz.Model("m", graph, loss, data, {}, fitted)
    network = stirred(Network(model.plan(), loss, seed=5))
    npz.save(dataclasses.replace(model, weights=network.weights()), folder / "m.npz")
    return np.load(folder / "m.npz"), network


@pytest.mark.parametrize(("name", "graph", "shape"), CASES)
def test_every_layer_is_read(
    tmp_path: Path, name: str, graph: Graph, shape: tuple[int, ...]
) -> None:
    model, network = exported(tmp_path, graph, signature(shape), Fitted(), CROSSENTROPY)
    for n in (1, 6):
        x, _ = samples(shape, n)
        x = x if shape == TOKENS else x.astype(np.float32)
        found = READER.run(model, x)
        expected = network.predict(x)
        np.testing.assert_allclose(found["output"], expected, rtol=2e-5, atol=1e-6)
        assert any(step.layer.name == name for step in network.plan.steps)
        for step in network.plan.steps:  # hidden layers can be looked at by their names
            inside = network.contexts[step.id].output
            np.testing.assert_allclose(
                found[f"{step.id}/output"][-len(inside) :], inside, rtol=2e-5, atol=1e-5
            )


def variants(name: str) -> list[Any]:
    """The activation as it comes, and with each of its numbers set to another."""
    kind: Any = parts("activation")[name]
    usual = kind()
    names = [spec.name for spec in kind.fields()]
    changed = {name: getattr(usual, name) / 2 + 0.03 for name in names}  # all are real so far
    return [kind(), kind(**changed)] if changed else [kind()]


@pytest.mark.parametrize("name", sorted(parts("activation")))
def test_every_activation_is_read_with_its_settings(tmp_path: Path, name: str) -> None:
    x, _ = samples(FLAT, 9)
    x = (3 * x).astype(np.float32)
    for activation in variants(name):
        for layers in (
            [Dense(5, activation), Dense(4, activation, use_bias=False)],
            [Dense(5), Activation(activation)],
        ):
            model, network = exported(
                tmp_path, around(*layers), signature(FLAT), Fitted(), CROSSENTROPY
            )
            found = READER.run(model, x)["output"]
            np.testing.assert_allclose(found, network.predict(x), rtol=5e-5, atol=1e-6)


@pytest.mark.parametrize("name", sorted(parts("activation")))
def test_every_activation_is_read_at_the_output(tmp_path: Path, name: str) -> None:
    data = Signature(FLAT, "regression", outputs=2)
    x, _ = samples(FLAT, 9)
    for activation in variants(name):
        graph = sequential([Dense(3, Tanh()), Dense(2, activation)])
        if check(graph, data, MeanSquaredError()).plan is None:
            pytest.skip("the graph check refuses it as an output")
        fitted = Fitted(
            offset=np.linspace(-1, 1, 6), scale=np.full(6, 2.0), target_offset=7.0, target_scale=3.0
        )
        model, network = exported(tmp_path, graph, data, fitted, MeanSquaredError())
        inputs = ((x - fitted.offset) / fitted.scale).astype(np.float32)
        expected = network.predict(inputs) * 3.0 + 7.0
        np.testing.assert_allclose(READER.run(model, x)["output"], expected, rtol=5e-5)


def test_the_reader_knows_every_operation_and_no_other() -> None:
    assert set(READER.DO) == OPERATIONS


def test_the_reader_is_short_and_runs_nothing_from_the_file() -> None:
    program = programs("Use a trained model with NumPy alone")[0]
    assert program.count("\n") <= 50
    assert not any(word in program for word in ("eval", "exec", "pickle", "nnstudio"))


def test_a_layer_that_passes_its_input_on_takes_no_other_s_name(tmp_path: Path) -> None:
    nodes = (
        Node("input-1", Input(), "Input"),
        Node("dropout-10", Dropout(0.5), "First"),
        Node("dropout-1", Dropout(0.5), "Second"),
        Node("add-1", Add(), "Sum"),
        Node("dense-1", Dense(3, Softmax()), "Out"),
    )
    chain = ("input-1", "dropout-10", "dropout-1", "add-1", "dense-1")
    edges = (*(Edge(a, b) for a, b in pairwise(chain)), Edge("dropout-10", "add-1", 1))
    graph = Graph(nodes, edges)
    model, network = exported(tmp_path, graph, signature(FLAT), Fitted(), CROSSENTROPY)
    x = samples(FLAT, 4)[0].astype(np.float32)
    found = READER.run(model, x)
    np.testing.assert_allclose(found["output"], network.predict(x), rtol=1e-5)
    np.testing.assert_array_equal(found["dropout-10/output"], x)
