"""Project files: a .nns file is a zip with ``project.json`` and arrays as ``.npy``.

Everything of a project is in it, so that opening gives back what was saved: the graph with its
positions, the training set-up, the reference to the data, and the trained weights with their
history, the engine's checkpoint and what was fitted on the data (a text set's vocabulary). Format
and app version stand in the file; a newer format is refused with a sentence.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np

import nnstudio
import nnstudio.data
import nnstudio.nn
from nnstudio.data.dataset import DataSource
from nnstudio.data.words import BagOfWords
from nnstudio.graph.layout import FURTHEST
from nnstudio.graph.plan import Signature
from nnstudio.nn.loss import Loss
from nnstudio.project.archive import Archive, Array, array_bytes, pack
from nnstudio.project.commands.settings import LONGEST_NAME
from nnstudio.project.model import EpochRecord, Fitted, Project, Trained
from nnstudio.project.names import is_id
from nnstudio.project.saving import Fingerprint, write_safely
from nnstudio.project.setup import TrainingSetup
from nnstudio.project.start import Start
from nnstudio.project.writing import (
    figure_from_json,
    figure_to_json,
    graph_from_json,
    graph_to_json,
    items,
    number,
    refuse,
    signature_from_json,
    signature_to_json,
    text,
    whole,
)
from nnstudio.spec import Part, Place, Problem, ProblemError, from_json, quote, to_json

SUFFIX = ".nns"
FORMAT = "nnstudio project"
VERSION = 1

_KEYS = {
    "format",
    "version",
    "app",
    "name",
    "nodes",
    "edges",
    "issued",
    "loss_position",
    "training",
    "data",
    "trained",
}
_PARAMETER_LENGTH = 60
_MOST_EPOCHS = 1_000_000
_MOST_NAMES = 1_000_000


def save(project: Project, path: str | Path) -> Fingerprint:
    """Write a project; returns what the file holds then.

    Raises `ProblemError` and leaves the old file alone if that fails.
    """
    content = to_bytes(project)
    write_safely(path, content)
    return Fingerprint.of_content(content)


def load(path: str | Path) -> Project:
    """Read a project; raises `ProblemError` that says what is wrong and what to do."""
    with Archive(path, "project") as archive, archive.door():
        if "project.json" not in archive:
            archive.refuse(
                f"{archive.path.name} is not a project of NN Studio",
                "It is a zip archive without project.json. Choose a file that NN Studio saved.",
            )
        written = archive.json("project.json")
        return _project(written, archive)


def to_bytes(project: Project) -> bytes:
    """The content of a project's file; equal projects give equal bytes."""
    blobs: dict[str, bytes] = {}
    written: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "app": nnstudio.__version__,
        "name": project.name,
        **graph_to_json(project.graph),
        "issued": dict(project.issued),
        "loss_position": list(project.loss_position) if project.loss_position else None,
        "training": to_json(project.training),
        "data": to_json(project.data) if project.data is not None else None,
        "trained": None,
    }
    if project.trained is not None:
        written["trained"] = _write_trained(project.trained, Start.of(project), blobs)
    content = json.dumps(written, ensure_ascii=False, allow_nan=False, indent=1)
    return pack({"project.json": content}, blobs)


def _write_trained(trained: Trained, now: Start, blobs: dict[str, bytes]) -> dict[str, Any]:
    weights = []
    for (node, parameter), array in trained.weights.items():
        name = f"weights/{node}.{parameter}.npy"
        blobs[name] = array_bytes(array)
        weights.append({"node": node, "parameter": parameter, "file": name})
    if trained.checkpoint:
        blobs["checkpoint"] = trained.checkpoint
    return {
        "weights": weights,
        "history": [_write_record(record) for record in trained.history],
        "best_epoch": trained.best_epoch,
        "monitor": trained.monitor,
        "weights_epoch": trained.weights_epoch,
        "reason": trained.reason,
        "seed": trained.seed,
        "step": trained.step,
        "checkpoint": bool(trained.checkpoint),
        "fitted": _write_fitted(trained.fitted, blobs) if trained.fitted is not None else None,
        "start": _write_start(trained.start, now),
    }


def _write_start(start: Start | None, now: Start) -> dict[str, Any] | bool | None:
    """What was trained; True stands for the network and data of the project itself."""
    if start is None or not start.changes(now):
        return None if start is None else True
    return {
        **graph_to_json(start.graph),
        "loss": to_json(start.loss),
        "seed": start.seed,
        "data": to_json(start.data) if start.data is not None else None,
    }


def _write_record(record: EpochRecord) -> dict[str, Any]:
    written: dict[str, Any] = {
        field.name: figure_to_json(getattr(record, field.name))
        for field in dataclasses.fields(record)
        if field.name not in ("metrics", "from_epoch")
    }
    if record.from_epoch is not None:
        written["from_epoch"] = record.from_epoch
    if record.metrics:
        written["metrics"] = {name: figure_to_json(value) for name, value in record.metrics.items()}
    return written


