"""The same numbers on every device, and nothing leaks between host and device."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from nnstudio.data.dataset import Dataset, Samples
from nnstudio.engine import Network, Trainer, compile, devices, open_device
from nnstudio.engine.cupy_ops import CupyOps
from nnstudio.engine.events import BatchFinished, EpochFinished
from nnstudio.nn.activations import Relu, Softmax, Tanh
from nnstudio.nn.clips import ClipByGlobalNorm
from nnstudio.nn.layers import Dense, Dropout, GaussianNoise
from nnstudio.nn.losses import CategoricalCrossentropy
from nnstudio.project.setup import EarlyStopping, TrainingSetup
from nnstudio.spec import ProblemError, Severity, parts
from tests.contract.test_layers import CASES, samples, signature
from tests.engine.strict import Leak, crossings, xp


def on_stand_in(graph: Any, sign: Any, dtype: str = "float32") -> Network:
    loss = CategoricalCrossentropy()
    return Network(compile(graph, sign, loss), loss, dtype=dtype, seed=3, ops=CupyOps(xp, dtype))


def test_the_stand_in_does_refuse() -> None:
    a = xp.asarray(np.ones(3))
    for leak in (lambda: xp.add(a, np.ones(3)), lambda: np.add(a, 1.0), lambda: np.asarray(a)):
        with pytest.raises(Leak):
            leak()


@pytest.mark.parametrize(("name", "graph", "shape"), CASES)
def test_every_layer_computes_the_same_on_the_device(
    name: str, graph: Any, shape: tuple[int, ...]
) -> None:
    x, y = samples(shape, 6)
    loss = CategoricalCrossentropy()
    host = Network(compile(graph, signature(shape), loss), loss, dtype="float64", seed=3)
    device = on_stand_in(graph, signature(shape), "float64")
    for net in (host, device):
        net.forward(x, training=False, input_gradient=True)
    assert host.loss_of(y) == pytest.approx(device.loss_of(y), rel=1e-10)
    np.testing.assert_allclose(
        device.ops.to_host(device.backward()), host.backward(), rtol=1e-9, atol=1e-12
    )


@pytest.mark.parametrize(("name", "graph", "shape"), CASES)
def test_training_passes_stay_on_the_device(name: str, graph: Any, shape: tuple[int, ...]) -> None:
    x, y = samples(shape, 6)
    net = on_stand_in(graph, signature(shape))
    for _ in range(2):
        net.forward(x, training=True)
        assert np.isfinite(net.loss_of(y))
        net.backward()


def dataset(sparse: bool) -> Dataset:
    random = np.random.default_rng(0)
    x = (random.normal(size=(60, 6)) * (random.random((60, 6)) < 0.4)).astype(np.float32)
    y = (np.abs(x).argmax(axis=1) % 3).astype(np.int64)
    part = Samples(csr_matrix(x) if sparse else x, y)
    return Dataset("made up", signature((6,)), part, part, None)


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("optimizer", sorted(parts("optimizer")))
def test_training_crosses_the_border_only_with_the_loss(optimizer: str, sparse: bool) -> None:
    graph = [Dense(8, Relu()), Dropout(0.5), GaussianNoise(0.1), Dense(3, Softmax())]
    from nnstudio.engine import sequential

    net = on_stand_in(sequential(graph), signature((6,)))
    setup = TrainingSetup(
        optimizer=parts("optimizer")[optimizer](),  # type: ignore[arg-type]
        epochs=2,
        batch_size=16,
        clip=ClipByGlobalNorm(),
        early_stopping=EarlyStopping(),
        class_weights="balanced",
    )
    trainer = Trainer(net, dataset(sparse), setup)
    before: dict[str, int] | None = None
    for event in trainer.run():
        if isinstance(event, BatchFinished) and event.step > 1 and event.epoch == 2:
            assert before is not None
            # The loss and the count of right answers come back; nothing goes up.
            allowed = 2 + (event.step == trainer.steps_per_epoch)
            assert crossings["down"] - before["down"] <= allowed
            assert crossings["up"] == before["up"]
        before = dict(crossings)
    assert len(trainer.history) == 2


def test_device_and_host_train_alike() -> None:
    from nnstudio.engine import sequential

    graph = sequential([Dense(8, Tanh()), Dense(3, Softmax())])
    losses = []
    for net in (
        on_stand_in(graph, signature((6,)), "float64"),
        Network(
            compile(graph, signature((6,)), CategoricalCrossentropy()),
            CategoricalCrossentropy(),
            dtype="float64",
            seed=3,
        ),
    ):
        events = Trainer(net, dataset(True), TrainingSetup(epochs=3, batch_size=7)).run()
        losses.append([e.record.loss for e in events if isinstance(e, EpochFinished)])
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-8)


def test_without_a_card_the_cpu_takes_over_and_says_why() -> None:
    if "cuda:0" in devices():
        pytest.skip("there is a graphics card here")
    ops, problem = open_device("cuda:0")
    assert ops.device == "cpu"
    assert problem is not None
    assert problem.severity is Severity.WARNING
    assert "CPU" in problem.title
    assert problem.explain


def test_an_unknown_device_is_refused_by_name() -> None:
    with pytest.raises(ProblemError, match="tpu"):
        open_device("tpu")


def test_a_full_card_falls_back_to_the_cpu_and_nothing_is_lost() -> None:
    from nnstudio.engine import sequential

    graph = sequential([Dense(8, Tanh()), Dense(3, Softmax())])
    net = on_stand_in(graph, signature((6,)))
    trainer = Trainer(net, dataset(False), TrainingSetup(epochs=3, batch_size=16))
    run = trainer.run()
    for event in run:
        if isinstance(event, EpochFinished):
            break

    class OutOfMemoryError(MemoryError):
        pass

    def full() -> float:
        raise OutOfMemoryError("the card is full")

    before = {key: value.copy() for key, value in net.weights().items()}
    program = trainer._train.program(16, training=True)
    program.step = full  # type: ignore[method-assign]
    later = list(run)
    assert net.ops.device == "cpu"
    assert net.device_problem is not None
    assert "memory" in net.device_problem.title
    assert len(trainer.history) == 3
    assert any(not np.array_equal(before[key], value) for key, value in net.weights().items())
    assert later[-1].reason == "finished"  # type: ignore[union-attr]
