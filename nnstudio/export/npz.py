"""A trained network to take home: one .npz file, which plain NumPy opens.

What is in it, by name (``m = np.load("model.npz")``):

===============================  ===================================================================
``<layer>/<parameter>``          float32 weights, such as ``dense-1/kernel`` (inputs, units) and
                                 ``dense-1/bias`` (units,); a BatchNormalization also has its
                                 moving averages
``layers``                       the ids of all layers in an order of computation
``kinds``                        what each of them is: ``input``, ``dense``, ``dropout``, ...
``activations``                  the activation of each: ``relu``, ``softmax``, ..., or empty
``program``                      the whole computation from raw inputs to outputs, one operation a
                                 line (see `nnstudio.export.program`): what the README's reader runs
``input_shape``                  the shape of one sample
``classes``                      the class names in the order of the outputs; empty for a number
``features``                     the names of the inputs where they are columns of a table
``offset``, ``scale``            inputs are (raw - offset) / scale; only where they were scaled
``target_offset``,               a predicted number is output · scale + offset (0 and 1 for classes)
``target_scale``
``vocabulary``                   text only: the words in the order of the inputs
``lowercase``, ``counts``        text only: lower-case first; count a word, or only 0 or 1
``about``                        JSON for NN Studio itself: format, version, name, the whole graph
                                 with its wires and settings, loss, signature of the data
===============================  ===================================================================

A word of the vocabulary is a match of the regular expression ``\\w\\w+``. No pickle is needed to
read the file, and `load` opens no pickle: sizes and shapes are checked before memory is taken. It
builds the network from ``about`` and never reads ``program``, which files of earlier versions lack.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

import nnstudio
import nnstudio.nn
from nnstudio.data.encoding import encode
from nnstudio.data.words import BagOfWords
from nnstudio.engine.network import Network
from nnstudio.export.program import written
from nnstudio.graph.check import check
from nnstudio.graph.model import Graph
from nnstudio.graph.plan import Plan, Signature
from nnstudio.nn.layer import Shape
from nnstudio.nn.loss import Loss
from nnstudio.project.archive import Archive, array_bytes, pack
from nnstudio.project.model import Fitted, Project
from nnstudio.project.saving import write_safely
from nnstudio.project.writing import (
    LARGEST_NUMBER,
    graph_from_json,
    graph_to_json,
    number,
    read_json,
    signature_from_json,
    signature_to_json,
    text,
    whole,
)
from nnstudio.spec import Place, Problem, ProblemError, Severity, from_json, quote, to_json

if TYPE_CHECKING:
    Array = np.ndarray[Any, Any]

SUFFIX = ".npz"
FORMAT = "nnstudio model"
VERSION = 1
_MOST_VALUES = 20_000_000  # that one sample may become on its way through a network


@dataclass(frozen=True, eq=False)
class Model:
    """A trained network with all that it needs to predict: graph, weights, and how data is encoded.

    ``weights`` maps (node id, parameter name) to an array.
    """

    name: str
    graph: Graph
    loss: Loss
    signature: Signature
    weights: Mapping[tuple[str, str], Array]
    fitted: Fitted

    @classmethod
    def of(cls, project: Project, signature: Signature) -> Model:
        """The trained network of a project on data with this signature.

        Raises `ProblemError` if the project is not trained, or if its network was changed so that
        the weights no longer fit.
        """
        trained = project.trained
        if trained is None or trained.fitted is None:
            raise ProblemError(
                Problem(
                    "There is nothing to export yet",
                    "Train the network first: the model file holds its trained weights.",
                    Place("project"),
                )
            )
        model = cls(
            project.name,
            project.graph,
            project.training.loss,
            signature,
            trained.weights,
            trained.fitted,
        )
        model.network()
        return model

    @property
    def class_names(self) -> tuple[str, ...]:
        """The classes in the order of the outputs, by number where they have no names."""
        return self.fitted.class_names or tuple(map(str, range(self.signature.classes)))

    def plan(self) -> Plan:
        """The checked graph; raises `ProblemError` with what is wrong with it."""
        found = check(self.graph, self.signature, self.loss)
        if found.plan is None:
            errors = [p for p in found.problems if p.severity is Severity.ERROR]
            raise ProblemError(*errors)
        return found.plan

    def network(self, device: str = "cpu") -> Network:
        """A network with these weights, ready to predict."""
        network = Network(self.plan(), self.loss, device=device)
        network.load_weights(self.weights)
        return network

    def encode(self, raw: Iterable[Any]) -> Any:
        """Texts, or rows of raw numbers, as inputs of the network."""
        return encode(
            raw,
            self.signature.input_shape,
            words=self.fitted.words,
            offset=self.fitted.offset,
            scale=self.fitted.scale,
        )

    def predict(self, raw: Iterable[Any]) -> Array:
        """The outputs for texts or rows of raw numbers, in the target's own units."""
        outputs = self.network().predict(self.encode(raw))
        return outputs * self.fitted.target_scale + self.fitted.target_offset


