"""Separate random streams, weights that pass between networks, and refusals in time."""

from __future__ import annotations

import numpy as np
import pytest

from nnstudio.engine import Network, compile, memory_needed, sequential
from nnstudio.engine.limits import in_bytes, machine_memory
from nnstudio.graph.check import check
from nnstudio.graph.model import Edge, Graph, Node
from nnstudio.graph.plan import Plan, PlanStep, Signature
from nnstudio.nn.activations import Relu, Softmax
from nnstudio.nn.layers import BatchNormalization, Dense, Dropout, Input
from nnstudio.nn.losses import CategoricalCrossentropy, MeanSquaredError
from nnstudio.spec import ProblemError

from .making import CLASSES, NUMBERS, network, same_weights, samples

LOSS = CategoricalCrossentropy()


def built(graph: Graph, seed: int = 0) -> Network:
    return Network(compile(graph, CLASSES, LOSS), LOSS, seed=seed)


def with_another_branch(graph: Graph) -> Graph:
    """The same graph with a Dense and a Dropout put between two of its nodes."""
    wires = [e for e in graph.edges if e.target != "dense-2"]
    more = [Node("dense-7", Dense(16, Relu()), "New"), Node("dropout-7", Dropout(0.5), "New")]
    source = next(e.source for e in graph.edges if e.target == "dense-2")
    wires += [Edge(source, "dense-7"), Edge("dense-7", "dropout-7"), Edge("dropout-7", "dense-2")]
    return Graph((*graph.nodes, *more), tuple(wires))


def test_adding_a_layer_shifts_no_other_layers_numbers() -> None:
    before = sequential([Dense(16, Relu()), Dropout(0.3), Dense(3, Softmax())])
    old, new = built(before), built(with_another_branch(before))
    for key, weights in old.weights().items():
        np.testing.assert_array_equal(new.weights()[key], weights)
    x = samples(20).x
    masks = []
    for net in (old, new):
        net.forward(x, training=True)
        masks.append(np.array(net.contexts["dropout-1"].mask))
    np.testing.assert_array_equal(masks[0], masks[1])


def test_another_seed_gives_other_weights_and_the_same_seed_the_same() -> None:
    assert same_weights(network(seed=1).weights(), network(seed=1).weights())
    assert not same_weights(network(seed=1).weights(), network(seed=2).weights())


def test_weights_pass_between_two_versions_of_a_graph_by_node() -> None:
    before = sequential([Dense(16, Relu()), Dropout(0.3), Dense(3, Softmax())])
    old, new = built(before, 1), built(with_another_branch(before), 2)
    fresh = new.weights()
    taken = new.load_weights(old.weights(), strict=False)
    assert {node for node, _ in taken} == {"dense-1", "dense-2"}
    for key, weights in new.weights().items():
        expected = old.weights()[key] if key in taken else fresh[key]
        np.testing.assert_array_equal(weights, expected)


def test_weights_of_another_shape_are_refused_and_nothing_changes() -> None:
    net, other = network(), network([Dense(17, Relu()), Dense(3, Softmax())])
    before = net.weights()
    with pytest.raises(ProblemError, match="another network"):
        net.load_weights(other.weights())
    assert same_weights(before, net.weights())


def test_predictions_do_not_depend_on_how_the_samples_are_cut() -> None:
    net, x = network(), samples(700).x
    whole = net.predict(x)
    assert whole.shape == (700, 3)
    for size in (1, 33, 512):
        np.testing.assert_allclose(net.predict(x, batch_size=size), whole, atol=1e-6)
    np.testing.assert_allclose(net.predict(x[:1]), whole[:1], atol=1e-6)
    assert net.predict(x[:0]).shape == (0, 3)


def test_dropout_keeps_the_share_it_says_and_the_mean() -> None:
    net = network([Dropout(0.3), Dense(3, Softmax())])
    x = np.ones((20_000, 6), np.float32)
    net.forward(x, training=True)
    dropped = np.array(net.contexts["dropout-1"].output)
    assert np.mean(dropped == 0.0) == pytest.approx(0.3, abs=0.01)
    assert dropped.mean() == pytest.approx(1.0, abs=0.01)
    assert np.unique(dropped).tolist() == pytest.approx([0.0, 1 / 0.7], abs=1e-4)


