"""Which problems have a chip on the canvas, and where the chips stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF

from nnstudio.spec import Problem, Severity
from nnstudio.ui.canvas import faces
from nnstudio.ui.canvas.chip import ProblemChip
from nnstudio.ui.canvas.geometry import LOSS

if TYPE_CHECKING:
    from nnstudio.ui.canvas.scene import CanvasScene

Key = tuple[str, str]
"""The kind (node, edge, loss) and id of a place."""

_GAP = 4.0


class ChipBoard:
    """The chips of one scene. ``opened`` is the card whose explanation was asked for."""

    def __init__(self, scene: CanvasScene) -> None:
        self._scene = scene
        self.chips: dict[Key, ProblemChip] = {}
        self.opened: Key | None = None

    def sync(self, problems: Mapping[Key, Problem]) -> None:
        """Show these problems: all on wires, on cards the errors and the one that was opened."""
        wanted = {key: problem for key, problem in problems.items() if self._shown(key, problem)}
        for key in [key for key in self.chips if key not in wanted]:
            self._scene.removeItem(self.chips.pop(key))
        for key, problem in wanted.items():
            chip = self.chips.get(key)
            if chip is None:
                chip = self.chips[key] = ProblemChip(problem, opened=key == self.opened)
                self._scene.addItem(chip)
            else:
                chip.tell(problem)
                if key[0] != "edge":
                    chip.pin(key == self.opened)
        self.stand()

    def _shown(self, key: Key, problem: Problem) -> bool:
        kind, id = key
        if kind == "edge":
            return id in self._scene.wires
        on_card = kind in ("node", LOSS) and id in self._scene.cards
        return on_card and (problem.severity is Severity.ERROR or key == self.opened)

    def stand(self) -> None:
        """Put every chip below the wire or card it speaks of."""
        cards, wires = self._scene.cards, self._scene.wires
        for (kind, id), chip in self.chips.items():
            if kind == "edge" and (wire := wires.get(id)) is not None:
                anchor = wire.middle
                beside = [cards[end].rect for end in (wire.source, wire.target)]
                low = [r.bottom() for r in beside if r.top() < anchor.y() < r.bottom()]
                chip.stand(anchor, max([y - anchor.y() + _GAP for y in low], default=14.0))
            elif (card := cards.get(id)) is not None:
                chip.stand(QPointF(card.rect.center().x(), card.rect.bottom()), 10.0)

    def chip_at(self, at: QPointF) -> ProblemChip | None:
        """The chip there; an open one lies above the others."""
        found = [chip for chip in self.chips.values() if chip.body_rect().contains(at)]
        return max(found, key=lambda chip: chip.zValue()) if found else None

    def toggle(self, card: str | None) -> None:
        """Open or close the explanation of a card's problem; None closes any."""
        key = None if card is None else (LOSS if card == LOSS else "node", card)
        self.opened = None if key == self.opened else key
        self.sync(faces.problems_by_place(self._scene.bridge.session.check))

    def tell(self, kind: str, id: str) -> None:
        """Open the chip of the problem at this place, if there is one."""
        if kind == "node":
            self.opened = (kind, id)
            self.sync(faces.problems_by_place(self._scene.bridge.session.check))
        elif (chip := self.chips.get((kind, id))) is not None:
            chip.pin(True)
