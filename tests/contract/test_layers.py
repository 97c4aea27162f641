"""Every layer of the registry keeps the same promises. A new layer needs one line in EXAMPLES."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nnstudio.nn  # noqa: F401 - makes the parts known
from nnstudio.engine import sequential
from nnstudio.graph.model import Edge, Graph, Node
from nnstudio.graph.plan import Signature
from nnstudio.nn.activations import Elu, Sigmoid, Softmax, Tanh
from nnstudio.nn.layers import (
    Activation,
    Add,
    BatchNormalization,
    Concatenate,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GaussianNoise,
    GlobalAveragePooling1D,
    Input,
    LayerNormalization,
    Multiply,
    Reshape,
)
from nnstudio.nn.losses import BinaryCrossentropy, CategoricalCrossentropy
from nnstudio.spec import from_json, parts, to_json

from .gradients import TOLERANCE, network, worst_error

FLAT, IMAGE, TOKENS = (6,), (3, 4), (5,)


def merged(merge: Any, widths: tuple[int, ...]) -> Graph:
    """Branches off one input (a shared fan-out) into a merge, then a Dense."""
    nodes = [Node("input-1", Input(), "Input")]
    edges = []
    for k, width in enumerate(widths):
        nodes.append(Node(f"dense-{k + 1}", Dense(width, Tanh()), "Branch"))
        edges += [Edge("input-1", f"dense-{k + 1}"), Edge(f"dense-{k + 1}", "merge-1", k)]
    nodes += [Node("merge-1", merge, "Merge"), Node("dense-9", Dense(3, Softmax()), "Out")]
    return Graph(tuple(nodes), (*edges, Edge("merge-1", "dense-9")))


def around(*layers: Any) -> Graph:
    return sequential([*layers, Dense(3, Softmax())])


#: For every layer: a network that uses it, and the shape of one sample.
EXAMPLES: dict[str, list[tuple[Any, tuple[int, ...]]]] = {
    "input": [(around(), FLAT)],
    "dense": [
        (around(Dense(5, Tanh()), Dense(4, use_bias=False)), FLAT),
        (around(Dense(4, Sigmoid(), l1=0.01, l2=0.02), Dense(5)), FLAT),
        (around(Dense(4, Tanh()), Flatten()), IMAGE),
        (around(Dense(4, Softmax()), Flatten()), IMAGE),
        (around(Dense(5, Tanh(), frozen=True), Dense(4, Tanh())), FLAT),
    ],
    "activation": [(around(Dense(5), Activation(Elu())), FLAT), (around(Activation(Tanh())), FLAT)],
    "dropout": [(around(Dense(5, Tanh()), Dropout(0.4)), FLAT), (around(Dropout(0.2)), FLAT)],
    "gaussian_noise": [(around(GaussianNoise(0.3), Dense(5, Tanh())), FLAT)],
    "batch_normalization": [
        (around(Dense(5), BatchNormalization(), Activation(Tanh())), FLAT),
        (around(BatchNormalization(), Flatten()), IMAGE),
    ],
    "layer_normalization": [
        (around(Dense(5), LayerNormalization(), Activation(Tanh())), FLAT),
        (around(LayerNormalization(), Flatten()), IMAGE),
    ],
    "flatten": [(around(Flatten(), Dense(4, Tanh())), IMAGE)],
    "reshape": [(around(Reshape((4, 3)), Dense(2, Tanh()), Flatten()), IMAGE)],
    "add": [(merged(Add(), (4, 4)), FLAT), (merged(Add(), (4, 4, 4)), FLAT)],
    "multiply": [(merged(Multiply(), (4, 4)), FLAT), (merged(Multiply(), (4, 4, 4)), FLAT)],
    "concatenate": [
        (merged(Concatenate(), (2, 3)), FLAT),
        (merged(Concatenate(), (1, 4, 2)), FLAT),
    ],
    "embedding": [(around(Embedding(11, 4), Flatten()), TOKENS)],
    "global_average_pooling_1d": [(around(Embedding(11, 4), GlobalAveragePooling1D()), TOKENS)],
}

CASES = [
    pytest.param(name, graph, shape, id=f"{name}-{k}")
    for name, examples in EXAMPLES.items()
    for k, (graph, shape) in enumerate(examples)
]


def signature(shape: tuple[int, ...]) -> Signature:
    return Signature(shape, "classification", 3, tokens=11 if shape == TOKENS else 0)


def samples(shape: tuple[int, ...], n: int) -> tuple[Any, Any]:
    random = np.random.default_rng(n)
    y = random.integers(0, 3, n)
    if shape == TOKENS:
        return random.integers(0, 11, (n, *shape)), y
    return random.normal(size=(n, *shape)), y


def test_every_layer_of_the_registry_has_an_example() -> None:
    assert set(EXAMPLES) == set(parts("layer"))


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_a_layer_says_what_it_is(name: str) -> None:
    layer = parts("layer")[name]
    assert layer.title
    assert layer.formula
    assert layer.sentence().endswith(".")
    assert len(layer.sentence()) <= 100
    for field in layer.fields():
        assert field.label
        assert field.help.endswith(".")


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_a_layer_survives_the_file(name: str) -> None:
    layer = parts("layer")[name]()
    assert from_json("layer", to_json(layer)) == layer
    assert isinstance(layer.summary(), str)


@pytest.mark.parametrize("n", [2, 7, 33])
@pytest.mark.parametrize(("name", "graph", "shape"), CASES)
def test_gradients_agree_with_central_differences(
    name: str, graph: Graph, shape: tuple[int, ...], n: int
) -> None:
    x, y = samples(shape, n)
    net = network(graph, signature(shape), CategoricalCrossentropy())
    assert worst_error(net, x, y) < TOLERANCE


@pytest.mark.parametrize(("name", "graph", "shape"), CASES)
def test_gradients_hold_for_a_single_sample_and_outside_training(
    name: str, graph: Graph, shape: tuple[int, ...]
) -> None:
    x, y = samples(shape, 1)
    net = network(graph, signature(shape), CategoricalCrossentropy())
    assert worst_error(net, x, y, training=False) < TOLERANCE


@pytest.mark.parametrize(("name", "graph", "shape"), CASES)
def test_accumulating_twice_doubles_the_gradient(
    name: str, graph: Graph, shape: tuple[int, ...]
) -> None:
    x, y = samples(shape, 5)
    net = network(graph, signature(shape), CategoricalCrossentropy())
    streams = net.random_state()
    net.forward(x, training=True)
    net.loss_of(y)
    once = net.backward().copy()
    net.restore_random_state(streams)
    net.forward(x, training=True)
    net.loss_of(y)
    np.testing.assert_allclose(net.backward(accumulate=True), 2 * once, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("name", "graph", "shape"), CASES)
def test_replaying_a_recording_gives_the_very_same_numbers(
    name: str, graph: Graph, shape: tuple[int, ...]
) -> None:
    x, y = samples(shape, 5)
    net = network(graph, signature(shape), CategoricalCrossentropy(), "float32")
    streams, memory = net.random_state(), net.memory.copy()
    seen = []
    for _ in range(3):
        net.restore_random_state(streams)
        net.memory[:] = memory
        prediction = net.forward(x, training=True).copy()
        loss = net.loss_of(y)
        seen.append((prediction, loss, net.backward().copy()))
    for prediction, loss, gradient in seen[1:]:
        np.testing.assert_array_equal(prediction, seen[0][0])
        assert loss == seen[0][1]
        np.testing.assert_array_equal(gradient, seen[0][2])


@pytest.mark.parametrize(("name", "graph", "shape"), CASES)
def test_sparse_input_gives_the_same_as_dense(
    name: str, graph: Graph, shape: tuple[int, ...]
) -> None:
    if shape != FLAT:
        pytest.skip("sparse data is a table: rows and columns")
    from scipy.sparse import csr_matrix

    x, y = samples(shape, 9)
    x[np.random.default_rng(0).random(x.shape) < 0.7] = 0.0
    found = []
    for given in (x, csr_matrix(x)):
        net = network(graph, signature(shape), CategoricalCrossentropy())
        prediction = np.array(net.forward(given, training=True, input_gradient=True))
        loss = net.loss_of(y)
        found.append((prediction, loss, net.backward().copy()))
    np.testing.assert_allclose(found[0][0], found[1][0], rtol=1e-10)
    assert found[0][1] == pytest.approx(found[1][1], rel=1e-12)
    np.testing.assert_allclose(found[0][2], found[1][2], rtol=1e-8, atol=1e-12)


ON_PROBABILITIES = ("binary_crossentropy", "categorical_crossentropy", "kl_divergence")
LOSS_CASES = [
    pytest.param(loss, activation, id=f"{loss}-{activation}")
    for loss in sorted(parts("loss"))
    for activation in ("linear", "sigmoid", "tanh", "softmax", "softplus")
]


@pytest.mark.parametrize("n", [1, 7])
@pytest.mark.parametrize(("loss", "activation"), LOSS_CASES)
def test_every_loss_on_every_output_activation(loss: str, activation: str, n: int) -> None:
    """Fused or not, and also where the pair is unusual, the gradient is the loss's own."""
    random = np.random.default_rng(5)
    kind = parts("loss")[loss]
    function: Any = parts("activation")[activation]()
    value: Any = kind()
    if loss in ON_PROBABILITIES and activation not in ("sigmoid", "softmax"):
        pytest.skip("needs probabilities: outside 0 to 1 it is cut and has no slope")
    classify = "classification" in kind.tasks  # type: ignore[attr-defined]
    if classify:
        data, y = Signature((6,), "classification", 3), random.integers(0, 3, n)
    else:
        data, y = Signature((6,), "regression", outputs=3), random.normal(size=(n, 3))
    plan = sequential([Dense(5, Tanh()), Dense(3, function)])
    net = unchecked(plan, data, value)
    x = random.normal(size=(n, 6))
    assert worst_error(net, x, y) < TOLERANCE


