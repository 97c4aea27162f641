"""Keeping earlier states of a run: the best epoch, the last good one, the ones before."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from nnstudio.engine.ops import Array, Ops
from nnstudio.spec import Place, Problem

if TYPE_CHECKING:
    from nnstudio.engine.trainer import Trainer

#: Arrays above this many bytes are kept in a temporary file instead of in memory.
_LARGE = 8 * 2**20
#: States in memory may take so many bytes in all, but two are always kept.
_MEMORY = 12 * 2**20
#: Keeping large states may take this share of the time that training takes.
_SHARE = 0.03


class Kept:
    """A copy of an array; a large one lies in a file that vanishes with this object.

    Where the file cannot be written, because the folder for such files is full or gone, the copy
    stays in memory.
    """

    def __init__(self, ops: Ops, array: Array, in_memory: bool = False) -> None:
        self._array: np.ndarray[Any, Any] | None = None
        self._file: IO[bytes] | None = None
        self.nbytes = int(array.nbytes)
        self.large = self.nbytes > _LARGE and not in_memory
        if not self.large:
            self._array = ops.to_host(array)
            return
        host = array if isinstance(array, np.ndarray) else ops.to_host(array)
        try:
            self._file = _written(host)
        except OSError:
            self.large = False
            self._array = ops.to_host(array)

    def read(self) -> np.ndarray[Any, Any]:
        """The values as they were."""
        if self._array is not None:
            return self._array
        assert self._file is not None
        self._file.seek(0)
        values: np.ndarray[Any, Any] = np.load(self._file, allow_pickle=False)
        return values


def _written(array: np.ndarray[Any, Any]) -> IO[bytes]:
    """A file without a name that holds this array."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as its copy
    try:
        np.save(file, array, allow_pickle=False)
        file.flush()  # a full disk may show only now
    except BaseException:
        file.close()
        raise
    return file


@dataclass(frozen=True)
class Best:
    """The weights and moving averages of the best epoch so far."""

    epoch: int
    arrays: Mapping[str, Kept]


@dataclass(frozen=True)
class Snapshot:
    """A run at the end of an epoch: its arrays by name and its other state as plain values."""

    epoch: int
    arrays: Mapping[str, Kept]
    numbers: Mapping[str, Any]
    best: Best | None

    @property
    def large(self) -> bool:
        return any(kept.large for kept in self.arrays.values())

    @property
    def nbytes(self) -> int:
        return sum(kept.nbytes for kept in self.arrays.values())


class Snapshots:
    """The last few epochs of a run: enough to step back, and to return to after a divergence.

    Of a large network not every epoch is kept, so that keeping them costs little time.
    """

    def __init__(self) -> None:
        self._kept: list[Snapshot] = []
        self._next = 0.0

    def due(self, seconds: float) -> bool:
        """Whether, so many seconds into the training, it is time to keep a state again."""
        return seconds >= self._next

    def keep(self, snapshot: Snapshot, seconds: float, cost: float) -> None:
        """Add the newest, which took ``cost`` seconds; the oldest goes if there are too many."""
        self._next = seconds + cost / _SHARE if snapshot.large else 0.0
        self._kept.append(snapshot)
        fitting = 3 if snapshot.large else max(2, min(10, _MEMORY // max(1, snapshot.nbytes)))
        del self._kept[:-fitting]

    @property
    def latest(self) -> Snapshot | None:
        return self._kept[-1] if self._kept else None

    def at(self, epoch: int) -> Snapshot | None:
        """The latest kept state at the end of this epoch (0: the beginning) or before it."""
        return next((s for s in reversed(self._kept) if s.epoch <= epoch), None)

    def forget_after(self, epoch: int) -> None:
        self._kept = [s for s in self._kept if s.epoch <= epoch]
        self._next = 0.0


def take(trainer: Trainer) -> Snapshot:
    """The state at this moment, between epochs, from which training goes on bit for bit."""
    ops, watch = trainer.network.ops, trainer.watch
    numbers = {
        "update": trainer.update,
        "streams": trainer.network.random_state(),
        "shuffle": trainer.order_state if trainer.position else trainer.shuffling.state,
        "seconds": trainer.seconds,
        "weights_epoch": trainer.weights_epoch,
        "schedule": dict(trainer.schedule_memory),
        "watch": (watch.best_epoch, watch.best_value, watch.waited) if watch else None,
    }
    kept = {name: Kept(ops, a) for name, a in trainer.arrays().items()}
    return Snapshot(trainer.epoch, kept, numbers, trainer.best)


def put_back(trainer: Trainer, snapshot: Snapshot) -> None:
    """Bring weights, optimizer, random streams and history back to where they were."""
    put_back_arrays(trainer, snapshot.arrays)
    trainer.updater.end_epoch()
    numbers = snapshot.numbers
    trainer.update = numbers["update"]
    trainer.network.restore_random_state(numbers["streams"])
    trainer.shuffling.state = trainer.order_state = numbers["shuffle"]
    del trainer.history[snapshot.epoch :]
    trainer.seconds = numbers["seconds"]
    trainer.weights_epoch = numbers["weights_epoch"]
    trainer.schedule_memory = dict(numbers["schedule"])
    if trainer.watch is not None and numbers["watch"] is not None:
        trainer.watch.best_epoch, trainer.watch.best_value, trainer.watch.waited = numbers["watch"]
    trainer.best = snapshot.best


def put_back_arrays(trainer: Trainer, kept: Mapping[str, Kept]) -> None:
    """Write kept arrays into the live ones of the same names."""
    ops, arrays = trainer.network.ops, trainer.arrays()
    for name, values in kept.items():
        ops.xp.copyto(arrays[name], ops.to_device(values.read(), arrays[name].dtype))


def no_epoch_before() -> Problem:
    """What is told when there is nothing to step back to."""
    return Problem(
        "There is no earlier epoch to go back to",
        "Training has only just begun, or the epochs before are no longer kept.",
        Place("run"),
    )
