"""Numbers shown outside the backprop panel, as something that can be opened.

A reference is frozen: it says which number is meant, not how to compute it. Some lead into a tape
(a probability, a weight): `request` says which samples to record and which number of the tape is
the one. Others stand above the samples (an accuracy, a cell of a confusion matrix, a point of a
curve): `account` explains them, with operands that are references in turn.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from nnstudio.analysis.evaluation import TITLES, Evaluation
from nnstudio.analysis.network_pass.numbers import Derivation, Number, Operand, Term
from nnstudio.analysis.tape import ProbeRequest
from nnstudio.graph.plan import Plan
from nnstudio.project.model import EpochRecord

MOST_SAMPLES = 512
"""So many samples are worked through together at the most."""


@dataclass(frozen=True)
class Probability:
    """An output of the network for one sample: the probability of a class, or a prediction."""

    part: str
    row: int
    output: int


@dataclass(frozen=True, eq=False)
class OwnPrediction:
    """An output of the network for an input of the user's own, a text or a row of numbers."""

    raw: Any
    output: int


@dataclass(frozen=True)
class SampleLoss:
    """The loss of one sample."""

    part: str
    row: int


@dataclass(frozen=True)
class Weight:
    """A parameter as it is now: what training would make of it next.

    ``rows`` are the training samples whose gradient moves it.
    """

    node: str
    name: str
    index: tuple[int, ...]
    rows: tuple[int, ...] = (0,)


@dataclass(frozen=True)
class Measured:
    """A number of a layer over training samples, such as one of `LayerFigures`.

    ``what`` and ``index`` are those of the `Number`; ``node`` may be "loss".
    """

    node: str
    what: str
    rows: tuple[int, ...]
    index: tuple[int, ...] = ()


@dataclass(frozen=True)
class Activation:
    """An output of a layer for one sample; `index` is without the sample."""

    node: str
    part: str
    row: int
    index: tuple[int, ...]


@dataclass(frozen=True)
class CurvePoint:
    """A figure of an epoch: loss, accuracy, validation_loss or validation_accuracy.

    ``samples`` is the size of the set it was measured on, ``steps`` the batches of an epoch.
    ``present`` says that the network still has the weights of that epoch.
    """

    figure: str
    record: EpochRecord
    samples: int
    steps: int
    present: bool = False


@dataclass(frozen=True, eq=False)
class ConfusionCell:
    """How often a true class was taken for another."""

    evaluation: Evaluation
    true: int
    predicted: int


@dataclass(frozen=True, eq=False)
class Figure:
    """A figure of an evaluation: one of its ``figures``, or precision, recall or f1 of a class."""

    evaluation: Evaluation
    name: str
    klass: int | None = None


Reference = (
    Probability
    | OwnPrediction
    | SampleLoss
    | Weight
    | Measured
    | Activation
    | CurvePoint
    | ConfusionCell
    | Figure
)


@dataclass(frozen=True)
class Recording:
    """The tape to make for a reference, and the number of it that is meant."""

    request: ProbeRequest
    number: Number = field(default_factory=lambda: Number("loss", "L"))


def recording(reference: Reference, plan: Plan) -> Recording | None:
    """What to record in order to open this reference, None if it needs no tape."""
    if isinstance(reference, Probability):
        request = ProbeRequest((reference.row,), reference.part, training=False)
        return Recording(request, Number(plan.output, "y", (0, reference.output)))
    if isinstance(reference, OwnPrediction):
        request = ProbeRequest(raw=reference.raw, training=False)
        return Recording(request, Number(plan.output, "y", (0, reference.output)))
    if isinstance(reference, SampleLoss):
        request = ProbeRequest((reference.row,), reference.part, training=False)
        return Recording(request, Number("loss", "l", (0,)))
    if isinstance(reference, Weight):
        specs = {spec.name: spec for spec in plan.step(reference.node).parameters}
        moves = specs[reference.name].trainable
        what = f"{'new' if moves else 'w'}:{reference.name}"
        request = ProbeRequest(reference.rows)
        return Recording(request, Number(reference.node, what, reference.index))
    if isinstance(reference, Measured):
        number = Number(reference.node, reference.what, reference.index)
        return Recording(ProbeRequest(reference.rows), number)
    if isinstance(reference, Activation):
        request = ProbeRequest((reference.row,), reference.part, training=False)
        return Recording(request, Number(reference.node, "y", (0, *reference.index)))
    if isinstance(reference, CurvePoint) and _can_be_measured_again(reference):
        rows = tuple(range(min(reference.samples, MOST_SAMPLES)))
        return Recording(ProbeRequest(rows, "validation", training=False))
    return None


def _can_be_measured_again(point: CurvePoint) -> bool:
    return point.present and point.figure == "validation_loss" and point.samples <= MOST_SAMPLES


def account(reference: Reference) -> Derivation | None:
    """The account of a reference that stands above the samples, None for one that needs a tape."""
    if isinstance(reference, CurvePoint):
        return _of_curve(reference)
    if isinstance(reference, ConfusionCell):
        return _of_cell(reference)
    if isinstance(reference, Figure):
        return _of_figure(reference)
    return None


