"""Results as plain values for ``--json`` and in words for people."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nnstudio.data.rows import Row
from nnstudio.export.npz import Model
from nnstudio.jobs import Measured, RowPrediction, Run
from nnstudio.spec import Place, Problem, Severity
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
        guessed = evaluation.baseline if evaluation else None
        found[f"{part}_majority_accuracy"] = guessed.majority if guessed else None
        if guessed:
            found["chance_accuracy"] = guessed.chance
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
    if finished.problem is not None:
        lines.append(str(finished.problem))
    if not run.epochs_done:
        return "\n".join([*lines, "No epoch was finished, so nothing was kept."])
    kept = f"The weights are those after epoch {finished.weights_epoch}"
    if finished.best_epoch is not None and finished.best_epoch == finished.weights_epoch:
        kept += ", the best one"
    elif finished.reason == "stopped":
        kept += " and the batches since"
    lines.append(f"{kept}{': ' + ', '.join(written) if written else '; nothing was written'}.")
    titles = list(next(iter(run.evaluations.values())).figures)
    guessing = any(e.baseline for e in run.evaluations.values())
    rows = [
        [
            name,
            f"{e.count:,}",
            *(figure(e.figures[title]) for title in titles),
            *(map(figure, (e.baseline.chance, e.baseline.majority)) if e.baseline else ()),
        ]
        for name, e in run.evaluations.items()
    ]
    more = ["chance", "majority class"] if guessing else []
    lines += ["", table(["", "samples", *titles, *more], rows)]
    if guessing:
        lines.append("chance, majority class: the accuracy of guessing, and of one answer for all")
    return "\n".join(lines)


def _epochs(count: int) -> str:
    return "1 epoch" if count == 1 else f"{count} epochs"


def evaluation_report(measured: Measured) -> dict[str, Any]:
    """An evaluation as plain values, with the rows that were left out."""
    found = measured.evaluation
    told: dict[str, Any] = {
        "samples": found.count,
        "loss": found.loss,
        "accuracy": found.figures.get("Accuracy"),
        "figures": dict(found.figures),
        "chance_accuracy": found.baseline.chance if found.baseline else None,
        "majority_accuracy": found.baseline.majority if found.baseline else None,
        "majority_class": found.baseline.majority_class if found.baseline else None,
        "left_out": [{**_place(row), "problem": row.problem} for row in measured.left_out],
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


def evaluation_summary(measured: Measured, data: str) -> str:
    """An evaluation on the file `data`, in words."""
    found = measured.evaluation
    lines = [f"{Path(data).name}: {found.count:,} samples"]
    if measured.left_out:
        count = len(measured.left_out)
        lines[0] += f", {count:,} {'row' if count == 1 else 'rows'} left out"
    lines += [f"  {title:<10} {figure(value)}" for title, value in found.figures.items()]
    if (guessed := found.baseline) is not None:
        lines.append(f"  guessing at random would reach {guessed.chance:.4f} accuracy (chance)")
        lines.append(
            f"  always saying “{guessed.majority_class}” would reach {guessed.majority:.4f}"
        )
    if found.confusion is not None and found.classes is not None:
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


def predictions_report(model: Model, found: Sequence[RowPrediction]) -> dict[str, Any]:
    """Predictions as plain values: one for every row, or the reason why there is none."""
    return {
        "class_names": list(model.class_names),
        "rows": len(found),
        "predicted": sum(prediction.outputs is not None for prediction in found),
        "predictions": [_prediction(model, prediction) for prediction in found],
    }


def _prediction(model: Model, prediction: RowPrediction) -> dict[str, Any]:
    row = prediction.row
    told: dict[str, Any] = _place(row)
    if isinstance(row.raw, str):
        told["text"] = row.raw
    if prediction.outputs is None:
        return told | {"problem": row.problem}
    if prediction.known_words is not None:
        told["known_words"] = prediction.known_words
    if prediction.winner is None:
        values = prediction.outputs.tolist()
        return told | ({"value": values[0]} if len(values) == 1 else {"values": values})
    names = model.class_names
    outputs = prediction.outputs
    if len(outputs) == 1:
        outputs = np.array([1.0 - outputs[0], outputs[0]])
    shares = dict(zip(names, map(float, outputs), strict=False))
    return told | {"class": names[prediction.winner], "outputs": shares}


def predictions_summary(model: Model, found: Sequence[RowPrediction]) -> str:
    """Predictions in words: of typed texts with bars, else a line per row, parted by tabs."""
    lines = []
    for prediction in found:
        told = _prediction(model, prediction)
        row, text = prediction.row, " ".join(told.get("text", "").split())
        place = f"{row.line}" if row.line is not None else row.source
        if "problem" in told:
            lines.append(f"{place}\t-\t-\tcannot be predicted: {row.problem}".lstrip())
        elif "class" not in told:
            values = told["values"] if "values" in told else [told["value"]]
            lines.append("\t".join([place, *map(figure, values)]).lstrip())
        elif place:
            top = told["outputs"].get(told["class"], math.nan)
            lines.append(f"{place}\t{told['class']}\t{top:.3f}\t{text}".rstrip())
        else:
            lines.append(f"{told['class']}: {text}")
            lines += [
                f"  {name:<16} {share:6.3f}  {'#' * round(30 * min(1.0, max(0.0, share)))}"
                for name, share in told["outputs"].items()
            ]
    return "\n".join(lines)


def left_out(rows: Sequence[Row], total: int, what: str) -> Problem:
    """The warning that rows were left out: ``what`` could not be done with them, and why."""
    named = [f"{row.place}: {row.problem}" if row.place else row.problem for row in rows[:5]]
    more = f"; and {len(rows) - 5:,} more" if len(rows) > 5 else ""
    said = "; ".join(named) + more
    return Problem(
        f"{len(rows):,} of {total:,} {'row' if total == 1 else 'rows'} could not be {what}",
        f"{said[0].upper()}{said[1:]}.",
        Place("data"),
        Severity.WARNING,
    )


def no_word_known(found: Sequence[RowPrediction]) -> Problem | None:
    """A note on the texts of which the model knows no word, None if there are none."""
    rows = [prediction.row for prediction in found if prediction.known_words == 0]
    if not rows:
        return None
    lines = [f"{row.line:,}" for row in rows if row.line is not None]
    places = ", ".join(lines[:5] or [row.source for row in rows[:5] if row.source])
    places = f"{'Line' if len(lines) == 1 else 'Lines'} {places}" if lines else places
    more = f" and {len(rows) - 5:,} more" if len(rows) > 5 else ""
    return Problem(
        f"The model knows no word of {len(rows):,} {'text' if len(rows) == 1 else 'texts'}",
        (f"{places}{more}. " if places else "") + "To the network each of them is a row of zeros.",
        Place("data"),
        Severity.HINT,
    )


def _place(row: Row) -> dict[str, Any]:
    if row.line is not None:
        return {"line": row.line}
    return {"file": row.source} if row.source else {}


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
