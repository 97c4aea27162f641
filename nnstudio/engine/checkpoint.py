"""Checkpoints: everything needed to go on with training bit for bit, as bytes.

A checkpoint is a zip file with ``state.json`` (plain values) and one ``.npy`` for every array; no
pickle. It says which network, optimizer and data it belongs to and is refused by any other.
"""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.engine.snapshots import Best, Kept
from nnstudio.project.archive import EPOCH, Archive
from nnstudio.project.model import EpochRecord
from nnstudio.project.writing import refuse, text, whole
from nnstudio.spec import Place, Problem, ProblemError, one_door, quote, to_json

if TYPE_CHECKING:
    from nnstudio.engine.trainer import Trainer

FORMAT = 2
_WHERE = Place("run")
_KEYS = {
    *("belongs to", "update", "position", "batch_size", "loss_sum", "correct", "seconds"),
    *("weights_epoch", "reason", "learning_rate", "history", "streams", "shuffle", "schedule"),
    *("watch", "best"),
}


def write(trainer: Trainer) -> bytes:
    """The trainer's state, weights and random streams as bytes."""
    host = {name: trainer.network.ops.to_host(a) for name, a in trainer.arrays().items()}
    best = trainer.best
    if best is not None:
        host |= {f"best/{name}": kept.read() for name, kept in best.arrays.items()}
    watch = trainer.watch
    state = {
        "format": FORMAT,
        "belongs to": _belongs_to(trainer),
        "update": trainer.update,
        "position": trainer.position,
        "batch_size": trainer.batch_size,
        "loss_sum": trainer.loss_sum,
        "correct": trainer.correct,
        "seconds": trainer.seconds,
        "weights_epoch": trainer.weights_epoch,
        "reason": trainer.reason,
        "learning_rate": trainer.learning_rate,
        "history": [asdict(record) for record in trainer.history],
        "streams": trainer.network.random_state(),
        "shuffle": trainer.order_state if trainer.position else trainer.shuffling.state,
        "schedule": trainer.schedule_memory,
        "watch": [watch.best_epoch, watch.best_value, watch.waited] if watch else None,
        "watched": _watched(trainer),
        "best": None if best is None else best.epoch,
    }
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo("state.json", EPOCH), json.dumps(state))
        for name, array in host.items():
            entry = zipfile.ZipInfo(f"{name}.npy", EPOCH)
            with archive.open(entry, "w", force_zip64=True) as file:
                np.lib.format.write_array(file, np.ascontiguousarray(array), allow_pickle=False)
    return written.getvalue()


def read(trainer: Trainer, checkpoint: bytes) -> None:
    """Put a trainer into the state a checkpoint describes.

    Raises `ProblemError`, and changes nothing, if the bytes are damaged or belong to another
    network, optimizer or data set.
    """
    with _unreadable():
        archive = Archive(checkpoint, "saved training", _WHERE)
    with archive:
        with _unreadable():
            state = _read_state(archive)
        _refuse_if_foreign(trainer, state)
        with _unreadable():
            numbers = _numbers(trainer, state)
            arrays = _read_arrays(archive, trainer, "")
            best = None
            if numbers.best is not None:
                best = Best(numbers.best, _kept(trainer, _read_arrays(archive, trainer, "best/")))
    _apply(trainer, numbers, arrays, best)


@contextmanager
def _unreadable() -> Iterator[None]:
    """Whatever is wrong with the bytes read inside becomes one `ProblemError`."""
    title = "The saved training cannot be read"
    explain = "The weights in the project are not touched; train again from them."
    try:
        with one_door(_WHERE, title, f"It is damaged or not ours. {explain}"):
            yield
    except ProblemError as error:
        problem = error.problems[0]
        if problem.title == title:
            raise
        said = f"It is damaged or not ours ({problem.title}). {explain}"
        raise ProblemError(Problem(title, said, _WHERE)) from None


