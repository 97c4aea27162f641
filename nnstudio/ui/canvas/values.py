"""The values that the backprop inspector lays over the cards and wires."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Phase = Literal["forward", "loss", "backward", "update"]
Shown = str | tuple[str, str]
"""One text of the phase, or a forward and a backward text."""


@dataclass(frozen=True)
class ShownValues:
    """What the inspector lays over the canvas; `Bridge.values_shown` carries it there.

    ``nodes`` and ``edges`` map ids to texts. ``active`` holds the ids of the cards and wires that
    the present step works on: a card's id is its node's, ``"loss"`` for the Loss card, whose wire
    is ``"<output>>loss:0"``.
    """

    nodes: Mapping[str, Shown] = field(default_factory=dict)
    edges: Mapping[str, Shown] = field(default_factory=dict)
    active: frozenset[str] = frozenset()
    phase: Phase = "forward"


@dataclass(frozen=True)
class CardValues:
    """What lies over one card or wire: its texts, and whether the present step works on it."""

    forward: str = ""
    backward: str = ""
    active: bool = False
    backwards: bool = False

    @property
    def onward(self) -> str:
        """The text of the forward pass, behind the arrow that says so."""
        return f"→ {self.forward}" if self.forward else ""

    @property
    def back(self) -> str:
        """The text of the backward pass, behind the arrow that says so."""
        return f"← {self.backward}" if self.backward else ""

    @property
    def text(self) -> str:
        return " ".join(part for part in (self.forward, self.backward) if part)


def overlays(
    texts: Mapping[str, Shown], active: Iterable[str], phase: Phase
) -> dict[str, CardValues]:
    """For every id what lies over it; `active` ids need no text."""
    backwards = phase in ("backward", "update")
    lit = frozenset(active)
    found = {}
    for id in {*texts, *lit}:
        shown = texts.get(id, "")
        if isinstance(shown, str):
            shown = ("", shown) if backwards else (shown, "")
        found[id] = CardValues(shown[0], shown[1], id in lit, backwards)
    return found