def _of_curve(point: CurvePoint) -> Derivation:
    record, figure = point.record, point.figure
    value = float(getattr(record, figure))
    name = figure.replace("_", " ")
    title = f"The {name} of epoch {record.epoch:,}"
    if figure == "loss":
        formula = "1/n Σ over the batches: loss of the batch · its size"
        note = (
            f"Measured while training, over {point.steps:,} batches: dropout was on "
            "and the weights changed from batch to batch."
        )
    elif figure == "accuracy":
        formula = "right / all, over the batches of the epoch"
        note = "Counted in training, with dropout on and weights that changed from batch to batch."
    elif figure == "validation_loss":
        formula = "L = 1/n Σ l over the validation set"
        note = f"Measured after the epoch on {point.samples:,} samples, with dropout off."
    else:
        formula = "right / all, on the validation set"
        note = f"Counted after the epoch on {point.samples:,} samples, with dropout off."
    operands: tuple[Operand, ...] = ()
    template = repr(value)
    if figure.endswith("accuracy") and point.samples:
        right = round(value * point.samples)
        operands = (Operand("right", float(right)), Operand("all", float(point.samples)))
        template = "{0}/{1}"
    if figure == "validation_loss" and not point.present:
        note += " The weights of that epoch are no longer kept, so its samples cannot be opened."
    return Derivation(point, name, title, value, formula, template, operands, note=note)


def _of_cell(cell: ConfusionCell) -> Derivation:
    evaluation = cell.evaluation
    rows = evaluation.cell(cell.true, cell.predicted)
    names = evaluation.class_names
    truth, guess = names[cell.true], names[cell.predicted]
    output = cell.predicted if evaluation.prediction.shape[1] > 1 else 0
    terms = tuple(
        Term(
            f"sample {int(row) + 1:,}",
            1.0,
            (
                Operand(
                    f"sample {int(row) + 1:,}",
                    float(evaluation.prediction[row, output]),
                    Probability(evaluation.part, int(row), output),
                    f"output for “{guess}”",
                ),
            ),
            "1",
        )
        for row in rows
    )
    title = f"Samples of “{truth}” predicted as “{guess}”"
    note = "Each sample counts once; open one to see how its output came about."
    return Derivation(
        cell, "count", title, float(len(rows)), "Σ 1 over the samples of this cell", "{terms}", (),
        terms, TITLES[evaluation.part], note if len(rows) else "No sample fell into this cell.",
    )  # fmt: skip


def _of_figure(figure: Figure) -> Derivation:
    evaluation, name = figure.evaluation, figure.name
    where = f"on the {TITLES[evaluation.part]}"
    if figure.klass is not None:
        return _of_class(figure)
    value = evaluation.figures[name]
    n = float(evaluation.count)
    operands: tuple[Operand, ...] = ()
    terms: tuple[Term, ...] = ()
    template, formula = repr(value), name
    note = ""
    if name == "Loss":
        formula, template = "L = 1/n Σ l", "({terms})/{0}"
        operands = (Operand("n", n),)
        terms = tuple(
            Term(f"sample {row + 1:,}", float(loss), (_loss_of(evaluation, row),), "{0}")
            for row, loss in enumerate(evaluation.losses)
        )
        penalty = value - float(evaluation.losses.mean())
        if abs(penalty) > 1e-6 * max(1.0, abs(value)):
            template += " + {1}"
            operands += (Operand("penalty", penalty, note="of L1 and L2"),)
    elif name == "Accuracy" and evaluation.confusion is not None:
        formula, template = "right / all", "({terms})/{0}"
        operands = (Operand("all", n),)
        terms = tuple(_diagonal(evaluation, k) for k in range(len(evaluation.confusion)))
    elif name == "Macro F1" and evaluation.classes is not None:
        formula, template = "mean of the F1 of the classes", "({terms})/{0}"
        operands = (Operand("classes", float(len(evaluation.classes.f1))),)
        terms = tuple(
            Term(
                evaluation.class_names[k],
                float(f1),
                (Operand("F1", float(f1), Figure(evaluation, "f1", k), evaluation.class_names[k]),),
                "{0}",
            )
            for k, f1 in enumerate(evaluation.classes.f1)
        )
    else:
        note = f"Measured over {evaluation.count:,} samples."
    return Derivation(
        figure, name, f"{name} {where}", value, formula, template, operands, terms, note=note
    )


def _loss_of(evaluation: Evaluation, row: int) -> Operand:
    reference = SampleLoss(evaluation.part, row)
    return Operand(f"l of sample {row + 1:,}", float(evaluation.losses[row]), reference)


def _diagonal(evaluation: Evaluation, k: int) -> Term:
    assert evaluation.confusion is not None
    count = float(evaluation.confusion[k, k])
    name = evaluation.class_names[k]
    return Term(
        name, count, (Operand("right", count, ConfusionCell(evaluation, k, k), name),), "{0}"
    )


def _of_class(figure: Figure) -> Derivation:
    evaluation, name, k = figure.evaluation, figure.name, figure.klass
    assert evaluation.confusion is not None
    assert evaluation.classes is not None
    assert k is not None
    confusion, klass = evaluation.confusion, evaluation.class_names[k]
    right = Operand("right", float(confusion[k, k]), ConfusionCell(evaluation, k, k))
    value = float(getattr(evaluation.classes, name)[k])
    title = f"{name.capitalize()} of “{klass}”"
    taken, true = float(confusion[:, k].sum()), float(confusion[k].sum())
    if name == "precision":
        operands = (right, Operand("predicted as it", taken))
        formula, template = "right / all that were predicted as this class", "{0}/{1}"
    elif name == "recall":
        operands = (right, Operand("truly of this class", true))
        formula, template = "right / all that truly are of this class", "{0}/{1}"
    else:
        precision = float(evaluation.classes.precision[k])
        recall = float(evaluation.classes.recall[k])
        operands = (
            Operand("precision", precision, Figure(evaluation, "precision", k)),
            Operand("recall", recall, Figure(evaluation, "recall", k)),
        )
        formula, template = "2 · precision · recall / (precision + recall)", "2*{0}*{1}/({0} + {1})"
    if value == 0:
        template = "0"
    note = "" if value else "There is nothing to divide by, or nothing was right."
    return Derivation(figure, name, title, value, formula, template, operands, note=note)
