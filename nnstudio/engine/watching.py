"""Watching the epochs go by: which was the best, and is it time to stop?"""

from __future__ import annotations

from dataclasses import dataclass

from nnstudio.project.model import EpochRecord
from nnstudio.project.setup import EarlyStopping, TrainingSetup


@dataclass
class Watch:
    """Follows one figure over the epochs, as Keras's EarlyStopping does.

    ``best_epoch`` and ``best_value`` are None until a watched epoch is over, ``waited`` counts the
    epochs since the best one.
    """

    stopping: EarlyStopping
    best_epoch: int | None = None
    best_value: float | None = None
    waited: int = 0

    def observe(self, record: EpochRecord) -> bool:
        """Take note of an epoch; whether it is the best so far."""
        if record.epoch <= self.stopping.start_from_epoch:
            return False
        value = record.figure(self.stopping.monitor)
        if value is None:
            return False
        # A figure that is undefined, such as the ROC AUC of one class, is never the best.
        first = self.best_value is None and value == value
        if first or (self.best_value is not None and self._better(value, self.best_value)):
            self.best_epoch, self.best_value, self.waited = record.epoch, value, 0
            return True
        self.waited += 1
        return False

    @property
    def out_of_patience(self) -> bool:
        return self.waited >= self.stopping.patience

    def _better(self, value: float, best: float) -> bool:
        if self.stopping.smaller_is_better:
            return value < best - self.stopping.min_delta
        return value > best + self.stopping.min_delta


def target_reached(record: EpochRecord, setup: TrainingSetup) -> bool:
    """Whether the epoch is as good as the set-up asks for."""
    accuracy = record.figure("validation_accuracy")
    loss = record.figure("validation_loss")
    wanted = setup.target_accuracy
    if wanted is not None and accuracy is not None and accuracy >= wanted:
        return True
    return setup.target_loss is not None and loss is not None and loss <= setup.target_loss


def figures(record: EpochRecord) -> dict[str, float]:
    """The figures of an epoch by name, without those that were not measured."""
    names = ("loss", "accuracy", "validation_loss", "validation_accuracy")
    measured = {name: value for name in names if (value := getattr(record, name)) is not None}
    return measured | dict(record.metrics)