def _write_fitted(fitted: Fitted, blobs: dict[str, bytes]) -> dict[str, Any]:
    for name in ("offset", "scale", "ranges"):
        array = getattr(fitted, name)
        if array is not None:
            blobs[f"fitted/{name}.npy"] = array_bytes(array)
    # The feature names of a text are its vocabulary; once is enough.
    same = fitted.words is not None and fitted.feature_names == fitted.words.vocabulary
    return {
        "class_names": list(fitted.class_names),
        "feature_names": None if same else list(fitted.feature_names),
        "target_name": fitted.target_name,
        "target_offset": figure_to_json(fitted.target_offset),
        "target_scale": figure_to_json(fitted.target_scale),
        "words": fitted.words.to_json() if fitted.words is not None else None,
        "signature": signature_to_json(fitted.signature) if fitted.signature is not None else None,
        "samples": fitted.samples,
        "fingerprint": fitted.fingerprint,
    }


def _project(written: Any, archive: Archive) -> Project:
    where = archive.where
    if not isinstance(written, dict) or written.get("format") != FORMAT:
        archive.refuse(
            f"{archive.path.name} is not a project of NN Studio",
            "Its project.json does not say so. Choose a file that NN Studio saved.",
        )
    _refuse_newer(written.get("version"), archive)
    unknown = sorted(set(written) - _KEYS)
    if unknown:
        refuse(f"The project has something unknown: {quote(unknown[0])}", where)
    data = written.get("data")
    trained = written.get("trained")
    project = Project(
        name=text(written.get("name"), "The project's name", where, LONGEST_NAME),
        graph=graph_from_json(written, where),
        training=cast(TrainingSetup, _part("training", written.get("training"), where)),
        data=cast(DataSource, _part("dataset", data, where)) if data is not None else None,
        loss_position=_position(written.get("loss_position"), where),
        issued=_issued(written.get("issued", {}), where),
    )
    if trained is None:
        return project
    return project.replace(trained=_trained(trained, Start.of(project), archive))


def _part(kind: str, written: Any, where: Place) -> Part:
    try:
        return from_json(kind, written, where)
    except ProblemError as error:
        first = error.problems[0]
        refuse(first.title, first.where, first.explain)


def _refuse_newer(version: Any, archive: Archive) -> None:
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        refuse(f"The format's version must be a number, not {quote(version)}", archive.where)
    if version > VERSION:
        raise ProblemError(
            Problem(
                f"{archive.path.name} was saved by a newer NN Studio",
                f"It has file format {quote(version)}; this app reads formats up to {VERSION}. "
                "Install the current version of NN Studio to open it.",
                archive.where,
            )
        )


def _position(written: Any, where: Place) -> tuple[float, float] | None:
    if written is None:
        return None
    if not isinstance(written, list) or len(written) != 2:
        refuse(f"The place of the Loss card must be two numbers, not {quote(written)}", where)
    x, y = (number(n, "The place of the Loss card", where, -FURTHEST, FURTHEST) for n in written)
    return x, y


def _issued(written: Any, where: Place) -> dict[str, int]:
    mapping = _object(written, "The record of card numbers", where)
    return {
        key: whole(value, f"The highest number of {quote(key)}", where, 1, 999_999_999)
        for key, value in mapping.items()
        if is_id(f"{key}-1") or _refuse_key(key, where)
    }


def _refuse_key(key: str, where: Place) -> bool:
    refuse(f"There is no card called {quote(key)}", where)


def _trained(written: Any, now: Start, archive: Archive) -> Trained:
    where = archive.where
    found = _object(written, "The training result", where)
    weights: dict[tuple[str, str], Array] = {}
    taken: set[str] = set()
    for item in items(found, "weights", where, most=10_000):
        entry = _object(item, "A weight", where)
        node = text(entry.get("node"), "The card of a weight", where)
        parameter = text(entry.get("parameter"), "The name of a weight", where, _PARAMETER_LENGTH)
        if not is_id(node) or (node, parameter) in weights:
            refuse(f"The weight {quote(parameter)} of {quote(node)} cannot be placed", where)
        file = text(entry.get("file"), "The file of a weight", where)
        if file in taken:
            refuse(f"The part {quote(file)} is to be two weights at once", where)
        taken.add(file)
        array = archive.array(file)
        if array.dtype.kind != "f":
            refuse(f"The weights of {node} are {array.dtype}, not real numbers", where)
        weights[node, parameter] = array
    best = found.get("best_epoch")
    fitted = found.get("fitted")
    return Trained(
        weights=weights,
        history=tuple(
            _record(item, where) for item in items(found, "history", where, most=_MOST_EPOCHS)
        ),
        best_epoch=None if best is None else whole(best, "The best epoch", where),
        weights_epoch=whole(found.get("weights_epoch", 0), "The epoch of the weights", where),
        reason=text(found.get("reason", "paused"), "The reason why training ended", where),
        seed=whole(found.get("seed", 0), "The seed", where),
        checkpoint=archive.blob("checkpoint") if found.get("checkpoint") is True else b"",
        fitted=_fitted(fitted, archive) if fitted is not None else None,
        monitor=text(found.get("monitor", ""), "The monitored figure", where, _PARAMETER_LENGTH),
        step=whole(found.get("step", 0), "The step of the weights", where),
        start=_start(found.get("start", True), now, where),
    )


