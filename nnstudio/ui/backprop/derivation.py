"""Where does this number come from? A window that opens any number, and its operands in turn.

The breadcrumb at the top leads back. A number of the backprop panel's own tape opens at once; one
from another panel is a reference, for which the worker first records the samples it is about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnstudio.analysis.expression.numbers import exact, significant
from nnstudio.analysis.network_pass import Derivation, Number, Operand, Values, derive
from nnstudio.analysis.references import account, recording
from nnstudio.session.events import ProbeReady, ProblemFound
from nnstudio.ui import settings, theme
from nnstudio.ui.backprop.expression.labels import formula, line, marked
from nnstudio.ui.backprop.network.number_list import Line, NumberList
from nnstudio.ui.bridge import Bridge
from nnstudio.ui.text import ampersand, tooltip

MOST_ROWS = 60
MOST_CRUMBS = 6


@dataclass(frozen=True)
class Opened:
    """One stop of the way: an account, and the tape it belongs to (None above the samples)."""

    values: Values | None
    account: Derivation


def digits() -> int:
    """How many significant digits the learner wants to see."""
    kept: int = settings.get("backprop/digits", 4, int)
    return max(1, min(17, kept))


class DerivationView(QWidget):
    """Shows one stop of the way; ``opened`` carries the operand that was chosen."""

    opened = Signal(object)
    back_to = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._crumbs = QHBoxLayout()
        self._crumbs.setSpacing(2)
        self.title = line("title", wrap=True)
        self.rule = line("small", wrap=True)
        self.formula = formula(14)
        self.numbers = formula(14)
        self.result = formula(20)
        self.note = line("small", wrap=True)
        self.copy = QToolButton()
        self.copy.setIcon(theme.icon("copy"))
        self.copy.setToolTip(tooltip("Copy this as text"))
        self.copy.setAccessibleName("Copy this as text")
        self.copy.clicked.connect(self._copy)
        self._stop: Opened | None = None
        head = QHBoxLayout()
        head.addLayout(self._crumbs, 1)
        head.addWidget(self.copy)
        self.operands = NumberList("What it is computed from")
        self.operands.opened.connect(self.opened)
        self.caption = line("caption")
        rule = QFrame()
        rule.setProperty("role", "rule")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(16, 12, 16, 12)
        outer.setSpacing(6)
        outer.addLayout(head)
        for label in (self.title, self.formula, self.numbers, self.result, self.rule, self.note):
            outer.addWidget(label)
        outer.addWidget(rule)
        outer.addWidget(self.caption)
        outer.addWidget(self.operands, 1)
        outer.addStretch(0)

    def show_way(self, way: Sequence[Opened]) -> None:
        """Show the last stop of the way, and the way as a breadcrumb."""
        stop = self._stop = way[-1]
        told = stop.account
        n = digits()
        self._show_crumbs(way)
        self.title.setText(told.title)
        marked(self.formula, (told.formula.replace("\n", ",  "), ""))
        written = told.written(lambda value: significant(value, n))
        shown = significant(told.value, n)
        self.numbers.setVisible(written != shown)
        marked(self.numbers, (f"= {written}", ""))
        marked(self.result, ("= ", ""), (shown, "nb"))
        self.result.setToolTip(tooltip(exact(told.value)))
        for label, text in ((self.rule, told.rule), (self.note, told.note)):
            label.setText(text)
            label.setVisible(bool(text))
        self._show_operands(told, n)

    def text(self) -> str:
        """What is shown, as plain text with all digits."""
        if self._stop is None:
            return ""
        told = self._stop.account
        lines = [told.title, told.formula, f"= {told.written(exact, 30)}", f"= {exact(told.value)}"]
        return "\n".join([*lines, told.rule, told.note]).strip()

    def _show_operands(self, told: Derivation, n: int) -> None:
        operands = _rows_of(told)
        lines = [_line(operand) for operand in operands[:MOST_ROWS]]
        self.operands.show_lines(lines, n)
        self.operands.setVisible(bool(lines))
        self.operands.setMaximumHeight(round((22 * len(lines) + 6) * theme.scale()))
        more = len(operands) - MOST_ROWS
        rest = f", the {MOST_ROWS} weightiest of {len(operands):,}" if more > 0 else ""
        self.caption.setText(f"Computed from{rest}" if operands else "Nothing stands below it")

    def _show_crumbs(self, way: Sequence[Opened]) -> None:
        while self._crumbs.count():
            item = self._crumbs.takeAt(0)
            if item is not None and (widget := item.widget()) is not None:
                widget.deleteLater()
        first = max(0, len(way) - MOST_CRUMBS)
        for place in range(first, len(way)):
            if place > first or first:
                arrow = line("hint")
                arrow.setText("›" if place > first else "… ›")
                arrow.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
                self._crumbs.addWidget(arrow)
            button = QPushButton(ampersand(way[place].account.symbol))
            button.setProperty("role", "chip")
            button.setEnabled(place < len(way) - 1)
            button.setToolTip(tooltip(way[place].account.title))
            button.setAccessibleName(f"Back to {way[place].account.title}")
            button.clicked.connect(lambda _=False, place=place: self.back_to.emit(place))
            self._crumbs.addWidget(button)
        self._crumbs.addStretch(1)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text())


class DerivationWindow(QDialog):
    """The window around the view; it stays beside the app and is used again for each number."""

    def __init__(self, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Where does this number come from?")
        self.setModal(False)
        self.way: list[Opened] = []
        self.view = DerivationView()
        self.view.back_to.connect(self.go_back)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.view)
        self.resize(round(500 * theme.scale()), round(520 * theme.scale()))
        theme.notifier.changed.connect(self._restyled)

    def start(self, stop: Opened) -> None:
        """A number was opened from outside: a new way begins."""
        self.way = [stop]
        self._show()

    def go_on(self, stop: Opened) -> None:
        """An operand was opened: one stop further, or back to it if it is on the way already."""
        for place, earlier in enumerate(self.way):
            if earlier.account.number == stop.account.number:
                self.go_back(place)
                return
        self.way.append(stop)
        self._show()

    def go_back(self, place: int) -> None:
        """Back to an earlier stop."""
        del self.way[place + 1 :]
        self._show()

    def _show(self) -> None:
        self.view.show_way(self.way)
        self.show()
        self.raise_()
        self.activateWindow()

    def _restyled(self) -> None:
        if self.way:
            self.view.show_way(self.way)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Backspace, Qt.Key.Key_Left) and len(self.way) > 1:
            self.go_back(len(self.way) - 2)
            return
        super().keyPressEvent(event)


class NumberOpener(QObject):
    """Opens numbers for the whole app: those of a tape, and references from other panels."""

    def __init__(self, bridge: Bridge, parent: QWidget) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._parent = parent
        self._window: DerivationWindow | None = None
        self._waiting: tuple[int, Number, bool] | None = None
        bridge.number_wanted.connect(self.open_reference)
        bridge.event.connect(self._heard)
        bridge.opened.connect(self._close)

    @property
    def window(self) -> DerivationWindow:
        """The one window, made when it is first needed."""
        if self._window is None:
            self._window = DerivationWindow(self._parent.window())
            self._window.view.opened.connect(self._open_operand)
        return self._window

    def open_number(self, values: Values, number: Number) -> None:
        """Open a number of a tape that is at hand."""
        self.window.start(Opened(values, derive(values, number)))

    def open_reference(self, reference: Any, *, on: bool = False) -> None:
        """Open a reference; `on` goes on with the way in the window."""
        plan = self._bridge.check.plan
        if isinstance(reference, Number) or plan is None:
            return
        found = recording(reference, plan)
        told = account(reference) if found is None else None
        if told is not None:
            stop = Opened(None, told)
            self.window.go_on(stop) if on else self.window.start(stop)
        elif found is not None:
            ticket = self._bridge.session.probe(found.request)
            self._waiting = (ticket, found.number, on)

    def _open_operand(self, operand: Operand) -> None:
        number = operand.number
        if not isinstance(number, Number):
            self.open_reference(number, on=True)
            return
        values = self.window.way[-1].values
        if values is not None:
            self.window.go_on(Opened(values, derive(values, number)))

    def _heard(self, event: object) -> None:
        if self._waiting is None:
            return
        ticket, number, on = self._waiting
        if isinstance(event, ProbeReady) and event.ticket == ticket:
            self._waiting = None
            values = Values(event.tape)
            stop = Opened(values, derive(values, number))
            self.window.go_on(stop) if on else self.window.start(stop)
        elif isinstance(event, ProblemFound) and event.ticket == ticket:
            self._waiting = None
            self._bridge.message.emit(str(event.problem))

    def _close(self) -> None:
        if self._window is not None:
            self._window.close()


def _line(operand: Operand) -> Line:
    opens = operand if operand.number is not None else None
    detail = "Click: where it comes from" if opens is not None else "A constant"
    return Line(operand.symbol, operand.note, operand.value, opens, detail)


def _rows_of(told: Derivation) -> list[Operand]:
    """Operands first, then those of the terms, the weightiest first, each once."""
    found: dict[Operand, None] = dict.fromkeys(told.operands)
    for term in told.by_weight():
        found.update(dict.fromkeys(term.operands))
    return list(found)
