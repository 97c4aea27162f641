"""Dragging a layer from the palette onto the canvas: as a card, into a wire, or into a layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF

from nnstudio.nn.activation import Activation
from nnstudio.nn.layer import Layer
from nnstudio.project import commands
from nnstudio.project.model import Project
from nnstudio.ui.canvas import geometry, placing
from nnstudio.ui.canvas.catalogue import layer_icon
from nnstudio.ui.canvas.gestures import Gesture, Modifiers
from nnstudio.ui.canvas.marks import GhostItem

if TYPE_CHECKING:
    from nnstudio.ui.canvas.hands import Hands

_REACH = 26.0
"""A dragged card is large: it lands on a wire that is this near to the pointer."""


class DropLayer(Gesture):
    """A layer is over the canvas; says what would happen here, and does it on finish."""

    def __init__(self, view: Hands, layer: Layer) -> None:
        super().__init__(view)
        self.layer = layer

    def start(self, at: QPointF, modifiers: Modifiers) -> None:
        self._title = layer_title(self.layer)
        self._ghost = GhostItem(self._title, layer_icon(self.layer), self.layer.family)
        self.show(self._ghost)
        self._card: str | None = None
        self._wire: str | None = None
        self.move(at, modifiers)

    def move(self, at: QPointF, modifiers: Modifiers) -> None:
        self._card, self._wire = None, None
        self._ghost.setPos(QPointF(*_corner(at)))
        card = self.scene.card_at(at)
        wire = None
        if card is not None and takes_activation(self.scene.project, card.id, self.layer):
            self._card = card.id
            self.view.say(f"Make {self._title} the activation of {card.face.title}")
        elif self.layer.most_inputs != 0 and (wire := self.scene.wire_at(at, _REACH)) is not None:
            self._wire = wire.id
            self.view.say(self.view.between(wire))
        else:
            self.view.say("")
        self._ghost.setVisible(self._card is None)
        self._ghost.setOpacity(0.85 if self._wire is None else 0.35)
        marks = {self._card: "target"} if self._card is not None else {}
        self.scene.mark(cards=marks, wire=self._wire)

    def finish(self, at: QPointF, modifiers: Modifiers) -> None:
        bridge = self.view.bridge
        if self._card is not None:
            activation = getattr(self.layer, "activation", None)
            assert isinstance(activation, Activation)
            bridge.do(
                f"Set activation {self._title}", commands.snap_activation, self._card, activation
            )
            bridge.select([self._card])
            return
        id = commands.next_id(self.scene.project, self.layer)
        corner = _corner(at)
        if self._wire is not None:
            done = bridge.do(
                f"Insert {self._title}", placing.insert, self.layer, self._wire, id, corner
            )
        else:
            done = bridge.do(f"Add {self._title}", placing.add_at, self.layer, *corner, id)
        if done:
            bridge.select([id])


def takes_activation(project: Project, id: str, layer: Layer) -> bool:
    """Whether dropping this layer on that card gives the card an activation."""
    graph = project.graph
    if id not in graph or layer.family != "activation":
        return False
    if not isinstance(getattr(layer, "activation", None), Activation):
        return False
    return any(spec.name == "activation" for spec in graph.node(id).layer.fields())


def layer_title(layer: Layer) -> str:
    """What a learner calls this layer: an activation alone goes by its own name."""
    activation = getattr(layer, "activation", None)
    if layer.family == "activation" and isinstance(activation, Activation):
        return activation.title
    return layer.title


def _corner(at: QPointF) -> tuple[float, float]:
    """The corner of a card that is held by its middle."""
    return placing.snapped(at.x() - geometry.CARD_WIDTH / 2, at.y() - geometry.CARD_HEIGHT / 2)
