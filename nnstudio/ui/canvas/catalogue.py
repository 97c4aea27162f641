"""What can be put on the canvas: every layer, and every activation as a layer of its own.

Read from the declarations, so a new layer file appears in the palette, in the quick-add list and
in the outline's menu by itself.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from PySide6.QtCore import QByteArray, QMimeData

import nnstudio.nn  # noqa: F401  makes the parts known
from nnstudio.nn.activation import Activation
from nnstudio.nn.layer import Layer
from nnstudio.project.writing import read_json
from nnstudio.spec import ProblemError, from_json, parts, to_json

MIME = "application/x-nnstudio-layer"

SECTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Core", ("input", "core")),
    ("Activation", ("activation",)),
    ("Regularisation", ("regularisation",)),
    ("Normalisation", ("normalisation",)),
    ("Shape and merge", ("shape", "merge")),
)

_FIRST = ("relu", "leaky_relu", "sigmoid", "tanh", "softmax", "gelu")
_SHORT = {
    "GaussianNoise": "Noise",
    "BatchNormalization": "Batch",
    "LayerNormalization": "Layer",
    "Concatenate": "Concat",
    "GlobalAveragePooling1D": "Average",
}


@dataclass(frozen=True)
class Entry:
    """One thing to add: what a learner reads, and the layer it makes."""

    key: str
    title: str
    short: str
    sentence: str
    family: str
    icon: str
    layer: Layer

    @property
    def activation(self) -> Activation | None:
        """The activation alone, if that is what this entry adds."""
        found = getattr(self.layer, "activation", None)
        alone = self.layer.family == "activation"
        return found if alone and isinstance(found, Activation) else None

    def matches(self, query: str) -> bool:
        """Whether every word of the query begins a word of the title, key or family."""
        words = f"{self.title} {self.key} {self.family} {self.short}".lower().replace("_", " ")
        squeezed = words.replace(" ", "")
        starts = words.split()
        return all(
            any(start.startswith(word) for start in starts) or word in squeezed
            for word in query.lower().split()
        )

    def mime(self) -> QMimeData:
        """The entry as something that can be dragged."""
        data = QMimeData()
        data.setData(MIME, QByteArray(json.dumps(to_json(self.layer)).encode()))
        return data


def entries() -> tuple[Entry, ...]:
    """Everything that can be added, in the palette's order."""
    found: list[Entry] = []
    for _, families in SECTIONS:
        for family in families:
            for cls in parts("layer").values():
                assert issubclass(cls, Layer)
                if cls.family != family:
                    continue
                if family == "activation":
                    found.extend(_activations(cls))
                else:
                    short = _SHORT.get(cls.__name__, cls.title)
                    sentence, icon = cls.sentence(), cls.icon
                    found.append(Entry(cls.name, cls.title, short, sentence, family, icon, cls()))
    return tuple(found)


def _activations(cls: type[Layer]) -> list[Entry]:
    known = parts("activation")
    order = [name for name in _FIRST if name in known]
    order += [name for name in known if name not in order]
    made = []
    for name in order:
        part = known[name]
        layer = cls(activation=part())  # type: ignore[call-arg]
        icon = activation_icon(name)
        made.append(Entry(name, part.title, part.title, part.sentence(), "activation", icon, layer))
    return made


def activation_icon(name: str) -> str:
    """The line icon that draws an activation's curve."""
    return "step-function" if name == "step" else name.replace("_", "-")


def layer_icon(layer: Layer) -> str:
    """The icon on a layer's card: an activation alone shows its own curve."""
    activation = getattr(layer, "activation", None)
    if layer.family == "activation" and isinstance(activation, Activation):
        return activation_icon(activation.name)
    return layer.icon


def dragged_layer(data: QMimeData) -> Layer | None:
    """The layer that is being dragged, or None for anything else."""
    if not data.hasFormat(MIME):
        return None
    try:
        layer = from_json("layer", read_json(bytes(data.data(MIME).data()).decode()))
    except (ValueError, ProblemError):
        return None
    return layer if isinstance(layer, Layer) else None
