"""The Backprop tab: an expression worked node by node, or the network on the canvas."""

from __future__ import annotations

from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from nnstudio.analysis.expression import Worksheet
from nnstudio.ui import theme
from nnstudio.ui.backprop.expression.mode import ExpressionMode
from nnstudio.ui.backprop.network.view import NetworkMode
from nnstudio.ui.bridge import Bridge
from nnstudio.ui.text import tooltip

EXPRESSION, NETWORK = "Expression", "Network"
NETWORK_HEIGHT = 430


class BackpropPanel(QWidget):
    """Two modes under one tab. ``corner`` is the switch between them, for the tab strip's end.

    ``wants_room`` asks the window for the whole centre (True) or gives it back: an expression's
    graph is large, while the network mode needs the canvas beside it. ``wants_height`` asks for at
    least so many pixels with the canvas still there; 0 gives them back.
    """

    wants_room = Signal(bool)
    wants_height = Signal(int)

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self.bridge = bridge
        self.expression = ExpressionMode(bridge)
        self.network = NetworkMode(bridge)
        self.stack = _Pages()
        self.stack.addWidget(self.expression)
        self.stack.addWidget(self.network)
        self._asked = False
        self._height = 0
        self.corner = self._make_corner()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.stack)
        self.network.expression_requested.connect(self.show_worksheet)

    @property
    def mode(self) -> str:
        return EXPRESSION if self.stack.currentWidget() is self.expression else NETWORK

    def show_mode(self, name: str) -> None:
        """Switch to ``Expression`` or ``Network``."""
        self._buttons[name].setChecked(True)
        self.stack.setCurrentWidget(self.expression if name == EXPRESSION else self.network)
        self.stack.updateGeometry()
        self._ask_for_room()
        self.take_focus()

    def take_focus(self) -> None:
        """Let the keys step the present mode."""
        (self.expression.view if self.mode == EXPRESSION else self.network).setFocus()

    def show_worksheet(self, sheet: Worksheet) -> None:
        """Work a neuron, handed over as a scalar graph, in expression mode."""
        self.expression.open_worksheet(sheet)
        self.show_mode(EXPRESSION)

    def _make_corner(self) -> QWidget:
        corner = QWidget()
        row = QHBoxLayout(corner)
        row.setContentsMargins(0, 0, 8, 0)
        row.setSpacing(4)
        self._buttons: dict[str, QPushButton] = {}
        group = QButtonGroup(self)
        group.setExclusive(True)
        hints = {
            EXPRESSION: "A formula worked node by node",
            NETWORK: "The network on the canvas, stepped with its real numbers",
        }
        for name in (EXPRESSION, NETWORK):
            button = QPushButton(name)
            button.setCheckable(True)
            button.setToolTip(tooltip(hints[name]))
            button.clicked.connect(lambda _=False, name=name: self.show_mode(name))
            group.addButton(button)
            row.addWidget(button)
            self._buttons[name] = button
        self._buttons[EXPRESSION].setChecked(True)
        theme.notifier.changed.connect(self._restyle)
        self._restyle()
        return corner

    def _restyle(self) -> None:
        """Two small buttons, of which the present one is pressed."""
        colours = theme.current()
        for button in self._buttons.values():
            button.setStyleSheet(
                f"QPushButton {{ border: 1px solid {colours.border.name()}; border-radius: 6px;"
                f" background: {colours.panel.name()}; padding: 3px 9px;"
                f" color: {colours.secondary.name()}; font-weight: 500; }}"
                f"QPushButton:checked {{ color: {colours.text.name()};"
                f" background: {colours.selection.name()};"
                f" border-color: {colours.accent.name()}; }}"
                f"QPushButton:hover {{ color: {colours.text.name()}; }}"
                f"QPushButton:focus {{ border-color: {colours.accent.name()}; }}"
            )

    def _ask_for_room(self) -> None:
        """Tell the window once, after it has settled: it moves this very panel about."""
        QTimer.singleShot(0, self, self._tell)

    def _tell(self) -> None:
        height = NETWORK_HEIGHT if self.isVisible() and self.mode == NETWORK else 0
        if height < self._height:
            self.wants_height.emit(0)
        wanted = self.isVisible() and self.mode == EXPRESSION
        if wanted != self._asked:
            self._asked = wanted
            self.wants_room.emit(wanted)
        if height > self._height:
            self.wants_height.emit(round(height * theme.scale()))
        self._height = height

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._ask_for_room()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.expression.bar.transport.stop()
        self._ask_for_room()


class _Pages(QStackedWidget):
    """Asks for no more room than the page that is shown."""

    def minimumSizeHint(self) -> QSize:
        page = self.currentWidget()
        return page.minimumSizeHint() if page is not None else super().minimumSizeHint()
