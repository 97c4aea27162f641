"""What the curves show: every update and every epoch of the run, by epoch, update or second."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from nnstudio.engine.events import EpochFinished, TrainingStarted
from nnstudio.project.model import EpochRecord, Trained
from nnstudio.session.events import BatchesFinished
from nnstudio.ui.charts.decimate import GrowingSeries

Against = Literal["epoch", "update", "seconds"]
Array = np.ndarray[Any, Any]

COLUMNS = (
    *("epoch", "updates", "seconds", "loss", "accuracy"),
    *("validation_loss", "validation_accuracy"),
)


class RunHistory:
    """Collects the figures of one run. Updates are remembered while the app runs, epochs for good.

    ``records`` are the finished epochs, ``waited`` the epochs since the best one (None without
    early stopping), ``restored`` whether the best weights were taken back.
    """

    def __init__(self) -> None:
        self.records: list[EpochRecord] = []
        self.best_epoch: int | None = None
        self.monitor = ""  # what that epoch is the best by; empty if unknown
        self.waited: int | None = None
        self.restored = False
        self.reason = ""
        self._columns = np.empty((64, len(COLUMNS)))  # the records once more, to be drawn
        self._steps_per_epoch = 1
        self._updates = GrowingSeries()  # against the number of the update
        self._accuracies = GrowingSeries()
        self._seconds = GrowingSeries()

    @property
    def has_accuracy(self) -> bool:
        return any(record.accuracy is not None for record in self.records) or bool(
            len(self._accuracies)
        )

    @property
    def empty(self) -> bool:
        return not self.records and not len(self._updates)

    def hear(self, event: object) -> bool:
        """Take in an event of the trainer; whether something new is to be shown."""
        if isinstance(event, BatchesFinished):
            self._add(event)
        elif isinstance(event, EpochFinished):
            self._keep_before(event.record.epoch)
            self.records.append(event.record)
            self._write(len(self.records) - 1)
            self.best_epoch, self.waited = event.best_epoch, event.waited
            self.monitor = event.monitor
        elif isinstance(event, TrainingStarted):
            self._steps_per_epoch = max(1, event.steps_per_epoch)
            self.restored = False
            self.reason = ""
            if event.first_epoch == 1:
                self.clear()
            else:
                self._keep_before(event.first_epoch)
        else:
            return False
        return True

    def take(self, trained: Trained | None) -> None:
        """Agree with the project: show the history that led to its weights."""
        if trained is None or not trained.history:
            self.clear()
            return
        if list(trained.history) != self.records:
            same = trained.history[0] == self.records[0] if self.records else False
            self.records = list(trained.history)
            for index in range(len(self.records)):
                self._write(index)
            if same:
                self._cut(self.records[-1].updates)
            else:
                self._forget_updates()
        self.best_epoch = trained.best_epoch
        self.monitor = trained.monitor
        self.reason = trained.reason
        last = self.records[-1].epoch
        best = trained.best_epoch
        self.restored = best is not None and trained.weights_epoch == best and best < last
        self.waited = last - best if best is not None else None

    def clear(self) -> None:
        """Forget everything."""
        self.records = []
        self.best_epoch = self.waited = None
        self.restored, self.reason = False, ""
        self._forget_updates()

    def epochs(self, against: Against) -> Array:
        """Where the finished epochs lie on the x axis."""
        return self.figures("updates" if against == "update" else against)

    def figures(self, name: str) -> Array:
        """One figure of all finished epochs, NaN where it was not measured."""
        return self._columns[: len(self.records), COLUMNS.index(name)]

    def x_range(self, against: Against) -> tuple[float, float]:
        """From where to where the x axis goes."""
        epochs = self.epochs(against)
        high = float(epochs[-1]) if epochs.size else 0.0
        if len(self._updates):
            last = float(self._updates.x[-1])
            high = max(high, float(self._to_x(np.array([last]), against)[0]))
        low = 0.0
        if against == "epoch" and epochs.size and not len(self._updates):
            low = float(epochs[0]) if epochs.size > 1 else 0.0
        return low, high if high > low else low + 1.0

    def batches(
        self, accuracy: bool, against: Against, low: float, high: float, pixels: int
    ) -> tuple[Array, Array]:
        """The updates between two places of the x axis, decimated to so many pixels."""
        series = self._accuracies if accuracy else self._updates
        if not len(series):
            return np.empty(0), np.empty(0)
        first, last = self._to_update(low, against), self._to_update(high, against)
        x, y = series.for_pixels(first, last, pixels)
        return self._to_x(x, against), y

    def batch_extremes(self, accuracy: bool) -> tuple[float, float] | None:
        return (self._accuracies if accuracy else self._updates).extremes()

    def _write(self, index: int) -> None:
        """Put a record into its row of the columns."""
        if index == len(self._columns):
            self._columns = np.concatenate([self._columns, np.empty_like(self._columns)])
        values = [getattr(self.records[index], name) for name in COLUMNS]
        self._columns[index] = [np.nan if value is None else value for value in values]

    def _add(self, event: BatchesFinished) -> None:
        updates = event.updates.astype(float)
        if len(self._updates) and updates[0] <= self._updates.x[-1]:
            self._cut(int(updates[0]) - 1)
        self._updates.add(updates, event.losses)
        self._seconds.add(updates, event.seconds)
        if event.accuracies is not None:
            self._accuracies.add(updates, event.accuracies)

    def _keep_before(self, epoch: int) -> None:
        """An epoch is done (again): the later ones of an earlier try do not count."""
        if self.records and self.records[-1].epoch >= epoch:
            self.records = [record for record in self.records if record.epoch < epoch]

    def _cut(self, last_update: int) -> None:
        for series in (self._updates, self._accuracies, self._seconds):
            series.cut(int(np.searchsorted(series.x, last_update, "right")))

    def _forget_updates(self) -> None:
        for series in (self._updates, self._accuracies, self._seconds):
            series.clear()

    def _per_epoch(self) -> float:
        """Updates per epoch, from what was measured if possible."""
        if self.records and self.records[-1].epoch:
            return max(1.0, self.records[-1].updates / self.records[-1].epoch)
        return float(self._steps_per_epoch)

    def _to_x(self, updates: Array, against: Against) -> Array:
        if against == "epoch":
            return updates / self._per_epoch()
        if against == "update":
            return updates
        return np.interp(updates, self._seconds.x, self._seconds.y)

    def _to_update(self, x: float, against: Against) -> float:
        if against == "epoch":
            return x * self._per_epoch()
        if against == "update":
            return x
        return float(np.interp(x, self._seconds.y, self._seconds.x))
