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
        value = monitored(record, self.stopping.monitor)
        if value is None:
            return False
        if self.best_value is None or self._better(value, self.best_value):
            self.best_epoch, self.best_value, self.waited = record.epoch, value, 0
            return True
        self.waited += 1
        return False

    @property
    def out_of_patience(self) -> bool:
        return self.waited >= self.stopping.patience

    def _better(self, value: float, best: float) -> bool:
        if smaller_is_better(self.stopping):
            return value < best - self.stopping.min_delta
        return value > best + self.stopping.min_delta


def smaller_is_better(stopping: EarlyStopping) -> bool:
    """The direction of improvement: as chosen, else by the name of the figure."""
    if stopping.mode == "auto":
        return "accuracy" not in stopping.monitor
    return stopping.mode == "min"


def monitored(record: EpochRecord, name: str) -> float | None:
    """A figure of an epoch; the training figure where there is no validation set."""
    value: float | None = getattr(record, name)
    if value is None and name.startswith("validation_"):
        value = getattr(record, name.removeprefix("validation_"))
    return value


def target_reached(record: EpochRecord, setup: TrainingSetup) -> bool:
    """Whether the epoch is as good as the set-up asks for."""
    accuracy = monitored(record, "validation_accuracy")
    loss = monitored(record, "validation_loss")
    wanted = setup.target_accuracy
    if wanted is not None and accuracy is not None and accuracy >= wanted:
        return True
    return setup.target_loss is not None and loss is not None and loss <= setup.target_loss


def figures(record: EpochRecord) -> dict[str, float]:
    """The figures of an epoch by name, without those that were not measured."""
    names = ("loss", "accuracy", "validation_loss", "validation_accuracy")
    return {name: value for name in names if (value := getattr(record, name)) is not None}
