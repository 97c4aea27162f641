"""Where a result is from: which network, data and weights, and whether they still stand."""

from __future__ import annotations

from dataclasses import dataclass

from nnstudio.data.dataset import Dataset
from nnstudio.project.model import Trained
from nnstudio.project.start import Start, listed

INITIAL = "initial weights"


@dataclass(frozen=True, eq=False)
class Provenance:
    """The network and data at the time, and its weights.

    ``dataset`` is the data as the weights read it, None where it was not at hand. ``trained`` is
    the result the weights belong to, None for initial ones or while training goes
    on. They stand after ``epoch`` epochs (0: none) and ``step`` updates of the next one;
    ``restored`` says that there were later epochs and these weights were taken back.
    """

    start: Start
    trained: Trained | None
    dataset: Dataset | None = None
    epoch: int = 0
    step: int = 0
    restored: bool = False

    @classmethod
    def of(
        cls, start: Start, trained: Trained | None, dataset: Dataset | None = None
    ) -> Provenance:
        """Of these trained weights in this network; None: of its initial weights."""
        if trained is None:
            return cls(start, None, dataset)
        epoch = trained.weights_epoch
        return cls(start, trained, dataset, epoch, trained.step, trained.restored)

    @property
    def weights(self) -> str:
        """Which weights, in words: ``weights of epoch 10 (the best)``."""
        if self.step:
            return f"weights in epoch {self.epoch + 1:,} after step {self.step:,}"
        if not self.epoch:
            return INITIAL
        return f"weights of epoch {self.epoch:,}" + (" (the best)" if self.restored else "")

    def changed(self, now: Provenance) -> str:
        """What has changed since, in words; empty if the result is of the present network."""
        at_hand = self.dataset is not None and now.dataset is not None
        same_data = self.dataset is now.dataset if at_hand else None
        changes = self.start.changes(now.start, same_data)
        if changes:
            return listed(changes)
        if (self.epoch, self.step) != (now.epoch, now.step) or self.trained is not now.trained:
            return "the weights"
        return ""
