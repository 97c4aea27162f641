"""What a good teacher would remark on a training set-up that works but will hardly learn."""

from __future__ import annotations

from collections.abc import Iterator

from nnstudio.project.setup import TrainingSetup
from nnstudio.spec import FieldSpec, Fix, Place, Problem, Severity

#: Beyond so many times the typical range of learning rates a remark is due.
FAR_ABOVE = 10.0
FAR_BELOW = 1000.0


def give(setup: TrainingSetup, samples: int | None) -> tuple[Problem, ...]:
    """All remarks; ``samples`` is the size of the training set, None if unknown. None blocks."""
    return (*_learning_rate(setup), *_batch_size(setup, samples))


def usual_rate(setup: TrainingSetup) -> Fix:
    """The button that sets the optimizer's default learning rate."""
    optimizer = setup.optimizer
    usual = type(optimizer)().learning_rate
    return Fix(
        f"Set the learning rate to {usual:g}",
        "configure_training",
        {"optimizer": optimizer.replace(learning_rate=usual)},
    )


def is_far_above(setup: TrainingSetup) -> bool:
    """Whether the learning rate lies far above what is usual for the optimizer."""
    return setup.optimizer.learning_rate > FAR_ABOVE * _rate(setup).typical_range()[1]


def _rate(setup: TrainingSetup) -> FieldSpec:
    """The declaration of the optimizer's learning rate."""
    return next(spec for spec in setup.optimizer.fields() if spec.name == "learning_rate")


def _learning_rate(setup: TrainingSetup) -> Iterator[Problem]:
    optimizer = setup.optimizer
    rate, spec = optimizer.learning_rate, _rate(setup)
    low, _ = spec.typical_range()
    where = Place("training", field="optimizer")
    if is_far_above(setup):
        yield Problem(
            f"The learning rate {rate:g} is far above the usual for {optimizer.title}",
            f"{spec.typical} is typical. Steps this long overshoot the minimum, and the loss grows "
            "instead of falling.",
            where,
            Severity.WARNING,
            usual_rate(setup),
        )
    elif rate < low / FAR_BELOW:
        yield Problem(
            f"The learning rate {rate:g} is far below the usual for {optimizer.title}",
            f"{spec.typical} is typical. Steps this short change the weights too little to see.",
            where,
            Severity.HINT,
            usual_rate(setup),
        )


def _batch_size(setup: TrainingSetup, samples: int | None) -> Iterator[Problem]:
    if samples is None or setup.batch_size is None or setup.batch_size <= samples:
        return
    yield Problem(
        f"The batch size {setup.batch_size:,} is larger than the training set ({samples:,} "
        f"{'sample' if samples == 1 else 'samples'})",
        "Every epoch is then a single update with all samples: full-batch training. Smaller "
        "batches give more updates per epoch.",
        Place("training", field="batch_size"),
        Severity.HINT,
        Fix("Use the full batch", "configure_training", {"batch_size": None}),
    )
