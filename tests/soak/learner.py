"""What a learner might do next, chosen at random: every command, every control, every gesture."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QListWidget,
    QMenu,
    QPlainTextEdit,
    QSlider,
    QTabBar,
    QTableWidget,
    QTreeView,
    QWidget,
)

from nnstudio.project import templates
from nnstudio.ui.canvas.catalogue import entries
from nnstudio.ui.canvas.opening import number_at
from tests.gui import canvas_hands as hands
from tests.soak.answers import Answers

if TYPE_CHECKING:
    from nnstudio.ui.window import MainWindow

#: Ends the program or sits in the middle of the screen; each has its own action below.
LEFT_OUT = {"quit", "new", "welcome"}
TEXTS = (
    *("", " ", "0", "1", "2", "3", "5", "8", "16", "32", "0.1", "0.5", "0.01", "1e-3", "0.9"),
    *("-1", "1e999", "nan", "999999999999", "abc", "½", "12,5", "0x10", "[", "a" * 300),
    *("relu", "a good film", "<b>not bold</b>", "x*y + 3", "1/(1+exp(-w0*x0))", "2, 3", "4 4"),
)
KEYS = (
    *(Qt.Key.Key_Tab, Qt.Key.Key_Backtab, Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Space),
    *(Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Delete),
    *(Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_PageDown, Qt.Key.Key_F2, Qt.Key.Key_Backspace),
    *(Qt.Key.Key_D, Qt.Key.Key_5, Qt.Key.Key_Menu),
)
HELD = (hands.NONE, hands.NONE, hands.NONE, hands.SHIFT, hands.CTRL)


class Learner:
    """Acts on a window. ``last`` says what was done last, for the report of an exception."""

    def __init__(self, window: MainWindow, chance: random.Random, answers: Answers) -> None:
        self.window = window
        self.chance = chance
        self.answers = answers
        self.last = ""
        # A button with a menu waits inside Qt until the menu is closed.
        self._popups = QTimer(window)
        self._popups.timeout.connect(self._answer_popups)
        self._popups.start(25)
        self._choices: dict[Callable[[], str | None], int] = {
            self._command: 22,
            self._menu: 4,
            self._add_layer: 8,
            self._drop_layer: 5,
            self._wire: 8,
            self._move: 4,
            self._rubber_band: 2,
            self._point: 8,
            self._delete: 5,
            self._undo: 12,
            self._redo: 6,
            self._train: 6,
            self._stop: 3,
            self._type: 16,
            self._choose: 8,
            self._press: 16,
            self._click: 14,
            self._key: 8,
            self._page: 8,
            self._open_number: 5,
            self._hover: 3,
            self._context_menu: 3,
            self._wheel: 2,
            self._resize: 1,
            self._begin: 1,
            self._open: 1,
            self._almost_quit: 1,
            self._rest: 6,
        }

    def act(self) -> str:
        """Do one thing and say what it was."""
        act = self.chance.choices(list(self._choices), list(self._choices.values()))[0]
        self.last = act.__name__.strip("_")
        said = act()
        if said:
            self.last += f" {said}"
        self._answer_popups()
        return self.last

    def begin_quietly(self, template: str) -> None:
        """Stop everything and begin a project from this template, without saving."""
        self.answers.leaving = True
        try:
            self.window.documents.new(template)
        finally:
            self.answers.leaving = False

    # ---- commands -------------------------------------------------------------------------------

    def _command(self) -> str | None:
        actions = self.window.actions_by_name
        name = self.chance.choice([name for name in actions if name not in LEFT_OUT])
        self._trigger(actions[name])
        return name

    def _menu(self) -> str | None:
        leaves = [a for a in _leaves(self.window.menuBar().actions()) if a.objectName() != "quit"]
        action = self.chance.choice(leaves)
        self.last += f" {action.text()}"
        self._trigger(action)
        return None

    def _trigger(self, action: QAction) -> None:
        if action.isEnabled():
            action.trigger()

    def _by_name(self, *names: str) -> str:
        name = self.chance.choice(names)
        self._trigger(self.window.actions_by_name[name])
        return name

    def _delete(self) -> str | None:
        return self._by_name("canvas:delete")

    def _undo(self) -> str | None:
        return self._by_name("undo")

    def _redo(self) -> str | None:
        return self._by_name("redo")

    def _train(self) -> str | None:
        return self._by_name("train", "train", "step", "step_epoch", "step_back")

    def _stop(self) -> str | None:
        return self._by_name("pause", "stop", "reset", "reinitialise")

    # ---- the canvas -----------------------------------------------------------------------------

    def _canvas(self) -> Any:
        canvas = self.window.canvas
        if not canvas.isVisible():
            self.window.show_studio()
        return canvas

    def _card(self) -> Any:
        cards = list(self._canvas().canvas.cards.values())
        return self.chance.choice(cards) if cards else None

    def _near(self, card: Any) -> QPointF:
        rect = card.rect
        across, down = self.chance.uniform(-0.2, 1.2), self.chance.uniform(-0.3, 1.3)
        return rect.topLeft() + QPointF(rect.width() * across, rect.height() * down)

    def _add_layer(self) -> str | None:
        palette = self.window.panel("layers")
        tile = self.chance.choice(palette.tiles)
        QTest.keyClick(tile, Qt.Key.Key_Return)
        return tile.entry.key

    def _drop_layer(self) -> str | None:
        view, card = self._canvas(), self._card()
        at = self._near(card) if card is not None else QPointF(40, 40)
        key = self.chance.choice(entries()).key
        hands.drop(view, key, at)
        return key

    def _wire(self) -> str | None:
        view, one, other = self._canvas(), self._card(), self._card()
        if one is not None and one.face.output:
            hands.drag(view, one.output_port(), self._near(other))
        return None

    def _move(self) -> str | None:
        view, card = self._canvas(), self._card()
        if card is not None:
            away = QPointF(self.chance.randint(-200, 200), self.chance.randint(-150, 150))
            hands.drag(view, card.rect.center(), card.rect.center() + away)
        return None

    def _rubber_band(self) -> str | None:
        view, card = self._canvas(), self._card()
        if card is not None:
            hands.drag(view, card.rect.topLeft() - QPointF(9, 30), self._near(self._card()))
        return None

    def _point(self) -> str | None:
        view, card = self._canvas(), self._card()
        if card is not None:
            hands.click(view, self._near(card), self.chance.choice(HELD))
        return None

    def _open_number(self) -> str | None:
        card, dataset = self._card(), self.window.bridge.dataset
        if card is None:
            return None
        rect = card.picture_rect()
        across, down = self.chance.random(), self.chance.random()
        spot = rect.topLeft() + QPointF(rect.width() * across, rect.height() * down)
        number = number_at(card, spot, dataset)
        if number is not None:
            self.window.bridge.open_number(number)
        return card.id

    # ---- controls -------------------------------------------------------------------------------

    def _shown(self, *kinds: type[QWidget]) -> list[Any]:
        return [
            widget
            for kind in kinds
            for widget in self.window.findChildren(kind)
            if widget.isVisible() and widget.isEnabled() and not widget.visibleRegion().isEmpty()
        ]

    def _anywhere(self) -> QWidget:
        """What lies at a random point of the window."""
        return self.window.childAt(self._somewhere(self.window)) or self.window

    def _type(self) -> str | None:
        fields = self._shown(QLineEdit, QAbstractSpinBox, QPlainTextEdit)
        if not fields:
            return None
        field, text = self.chance.choice(fields), self.chance.choice(TEXTS)
        field.setFocus()
        if hasattr(field, "selectAll"):
            field.selectAll()
        QTest.keyClicks(field, text) if text else QTest.keyClick(field, Qt.Key.Key_Delete)
        key = self.chance.choice((Qt.Key.Key_Return, Qt.Key.Key_Tab, Qt.Key.Key_Escape))
        if _alive(field):
            QTest.keyClick(field, key)
        return f"{text[:20]!r} into {_name(field)}"

    def _choose(self) -> str | None:
        boxes = [box for box in self._shown(QComboBox) if box.count()]
        sliders = self._shown(QSlider, QTabBar)
        views = self._shown(QListWidget, QTableWidget, QTreeView)
        picked = [kind for kind in (boxes, sliders, views) if kind]
        if not picked:
            return None
        widget = self.chance.choice(self.chance.choice(picked))
        name = _name(widget)
        if isinstance(widget, QComboBox):
            index = self.chance.randrange(widget.count())
            widget.setCurrentIndex(index)
            widget.activated.emit(index)
        elif isinstance(widget, QSlider):
            widget.setValue(self.chance.randint(widget.minimum(), widget.maximum()))
        elif isinstance(widget, QTabBar):
            widget.setCurrentIndex(self.chance.randrange(max(1, widget.count())))
        else:
            self._click_at(widget.viewport())
        return name

    def _press(self) -> str | None:
        buttons = [b for b in self._shown(QAbstractButton) if b.text() not in ("Quit",)]
        if not buttons:
            return None
        button = self.chance.choice(buttons)
        name = _name(button)
        self.last += f" {name}"
        QTest.mouseClick(button, hands.LEFT)
        return None

    def _click(self) -> str | None:
        widget = self._anywhere()
        name = _name(widget)
        self.last += f" {name}"
        self._click_at(widget)
        return None

    def _click_at(self, widget: QWidget) -> None:
        at = self._somewhere(widget)
        held, way = self.chance.choice(HELD), self.chance.random()
        if way < 0.1:
            QTest.mouseDClick(widget, hands.LEFT, held, at)
        elif way < 0.25:
            QTest.mousePress(widget, hands.LEFT, held, at)
            if _alive(widget):
                QTest.mouseMove(widget, self._somewhere(widget))
            if _alive(widget):
                QTest.mouseRelease(widget, hands.LEFT, held, self._somewhere(widget))
        else:
            QTest.mouseClick(widget, hands.LEFT, held, at)

    def _somewhere(self, widget: QWidget) -> QPoint:
        rect = widget.rect()
        return QPoint(
            self.chance.randint(0, max(0, rect.width() - 1)),
            self.chance.randint(0, max(0, rect.height() - 1)),
        )

    def _key(self) -> str | None:
        target = QApplication.focusWidget() or self.window.canvas
        key = self.chance.choice(KEYS)
        held = self.chance.choice(HELD)
        for _ in range(self.chance.choice((1, 1, 1, 4))):
            if _alive(target):
                QTest.keyClick(target, key, held)
        return str(key)

    def _page(self) -> str | None:
        pages = [name for dock in self.window.docks.values() for name in dock.pages()]
        name = self.chance.choice(pages)
        self.window.show_panel(name)
        return name

    def _hover(self) -> str | None:
        widget = self._anywhere()
        for _ in range(3):
            if _alive(widget):
                QTest.mouseMove(widget, self._somewhere(widget))
        return _name(widget) if _alive(widget) else None

    def _context_menu(self) -> str | None:
        view, card = self._canvas(), self._card()
        if card is not None:
            from PySide6.QtGui import QContextMenuEvent

            at = hands.on_screen(view, self._near(card))
            event = QContextMenuEvent(
                QContextMenuEvent.Reason.Mouse, at, view.viewport().mapToGlobal(at)
            )
            QApplication.sendEvent(view.viewport(), event)
        return None

    def _wheel(self) -> str | None:
        self._canvas().zoom_by(self.chance.choice((0.8, 1.25, 0.5, 2.0)))
        return None

    def _answer_popups(self) -> None:
        """A menu or list that hangs open is used or closed."""
        for _ in range(4):
            popup = QApplication.activePopupWidget()
            if popup is None:
                return
            if isinstance(popup, QMenu) and self.chance.random() < 0.7:
                actions = [a for a in _leaves(popup.actions()) if a.objectName() not in LEFT_OUT]
                if actions:
                    action = self.chance.choice(actions)
                    self.last += f" > {action.text()}"
                    self._trigger(action)
            if _alive(popup):
                popup.close()

    # ---- the window and its documents -----------------------------------------------------------

    def _resize(self) -> str | None:
        sizes = ((1440, 900), (1024, 680), (1280, 720), (1600, 1000))
        self.window.resize(*self.chance.choice(sizes))
        return None

    def _begin(self) -> str | None:
        name = self.chance.choice(list(templates.TEMPLATES))
        self.window.documents.new(name)
        return name

    def _open(self) -> str | None:
        paths: list[Path | None] = [None, *self.answers.folder.glob("*.nns")]
        path = self.chance.choice(paths)
        self.window.open(path)
        return path.name if path is not None else "a file that is asked for"

    def _almost_quit(self) -> str | None:
        """Closing, with second thoughts at the question."""
        busy = self.window.bridge.session.state == "running"
        if not (busy or self.window.bridge.store.unsaved):
            return "not: nothing would be asked"
        self.answers.staying = True
        try:
            self.window.close()
        finally:
            self.answers.staying = False
        return None

    def _rest(self) -> str | None:
        """Look at the screen for a moment."""
        QTest.qWait(self.chance.choice((5, 20, 60)))
        return None


def _leaves(actions: list[QAction]) -> Iterator[QAction]:
    for action in actions:
        if isinstance(inner := action.menu(), QMenu):
            yield from _leaves(inner.actions())
        elif not action.isSeparator():
            yield action


def _name(widget: QWidget) -> str:
    text = widget.text() if isinstance(widget, QAbstractButton) else ""
    name = widget.accessibleName() or text or widget.objectName()
    return f"{type(widget).__name__} {name[:40]}".strip()


def _alive(widget: QWidget) -> bool:
    import shiboken6

    return bool(shiboken6.isValid(widget))
