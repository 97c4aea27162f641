"""Where the graph is looked at: zoom, pan, and leaves that can be typed, dragged and wheeled."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QGraphicsView, QLineEdit

from nnstudio.ui import theme
from nnstudio.ui.backprop.expression.card import HEIGHT, CardItem
from nnstudio.ui.backprop.expression.scene import ExpressionScene

LEAST_ZOOM, MOST_ZOOM = 0.2, 3.0
LEAST_FIT, LARGEST_FIT = 0.55, 1.25
DOT_GRID = 24
OWN_KEYS = frozenset(
    {
        Qt.Key.Key_Left,
        Qt.Key.Key_Right,
        Qt.Key.Key_Up,
        Qt.Key.Key_Down,
        Qt.Key.Key_Home,
        Qt.Key.Key_End,
        Qt.Key.Key_Space,
        Qt.Key.Key_Return,
        Qt.Key.Key_Enter,
        Qt.Key.Key_F2,
        Qt.Key.Key_Escape,
    }
)
DRAG_STEP = 4  # pixels of the hand for one step of the value


class ExpressionView(QGraphicsView):
    """Shows an `ExpressionScene` and turns gestures into wishes; it changes nothing itself.

    ``value_wanted`` carries a leaf's name, a value, and whether the gesture goes on;
    ``knob_wanted`` a card whose corner was clicked; ``fix_wanted`` a leaf to be held or let go.
    """

    value_wanted = Signal(str, float, bool)
    selected = Signal(str)
    knob_wanted = Signal(str)
    fix_wanted = Signal(str)
    menu_wanted = Signal(str, QPoint)
    key_pressed = Signal(QKeyEvent)

    def __init__(self, scene: ExpressionScene) -> None:
        super().__init__(scene)
        self.graph = scene
        self.following = True
        self._press: tuple[QPoint, CardItem, float] | None = None
        self._dragged = False
        self._pan: QPoint | None = None
        self._editor: QLineEdit | None = None
        self._edited = ""
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(240, 96)
        self.setAccessibleName("Expression graph")
        self.viewport().setAccessibleName("Expression graph")
        self.setSceneRect(QRectF(-1e5, -1e5, 2e5, 2e5))
        scene.laid_out.connect(self._laid_out)
        theme.notifier.changed.connect(self._restyle)

    @property
    def zoom(self) -> float:
        return float(self.transform().m11())

    def fit(self, least: float = LEAST_ZOOM) -> None:
        """Show everything, at most a little larger than life and not smaller than ``least``."""
        self.following = True
        content = self.graph.content_rect()
        room = self.viewport().rect()
        if content.isEmpty() or room.width() < 20 or room.height() < 20:
            return
        zoom = min(room.width() / content.width(), room.height() / content.height(), LARGEST_FIT)
        zoom = max(least, zoom)
        self.resetTransform()
        self.scale(zoom, zoom)
        self.centerOn(content.center())

    def zoom_by(self, factor: float, at: QPoint | None = None) -> None:
        """Zoom, keeping the point under ``at`` (the middle if None) where it is."""
        wanted = max(LEAST_ZOOM, min(MOST_ZOOM, self.zoom * factor))
        at = at if at is not None else self.viewport().rect().center()
        self.following = False
        before = self.mapToScene(at)
        self.scale(wanted / self.zoom, wanted / self.zoom)
        moved = self.mapToScene(at) - before
        self.translate(moved.x(), moved.y())

    def reveal(self, id: str) -> None:
        """Bring a card into sight if it is outside."""
        card = self.graph.cards.get(id)
        if card is None:
            return
        box = card.rect().translated(card.pos())
        if not self.mapToScene(self.viewport().rect()).boundingRect().contains(box):
            self.ensureVisible(box, 40, 40)

    def edit(self, name: str) -> None:
        """Open a field on a leaf's card to type its value."""
        card = self.graph.cards.get(name)
        value = self._leaf_value(name)
        if card is None or value is None:
            return
        self._close_editor(take=False)
        editor = QLineEdit(self.viewport())
        editor.setAccessibleName(f"Value of {name}")
        editor.setText(repr(value))
        editor.setAlignment(Qt.AlignmentFlag.AlignRight)
        box = self.mapFromScene(card.rect().translated(card.pos())).boundingRect()
        width = max(box.width() + 8, 108)
        editor.setGeometry(box.center().x() - width // 2, box.center().y() - 16, width, 32)
        self._editor, self._edited = editor, name
        editor.returnPressed.connect(self._take_and_return)
        editor.editingFinished.connect(lambda: self._close_editor(take=True))
        editor.installEventFilter(self)
        editor.show()
        editor.selectAll()
        editor.setFocus(Qt.FocusReason.OtherFocusReason)

    def nudge(self, name: str, steps: float, *, going_on: bool = False) -> None:
        """Change a leaf by steps that fit its size: 0.1 around 1, 1 around 10."""
        value = self._leaf_value(name)
        if value is not None:
            step = step_of(value)
            self.value_wanted.emit(name, round((value + steps * step) / step) * step, going_on)

    def _leaf_value(self, id: str) -> float | None:
        """The value of a leaf that can be set, None for anything else."""
        showing = self.graph.showing
        return None if showing is None else showing.walk.of.sheet.leaf_value(id)

    def _take_and_return(self) -> None:
        self._close_editor(take=True)
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def _close_editor(self, *, take: bool) -> None:
        editor, self._editor = self._editor, None
        if editor is None:
            return
        text = editor.text().strip().replace("−", "-").replace(",", ".")
        editor.hide()
        editor.deleteLater()
        if take:
            try:
                value = float(text)
            except ValueError:
                return
            if math.isfinite(value):
                self.value_wanted.emit(self._edited, value, False)

    def _laid_out(self) -> None:
        self.setSceneRect(self.graph.content_rect().adjusted(-2000, -2000, 2000, 2000))
        if self.following:
            self.fit(LEAST_FIT)

    def _restyle(self) -> None:
        self.resetCachedContent()
        self.graph.update()
        self.viewport().update()

    def _card(self, at: QPoint) -> CardItem | None:
        for item in self.items(at):
            if isinstance(item, CardItem):
                return item
        return None

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        if watched is self._editor and isinstance(event, QKeyEvent):
            down = event.type() == QEvent.Type.KeyPress
            if down and event.key() == Qt.Key.Key_Escape:
                self._close_editor(take=False)
                self.setFocus(Qt.FocusReason.OtherFocusReason)
                return True
        return bool(super().eventFilter(watched, event))  # type: ignore[arg-type]

    def drawBackground(self, painter: QPainter, rect: QRectF | object) -> None:
        assert isinstance(rect, QRectF)
        colours = theme.current()
        painter.fillRect(rect, colours.canvas)
        if self.zoom < 0.45:
            return
        painter.setPen(QPen(colours.dot, 1.8))
        across = range(math.floor(rect.left() / DOT_GRID), math.ceil(rect.right() / DOT_GRID) + 1)
        down = range(math.floor(rect.top() / DOT_GRID), math.ceil(rect.bottom() / DOT_GRID) + 1)
        painter.drawPoints([QPointF(x * DOT_GRID, y * DOT_GRID) for y in down for x in across])

    def event(self, event: QEvent) -> bool:
        """Keys this view knows are not for the window's shortcuts while it has the focus."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            undo = QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo
            plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
            if (plain and event.key() in OWN_KEYS) or any(event.matches(key) for key in undo):
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()
        self.key_pressed.emit(event)
        if not event.isAccepted() and event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def drawForeground(self, painter: QPainter, rect: QRectF | object) -> None:
        if not self.hasFocus():
            return
        painter.save()
        painter.resetTransform()
        colour = QColor(theme.current().accent)
        painter.setPen(colour)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(self.viewport().rect().adjusted(0, 0, -1, -1))
        painter.restore()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._close_editor(take=True)
        at = event.position().toPoint()
        card = self._card(at)
        left = event.button() == Qt.MouseButton.LeftButton
        if card is None:
            if left or event.button() == Qt.MouseButton.MiddleButton:
                self._pan = at
                self._dragged = False
                self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
            return
        if not left:
            return
        if card.knob_rect().contains(card.mapFromScene(self.mapToScene(at))):
            if card.face.knob:
                self.knob_wanted.emit(card.id)
                return
            if card.face.leaf and card.face.fixed:
                self.fix_wanted.emit(card.id)
                return
        self.selected.emit(card.id)
        value = self._leaf_value(card.id)
        if value is not None:
            self._press = (at, card, value)
            self._dragged = False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        if self._pan is not None:
            moved = at - self._pan
            if moved.manhattanLength() < 4 and not self._dragged:
                return
            self._dragged = True
            self.following = False
            self._pan = at
            bars = self.horizontalScrollBar(), self.verticalScrollBar()
            bars[0].setValue(bars[0].value() - moved.x())
            bars[1].setValue(bars[1].value() - moved.y())
        elif self._press is not None:
            start, card, value = self._press
            steps = (start.y() - at.y() + at.x() - start.x()) / DRAG_STEP
            if abs(steps) < 1 and not self._dragged:
                return
            self._dragged = True
            fine = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            step = step_of(value) * (0.1 if fine else 1.0)
            wanted = round((value + int(steps) * step) / step) * step
            self.value_wanted.emit(card.id, wanted, True)
        else:
            super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._pan is not None and not self._dragged:
            self.selected.emit("")
        if self._press is not None and self._dragged:
            name = self._press[1].id
            value = self._leaf_value(name)
            if value is not None:
                self.value_wanted.emit(name, value, False)
        self._press = None
        self._pan = None
        self.viewport().unsetCursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        card = self._card(event.position().toPoint())
        if card is None:
            self.fit()
        elif card.face.knob:
            self.knob_wanted.emit(card.id)
        else:
            self.edit(card.id)

    def contextMenuEvent(self, event: object) -> None:
        at = event.pos()  # type: ignore[attr-defined]
        card = self._card(at)
        self.menu_wanted.emit(card.id if card is not None else "", self.mapToGlobal(at))

    def wheelEvent(self, event: QWheelEvent) -> None:
        at = event.position().toPoint()
        turned = (event.angleDelta().y() or event.angleDelta().x()) / 120
        card = self._card(at)
        zooming = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if card is not None and self._leaf_value(card.id) is not None and not zooming:
            self.selected.emit(card.id)
            self.nudge(card.id, math.copysign(max(1.0, abs(turned)), turned), going_on=True)
        elif turned:
            self.zoom_by(1.0015 ** (turned * 120), at)
        event.accept()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.following:
            self.fit(LEAST_FIT)

    def card_centre(self, id: str) -> QPointF:
        """The middle of a card in the viewport, for tips and tests."""
        card = self.graph.cards[id]
        middle = card.pos() + QPointF(card.width / 2, HEIGHT / 2)
        return QPointF(self.mapFromScene(middle))


def step_of(value: float) -> float:
    """The step of a drag or of the wheel: a tenth of the value's order of magnitude, at least 0.1
    around 1 and never below 1e−6.
    """
    if value == 0:
        return 0.1
    power = math.floor(math.log10(abs(value)) + 1e-9)
    return float(10.0 ** max(-6, power - 1)) if power != 0 else 0.1
