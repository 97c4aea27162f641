"""The way from the worker to the screen.

Scalars must never be lost, pictures are only worth something while they are new, and a tiny
network finishes 50,000 updates a second. So `put` does next to nothing, `put_picture` replaces the
picture that nobody has fetched yet, and `drain` folds each row of `BatchFinished` into one
`BatchesFinished` of arrays; the epochs that end within a row come right after it. Rows that pile
up while nobody drains are folded early, so a screen that is busy for a minute costs memory for the
numbers only.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

import numpy as np

from nnstudio.engine.events import BatchFinished, EpochFinished
from nnstudio.session.events import BatchesFinished

_FOLD_AT = 20_000


class Mailbox:
    """Carries events from any thread to the one that drains."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._events: list[Any] = []
        self._pictures: dict[str, Any] = {}
        self._fold_at = _FOLD_AT

    def put(self, event: Any) -> None:
        """Add an event; none is ever lost, and the order is kept."""
        with self._lock:
            self._events.append(event)
            if len(self._events) >= self._fold_at:
                self._events = fold(self._events)
                self._fold_at = len(self._events) + _FOLD_AT

    def put_picture(self, key: str, event: Any) -> None:
        """Add a picture; it replaces an earlier one of the same key that was not fetched yet."""
        with self._lock:
            self._pictures[key] = event

    def drain(self) -> list[Any]:
        """Everything since the last call, oldest first, pictures last."""
        with self._lock:
            events, self._events = self._events, []
            pictures, self._pictures = self._pictures, {}
            self._fold_at = _FOLD_AT
        return [*fold(events), *pictures.values()]


def fold(events: Iterable[Any]) -> list[Any]:
    """The same events with every row of updates packed into arrays, the epochs behind them."""
    folded: list[Any] = []
    row: list[BatchFinished] = []
    epochs: list[EpochFinished] = []

    def close_row() -> None:
        if row:
            folded.append(_pack(row))
        folded.extend(epochs)
        row.clear()
        epochs.clear()

    for event in events:
        if type(event) is BatchFinished:
            row.append(event)
        elif type(event) is EpochFinished:
            epochs.append(event)
        else:
            close_row()
            folded.append(event)
    close_row()
    return folded


def _pack(row: list[BatchFinished]) -> BatchesFinished:
    accuracies = [batch.accuracy for batch in row]
    measured = accuracies[0] is not None
    return BatchesFinished(
        epochs=np.array([batch.epoch for batch in row], dtype=np.int64),
        steps=np.array([batch.step for batch in row], dtype=np.int64),
        updates=np.array([batch.update for batch in row], dtype=np.int64),
        losses=np.array([batch.loss for batch in row], dtype=np.float64),
        accuracies=np.array(accuracies, dtype=np.float64) if measured else None,
        seconds=np.array([batch.seconds for batch in row], dtype=np.float64),
    )
