"""Checkpoints: everything needed to go on with training bit for bit, as bytes.

A checkpoint is a zip file with ``state.json`` (plain values) and one ``.npy`` for every array; no
pickle. It says which network, optimizer and data it belongs to and is refused by any other.
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.engine.snapshots import Best, Kept
from nnstudio.project.model import EpochRecord
from nnstudio.spec import Place, Problem, ProblemError, to_json

if TYPE_CHECKING:
    from nnstudio.engine.trainer import Trainer

FORMAT = 2
#: No state of a run is longer than this, written as JSON (a million epochs are 200 MB).
_LONGEST_STATE = 2**28


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
        archive.writestr("state.json", json.dumps(state))
        for name, array in host.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                np.lib.format.write_array(file, np.ascontiguousarray(array), allow_pickle=False)
    return written.getvalue()


def read(trainer: Trainer, checkpoint: bytes) -> None:
    """Put a trainer into the state a checkpoint describes.

    Raises `ProblemError`, and changes nothing, if the bytes are damaged or belong to another
    network, optimizer or data set.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(checkpoint)) as archive:
            state = _read_state(archive)
            _refuse_if_foreign(trainer, state)
            arrays = _read_arrays(archive, trainer, "")
            best = _read_arrays(archive, trainer, "best/") if state["best"] is not None else None
            _apply(trainer, state, arrays, best)
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError, EOFError, OSError) as error:
        raise ProblemError(
            Problem(
                "The saved training cannot be read",
                f"It is damaged or not ours ({error}). The weights in the project are not touched; "
                "train again from them.",
                Place("run"),
            )
        ) from None


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
                "" if key == "network" else f" ({_short(theirs.get(key))}, not {_short(own[key])})"
            )
            raise ProblemError(
                Problem(
                    f"The saved training belongs to {what}",
                    f"It was made with {what}{shown}, so it cannot go on here. Train anew, or open "
                    "the project it belongs to.",
                    Place("run"),
                )
            )
    if state["position"] and state["batch_size"] != trainer.batch_size:
        raise ProblemError(
            Problem(
                "The saved training stands in the middle of an epoch with another batch size",
                f"It was made with batches of {_short(state['batch_size'])}, now they are "
                f"{trainer.batch_size}. Set the batch size back to go on.",
                Place("training", field="batch_size"),
            )
        )


def _read_state(archive: zipfile.ZipFile) -> dict[str, Any]:
    if archive.getinfo("state.json").file_size > _LONGEST_STATE:
        raise ValueError("its description is too long")
    state = json.loads(archive.read("state.json"), parse_constant=_constant)
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise ValueError("another version of NN Studio wrote it")
    return state


def _constant(written: str) -> float:
    # The best value of a diverging run may be infinite; anything else is a number JSON has.
    return float(written.replace("Infinity", "inf"))


def _read_arrays(archive: zipfile.ZipFile, trainer: Trainer, prefix: str) -> dict[str, Any]:
    """The arrays, each checked against the shape it must have before it is read."""
    found = {}
    targets = trainer.arrays()
    for name in ("theta", "memory") if prefix else tuple(targets):
        target = targets[name]
        entry = f"{prefix}{name}.npy"
        expected = int(target.size) * int(target.dtype.itemsize)
        if archive.getinfo(entry).file_size > expected + 4096:
            raise ValueError(f"{name} is too large")
        with archive.open(entry) as file:
            array = np.lib.format.read_array(file, allow_pickle=False, max_header_size=4096)
        if array.shape != target.shape or array.dtype != target.dtype:
            raise ValueError(f"{name} is {array.dtype} {array.shape}")
        found[name] = array
    return found


def _apply(
    trainer: Trainer, state: dict[str, Any], arrays: dict[str, Any], best: dict[str, Any] | None
) -> None:
    history = [EpochRecord(**record) for record in state["history"]]
    position, update = int(state["position"]), int(state["update"])
    if not 0 <= position <= trainer.samples:
        raise ValueError(f"its position {position} lies outside the epoch")
    watch = state["watch"]
    network = trainer.network
    _same_streams(network.random_state(), state["streams"])
    for name, target in trainer.arrays().items():
        network.ops.xp.copyto(target, network.ops.to_device(arrays[name], target.dtype))
    network.restore_random_state(state["streams"])
    trainer.history = history
    trainer.update, trainer.position = update, position
    trainer.loss_sum, trainer.correct = float(state["loss_sum"]), int(state["correct"])
    trainer.seconds = float(state["seconds"])
    trainer.weights_epoch = int(state["weights_epoch"])
    trainer.reason = str(state["reason"])
    trainer.set_learning_rate(float(state["learning_rate"]))
    trainer.schedule_memory = dict(state["schedule"])
    trainer.shuffling.state = state["shuffle"]
    trainer.began_anew()
    trainer.best = None
    if state.get("watched", _watched(trainer)) != _watched(trainer):
        return  # the best by another figure says nothing about this one
    if trainer.watch is not None and watch is not None:
        trainer.watch.best_epoch, trainer.watch.best_value, trainer.watch.waited = watch
    if best is not None:
        kept = {name: Kept(network.ops, a, in_memory=True) for name, a in best.items()}
        trainer.best = Best(int(state["best"]), kept)


def _watched(trainer: Trainer) -> list[str] | None:
    """What early stopping watches and which way is good."""
    stopping = trainer.setup.early_stopping
    if stopping is None:
        return None
    return [stopping.monitor, "min" if stopping.smaller_is_better else "max"]


def _same_streams(own: dict[str, list[int]], theirs: dict[str, list[int]]) -> None:
    if {id: len(state) for id, state in own.items()} != {
        id: len(state) for id, state in theirs.items()
    }:
        raise ValueError("its random numbers come from another kind of device")


def _short(value: Any) -> str:
    written = str(value)
    return written if len(written) <= 40 else written[:37] + "..."