def _belongs_to(trainer: Trainer) -> dict[str, Any]:
    """What must be the same for training to go on: structure, optimizer, precision, data."""
    network = trainer.network
    return {
        "network": [
            [step.id, to_json(step.layer), list(step.sources), list(step.output_shape)]
            for step in network.plan.steps
        ],
        "loss": to_json(network.loss),
        "optimizer": trainer.setup.optimizer.name,
        "dtype": network.dtype,
        "samples": trainer.samples,
        "seed": network.seed,
    }


def _refuse_if_foreign(trainer: Trainer, state: dict[str, Any]) -> None:
    words = {
        "network": "another network",
        "loss": "another loss",
        "optimizer": "another optimizer",
        "dtype": "another precision",
        "samples": "another number of training samples",
        "seed": "another seed",
    }
    own, theirs = json.loads(json.dumps(_belongs_to(trainer))), state["belongs to"]
    for key, what in words.items():
        if own[key] != theirs.get(key):
            shown = (
                "" if key == "network" else f" ({quote(theirs.get(key))}, not {quote(own[key])})"
            )
            raise ProblemError(
                Problem(
                    f"The saved training belongs to {what}",
                    f"It was made with {what}{shown}, so it cannot go on here. Train anew, or open "
                    "the project it belongs to.",
                    Place("run"),
                )
            )
    if state.get("position") and state.get("batch_size") != trainer.batch_size:
        raise ProblemError(
            Problem(
                "The saved training stands in the middle of an epoch with another batch size",
                f"It was made with batches of {quote(state.get('batch_size'))}, now they are "
                f"{trainer.batch_size}. Set the batch size back to go on.",
                Place("training", field="batch_size"),
            )
        )


def _read_state(archive: Archive) -> dict[str, Any]:
    state = archive.json("state.json", constant=_constant)
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        refuse("Another version of NN Studio wrote it", _WHERE)
    missing = _KEYS - set(state)
    if missing:
        refuse(f"The saved training lacks {quote(min(missing))}", _WHERE)
    if not isinstance(state["belongs to"], dict):
        refuse("It does not say what it belongs to", _WHERE)
    return state


def _constant(written: str) -> float:
    # The best value of a diverging run may be infinite; anything else is a number JSON has.
    return float(written.replace("Infinity", "inf"))


def _read_arrays(archive: Archive, trainer: Trainer, prefix: str) -> dict[str, Any]:
    """The arrays, each checked against the shape it must have before it is read."""
    found = {}
    targets = trainer.arrays()
    for name in ("theta", "memory") if prefix else tuple(targets):
        target = targets[name]
        array = archive.array(f"{prefix}{name}.npy", shape=tuple(target.shape))
        if array.dtype != target.dtype:
            refuse(f"{name} is {array.dtype}", _WHERE)
        found[name] = array
    return found


def _kept(trainer: Trainer, arrays: Mapping[str, Any]) -> dict[str, Kept]:
    return {name: Kept(trainer.network.ops, a, in_memory=True) for name, a in arrays.items()}


@dataclass(frozen=True)
class _Numbers:
    """The plain values of a state, each of its kind and within its bounds."""

    update: int
    position: int
    loss_sum: float
    correct: int
    seconds: float
    weights_epoch: int
    reason: str
    learning_rate: float
    history: tuple[EpochRecord, ...]
    streams: dict[str, list[int]]
    shuffle: list[int]
    schedule: dict[str, float]
    watch: tuple[int | None, float | None, int] | None
    best: int | None


