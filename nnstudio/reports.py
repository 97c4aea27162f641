"""Results as plain values for ``--json`` and in words for people."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nnstudio.analysis.evaluation import Evaluation
from nnstudio.jobs import Run
from nnstudio.terminal import table


def report(run: Run) -> dict[str, Any]:
    """The result of a run as plain values; the README lists the keys."""
    finished, history = run.finished, run.history
    found: dict[str, Any] = {
        "epochs_run": finished.epochs_run,
        "best_epoch": finished.best_epoch,
        "weights_epoch": finished.weights_epoch,
        "reason": finished.reason,
        "seconds": finished.seconds,
        "samples_per_second": finished.samples_per_second,
        "parameters": run.parameters,
        "seed": run.project.training.seed,
        "samples": {name: e.count for name, e in run.evaluations.items()},
    }
    for part in ("train", "validation", "test"):
        evaluation = run.evaluations.get(part)
        found[f"{part}_loss"] = evaluation.loss if evaluation else None
        found[f"{part}_accuracy"] = evaluation.figures.get("Accuracy") if evaluation else None
    test = run.evaluations.get("test")
    if test is not None:
        found["test_figures"] = dict(test.figures)
        if test.confusion is not None:
            found["class_names"] = list(test.class_names)
            found["confusion_matrix"] = test.confusion.tolist()
    found["history"] = [
        {name: getattr(record, name) for name in record.__dataclass_fields__} for record in history
    ]
    return found


def summary(run: Run, written: Sequence[str]) -> str:
    """The result of a run in words; `written` are the files it went to."""
    finished = run.finished
    endings = {
        "finished": f"Trained for {_epochs(run.epochs_done)}",
        "stopped early": f"Stopped early after {_epochs(run.epochs_done)}",
        "stopped": f"Stopped by you in epoch {run.epochs_done + 1}",
        "diverged": f"Diverged in epoch {run.epochs_done + 1}",
        "time": f"Stopped on time after {_epochs(run.epochs_done)}",
        "target reached": f"Target reached after {_epochs(run.epochs_done)}",
    }
    lines = [
        f"{endings[finished.reason]}, {finished.seconds:.1f} s, "
        f"{finished.samples_per_second:,.0f} samples per second, {run.parameters:,} parameters."
    ]
    if not run.epochs_done:
        return "\n".join([*lines, "No epoch was finished, so nothing was kept."])
    kept = f"The weights are those after epoch {finished.weights_epoch}"
    if finished.best_epoch is not None and finished.best_epoch == finished.weights_epoch:
        kept += ", the best one"
    elif finished.reason == "stopped":
        kept += " and the batches since"
    lines.append(f"{kept}{': ' + ', '.join(written) if written else '; nothing was written'}.")
    titles = list(next(iter(run.evaluations.values())).figures)
    rows = [
        [name, f"{e.count:,}", *(figure(e.figures[title]) for title in titles)]
        for name, e in run.evaluations.items()
    ]
    lines += ["", table(["", "samples", *titles], rows)]
    return "\n".join(lines)


def _epochs(count: int) -> str:
    return "1 epoch" if count == 1 else f"{count} epochs"


def evaluation_report(found: Evaluation) -> dict[str, Any]:
    """An evaluation as plain values."""
    told: dict[str, Any] = {
        "samples": found.count,
        "loss": found.loss,
        "accuracy": found.figures.get("Accuracy"),
        "figures": dict(found.figures),
    }
    if found.confusion is not None and found.classes is not None:
        told["class_names"] = list(found.class_names)
        told["confusion_matrix"] = found.confusion.tolist()
        told["classes"] = {
            name: {
                "precision": float(found.classes.precision[k]),
                "recall": float(found.classes.recall[k]),
                "f1": float(found.classes.f1[k]),
                "samples": int(found.classes.support[k]),
            }
            for k, name in enumerate(found.class_names)
        }
    return told


def evaluation_summary(found: Evaluation, data: str) -> str:
    """An evaluation on the file `data`, in words."""
    lines = [f"{Path(data).name}: {found.count:,} samples"]
    lines += [f"  {title:<10} {figure(value)}" for title, value in found.figures.items()]
    if found.confusion is not None and found.classes is not None:
        largest = int(found.classes.support.argmax())
        share = found.classes.support[largest] / max(1, found.count)
        lines.append(f"  always saying “{found.class_names[largest]}” would reach {share:.4f}")
        rows = [
            [
                name,
                f"{found.classes.precision[k]:.3f}",
                f"{found.classes.recall[k]:.3f}",
                f"{found.classes.f1[k]:.3f}",
                f"{int(found.classes.support[k]):,}",
            ]
            for k, name in enumerate(found.class_names)
        ]
        lines += ["", table(["class", "precision", "recall", "F1", "samples"], rows)]
    return "\n".join(lines)


def figure(value: float) -> str:
    """A figure with four decimals, or fewer if it is large."""
    return f"{value:.4f}" if abs(value) < 1000 else f"{value:,.1f}"


def plain(value: Any) -> Any:
    """The value with what JSON cannot hold (NaN, infinities) as null."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
