"""A `Model` to and from files: models (``.npz``) and projects (``.nns``), under the same names."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.data.dataset import Dataset
from nnstudio.data.paths import written
from nnstudio.export import npz
from nnstudio.graph import layout
from nnstudio.graph.model import Graph
from nnstudio.graph.plan import Signature
from nnstudio.project import files as projects
from nnstudio.project.archive import Archive
from nnstudio.project.commands.settings import LONGEST_NAME
from nnstudio.project.model import Fitted, Project, Trained
from nnstudio.project.names import is_id
from nnstudio.project.setup import TrainingSetup
from nnstudio.project.start import Start
from nnstudio.spec import Place, Problem, ProblemError, as_text

if TYPE_CHECKING:
    from nnstudio.library.model import Model

Weights = dict[tuple[str, str], np.ndarray[Any, Any]]


@dataclass(frozen=True, eq=False)
class Read:
    """What a file holds; a model's file has no history."""

    path: Path
    graph: Graph
    signature: Signature
    fitted: Fitted
    setup: TrainingSetup
    trained: Trained


def write(model: Model, path: str | Path) -> Path:
    """Write a model as its path's ending says."""
    file = _with_ending(path)
    _refuse_strange_ids(model.graph)
    if file.suffix.lower() == npz.SUFFIX:
        return export(model, file)
    project = Project(
        _name(file), layout.tidy(model.graph), model.setup.replace(seed=model.network.seed)
    )
    fitted = Fitted.of(model.trainer.dataset) if model.trainer is not None else model.fitted
    trained = dataclasses.replace(_trained(model), fitted=fitted, start=Start.of(project))
    projects.save(project.replace(trained=trained), file)
    return file


def _name(file: Path) -> str:
    """What a model is called: as its file, as far as a name can be."""
    return as_text(file.stem)[:LONGEST_NAME]


def export(model: Model, path: str | Path) -> Path:
    """Write a model for other programs."""
    file = _with_ending(path)
    if file.suffix.lower() != npz.SUFFIX:
        raise _refused(file, f"A model is exported as {npz.SUFFIX}, not as {file.suffix}", "")
    _refuse_strange_ids(model.graph)
    network = model.network
    saved = npz.Model(
        *(_name(file), model.graph, network.loss, model.signature, network.weights(), model.fitted)
    )
    npz.save(saved, file)
    return file


def read(path: str | Path) -> Read:
    """What a file holds; raises `ProblemError` if that is no trained network."""
    file = _with_ending(path)
    if file.suffix.lower() == npz.SUFFIX:
        model = npz.load(file)
        setup = TrainingSetup(loss=model.loss)
        trained = Trained(model.weights, fitted=model.fitted)
        return Read(file, model.graph, model.signature, model.fitted, setup, trained)
    project = projects.load(file)
    found = project.trained
    if found is None or found.fitted is None or found.fitted.signature is None:
        raise _refused(
            file,
            f"{file.name} holds no trained network",
            "Train it in the app and save it, then open it here.",
        )
    signature = found.fitted.signature
    return Read(file, project.graph, signature, found.fitted, project.training, found)


def put_into(model: Model, found: Read) -> None:
    """Give a model the weights, history and optimizer's state of a file."""
    model.network.load_weights(found.trained.weights)
    model.fitted, model.trainer = found.fitted, None
    if found.trained.checkpoint:  # its random numbers and its order go on from there
        model.network.seed = found.trained.seed
    model.setup, model.checkpoint = found.setup, found.trained.checkpoint
    model.history.take(found.trained)


def load_into(model: Model, path: str | Path) -> None:
    """Give a model what a file of the same network holds."""
    file = _with_ending(path)
    if file.suffix.lower() == npz.SUFFIX and (weights := _bare_weights(file)):
        model.network.load_weights(weights)
        return
    found = read(file)
    if not model.graph.same_structure(found.graph):
        raise _refused(
            file,
            f"{file.name} holds another network",
            "Its layers or wires differ from this model's. Model.open makes a model of the file.",
        )
    if model.data is not None:
        refuse_other_data(found.fitted, found.signature, model.data)
    put_into(model, found)


def refuse_other_data(fitted: Fitted, signature: Signature, data: Dataset) -> None:
    """Raise a `ProblemError` if a network that was fitted so cannot read this data."""
    own, theirs = data.signature, signature
    for what in ("input_shape", "task", "classes", "outputs", "tokens"):
        if getattr(own, what) != getattr(theirs, what):
            raise _not_like(f"{what} {getattr(own, what)}", f"{getattr(theirs, what)}")
    numbers = tuple(map(str, range(own.classes)))  # what classes without names are called
    pairs = (
        ("classes", data.class_names or numbers, fitted.class_names or numbers),
        ("inputs", data.feature_names, fitted.feature_names or data.feature_names),
        ("words", data.words, fitted.words),
    )
    for what, ours, known in pairs:
        if ours != known:
            raise _not_like(f"other {what}", "those of its training")


def _not_like(ours: str, theirs: str) -> ProblemError:
    return ProblemError(
        Problem(
            "The model was trained on other data",
            f"This data has {ours}, the model needs {theirs}.",
            Place("data"),
        )
    )


def _trained(model: Model) -> Trained:
    if model.trainer is not None:
        return model.trainer.trained()
    history = model.history
    return Trained(
        model.network.weights(),
        tuple(history),
        history.best_epoch,
        history.weights_epoch,
        history.reason if len(history) else "paused",
        model.network.seed,
        model.checkpoint,
    )


def _bare_weights(file: Path) -> Weights:
    """The arrays of a file with weights alone, as earlier versions wrote it; else none."""
    with Archive(file, "model") as archive:
        if "about.npy" in archive:
            return {}
        found: Weights = {}
        for entry in archive.names:
            node, slash, name = entry.removesuffix(".npy").rpartition("/")
            if slash:
                found[node, name] = archive.array(entry)
        return found


def _with_ending(path: str | Path) -> Path:
    file = written(path)
    if not file.suffix:
        return file.with_name(f"{file.name}{npz.SUFFIX}")
    if file.suffix.lower() not in (npz.SUFFIX, projects.SUFFIX):
        raise _refused(
            file,
            f"A model's file ends in {npz.SUFFIX} or {projects.SUFFIX}, not in {file.suffix}",
            f"Name it {file.stem}{npz.SUFFIX}.",
        )
    return file


def _refuse_strange_ids(graph: Graph) -> None:
    strange = [node.id for node in graph.nodes if not is_id(node.id)]
    if strange:
        raise ProblemError(
            Problem(
                f"A node with the id {strange[0]!r:.80} cannot be saved",
                "An id is a word of small letters and a number, such as dense-1.",
                Place("node", strange[0]),
            )
        )


def _refused(file: Path, title: str, explain: str) -> ProblemError:
    return ProblemError(Problem(title, explain, Place("file", str(file))))