def save(model: Model, path: str | Path) -> None:
    """Write a model; raises `ProblemError` and leaves an old file alone if that fails."""
    write_safely(path, to_bytes(model))


def to_bytes(model: Model) -> bytes:
    """The content of a model's file; equal models give equal bytes."""
    network = model.network()
    steps, fitted, signature = network.plan.steps, model.fitted, model.signature
    about = {
        "format": FORMAT,
        "version": VERSION,
        "app": nnstudio.__version__,
        "name": model.name,
        **graph_to_json(model.graph),
        "loss": to_json(model.loss),
        "signature": signature_to_json(signature),
        "target_name": fitted.target_name,
        "stop_words": fitted.words is not None and fitted.words.stop_words,
    }
    activations = [getattr(step.layer, "activation", None) for step in steps]
    arrays: dict[str, Array] = {
        "about": np.array(json.dumps(about, ensure_ascii=False, allow_nan=False)),
        "layers": _words(step.id for step in steps),
        "kinds": _words(step.layer.name for step in steps),
        "activations": _words("" if a is None else a.name for a in activations),
        "program": _words(written(network, fitted)),
        "input_shape": np.array(signature.input_shape, dtype=np.int64),
        "classes": _words(model.class_names),
        "target_offset": np.array(float(fitted.target_offset)),
        "target_scale": np.array(float(fitted.target_scale)),
    }
    if fitted.words is None:
        arrays["features"] = _words(fitted.feature_names)
    else:
        arrays["vocabulary"] = _words(fitted.words.vocabulary)
        arrays["lowercase"] = np.array(fitted.words.lowercase)
        arrays["counts"] = np.array(fitted.words.counts)
    if fitted.offset is not None and fitted.scale is not None:
        arrays["offset"], arrays["scale"] = fitted.offset, fitted.scale
    for (node, parameter), weight in model.weights.items():
        arrays[f"{node}/{parameter}"] = np.asarray(weight, dtype=np.float32)
    return pack({}, {f"{name}.npy": array_bytes(array) for name, array in arrays.items()})


def load(path: str | Path) -> Model:
    """Read a model; raises `ProblemError` that says what is wrong with the file."""
    with Archive(path, "model") as archive, archive.door():
        if "about.npy" not in archive:
            archive.refuse(
                f"{archive.path.name} is not a model of NN Studio",
                "Choose a file that was exported from NN Studio or written by nnstudio train.",
            )
        about = _about(archive)
        signature = signature_from_json(about.get("signature"), archive.where)
        model = Model(
            text(about.get("name"), "The model's name", archive.where, 10_000),
            graph_from_json(about, archive.where),
            cast(Loss, from_json("loss", about.get("loss"), archive.where)),
            signature,
            {},
            _fitted(archive, about, signature),
        )
        return dataclasses.replace(model, weights=_weights(archive, model))