def _start(written: Any, now: Start, where: Place) -> Start | None:
    if written is None or written is True:
        return now if written else None
    found = _object(written, "What was trained", where)
    data = found.get("data")
    return Start(
        graph_from_json(found, where),
        cast(Loss, _part("loss", found.get("loss"), where)),
        whole(found.get("seed"), "The seed", where),
        cast(DataSource, _part("dataset", data, where)) if data is not None else None,
    )


def _record(written: Any, where: Place) -> EpochRecord:
    found = _object(written, "An epoch of the history", where)
    values: dict[str, Any] = {}
    for field in dataclasses.fields(EpochRecord):
        value = found.get(field.name)
        what = f"{field.name!r} of an epoch"
        if field.name in ("epoch", "updates"):
            values[field.name] = whole(value, what, where)
        elif field.name == "metrics":
            values[field.name] = {
                text(name, "The name of a figure", where, _PARAMETER_LENGTH): figure_from_json(
                    value, f"{name!r} of an epoch", where
                )
                for name, value in _object(found.get("metrics", {}), what, where).items()
            }
        elif value is None and field.default is None:
            values[field.name] = None
        elif field.name == "from_epoch":
            values[field.name] = whole(value, what, where)
        else:
            values[field.name] = figure_from_json(value, what, where)
    return EpochRecord(**values)


def _fitted(written: Any, archive: Archive) -> Fitted:
    where = archive.where
    found = _object(written, "What was fitted on the data", where)
    words = found.get("words")
    bag = _words(words, where) if words is not None else None
    features = found.get("feature_names")
    signature = found.get("signature")
    names = _names(found.get("class_names", []), "The class names", where)
    if signature is None and bag is not None:  # saved before signatures were
        signature = signature_to_json(Signature((len(bag),), "classification", len(names)))
    read = signature_from_json(signature, where) if signature is not None else None
    if read is not None and bag is not None and read.input_shape != (len(bag),):
        archive.refuse(f"There are {len(bag)} words for {read.input_shape} inputs", "")
    if read is not None and names and read.classes != len(names):
        archive.refuse(f"There are {len(names)} class names for {read.classes} classes", "")
    inputs = None
    if read is not None and bag is None:  # words are counted, not scaled
        inputs = math.prod(read.input_shape)
    offset, scale = archive.scaling("fitted/", inputs)
    return Fitted(
        class_names=names,
        feature_names=bag.vocabulary
        if features is None and bag is not None
        else _names(features or [], "The feature names", where),
        target_name=text(found.get("target_name", ""), "The target's name", where, 10_000),
        words=bag,
        offset=offset,
        scale=scale,
        target_offset=figure_from_json(
            found.get("target_offset", 0.0), "The target's offset", where
        ),
        target_scale=figure_from_json(found.get("target_scale", 1.0), "The target's scale", where),
        signature=read,
        samples=whole(found.get("samples", 0), "The number of training samples", where),
        fingerprint=text(found.get("fingerprint", ""), "The data's fingerprint", where),
        ranges=_ranges(archive),
    )


def _ranges(archive: Archive) -> Array | None:
    found = _optional_array("fitted/ranges.npy", archive)
    if found is not None and (found.ndim != 2 or len(found) != 3 or not np.isfinite(found).all()):
        archive.refuse(
            "The ranges of the inputs are damaged", "They must be three rows of numbers."
        )
    return found


def _words(written: Any, where: Place) -> BagOfWords:
    try:
        return BagOfWords.from_json(written)
    except ProblemError as error:
        raise ProblemError(
            *(dataclasses.replace(problem, where=where) for problem in error.problems)
        ) from None


def _optional_array(name: str, archive: Archive) -> Array | None:
    return archive.array(name) if name in archive else None


def _names(written: Any, what: str, where: Place) -> tuple[str, ...]:
    if not isinstance(written, list) or len(written) > _MOST_NAMES:
        refuse(f"{what} must be a list of texts, not {quote(written)}", where)
    return tuple(text(item, what, where, 10_000) for item in written)


def _object(written: Any, what: str, where: Place) -> Mapping[str, Any]:
    if not isinstance(written, dict):
        refuse(f"{what} must be an object, not {quote(written)}", where)
    return written
