"""The app's work without a screen: train a project, measure a model, predict with it."""

from __future__ import annotations

import dataclasses
import math
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nnstudio.analysis.evaluation import Evaluation, evaluate
from nnstudio.data.columns import is_number
from nnstudio.data.dataset import Dataset, DataSource, Samples
from nnstudio.data.encoding import class_numbers
from nnstudio.data.folders import read_folder, set_folders
from nnstudio.data.labelled import tidy_labels
from nnstudio.data.paths import written
from nnstudio.data.preview import source_for
from nnstudio.data.reading import refusal
from nnstudio.data.rows import Row, number_rows, text_rows
from nnstudio.data.text_files import TextFile, TextFolder
from nnstudio.data.texts import TextSource
from nnstudio.engine.events import Diverged, TrainingFinished
from nnstudio.engine.network import Network
from nnstudio.engine.trainer import Trainer
from nnstudio.export.npz import Model
from nnstudio.graph.check import check
from nnstudio.nn.metrics import predicted_classes
from nnstudio.project.model import EpochRecord, Fitted, Project
from nnstudio.project.start import Start
from nnstudio.spec import Place, Problem, ProblemError, Severity

Listener = Callable[[object], None]


@dataclass(frozen=True, eq=False)
class Run:
    """What came of a training run.

    ``project`` holds the result, ``evaluations`` what the kept weights are worth on each part of
    the data, with dropout off. ``problem`` says why the run ended where it should not have.
    """

    project: Project
    dataset: Dataset
    finished: TrainingFinished
    history: tuple[EpochRecord, ...]
    evaluations: dict[str, Evaluation]
    parameters: int
    problem: Problem | None = None

    @property
    def model(self) -> Model:
        """The result as a model that can be written."""
        return Model.of(self.project, self.dataset.signature)

    @property
    def epochs_done(self) -> int:
        """How many epochs the weights have seen; 0 if none was finished."""
        return len(self.history)


def with_data(
    project: Project,
    data: str = "",
    validation: str = "",
    test: str = "",
    text_column: str = "",
    label_column: str = "",
    vocabulary: int | None = None,
) -> Project:
    """The project with other files as its data; its bag-of-words settings are kept.

    Without `data` the files for validation and test are added to the project's own text file.
    Raises `ProblemError` if it has none.
    """
    source: DataSource | None = project.data
    if data:
        found: TextFile | TextFolder = source_for(data)
        if isinstance(source, TextSource):
            names = {spec.name for spec in TextSource.fields()}
            found = found.replace(**{name: getattr(source, name) for name in names})
        source = found
    changes: dict[str, Any] = {
        "validation_path": validation,
        "test_path": test,
        "text_column": text_column,
        "label_column": label_column,
    }
    changes = {name: value for name, value in changes.items() if value}
    if changes and not isinstance(source, TextFile):
        raise ProblemError(
            Problem(
                "There is no file that the validation or test file could join",
                "Give the training data as a file too, with --data.",
                Place("data"),
            )
        )
    if vocabulary is not None:
        if not isinstance(source, TextSource):
            raise ProblemError(
                Problem("Only text data has a vocabulary", "Leave out --words.", Place("data"))
            )
        changes["vocabulary"] = vocabulary
    if source is not None and changes:
        source = source.replace(**changes)
    return project if source is project.data else project.replace(data=source, trained=None)