def _weights(archive: Archive, model: Model) -> dict[tuple[str, str], Array]:
    """The weights that the graph asks for, each compared with its shape before it is read."""
    try:
        steps = model.plan().steps
    except ProblemError as error:
        archive.refuse(
            f"{archive.path.name} is damaged: its parts do not fit together",
            str(error.problems[0]),
        )
    values = sum(math.prod(step.output_shape) for step in steps)
    if values > _MOST_VALUES:
        archive.refuse(
            f"{archive.path.name} would make {values:,} numbers of every sample",
            f"At most {_MOST_VALUES:,} are allowed. The file is damaged.",
        )
    return {
        (step.id, spec.name): _weight(archive, f"{step.id}/{spec.name}.npy", spec.shape)
        for step in steps
        for spec in (*step.parameters, *step.layer.state(*step.input_shapes))
    }


def _about(archive: Archive) -> Mapping[str, Any]:
    written = _strings(archive, "about")
    about = read_json(written, archive.where) if isinstance(written, str) else None
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        archive.refuse(
            f"{archive.path.name} is not a model of NN Studio",
            "Its description does not say so. Choose a file that NN Studio exported.",
        )
    if whole(about.get("version"), "The format's version", archive.where, 1) > VERSION:
        version = quote(about["version"])
        archive.refuse(
            f"{archive.path.name} was exported by a newer NN Studio",
            f"It has file format {version}; this app reads formats up to {VERSION}. "
            "Install the current version of NN Studio to use it.",
        )
    return about


def _fitted(archive: Archive, about: Mapping[str, Any], signature: Signature) -> Fitted:
    class_names = _names(archive, "classes")
    if len(class_names) not in (0, signature.classes):
        archive.refuse(
            f"The model has {len(class_names)} class names for {signature.classes} classes",
            "The file is damaged.",
        )
    words = None
    feature_names: tuple[str, ...] = ()
    if "vocabulary.npy" in archive:
        feature_names = _names(archive, "vocabulary")
        words = BagOfWords.from_json(
            {
                "vocabulary": list(feature_names),
                "lowercase": bool(_scalar(archive, "lowercase")),
                "counts": bool(_scalar(archive, "counts")),
                "stop_words": about.get("stop_words"),
            }
        )
        if signature.input_shape != (len(words),):
            archive.refuse(
                f"The model has {len(words)} words for {signature.input_shape} inputs",
                "The file is damaged.",
            )
    elif "features.npy" in archive:
        feature_names = _names(archive, "features")
    offset, scale = archive.scaling("", math.prod(signature.input_shape))
    target_scale = _scalar(archive, "target_scale")
    return Fitted(
        class_names=class_names,
        feature_names=feature_names,
        target_name=text(about.get("target_name"), "The target's name", archive.where, 10_000),
        words=words,
        offset=offset,
        scale=scale,
        target_offset=_scalar(archive, "target_offset"),
        target_scale=target_scale,
        signature=signature,
    )


def _weight(archive: Archive, entry: str, shape: Shape) -> Array:
    weight = archive.array(entry, shape=shape)
    if weight.dtype != np.float32 or not np.isfinite(weight).all():
        archive.refuse(f"The weights {entry} are not ordinary float32 numbers", "")
    return weight


def _scalar(archive: Archive, name: str) -> float:
    array = archive.array(f"{name}.npy")
    if array.shape != ():
        archive.refuse(f"The part {name} must be one number", "The file is damaged.")
    return _real(float(array), archive.where)


def _real(value: Any, where: Place) -> float:
    return number(value, "A number of the model", where, -LARGEST_NUMBER, LARGEST_NUMBER)


def _names(archive: Archive, name: str) -> tuple[str, ...]:
    found = _strings(archive, name)
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        archive.refuse(f"The part {name} must be a list of words", "The file is damaged.")
    return tuple(found)


def _strings(archive: Archive, name: str) -> Any:
    try:
        return archive.array(f"{name}.npy", words=True).tolist()
    except ValueError:  # numbers that stand for no character
        archive.refuse(f"The part {name} holds what is no text", "The file is damaged.")


def _words(names: Iterable[str]) -> Array:
    return np.array(list(names), dtype=np.str_)
