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
from nnstudio.data.columns import guess_columns, is_number
from nnstudio.data.dataset import Dataset, DataSource, Samples
from nnstudio.data.encoding import class_numbers
from nnstudio.data.folders import read_folder, set_folders
from nnstudio.data.preview import source_for
from nnstudio.data.reading import Table, refusal
from nnstudio.data.text_files import (
    TextFile,
    TextFolder,
    choose_columns,
    labelled,
    read_table,
)
from nnstudio.data.texts import TextSource
from nnstudio.engine.events import Diverged, TrainingFinished
from nnstudio.engine.network import Network
from nnstudio.engine.trainer import Trainer
from nnstudio.export.npz import Model
from nnstudio.graph.check import check
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


def measure(model: Model, path: str, text_column: str = "", label_column: str = "") -> Evaluation:
    """What a model is worth on a file or folder of labelled samples.

    Raises `ProblemError` if the file does not fit the model.
    """
    samples = _samples(model, path, text_column, label_column)
    fitted = model.fitted
    dataset = Dataset(
        title=Path(path).name,
        signature=model.signature,
        train=samples,
        validation=None,
        test=samples,
        class_names=fitted.class_names,
        feature_names=fitted.feature_names,
        target_name=fitted.target_name,
        words=fitted.words,
        offset=fitted.offset,
        scale=fitted.scale,
        target_offset=fitted.target_offset,
        target_scale=fitted.target_scale,
    )
    return evaluate(model.network(), dataset, "test")


def inputs_of(model: Model, path: str, text_column: str = "") -> list[Any]:
    """The texts, or the rows of numbers, of a file without need of labels."""
    file = Path(path).expanduser()
    if model.fitted.words is None:
        rows, _ = _number_rows(model, read_table(file), file)
        return list(rows)
    if file.is_dir():
        return list(read_folder(set_folders(file).train).texts)
    table = read_table(file)
    if text_column and text_column not in table.columns:
        listed = ", ".join(f"“{name}”" for name in table.columns)
        raise refusal(
            path, f"{file.name} has no column named “{text_column}”", f"Its columns are {listed}."
        )
    column = text_column or guess_columns(table)[0]
    if column is not None and len(table.columns) > 1:
        return [text for text in table.column(column) if text]
    return [line for line in _lines(file) if line]


def _lines(file: Path) -> list[str]:
    from nnstudio.data.reading import read_text

    return [line.strip() for line in read_text(file).split("\n")]


def _samples(model: Model, path: str, text_column: str, label_column: str) -> Samples:
    file = Path(path).expanduser()
    fitted = model.fitted
    if fitted.words is None:
        rows, targets = _number_rows(model, read_table(file), file, with_target=True)
        return Samples(model.encode(rows), _targets(model, targets, file))
    if file.is_dir():
        sets = set_folders(file)
        found = read_folder(sets.test or sets.train)
    else:
        table = read_table(file)
        found = labelled(table, choose_columns(table, text_column, label_column, file), file)
    y = _targets(model, found.labels, file)
    return Samples(model.encode(found.texts), y, found.texts)


def _targets(model: Model, labels: Sequence[str], file: Path) -> np.ndarray[Any, Any]:
    fitted = model.fitted
    if model.signature.task == "regression":
        values = np.array([float(label) for label in labels])
        scaled = (values - fitted.target_offset) / fitted.target_scale
        return scaled.astype(np.float32)[:, None]
    y = class_numbers(labels, fitted.class_names)
    if (y < 0).any():
        strange = sorted({label for label, number in zip(labels, y, strict=True) if number < 0})
        raise refusal(
            file,
            f"{file.name} has labels the model does not know: {', '.join(strange[:5])}",
            f"It tells these classes apart: {', '.join(fitted.class_names[:12])}.",
        )
    return y


def _number_rows(
    model: Model, table: Table, file: Path, with_target: bool = False
) -> tuple[np.ndarray[Any, Any], list[str]]:
    """The inputs of a table by the names of its columns, or else by their order."""
    shape = model.signature.input_shape
    inputs = math.prod(shape)
    names = model.fitted.feature_names
    target = model.fitted.target_name
    if names and set(names) <= set(table.columns):
        chosen = list(names)
    elif len(table.columns) in (inputs, inputs + 1):
        chosen = list(table.columns[:inputs])
    else:
        raise refusal(
            file,
            f"{file.name} has {len(table.columns)} columns, the model takes {inputs} numbers",
            "Name the columns as in training, or give them in that order, the target last.",
        )
    others = [name for name in table.columns if name not in chosen]
    answer = target if target in others else others[-1] if others else ""
    if with_target and not answer:
        raise refusal(
            file, f"{file.name} has no column to compare with", f"“{target}” is needed too."
        )
    columns = [table.column(name) for name in chosen]
    for name, values in zip(chosen, columns, strict=True):
        for line, value in zip(table.lines, values, strict=True):
            if not is_number(value):
                raise refusal(
                    file,
                    f"Line {line} of {file.name} has “{value[:30]}” in column “{name}”",
                    "A number is needed there.",
                )
    rows = np.array(columns, dtype=np.float64).T.reshape(-1, *shape)
    return rows, table.column(answer) if with_target else []