def train(
    project: Project,
    listener: Listener | None = None,
    *,
    device: str = "cpu",
    warn: Callable[[Problem], None] | None = None,
) -> Run:
    """Train a project from its initial weights and measure the result.

    `listener` hears the trainer's events, `warn` what is worth knowing about data, network and
    device. Ctrl+C ends the run after the present batch. Raises `ProblemError` if the project
    cannot be trained.
    """
    warn = warn or (lambda problem: None)
    if project.data is None:
        raise ProblemError(
            Problem(
                "The project has no data",
                "Give it some: with --data, or in the app's Data tab.",
                Place("data"),
            )
        )
    dataset = project.data.load()
    found = check(project.graph, dataset.signature, project.training.loss)
    if found.plan is None:
        raise ProblemError(*(p for p in found.problems if p.severity is Severity.ERROR))
    for problem in (*dataset.notes, *found.problems):
        warn(problem)
    network = Network(found.plan, project.training.loss, device=device, seed=project.training.seed)
    if network.device_problem is not None:
        warn(network.device_problem)
    trainer = Trainer(network, dataset, project.training)
    finished: TrainingFinished | None = None
    problem = None
    with _interruptible(trainer.stop), np.errstate(all="ignore"):  # the trainer tells of NaN
        for event in trainer.run():
            if listener is not None:
                listener(event)
            if isinstance(event, Diverged):
                problem = event.problem
            elif isinstance(event, TrainingFinished):
                finished = event
    assert finished is not None, "a run ends with TrainingFinished"
    trained = dataclasses.replace(
        trainer.trained(), fitted=Fitted.of(dataset), start=Start.of(project)
    )
    parts = {"train": dataset.train, "validation": dataset.validation, "test": dataset.test}
    return Run(
        project.replace(trained=trained),
        dataset,
        finished,
        tuple(trainer.history),
        {name: evaluate(network, dataset, name) for name, part in parts.items() if part},
        found.plan.parameter_count,
        problem,
    )


@contextmanager
def _interruptible(stop: Callable[[], None]) -> Iterator[None]:
    """The first Ctrl+C asks to stop; a second one interrupts as usual."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    usual = signal.getsignal(signal.SIGINT)

    def asked(*_: object) -> None:
        signal.signal(signal.SIGINT, usual)
        stop()

    signal.signal(signal.SIGINT, asked)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)


@dataclass(frozen=True, eq=False)
class RowPrediction:
    """What a model says to one row: its outputs, in the target's own units, or None and why not.

    ``winner`` is the predicted class, None for a number. ``known_words`` counts the words of a
    text that are in the vocabulary, None for numbers.
    """

    row: Row
    outputs: np.ndarray[Any, Any] | None = None
    winner: int | None = None
    known_words: int | None = None


def rows_of(
    model: Model, path: str, text_column: str = "", label_column: str = "", labels: bool = False
) -> list[Row]:
    """A row for every input of a file or folder; ``labels`` says whether it must have labels.

    Raises `ProblemError` if the file does not fit the model at all.
    """
    fitted = model.fitted
    if fitted.words is not None:
        return text_rows(path, text_column, label_column, fitted.target_name, labels)
    return number_rows(
        path,
        fitted.feature_names,
        math.prod(model.signature.input_shape),
        label_column,
        fitted.target_name,
        model.class_names,
        labels,
    )


def predict(model: Model, rows: Sequence[Row]) -> list[RowPrediction]:
    """One prediction for every row, in their order; a row that cannot be used says why.

    Raises `ProblemError` if there is no row at all.
    """
    if not rows:
        raise ProblemError(Problem("There is nothing to predict", "The file holds no row."))
    checked = [_encodable(model, row) for row in rows]
    answered = iter(_answers(model, [row for row in checked if not row.problem]))
    return [RowPrediction(row) if row.problem else next(answered) for row in checked]


def _answers(model: Model, rows: Sequence[Row]) -> list[RowPrediction]:
    """What the model says to rows that it can read."""
    if not rows:
        return []
    x = model.encode(_raw(model, rows))
    known = np.diff(x.indptr).tolist() if model.fitted.words is not None else [None] * len(rows)
    with np.errstate(all="ignore"):
        outputs = model.network().predict(x).astype(np.float64).reshape(len(rows), -1)
        outputs = outputs * model.fitted.target_scale + model.fitted.target_offset
    winners: Sequence[int | None] = [None] * len(rows)
    if model.signature.task == "classification":
        winners = predicted_classes(outputs, model.loss.threshold).tolist()
    answers = []
    for row, said, winner, count in zip(rows, outputs, winners, known, strict=True):
        if np.isfinite(said).all():
            answers.append(RowPrediction(row, said, winner, count))
        else:
            why = "what the network computes from it is too large to be a number"
            answers.append(RowPrediction(dataclasses.replace(row, problem=why)))
    return answers


def _encodable(model: Model, row: Row) -> Row:
    """The row, with the reason if the model cannot read it."""
    if row.problem or model.fitted.words is not None:
        return row
    try:
        model.encode(_raw(model, [row]))
    except ProblemError as error:
        return dataclasses.replace(row, problem=error.problems[0].title)
    return row


def _raw(model: Model, rows: Sequence[Row]) -> Any:
    """What rows hold, in the shape of the model's samples."""
    if model.fitted.words is not None:
        return [row.raw for row in rows]
    return np.array([row.raw for row in rows]).reshape(-1, *model.signature.input_shape)