def unchecked(graph: Graph, data: Signature, loss: Any) -> Any:
    """A network of a graph whatever the advice on its loss."""
    from nnstudio.engine import Network
    from nnstudio.graph.check import check

    plan = check(graph, data, None).plan
    assert plan is not None
    return Network(plan, loss, dtype="float64", seed=3)


def test_one_sigmoid_output_for_two_classes() -> None:
    random = np.random.default_rng(1)
    net = network(
        [Dense(4, Tanh()), Dense(1, Sigmoid())],
        Signature((6,), "classification", 2),
        BinaryCrossentropy(),
    )
    assert net.fused
    x, y = random.normal(size=(7, 6)), random.integers(0, 2, 7)
    assert worst_error(net, x, y) < TOLERANCE


def test_the_worked_example_of_the_course() -> None:
    """f(w, x) = 1/(1+e^-(w0 x0 + w1 x1 + w2)) with w = (2, -3, -3), x = (-1, -2)."""
    net = network([Dense(1, Sigmoid())], Signature((2,), "regression"), _Output())
    net.load_weights(
        {("dense-1", "kernel"): np.array([[2.0], [-3.0]]), ("dense-1", "bias"): np.array([-3.0])}
    )
    f = net.forward(np.array([[-1.0, -2.0]]), input_gradient=True)
    net.loss_of(np.zeros((1, 1)))
    gradient = net.backward()
    dx = net.contexts["input-1"].output_gradient
    assert f.item() == pytest.approx(0.7311, abs=5e-5)
    np.testing.assert_allclose(gradient, [-0.1966, -0.3932, 0.1966], atol=5e-5)
    np.testing.assert_allclose(dx, [[0.3932, -0.5898]], atol=5e-5)


class _Output:
    """The output itself in the place of a loss: its gradient is that of the function f."""

    fuses = ""
    threshold = 0.5

    def problems(self, *_: Any) -> tuple[()]:
        return ()

    def forward(self, ops: Any, prediction: Any, target: Any) -> Any:
        return ops.reshape(ops.copy(prediction), (prediction.shape[0],))

    def backward(self, ops: Any, prediction: Any, target: Any) -> Any:
        return ops.full(prediction.shape, 1.0)
