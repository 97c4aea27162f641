"""From mouse and drag events to gestures: what lies under the pointer decides which one begins."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPointF, Qt, QTimer
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QHelpEvent,
    QMouseEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from nnstudio.spec import Problem
from nnstudio.ui.bridge import Bridge
from nnstudio.ui.canvas import catalogue, tips
from nnstudio.ui.canvas.camera import Camera
from nnstudio.ui.canvas.drops import DropLayer
from nnstudio.ui.canvas.floating import PointerHint
from nnstudio.ui.canvas.geometry import LOSS
from nnstudio.ui.canvas.gestures import DrawWire, Gesture, MoveCards, Pan, RubberBand
from nnstudio.ui.canvas.opening import number_at
from nnstudio.ui.canvas.picking import PortHit
from nnstudio.ui.canvas.scene import CanvasScene
from nnstudio.ui.canvas.wire import WireItem

THRESHOLD = 4  # pixels before a press becomes a drag
_EDGE = 22
_WIRE_END = 40.0
_ADDING = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier


class Hands(Camera):
    """Holds the present gesture, if there is one."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(CanvasScene(bridge), parent)
        self.bridge = bridge
        self.pointer = QPointF()
        self.gesture: Gesture | None = None
        self._pending: Callable[[], Gesture] | None = None
        self._pressed = QPointF()
        self._sticky = False
        self._space = False
        self.hint = PointerHint(self.viewport())
        self._scroller = QTimer(self)
        self._scroller.setInterval(16)
        self._scroller.timeout.connect(self._scroll_at_edge)
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        self.setAcceptDrops(True)

    def mend(self, problem: Problem) -> None:
        """The button on a problem was pressed."""

    def rename(self, id: str) -> None:
        """A card's title was double-clicked."""

    def open_ground(self, at: QPointF, wire: str | None, after: str | None = None) -> None:
        """A layer is wanted at a point of the viewport: in a wire, or behind a card."""

    # --- the present gesture

    def begin(self, gesture: Gesture, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """Start a gesture; a former one is given up."""
        self.abandon()
        self.end_glide()
        self.gesture = gesture
        gesture.start(at, modifiers)
        if gesture.cursor is not None:
            self.viewport().setCursor(gesture.cursor)

    def abandon(self) -> None:
        """Give up the present gesture without a trace."""
        if self.gesture is not None:
            gesture, self.gesture = self.gesture, None
            gesture.cancel()
            gesture.clean()
        self._end()

    def complete(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """Carry the present gesture out."""
        if self.gesture is not None:
            gesture, self.gesture = self.gesture, None
            gesture.clean()
            gesture.finish(at, modifiers)
        self._end()

    def busy(self) -> bool:
        """Whether a gesture is under way or about to be."""
        return self.gesture is not None or self._pending is not None

    def _end(self) -> None:
        self._pending, self._sticky = None, False
        self._scroller.stop()
        self.viewport().setCursor(self._resting_cursor())
        self.point_out()

    def say(self, text: str, refused: bool = False) -> None:
        """Show a sentence at the pointer; an empty one takes it away."""
        self.hint.say(text, self.pointer.toPoint(), refused)

    def between(self, wire: WireItem) -> str:
        """What would happen to something dropped on a wire."""
        cards = self.canvas.cards
        source, target = cards[wire.source].face.title, cards[wire.target].face.title
        return f"Insert between {source} and {target}"

    def hold_space(self, held: bool) -> None:
        """With Space held, a drag pans."""
        self._space = held
        if self.gesture is None:
            self.viewport().setCursor(self._resting_cursor())

    def _resting_cursor(self) -> Qt.CursorShape:
        return Qt.CursorShape.OpenHandCursor if self._space else Qt.CursorShape.ArrowCursor

    # --- pressing

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self.pointer = self._pressed = event.position()
        at, modifiers = self.mapToScene(event.position().toPoint()), event.modifiers()
        left = event.button() == Qt.MouseButton.LeftButton
        event.accept()
        if self._sticky and left:
            self.complete(at, modifiers)
        elif event.button() == Qt.MouseButton.MiddleButton or (left and self._space):
            self.following = False
            self.begin(Pan(self), at, modifiers)
        elif left:
            self._press(at, modifiers)

    def _press(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        canvas = self.canvas
        if (chip := canvas.chip_at(at)) is not None:
            if chip.button_rect().contains(at):
                self.mend(chip.problem)
            else:
                chip.pin(not chip.pinned)
        elif (port := canvas.port_at(at)) is not None:
            self._press_port(port, at, modifiers)
        elif (card := canvas.card_at(at)) is not None:
            self._press_card(card.id, at, modifiers)
        elif (wire := canvas.wire_at(at)) is not None:
            self._press_wire(wire, at)
        else:
            canvas.select_wire(None)
            if not modifiers & _ADDING:
                self.bridge.select(())
            self._pending = lambda: RubberBand(self)

    def _press_port(self, port: PortHit, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        old = None
        if port.side == "in":
            plugged = (
                wire
                for wire in self.canvas.wires.values()
                if wire.target == port.card and wire.port == port.port
            )
            old = next(plugged, None)
        origin = PortHit(old.source, "out", 0) if old is not None else port
        self.begin(DrawWire(self, origin, old), at, modifiers)

    def _press_card(self, id: str, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        if self.canvas.cards[id].badge_rect().contains(at):
            self.canvas.board.toggle(id)
        chosen = self.bridge.selection
        if modifiers & _ADDING:
            self.bridge.select(chosen - {id} if id in chosen else chosen | {id})
        elif id not in chosen:
            self.bridge.select([id])
        self.canvas.select_wire(None)
        if id in self.bridge.selection:
            self._pending = lambda: MoveCards(self, id)

    def _press_wire(self, wire: WireItem, at: QPointF) -> None:
        self.canvas.select_wire(wire.id)
        if _away(at, wire.points[-1]) < _WIRE_END:
            self._pending = lambda: DrawWire(self, PortHit(wire.source, "out", 0), wire)
        elif _away(at, wire.points[0]) < _WIRE_END:
            self._pending = lambda: DrawWire(self, PortHit(wire.target, "in", wire.port), wire)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.pointer = event.position()
        at = self.mapToScene(event.position().toPoint())
        if self._pending is not None and _far(self.pointer - self._pressed):
            make, self._pending = self._pending, None
            self.begin(make(), self.mapToScene(self._pressed.toPoint()), event.modifiers())
        if self.gesture is not None:
            self.gesture.move(at, event.modifiers())
            self._watch_edge()
        else:
            self.point_out()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.pointer = event.position()
        at = self.mapToScene(event.position().toPoint())
        clicked = not _far(self.pointer - self._pressed)
        if isinstance(self.gesture, DrawWire) and clicked and not self._sticky:
            self._sticky = True  # a click on a port: the wire follows until the next click
            self.say("Click the target card · Esc cancels")
        elif self.gesture is not None and not self._sticky:
            self.complete(at, event.modifiers())
        elif self._pending is not None:
            self._choose_one(at, event.modifiers())
            self._end()

    def _choose_one(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """A plain click on one of several selected cards selects it alone."""
        card = self.canvas.card_at(at)
        chosen = self.bridge.selection
        if card is not None and not modifiers & _ADDING and card.id in chosen and len(chosen) > 1:
            self.bridge.select([card.id])

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        at = self.mapToScene(event.position().toPoint())
        if event.button() != Qt.MouseButton.LeftButton or self.canvas.port_at(at) is not None:
            return
        self.abandon()
        card = self.canvas.card_at(at)
        if card is not None:
            if card.title_rect().contains(at) and card.id != LOSS:
                self.rename(card.id)
            elif (number := number_at(card, at, self.bridge.dataset)) is not None:
                self.bridge.open_number(number)
            else:
                self.bridge.panel_wanted.emit("properties")
        elif self.canvas.chip_at(at) is None:
            wire = self.canvas.wire_at(at)
            self.open_ground(event.position(), wire.id if wire else None)

    # --- near the edge the ground comes along

    def _watch_edge(self) -> None:
        if isinstance(self.gesture, Pan):
            return
        inner = self.viewport().rect().adjusted(_EDGE, _EDGE, -_EDGE, -_EDGE)
        if inner.contains(self.pointer.toPoint()):
            self._scroller.stop()
        elif not self._scroller.isActive():
            self._scroller.start()

    def _scroll_at_edge(self) -> None:
        if self.gesture is None:
            self._scroller.stop()
            return
        rect, at = self.viewport().rect(), self.pointer
        dx = min(0.0, at.x() - rect.left() - _EDGE) + max(0.0, at.x() - rect.right() + _EDGE)
        dy = min(0.0, at.y() - rect.top() - _EDGE) + max(0.0, at.y() - rect.bottom() + _EDGE)
        away = QPointF(max(-40.0, min(40.0, dx)), max(-40.0, min(40.0, dy)))
        self.look_at(self.centre() + away / 2 / self.zoom)
        self.gesture.move(self.mapToScene(at.toPoint()), Qt.KeyboardModifier.NoModifier)

    # --- hovering

    def point_out(self) -> None:
        """Show what the pointer is over."""
        at = self.mapToScene(self.pointer.toPoint())
        inside = self.viewport().rect().contains(self.pointer.toPoint())
        chip = self.canvas.chip_at(at) if inside else None
        on_button = chip is not None and chip.button_rect().contains(at)
        for other in self.canvas.chips.values():
            other.warm(other is chip, other is chip and on_button)
        port = self.canvas.port_at(at) if inside and chip is None else None
        card = self.canvas.card_at(at) if inside and chip is None else None
        wire = self.canvas.wire_at(at) if inside and not (chip or port or card) else None
        self.canvas.hover(card.id if card else None, port, wire.id if wire else None)
        if self.gesture is None and not self._space:
            hot = port is not None or on_button
            shape = Qt.CursorShape.PointingHandCursor if hot else Qt.CursorShape.ArrowCursor
            self.viewport().setCursor(shape)

    def leaveEvent(self, event: QEvent) -> None:
        self.canvas.hover(None, None, None)
        super().leaveEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            at = self.mapToScene(event.pos())
            if self.gesture is None:
                QToolTip.showText(event.globalPos(), tips.tip(self.canvas, at), self.viewport())
            else:
                QToolTip.hideText()
            return True
        return super().viewportEvent(event)

    # --- layers dragged from the palette

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        layer = catalogue.dragged_layer(event.mimeData())
        if layer is None:
            event.ignore()
            return
        event.acceptProposedAction()
        self.pointer = event.position()
        at = self.mapToScene(event.position().toPoint())
        self.begin(DropLayer(self, layer), at, event.modifiers())

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        if self.gesture is None:
            event.ignore()
            return
        event.acceptProposedAction()
        self.pointer = event.position()
        self.gesture.move(self.mapToScene(event.position().toPoint()), event.modifiers())

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.abandon()

    def dropEvent(self, event: QDropEvent) -> None:
        if self.gesture is None:
            event.ignore()
            return
        event.acceptProposedAction()
        self.pointer = event.position()
        at = self.mapToScene(event.position().toPoint())
        self.gesture.move(at, event.modifiers())
        self.complete(at, event.modifiers())
        self.setFocus(Qt.FocusReason.MouseFocusReason)


def _far(away: QPointF) -> bool:
    return away.manhattanLength() >= THRESHOLD


def _away(at: QPointF, point: tuple[float, float]) -> float:
    return abs(at.x() - point[0]) + abs(at.y() - point[1])