@dataclass(frozen=True, eq=False)
class Measured:
    """What a model is worth on the rows that could be used, and the rows that could not."""

    evaluation: Evaluation
    left_out: tuple[Row, ...]


def measure(model: Model, path: str, text_column: str = "", label_column: str = "") -> Measured:
    """What a model is worth on a file or folder of labelled samples.

    Rows that cannot be used, such as one with a label that the model does not know, are left out
    and named. Raises `ProblemError` if no row can be used.
    """
    if (outputs := model.signature.outputs) > 1:
        raise ProblemError(
            Problem(
                f"The model predicts {outputs:,} numbers a row, a file is compared with one",
                "Measure it in Python: nnstudio.Model.open(path).evaluate(x, y).",
            )
        )
    file = written(path)
    if file.is_dir() and model.fitted.words is not None:
        sets = set_folders(file)
        read = read_folder(sets.test or sets.train)
        rows = [Row(text, label=name) for text, name in zip(read.texts, read.labels, strict=True)]
    else:
        rows = rows_of(model, path, text_column, label_column, labels=True)
    checked = [_comparable(model, _encodable(model, row)) for row in rows]
    usable = [row for row in checked if not row.problem]
    if not usable:
        raise _nothing_to_compare(model, file, checked)
    x, y = model.encode(_raw(model, usable)), _targets(model, usable)
    texts = [row.raw for row in usable] if model.fitted.words is not None else None
    samples = Samples(x, y, texts)
    dataset = Dataset(
        title=file.name,
        signature=model.signature,
        train=samples,
        validation=None,
        test=samples,
        target_name=model.fitted.target_name,
        **(model.fitted.terms | {"class_names": model.class_names}),
    )
    found = evaluate(model.network(), dataset, "test")
    return Measured(found, tuple(row for row in checked if row.problem))


def _comparable(model: Model, row: Row) -> Row:
    """The row, with the reason if its label says nothing to this model."""
    if row.problem:
        return row
    names = model.class_names
    problem = ""
    if not row.label:
        problem = "it has no label"
    elif model.signature.task == "regression":
        if not is_number(row.label) or not math.isfinite(float(row.label)):
            problem = f"its true value “{_cut(row.label)}” is not a finite number"
    elif row.label not in names and tidy_labels([row.label])[0] not in names:
        problem = f"the model does not know its label “{_cut(row.label)}”"
    return dataclasses.replace(row, problem=problem) if problem else row


def _targets(model: Model, rows: Sequence[Row]) -> np.ndarray[Any, Any]:
    fitted = model.fitted
    if model.signature.task == "regression":
        values = np.array([float(row.label) for row in rows])
        scaled = (values - fitted.target_offset) / fitted.target_scale
        return scaled.astype(np.float32)[:, None]
    known = model.class_names
    labels = [r.label if r.label in known else tidy_labels([r.label])[0] for r in rows]
    return class_numbers(labels, known)


def _nothing_to_compare(model: Model, file: Path, rows: Sequence[Row]) -> ProblemError:
    strange = sorted({row.label for row in rows if "does not know its label" in row.problem})
    if strange:
        return refusal(
            file,
            f"{file.name} has only labels the model does not know: {', '.join(strange[:5])}",
            f"It tells these classes apart: {', '.join(model.class_names[:12])}.",
        )
    first = f"The first: {rows[0].place}: {rows[0].problem}." if rows else "It holds no row."
    return refusal(file, f"No row of {file.name} can be compared with the model", first)


def _cut(label: str) -> str:
    return label if len(label) <= 30 else label[:29] + "…"
