"""A checkpoint goes on bit for bit, and is refused by everything it does not belong to."""

from __future__ import annotations

import io
import itertools
import zipfile
from typing import Any

import numpy as np
import pytest

from nnstudio.engine import Trainer
from nnstudio.nn.activations import Relu, Softmax
from nnstudio.nn.layers import BatchNormalization, Dense, Dropout, GaussianNoise
from nnstudio.nn.schedules import ExponentialDecay, ReduceOnPlateau
from nnstudio.project.setup import EarlyStopping
from nnstudio.spec import ProblemError, parts

from .making import dataset, same_weights, trainer

LAYERS = [
    Dense(16, Relu(), l2=0.001),
    BatchNormalization(),
    Dropout(0.3),
    GaussianNoise(0.1),
    Dense(3, Softmax()),
]
SETTINGS: dict[str, Any] = {
    "epochs": 8,
    "schedule": ReduceOnPlateau(patience=1),
    "early_stopping": EarlyStopping(patience=3, monitor="loss"),
    "class_weights": "balanced",
}


def fresh(**changes: Any) -> Trainer:
    return trainer(dataset(100, sparse=True), LAYERS, **(SETTINGS | changes))


@pytest.mark.parametrize("name", sorted(parts("optimizer")))
@pytest.mark.parametrize("events", [1, 5, 9, 30])
def test_going_on_from_a_checkpoint_gives_the_very_same_numbers(events: int, name: str) -> None:
    """At the beginning, in the middle of an epoch, at its end, and after several."""
    optimizer = parts("optimizer")[name]()
    whole, parted, resumed = (fresh(optimizer=optimizer) for _ in range(3))
    list(whole.run())
    list(itertools.islice(parted.run(), events))
    resumed.resume(parted.checkpoint())
    assert resumed.position == parted.position
    list(resumed.run())
    assert same_weights(whole.network.weights(), resumed.network.weights())
    for a, b in zip(whole.history, resumed.history, strict=True):
        assert (a.loss, a.accuracy, a.validation_loss) == (b.loss, b.accuracy, b.validation_loss)
    assert whole.weights_epoch == resumed.weights_epoch
    assert whole.reason == resumed.reason


@pytest.mark.parametrize("events", range(1, 9))
@pytest.mark.parametrize("schedule", [None, ExponentialDecay(0.5)], ids=["constant", "decay"])
def test_every_epoch_records_its_learning_rate_wherever_the_run_was_interrupted(
    events: int, schedule: Any
) -> None:
    """Also after the one batch of a full-batch epoch, with nothing left to do but to end it."""
    settings: dict[str, Any] = {"batch_size": None, "epochs": 3, "schedule": schedule}
    whole, parted, resumed = (fresh(**settings) for _ in range(3))
    list(whole.run())
    list(itertools.islice(parted.run(), events))
    resumed.resume(parted.checkpoint())
    list(resumed.run(3))
    rates = [record.learning_rate for record in resumed.history]
    assert rates == [record.learning_rate for record in whole.history]
    assert min(rates) > 0


def test_the_result_as_the_project_keeps_it_can_be_gone_on_with() -> None:
    run = fresh(epochs=2)
    list(run.run())
    trained = run.trained()
    assert trained.reason == "finished"
    assert len(trained.history) == 2
    assert all(not a.flags.writeable for a in trained.weights.values())
    other = fresh(epochs=4)
    other.resume(trained.checkpoint)
    list(other.run())
    whole = fresh(epochs=4)
    list(whole.run())
    assert same_weights(whole.network.weights(), other.network.weights())


def test_a_checkpoint_holds_no_pickle() -> None:
    run = fresh(epochs=1)
    list(run.run())
    with zipfile.ZipFile(io.BytesIO(run.checkpoint())) as archive:
        names = archive.namelist()
        assert "state.json" in names
        assert all(name == "state.json" or name.endswith(".npy") for name in names)


@pytest.mark.parametrize(
    ("other", "word"),
    [
        ({"layers": [Dense(17, Relu()), Dense(3, Softmax())]}, "another network"),
        ({"layers": [Dense(16, Relu()), Dropout(0.4), Dense(3, Softmax())]}, "another network"),
        ({"optimizer": parts("optimizer")["sgd"]()}, "another optimizer"),
        ({"data": dataset(90)}, "number of training samples"),
        ({"seed": 9}, "another seed"),
        ({"batch_size": 20}, "batch size"),
    ],
)
def test_another_networks_checkpoint_is_refused_and_changes_nothing(
    other: dict[str, Any], word: str
) -> None:
    run = trainer(dataset(100))
    list(itertools.islice(run.run(), 4))
    target = trainer(**({"data": dataset(100)} | other))
    before = target.network.weights()
    with pytest.raises(ProblemError, match=word):
        target.resume(run.checkpoint())
    assert same_weights(before, target.network.weights())
    assert target.update == 0


@pytest.mark.parametrize("damage", ["empty", "cut", "text", "shape", "no array", "number"])
def test_a_damaged_checkpoint_is_refused(damage: str) -> None:
    run = trainer()
    list(itertools.islice(run.run(), 4))
    good = run.checkpoint()
    bad = {
        "empty": lambda: b"",
        "cut": lambda: good[: len(good) // 2],
        "text": lambda: b"not a checkpoint at all",
        "shape": lambda: rewritten(good, "theta.npy", npy(np.zeros(3, np.float32))),
        "no array": lambda: rewritten(good, "theta.npy", None),
        "number": lambda: rewritten(good, "state.json", b"[1, 2]"),
    }[damage]()
    target = trainer()
    before = target.network.weights()
    with pytest.raises(ProblemError, match="cannot be read"):
        target.resume(bad)
    assert same_weights(before, target.network.weights())


def rewritten(checkpoint: bytes, entry: str, content: bytes | None) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(checkpoint)) as old, zipfile.ZipFile(written, "w") as new:
        for name in old.namelist():
            data = old.read(name) if name != entry else content
            if data is not None:
                new.writestr(name, data)
    return written.getvalue()


def npy(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()
