"""Learning-rate schedules: large steps at first, to get near; small ones later, to get there.

A schedule is a factor on the optimizer's learning rate η, so that the two can be chosen apart.
``steps`` are updates, counted from 0; what stands in epochs is turned into updates by
``steps_per_epoch``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from nnstudio.nn.optimizer import Schedule
from nnstudio.spec import boolean, choice, integer, part, real


def _epochs(default: float, label: str, help: str, typical: str) -> Any:
    return real(
        default,
        minimum=0.0,
        maximum=1e6,
        open_minimum=True,
        unit="epochs",
        label=label,
        typical=typical,
        help=help,
    )


@dataclass(frozen=True)
class ConstantRate(Schedule):
    """The same learning rate from the first step to the last."""

    name: ClassVar[str] = "constant"
    title: ClassVar[str] = "Constant"
    formula: ClassVar[str] = "ηₜ = η"
    reference: ClassVar[str] = "Robbins and Monro, A Stochastic Approximation Method, 1951"


@dataclass(frozen=True)
class StepDecay(Schedule):
    """Keeps the learning rate for some epochs, then drops it, again and again."""

    name: ClassVar[str] = "step"
    title: ClassVar[str] = "Step decay"
    formula: ClassVar[str] = "ηₜ = η · drop ^ ⌊epoch / every⌋"
    reference: ClassVar[str] = "He et al., Deep Residual Learning, CVPR 2016, section 4"

    drop: float = real(
        0.1,
        minimum=0.0,
        maximum=1.0,
        open_minimum=True,
        label="Drop",
        typical="0.1 to 0.5",
        help="What is left of the learning rate after a drop.",
    )
    every: float = _epochs(10.0, "Every", "How many epochs lie between two drops.", "10 to 30")

    def summary(self) -> str:
        return f"× {self.drop:g} every {_count(self.every)}"

    def factor(self, step: int, steps_per_epoch: int, total_steps: int) -> float:
        return float(self.drop ** (step // max(1, round(self.every * steps_per_epoch))))


@dataclass(frozen=True)
class ExponentialDecay(Schedule):
    """Shrinks the learning rate by the same share in every epoch."""

    name: ClassVar[str] = "exponential"
    title: ClassVar[str] = "Exponential decay"
    formula: ClassVar[str] = "ηₜ = η · rate ^ (t / steps per epoch)"
    reference: ClassVar[str] = "Bottou, Stochastic Gradient Descent Tricks, 2012"

    rate: float = real(
        0.96,
        minimum=0.0,
        maximum=1.0,
        open_minimum=True,
        label="Rate",
        typical="0.9 to 0.99",
        help="What is left of the learning rate after an epoch.",
    )
    staircase: bool = boolean(
        False,
        label="Staircase",
        help="Change the rate only between epochs, not at every step.",
        advanced=True,
    )

    def summary(self) -> str:
        return f"× {self.rate:g} per epoch"

    def factor(self, step: int, steps_per_epoch: int, total_steps: int) -> float:
        epochs = step / max(1, steps_per_epoch)
        return float(self.rate ** (math.floor(epochs) if self.staircase else epochs))


@dataclass(frozen=True)
class CosineDecay(Schedule):
    """Follows half a cosine wave from the full learning rate down to a small one at the end."""

    name: ClassVar[str] = "cosine"
    title: ClassVar[str] = "Cosine decay"
    formula: ClassVar[str] = "ηₜ = η · (α + (1 - α) · ½ (1 + cos(π t / T)))"
    reference: ClassVar[str] = "Loshchilov and Hutter, SGDR, ICLR 2017"

    alpha: float = real(
        0.0,
        minimum=0.0,
        maximum=1.0,
        label="Alpha",
        typical="0 to 0.1",
        help="What is left of the learning rate at the end.",
    )

    def summary(self) -> str:
        return f"down to {self.alpha:g}"

    def factor(self, step: int, steps_per_epoch: int, total_steps: int) -> float:
        progress = min(1.0, step / max(1, total_steps))
        return self.alpha + (1.0 - self.alpha) * 0.5 * (1.0 + math.cos(math.pi * progress))


@dataclass(frozen=True)
class WarmUp(Schedule):
    """Starts with small steps while the gradients are large, then follows another schedule."""

    name: ClassVar[str] = "warm_up"
    title: ClassVar[str] = "Warm-up"
    formula: ClassVar[str] = "ηₜ = η · (start + (1 - start) · t / T)  up to T"
    reference: ClassVar[str] = "Goyal et al., Accurate, Large Minibatch SGD, 2017"

    epochs: float = _epochs(1.0, "Epochs", "How long the warm-up takes.", "0.1 to 5")
    start: float = real(
        0.1,
        minimum=0.0,
        maximum=1.0,
        open_minimum=True,
        label="Start",
        typical="0.01 to 0.3",
        help="The share of the learning rate to start from.",
    )
    then: Schedule | None = part(
        None,
        kind="schedule",
        optional=True,
        none_title="constant",
        label="Then",
        help="The schedule that follows the warm-up.",
    )

    def summary(self) -> str:
        after = f", then {self.then.title.lower()}" if self.then else ""
        return f"{_count(self.epochs)}{after}"

    def factor(self, step: int, steps_per_epoch: int, total_steps: int) -> float:
        warm = max(1, round(self.epochs * steps_per_epoch))
        if step < warm:
            return self.start + (1.0 - self.start) * step / warm
        if self.then is None:
            return 1.0
        return self.then.factor(step - warm, steps_per_epoch, max(1, total_steps - warm))

    @property
    def watches(self) -> str:
        return self.then.watches if self.then else ""

    def observe(self, memory: Mapping[str, float], value: float) -> dict[str, float]:
        return self.then.observe(memory, value) if self.then else dict(memory)


@dataclass(frozen=True)
class OneCycle(Schedule):
    """Rises to the full learning rate, then falls to nearly 0, once over the whole training."""

    name: ClassVar[str] = "one_cycle"
    title: ClassVar[str] = "One cycle"
    formula: ClassVar[str] = "η / div  ↗  η  ↘  η / (div · final div)"
    reference: ClassVar[str] = "Smith and Topin, Super-Convergence, 2018"

    rise: float = real(
        0.3,
        minimum=0.0,
        maximum=1.0,
        open_minimum=True,
        open_maximum=True,
        label="Rise",
        typical="0.1 to 0.5",
        help="The share of the training in which the learning rate rises.",
    )
    div: float = real(
        25.0,
        minimum=1.0,
        maximum=1e6,
        logarithmic=True,
        label="Divide start",
        typical="10 to 25",
        help="The first learning rate is the full one divided by this.",
    )
    final_div: float = real(
        1e4,
        minimum=1.0,
        maximum=1e9,
        logarithmic=True,
        label="Divide end",
        typical="1,000 to 100,000",
        help="The last learning rate is the first one divided by this.",
    )

    def summary(self) -> str:
        return f"peak after {self.rise:.0%}"

    def factor(self, step: int, steps_per_epoch: int, total_steps: int) -> float:
        last = max(1.0, total_steps - 1.0)
        top = min(max(self.rise * total_steps - 1.0, 1e-9), last - 1e-9)
        low = 1.0 / self.div
        if step <= top:
            return _wave(low, 1.0, step / top)
        return _wave(1.0, low / self.final_div, min(1.0, (step - top) / (last - top)))


@dataclass(frozen=True)
class ReduceOnPlateau(Schedule):
    """Makes the learning rate smaller whenever the monitored value has stopped improving."""

    name: ClassVar[str] = "reduce_on_plateau"
    title: ClassVar[str] = "Reduce on plateau"
    formula: ClassVar[str] = "η ← η · factor  after patience ran out"
    reference: ClassVar[str] = "Bengio, Practical Recommendations, 2012, section 3.1.1"

    monitor: str = choice(
        "validation_loss",
        label="Monitor",
        help="The value that has to improve.",
        options=(
            ("validation_loss", "validation loss"),
            ("validation_accuracy", "validation accuracy"),
            ("loss", "training loss"),
            ("accuracy", "training accuracy"),
        ),
    )
    reduction: float = real(
        0.1,
        minimum=0.0,
        maximum=1.0,
        open_minimum=True,
        open_maximum=True,
        label="Factor",
        typical="0.1 to 0.5",
        help="What is left of the learning rate after a reduction.",
    )
    patience: int = integer(
        10,
        minimum=1,
        maximum=10_000,
        unit="epochs",
        label="Patience",
        typical="3 to 10",
        help="How many epochs without improvement are allowed before the rate is reduced.",
    )
    min_delta: float = real(
        1e-4,
        minimum=0.0,
        maximum=1e6,
        label="Min delta",
        typical="0 to 0.01",
        help="A change counts as an improvement only if it is larger than this.",
        advanced=True,
    )
    cooldown: int = integer(
        0,
        minimum=0,
        maximum=10_000,
        unit="epochs",
        label="Cooldown",
        help="Epochs after a reduction in which nothing is counted.",
        advanced=True,
    )
    least: float = real(
        0.0,
        minimum=0.0,
        maximum=1.0,
        label="Least",
        typical="0 to 0.01",
        help="The share of the learning rate below which it is not reduced.",
        advanced=True,
    )

    def summary(self) -> str:
        return f"× {self.reduction:g} after {_count(self.patience)}"

    @property
    def watches(self) -> str:
        return self.monitor

    def observe(self, memory: Mapping[str, float], value: float) -> dict[str, float]:
        # Larger is better for an accuracy: watch its negative.
        value = -value if "accuracy" in self.monitor else value
        best = memory.get("best", math.inf)
        waited = memory.get("waited", 0.0)
        cooling = memory.get("cooling", 0.0)
        factor = memory.get("factor", 1.0)
        if value < best - self.min_delta:
            best, waited = value, 0.0
        elif cooling <= 0:
            waited += 1
            if waited >= self.patience:
                factor = min(factor, max(factor * self.reduction, self.least))
                cooling, waited = self.cooldown + 1.0, 0.0
        cooling = max(0.0, cooling - 1.0)
        after = {"waited": waited, "cooling": cooling, "factor": factor}
        return after | {"best": best} if math.isfinite(best) else after


def _count(epochs: float) -> str:
    return f"{epochs:g} epoch" if epochs == 1 else f"{epochs:g} epochs"


def _wave(start: float, end: float, share: float) -> float:
    """Half a cosine wave from start (share 0) to end (share 1)."""
    return end + (start - end) * 0.5 * (1.0 + math.cos(math.pi * share))
