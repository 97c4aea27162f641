"""The figures that training can watch: what they are called, and which data they suit.

Beside loss and accuracy these are all metrics, measured on the validation set. A metric is declared
once, in `nnstudio.nn.metrics`; its name, title and direction are taken from there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import nnstudio.nn  # noqa: F401 - makes the metrics known
from nnstudio.nn.metric import Metric
from nnstudio.nn.metrics import Accuracy
from nnstudio.spec import Fix, Place, Problem, parts

if TYPE_CHECKING:
    from nnstudio.graph.plan import Signature
    from nnstudio.nn.optimizer import Schedule
    from nnstudio.project.setup import EarlyStopping, TrainingSetup

_ALWAYS_MEASURED = (
    ("validation_loss", "validation loss"),
    ("validation_accuracy", "validation accuracy"),
    ("loss", "training loss"),
    ("accuracy", "training accuracy"),
)


def _metrics() -> dict[str, Metric]:
    """The metrics by the name of their figure, without what is measured anyway."""
    found = {f"validation_{name}": cast(Metric, cls()) for name, cls in parts("metric").items()}
    return {name: found[name] for name in found if name not in dict(_ALWAYS_MEASURED)}


def _title(metric: Metric) -> str:
    word = metric.title
    word = word[0].lower() + word[1:] if word[1:2].islower() else word
    return f"validation {word} ({metric.summary()})" if metric.summary() else f"validation {word}"


_METRICS = _metrics()

#: What can be watched, as the options of a choice.
OPTIONS: tuple[tuple[str, str], ...] = (
    *_ALWAYS_MEASURED,
    *((name, _title(metric)) for name, metric in _METRICS.items()),
)
_TITLES = dict(OPTIONS)


def title(name: str) -> str:
    """What people call a figure, such as ``validation F1 (macro)``."""
    return _TITLES.get(name, name.replace("_", " "))


def metric(name: str) -> Metric | None:
    """The metric to be measured for a figure; None for losses and accuracies."""
    return _METRICS.get(name)


def smaller_is_better(name: str) -> bool:
    """Whether a figure improves by becoming smaller."""
    found = _METRICS.get(name)
    return found.better == "min" if found is not None else "accuracy" not in name


def problems(setup: TrainingSetup, signature: Signature, validation: bool) -> tuple[Problem, ...]:
    """Why what the set-up watches cannot be had; ``validation``: is there a validation set?"""
    found = (
        _early_stopping(setup.early_stopping, signature, validation),
        _schedule(setup.schedule, signature, validation),
        _target(setup.target_accuracy, signature),
    )
    return tuple(problem for problem in found if problem is not None)


def _early_stopping(
    stopping: EarlyStopping | None, signature: Signature, validation: bool
) -> Problem | None:
    if stopping is None:
        return None
    name, instead = stopping.monitor, _loss(validation)
    found = _metric_or_accuracy(name)
    if found is not None and not found.suits(signature):
        heading = f"Early stopping cannot watch the {title(name)} of this data"
        explain = _why_unsuitable(found, signature)
    elif name in _METRICS and not validation:
        heading = f"There is no validation set to measure the {title(name)} on"
        explain = "Give the validation set a share of the data, or watch a training figure."
    else:
        return None
    change = {"early_stopping": stopping.replace(monitor=instead, mode="auto")}
    return _problem(heading, explain, "early_stopping", f"Watch the {title(instead)}", change)


def _schedule(schedule: Schedule | None, signature: Signature, validation: bool) -> Problem | None:
    name = schedule.watches if schedule is not None else ""
    found, instead = _metric_or_accuracy(name), _loss(validation)
    if schedule is None or found is None or found.suits(signature):
        return None
    return _problem(
        f"The learning rate cannot follow the {title(name)} of this data",
        _why_unsuitable(found, signature),
        "schedule",
        f"Follow the {title(instead)}",
        {"schedule": schedule.replace(monitor=instead)},
    )


def _target(accuracy: float | None, signature: Signature) -> Problem | None:
    if accuracy is None or signature.task == "classification":
        return None
    return _problem(
        "A target accuracy is never reached on this data",
        f"{_why_unsuitable(Accuracy(), signature)} Set a target loss instead.",
        "target_accuracy",
        "Remove the target accuracy",
        {"target_accuracy": None},
    )


def _metric_or_accuracy(name: str) -> Metric | None:
    return _METRICS.get(name) or (Accuracy() if "accuracy" in name else None)


def _loss(validation: bool) -> str:
    return "validation_loss" if validation else "loss"


def _problem(heading: str, explain: str, field: str, label: str, change: dict[str, Any]) -> Problem:
    fix = Fix(label, "configure_training", change)
    return Problem(heading, explain, Place("training", field=field), fix=fix)


def _why_unsuitable(metric: Metric, signature: Signature) -> str:
    if signature.task not in metric.tasks:
        meant, given = "classes", "numbers"
        if "regression" in metric.tasks:
            meant, given = given, meant
        return f"{metric.title} is about predicted {meant}; here {given} are predicted."
    least, most = metric.least_classes, metric.most_classes
    wanted = f"{least}" if least == most else f"at least {least}" if most is None else f"{most}"
    return f"{metric.title} needs {wanted} classes; this data has {signature.classes}."
