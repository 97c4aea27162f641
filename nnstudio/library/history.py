"""What a training was like: its epochs, the best of them, why it ended, and its curves."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nnstudio.engine.trainer import Trainer
from nnstudio.library.curves import Curves, draw
from nnstudio.project import monitoring
from nnstudio.project.model import EpochRecord, Trained


class History(list[EpochRecord]):
    """The records of all epochs, in their order; ``history["loss"]`` is a figure of each of them.

    ``reason`` says why the last `fit` ended: finished, stopped early, stopped, diverged, target
    reached or time. ``weights_epoch`` is the epoch the weights are from, ``monitor`` the figure by
    which an epoch is the best.
    """

    def __init__(self, records: Iterable[EpochRecord] = ()) -> None:
        super().__init__(records)
        self.reason = "not trained"
        self.weights_epoch = 0
        self.monitor = "validation_loss"
        self._best: int | None = None

    def follow(self, trainer: Trainer) -> None:
        """Say what a trainer says, after a run."""
        self[:] = trainer.history
        self.reason, self.weights_epoch = trainer.reason, trainer.weights_epoch
        self._best = trainer.watch.best_epoch if trainer.watch is not None else None
        self.monitor = trainer.watch.stopping.monitor if trainer.watch else "validation_loss"

    def take(self, trained: Trained) -> None:
        """Say what a file says of its training."""
        self[:] = trained.history
        self.reason = trained.reason if trained.history else "not trained"
        self.weights_epoch, self._best = trained.weights_epoch, trained.best_epoch
        self.monitor = trained.monitor or "validation_loss"

    def __getitem__(self, item: Any) -> Any:
        if isinstance(item, str):
            return [record.figure(item) for record in self]
        return super().__getitem__(item)

    @property
    def best_epoch(self) -> int | None:
        """The best epoch by the monitored figure; None before the first one.

        Without early stopping it is that of the smallest validation loss, or training loss where
        there is no validation set.
        """
        if self._best is not None or not self:
            return self._best
        losses = [math.inf if value is None else value for value in self["validation_loss"]]
        return min(self, key=lambda record: losses[record.epoch - 1]).epoch

    def plot(self, path: str | Path | None = None) -> Curves:
        """The curves as an SVG drawing, which a notebook shows; written to ``path`` if given."""
        drawing = draw(self, self.best_epoch)
        if path is not None:
            Path(path).write_text(drawing, encoding="utf-8")
        return drawing

    def __repr__(self) -> str:
        if not self:
            return "History(no epoch yet)"
        last = self[-1]
        figures = {"loss": last.loss, "accuracy": last.accuracy}
        figures |= {
            name: getattr(last, name) for name in ("validation_loss", "validation_accuracy")
        }
        said = ", ".join(
            f"{monitoring.title(name)} {value:.4g}"
            for name, value in figures.items()
            if value is not None
        )
        epochs = "1 epoch" if len(self) == 1 else f"{len(self):,} epochs"
        return f"History({epochs}, {self.reason}; {said}; best epoch {self.best_epoch})"
