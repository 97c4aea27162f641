"""How a project trains: loss, optimizer, batches, epochs, early stopping."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from nnstudio.nn.clip import Clip
from nnstudio.nn.loss import Loss
from nnstudio.nn.losses import CategoricalCrossentropy
from nnstudio.nn.optimizer import Optimizer, Schedule
from nnstudio.nn.optimizers import Adam, WeightDecay
from nnstudio.project import monitoring
from nnstudio.spec import Part, boolean, choice, integer, part, real


@dataclass(frozen=True)
class EarlyStopping(Part):
    """Stop when the monitored value has not improved for a number of epochs."""

    kind: ClassVar[str] = "stopping"
    name: ClassVar[str] = "early_stopping"
    title: ClassVar[str] = "Early stopping"

    monitor: str = choice(
        "validation_loss",
        label="Monitor",
        help="The value that has to improve.",
        options=monitoring.OPTIONS,
    )
    patience: int = integer(
        5,
        minimum=1,
        maximum=10_000,
        unit="epochs",
        label="Patience",
        typical="3 to 20",
        help="How many epochs without improvement are allowed before training stops.",
    )
    min_delta: float = real(
        0.0,
        minimum=0.0,
        maximum=1e6,
        label="Min delta",
        typical="0 to 0.01",
        help="A change counts as an improvement only if it is larger than this.",
    )
    mode: str = choice(
        "auto",
        label="Mode",
        help="Whether smaller or larger is better; automatic goes by the monitored value.",
        options=(("auto", "automatic"), ("min", "smaller is better"), ("max", "larger is better")),
        advanced=True,
    )
    start_from_epoch: int = integer(
        0,
        minimum=0,
        maximum=1_000_000,
        unit="epochs",
        label="Start from epoch",
        help="Epochs at the beginning that are not watched.",
        advanced=True,
    )
    restore_best_weights: bool = boolean(
        True,
        label="Restore best weights",
        help="Go back to the weights of the best epoch when training stops.",
    )

    @property
    def smaller_is_better(self) -> bool:
        """The direction of improvement: as chosen, else that of the monitored figure."""
        if self.mode == "auto":
            return monitoring.smaller_is_better(self.monitor)
        return self.mode == "min"


@dataclass(frozen=True)
class TrainingSetup(Part):
    """How the network is trained."""

    kind: ClassVar[str] = "training"
    name: ClassVar[str] = "training"
    title: ClassVar[str] = "Training"

    loss: Loss = part(
        CategoricalCrossentropy,
        kind="loss",
        label="Loss",
        help="The number that training makes smaller.",
    )
    optimizer: Optimizer = part(
        Adam,
        kind="optimizer",
        label="Optimizer",
        help="The rule that turns gradients into steps.",
    )
    batch_size: int | None = integer(
        128,
        minimum=1,
        maximum=10_000_000,
        optional=True,
        none_title="full batch",
        label="Batch size",
        typical="16 to 256",
        help="Samples per update: 1 is stochastic, all of them full-batch, between is mini-batch.",
    )
    epochs: int = integer(
        50,
        minimum=1,
        maximum=1_000_000,
        label="Epochs",
        typical="10 to 100",
        help="How many passes over the training data.",
    )
    early_stopping: EarlyStopping | None = part(
        None,
        kind="stopping",
        optional=True,
        none_title="off",
        label="Early stopping",
        help="Stop when the validation set no longer improves.",
    )
    schedule: Schedule | None = part(
        None,
        kind="schedule",
        optional=True,
        none_title="constant",
        label="Schedule",
        help="How the learning rate changes during training.",
        advanced=True,
    )
    clip: Clip | None = part(
        None,
        kind="clip",
        optional=True,
        none_title="off",
        label="Gradient clipping",
        help="Cut gradients that are too large before the step.",
        advanced=True,
    )
    weight_decay: WeightDecay | None = part(
        None,
        kind="decay",
        optional=True,
        none_title="off",
        label="Weight decay",
        help="Move every parameter a little towards zero at each step.",
        advanced=True,
    )
    shuffle: bool = boolean(
        True,
        label="Shuffle",
        help="Visit the training samples in a new random order each epoch.",
        advanced=True,
    )
    class_weights: str = choice(
        "none",
        label="Class weights",
        help="Let rare classes count more in the loss.",
        options=(("none", "none"), ("balanced", "balanced")),
        advanced=True,
    )
    stop_after: float | None = real(
        None,
        minimum=0.1,
        maximum=1e7,
        optional=True,
        none_title="no limit",
        unit="s",
        label="Stop after",
        help="Stop at the end of the epoch in which this time is over.",
        advanced=True,
    )
    target_accuracy: float | None = real(
        None,
        minimum=0.0,
        maximum=1.0,
        optional=True,
        none_title="none",
        label="Target accuracy",
        help="Stop as soon as the validation accuracy (without a validation set, the training "
        "accuracy) is this high.",
        advanced=True,
    )
    target_loss: float | None = real(
        None,
        minimum=-1e9,
        maximum=1e9,
        optional=True,
        none_title="none",
        label="Target loss",
        help="Stop as soon as the validation loss (without a validation set, the training loss) is "
        "this low.",
        advanced=True,
    )
    seed: int = integer(
        0,
        minimum=0,
        maximum=2**31 - 1,
        label="Seed",
        help="Same seed, same initial weights, same order, same result.",
        advanced=True,
    )