def test_batch_normalization_learns_the_mean_and_variance_of_the_data() -> None:
    net = network([BatchNormalization(momentum=0.5), Dense(3, Softmax())])
    x = samples(500).x * 3 + 5
    for _ in range(30):
        net.forward(x, training=True)
    np.testing.assert_allclose(net.state["batch-normalization-1", "moving_mean"], x.mean(0), 1e-3)
    np.testing.assert_allclose(
        net.state["batch-normalization-1", "moving_variance"], x.var(0), 1e-3
    )
    net.forward(x)
    normalized = np.array(net.contexts["batch-normalization-1"].normalized)
    np.testing.assert_allclose(normalized.mean(axis=0), 0.0, atol=1e-3)


def test_penalties_count_in_the_loss() -> None:
    plain, penalised = (
        network([Dense(3, Softmax())]),
        network([Dense(3, Softmax(), l1=0.1, l2=0.2)]),
    )
    data = samples(10)
    losses = []
    for net in (plain, penalised):
        net.forward(data.x)
        losses.append(net.loss_of(data.y))
    w = plain.weights()["dense-1", "kernel"]
    expected = 0.1 * np.abs(w).sum() + 0.2 * (w**2).sum()
    assert losses[1] - losses[0] == pytest.approx(expected, rel=1e-4)


def test_a_look_leaves_no_trace() -> None:
    net = network([Dense(8, Relu()), BatchNormalization(), Dropout(0.5), Dense(3, Softmax())])
    data = samples(20)
    net.forward(data.x, training=True)
    net.loss_of(data.y)
    gradient = net.backward().copy()
    streams, memory = net.random_state(), net.memory.copy()
    with net.undisturbed():
        net.forward(data.x[:7], training=True, input_gradient=True)
        net.loss_of(data.y[:7])
        net.backward()
    np.testing.assert_array_equal(net.grad, gradient)
    np.testing.assert_array_equal(net.memory, memory)
    assert net.random_state() == streams


def test_the_saved_values_of_a_layer_can_be_looked_at_by_name() -> None:
    net, data = network(), samples(4)
    net.forward(data.x, training=True, input_gradient=True)
    net.loss_of(data.y)
    net.backward()
    assert set(net.contexts["dense-1"].saved()) >= {"x", "z", "a", "dz"}
    assert "mask" in net.contexts["dropout-1"].saved()
    dense = net.contexts["dense-1"].saved()
    kernel, bias = net.weights()["dense-1", "kernel"], net.weights()["dense-1", "bias"]
    np.testing.assert_allclose(dense["z"], data.x @ kernel + bias, rtol=1e-4, atol=1e-6)


def test_an_absurd_layer_is_refused_before_it_costs_memory() -> None:
    layer = Dense(10_000_000)
    shape = (100_000,)
    steps = (
        PlanStep("input-1", "Input", Input(), (), (), shape),
        PlanStep("dense-1", "Huge", layer, ("input-1",), (shape,), (10_000_000,),
                 layer.parameters(shape)),
    )  # fmt: skip
    plan = Plan(steps, "dense-1", Signature(shape, "regression"))
    with pytest.raises(ProblemError) as caught:
        Network(plan, MeanSquaredError())
    problem = caught.value.problems[0]
    assert "TB" in problem.title
    assert "Huge" in problem.explain
    assert problem.where.id == "dense-1"
    assert memory_needed(plan, 1) > 10**13


def test_the_machine_says_how_much_memory_it_has() -> None:
    assert machine_memory() > 2**28
    assert [in_bytes(n) for n in (12, 1500, 2.5e9, 3e12, 4e16)] == [
        "12 bytes", "1.5 KB", "2.5 GB", "3 TB", "40,000 TB",
    ]  # fmt: skip


def test_samples_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(6,\)"):
        network().forward(np.zeros((3, 5), np.float32))


def test_a_loss_that_does_not_fit_is_refused_with_the_reason() -> None:
    graph = sequential([Dense(4, Softmax())])
    assert check(graph, CLASSES, LOSS).plan is None
    with pytest.raises(ProblemError):
        compile(graph, CLASSES, LOSS)
    with pytest.raises(ProblemError):
        compile(sequential([Dense(1)]), NUMBERS, LOSS)


def test_float32_and_float64_agree() -> None:
    data, losses = samples(50), []
    for dtype in ("float32", "float64"):
        net = network([Dense(16, Relu()), Dense(3, Softmax())], dtype=dtype)
        net.forward(data.x)
        losses.append(net.loss_of(data.y))
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    with pytest.raises(ValueError, match="float16"):
        network(dtype="float16")