def _numbers(trainer: Trainer, state: Mapping[str, Any]) -> _Numbers:
    history = tuple(_record(record) for record in state["history"])
    streams = {id: _stream(own, state["streams"][id]) for id, own in _streams(trainer).items()}
    if len(streams) != len(state["streams"]):
        refuse("Its random numbers come from another network", _WHERE)
    best, watch = state["best"], state["watch"]
    same_figure = state.get("watched", _watched(trainer)) == _watched(trainer)
    if not same_figure:
        best = watch = None  # the best by another figure says nothing about this one
    if watch is not None:
        best_epoch, best_value, waited = watch
        watch = (
            None if best_epoch is None else _whole(best_epoch),
            None if best_value is None else _real(best_value),
            _whole(waited),
        )
    rate = _real(state["learning_rate"])
    if not 0 < rate < math.inf:
        refuse("Its learning rate is no positive number", _WHERE)
    return _Numbers(
        update=_whole(state["update"]),
        position=_whole(state["position"], trainer.samples),
        loss_sum=_real(state["loss_sum"]),
        correct=_whole(state["correct"]),
        seconds=_real(state["seconds"]),
        weights_epoch=_whole(state["weights_epoch"], len(history)),
        reason=text(state["reason"], "The reason why training ended", _WHERE),
        learning_rate=rate,
        history=history,
        streams=streams,
        shuffle=_stream(trainer.shuffling.state, state["shuffle"]),
        schedule={text(k, "A name", _WHERE): _real(v) for k, v in state["schedule"].items()},
        watch=watch,
        best=None if best is None else _whole(best),
    )


def _record(written: Any) -> EpochRecord:
    record = EpochRecord(**written)
    for name in ("epoch", "updates"):
        _whole(getattr(record, name))
    if record.from_epoch is not None:
        _whole(record.from_epoch)
    for name in ("seconds", "learning_rate", "loss"):
        _real(getattr(record, name))
    for name in ("accuracy", "validation_loss", "validation_accuracy"):
        if getattr(record, name) is not None:
            _real(getattr(record, name))
    for name, value in record.metrics.items():
        text(name, "The name of a figure", _WHERE)
        _real(value)
    return record


def _streams(trainer: Trainer) -> dict[str, list[int]]:
    return trainer.network.random_state()


def _stream(own: list[int], theirs: Any) -> list[int]:
    """Where a random stream stands: as many whole numbers as our own, each of 64 or 32 bits."""
    if not isinstance(theirs, list) or len(theirs) != len(own):
        refuse("Its random numbers come from another kind of device", _WHERE)
    bits = [64] * 4 + [1, 32] if len(own) == 6 else [32, 53]
    return [_whole(n, 2**most - 1) for n, most in zip(theirs, bits, strict=True)]


def _whole(value: Any, most: int = 2**53) -> int:
    return whole(value, "A number of the saved training", _WHERE, 0, most)


def _real(value: Any) -> float:
    """A number, infinite or NaN as well."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        refuse(f"It has {quote(value)} where a number should be", _WHERE)
    return float(value)


def _apply(
    trainer: Trainer, numbers: _Numbers, arrays: Mapping[str, Any], best: Best | None
) -> None:
    network = trainer.network
    for name, target in trainer.arrays().items():
        network.ops.xp.copyto(target, network.ops.to_device(arrays[name], target.dtype))
    network.restore_random_state(numbers.streams)
    trainer.history = list(numbers.history)
    trainer.update, trainer.position = numbers.update, numbers.position
    trainer.loss_sum, trainer.correct = numbers.loss_sum, numbers.correct
    trainer.seconds = numbers.seconds
    trainer.weights_epoch = numbers.weights_epoch
    trainer.reason = numbers.reason
    trainer.set_learning_rate(numbers.learning_rate)
    trainer.schedule_memory = dict(numbers.schedule)
    trainer.shuffling.state = numbers.shuffle
    trainer.began_anew()
    trainer.best = best
    watch = trainer.watch
    if watch is not None and numbers.watch is not None:
        watch.best_epoch, watch.best_value, watch.waited = numbers.watch


def _watched(trainer: Trainer) -> list[str] | None:
    """What early stopping watches and which way is good."""
    stopping = trainer.setup.early_stopping
    if stopping is None:
        return None
    return [stopping.monitor, "min" if stopping.smaller_is_better else "max"]
