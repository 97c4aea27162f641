"""The hands of the canvas tests: real mouse, key and drag events on a real canvas."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from nnstudio.project import templates
from nnstudio.project.model import Project
from nnstudio.session.session import Session
from nnstudio.session.store import Store
from nnstudio.ui.bridge import Bridge
from nnstudio.ui.canvas.catalogue import Entry, entries
from nnstudio.ui.canvas.view import CanvasView

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier
CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def open_canvas(qtbot, project: Project | str = "sentiment", size=(1000, 620)) -> CanvasView:
    """A canvas on the screen; without data unless the test loads them."""
    if isinstance(project, str):
        project = templates.new(project)
    bridge = Bridge(Session(Store(project)))
    view = CanvasView(bridge)
    qtbot.addWidget(view, before_close_func=lambda widget: bridge.close())
    view.resize(*size)
    view.show()
    view.setFocus()
    return view


def load_data(qtbot, view: CanvasView) -> None:
    """Load the project's data and wait until the check knows them."""
    view.bridge.session.load_data()
    qtbot.waitUntil(lambda: view.bridge.session.dataset is not None, timeout=30_000)
    qtbot.waitUntil(lambda: bool(view.bridge.session.check.parameter_counts), timeout=5_000)
    view.bridge.drain()


def entry(key: str) -> Entry:
    return next(e for e in entries() if e.key == key)


def on_screen(view: CanvasView, point: QPointF) -> QPoint:
    return view.mapFromScene(point)


def drag(view: CanvasView, start: QPointF, end: QPointF, held=NONE, button=LEFT) -> None:
    """Press at one point of the scene, move in steps, release at the other."""
    a, b = on_screen(view, start), on_screen(view, end)
    press(view, start, held, button)
    for step in range(1, 6):
        QTest.mouseMove(view.viewport(), a + (b - a) * step / 5)
    QTest.mouseRelease(view.viewport(), button, held, b)


def press(view: CanvasView, at: QPointF, held=NONE, button=LEFT) -> None:
    QTest.mousePress(view.viewport(), button, held, on_screen(view, at))


def body_of(view: CanvasView, id: str) -> QPointF:
    """A point on a card where nothing else is."""
    return view.canvas.cards[id].rect.center() + QPointF(0, 10)


def move(view: CanvasView, at: QPointF) -> None:
    QTest.mouseMove(view.viewport(), on_screen(view, at))


def click(view: CanvasView, at: QPointF, held=NONE, button=LEFT) -> None:
    QTest.mouseClick(view.viewport(), button, held, on_screen(view, at))


def hover_with(view: CanvasView, key: str, at: QPointF):
    """Drag a layer from the palette to a point of the canvas, without letting go."""
    mime = entry(key).mime()
    spot = on_screen(view, at)
    copy = Qt.DropAction.CopyAction
    enter = QDragEnterEvent(spot, copy, mime, LEFT, NONE)
    QApplication.sendEvent(view.viewport(), enter)
    over = QDragMoveEvent(spot, copy, mime, LEFT, NONE)
    QApplication.sendEvent(view.viewport(), over)
    return mime, spot


def drop(view: CanvasView, key: str, at: QPointF) -> None:
    """Drag a layer from the palette to a point of the canvas and let go."""
    mime, spot = hover_with(view, key, at)
    event = QDropEvent(QPointF(spot), Qt.DropAction.CopyAction, mime, LEFT, NONE)
    QApplication.sendEvent(view.viewport(), event)


def wire(view: CanvasView, source: str, target: str) -> None:
    """Draw a wire from a card's output port onto another card's body."""
    cards = view.canvas.cards
    drag(view, cards[source].output_port(), cards[target].rect.center())


def edges(view: CanvasView) -> set[str]:
    return {edge.id for edge in view.bridge.store.project.graph.edges}


def titles(view: CanvasView) -> list[str]:
    return [node.title for node in view.bridge.store.project.graph.nodes]


def chain(view: CanvasView) -> list[str]:
    """The ids along a network without branches, from the Input on."""
    graph = view.bridge.store.project.graph
    here = next(node.id for node in graph.nodes if node.layer.most_inputs == 0)
    found = [here]
    while graph.outgoing[found[-1]]:
        found.append(graph.outgoing[found[-1]][0].target)
    return found
