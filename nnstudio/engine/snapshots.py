"""Keeping earlier states of a run: the best epoch, the last good one, the one before."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any

import numpy as np

from nnstudio.engine.ops import Array, Ops

#: Arrays above this many bytes are kept in a temporary file instead of in memory.
_LARGE = 8 * 2**20


class Kept:
    """A copy of an array; a large one lies in a file that vanishes with this object."""

    def __init__(self, ops: Ops, array: Array) -> None:
        self._array: np.ndarray[Any, Any] | None = None
        self._file: IO[bytes] | None = None
        if array.nbytes <= _LARGE:
            self._array = ops.to_host(array)
            return
        if not isinstance(array, np.ndarray):
            array = ops.to_host(array)
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as this object
        np.save(self._file, array, allow_pickle=False)

    def read(self) -> np.ndarray[Any, Any]:
        """The values as they were."""
        if self._array is not None:
            return self._array
        assert self._file is not None
        self._file.seek(0)
        values: np.ndarray[Any, Any] = np.load(self._file, allow_pickle=False)
        return values


@dataclass(frozen=True)
class Snapshot:
    """A run at the end of an epoch: its arrays by name and its other state as plain values."""

    epoch: int
    arrays: Mapping[str, Kept]
    numbers: Mapping[str, Any]


class Snapshots:
    """The last few epochs of a run: enough to step back, and to return to after a divergence."""

    def __init__(self, most: int = 10) -> None:
        self._most = most
        self._kept: list[Snapshot] = []

    def keep(self, snapshot: Snapshot) -> None:
        """Add the newest; the oldest goes when there are too many."""
        self._kept.append(snapshot)
        del self._kept[: -self._most]

    @property
    def latest(self) -> Snapshot | None:
        return self._kept[-1] if self._kept else None

    def at(self, epoch: int) -> Snapshot | None:
        """The state at the end of an epoch (0: the beginning), None if it is not kept."""
        return next((s for s in self._kept if s.epoch == epoch), None)

    def forget_after(self, epoch: int) -> None:
        self._kept = [s for s in self._kept if s.epoch <= epoch]
