"""Ids and titles of cards: short, stable, and never given twice within a project.

An id such as ``dense-2`` names a card in wires, in saved weights and on the screen. The project
remembers the highest number it has ever issued for each kind of layer, so a deleted card's id does
not come back and weights cannot be mistaken for another layer's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from nnstudio.graph import layout
from nnstudio.nn.activation import Activation
from nnstudio.nn.layer import Layer
from nnstudio.project.model import Project

LOSS = layout.LOSS  # the Loss card in selections and moves; it is no node
_WRITTEN = re.compile(r"([a-z][a-z0-9-]*?)-([1-9][0-9]{0,8})")


def stem(layer: Layer) -> str:
    """The part of an id before its number, such as ``dense`` or ``batch-normalization``."""
    return layer.name.replace("_", "-")


def is_id(written: str) -> bool:
    """Whether this text can be a card's id."""
    return len(written) <= 80 and _WRITTEN.fullmatch(written) is not None


def number(id: str) -> int:
    """The number at the end of an id."""
    found = _WRITTEN.fullmatch(id)
    if found is None:
        raise ValueError(f"{id!r} is not a card's id")
    return int(found[2])


def next_id(project: Project, layer: Layer) -> str:
    """The id that the next card with this layer gets."""
    start = stem(layer)
    highest = project.issued.get(start, 0)
    for id in project.graph.by_id:
        found = _WRITTEN.fullmatch(id)
        if found is not None and found[1] == start:
            highest = max(highest, int(found[2]))
    return f"{start}-{highest + 1}"


def issued_with(issued: Mapping[str, int], *ids: str) -> Mapping[str, int]:
    """The record of issued numbers after these ids have been given out."""
    changed = dict(issued)
    for id in ids:
        found = _WRITTEN.fullmatch(id)
        if found is None:
            raise ValueError(f"{id!r} is not a card's id, such as dense-1")
        changed[found[1]] = max(changed.get(found[1], 0), int(found[2]))
    return issued if changed == issued else changed


def automatic_title(layer: Layer, id: str) -> str:
    """What a card is called until its owner renames it, such as ``Dense 2`` or ``ReLU 1``."""
    activation = getattr(layer, "activation", None)
    alone = layer.name == "activation" and isinstance(activation, Activation)
    title = activation.title if alone and activation is not None else layer.title
    which = number(id)
    return title if layer.most_inputs == 0 and which == 1 else f"{title} {which}"
