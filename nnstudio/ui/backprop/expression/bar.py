"""The two rows above the graph: the expression, and where in its pass one is."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnstudio.analysis.expression import EXAMPLES, Walk
from nnstudio.analysis.expression.gates import Match
from nnstudio.ui import settings, theme
from nnstudio.ui.backprop.expression.field import ExpressionField
from nnstudio.ui.backprop.steps import PhaseBar, PhaseShown, Transport
from nnstudio.ui.text import ampersand, tooltip

DIGITS = (4, 6, 8, 12, 17)
NARROW, NARROWEST = 880, 600


class ExpressionBar(QWidget):
    """The expression field with its buttons, and the phases with the transport."""

    example_chosen = Signal(int)
    collapse_wanted = Signal(object)
    expand_wanted = Signal(str)
    digits_changed = Signal(int)
    predict_changed = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self._narrow = False
        self.setMinimumWidth(NARROWEST)
        self.field = ExpressionField()
        self.gallery = self._gallery_button()
        self.gates = QPushButton()
        self.gates.clicked.connect(lambda: self._choose(0))
        self.more_gates = QToolButton()
        self.more_gates.setIcon(theme.icon("chevron-down"))
        self.more_gates.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more_gates.setAccessibleName("More gates to collapse or expand")
        self.more_gates.setToolTip(tooltip("More gates to collapse or expand"))
        self.more_gates.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        self._gate_texts: list[str] = []
        self._gate_choices: list[Match | str] = []
        self.more = QToolButton()
        self.more.setIcon(theme.icon("export"))
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setAccessibleName("Copy and export")
        self.more.setToolTip(tooltip("Copy the numbers, or export the view or the worked pass"))
        self.more.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        self.phases = PhaseBar()
        self.transport = Transport(settings.get("backprop/speed", 1.0, float))
        self.transport.speed_changed.connect(lambda factor: settings.put("backprop/speed", factor))
        self.digits = QComboBox()
        self.digits.setAccessibleName("Significant digits")
        self.digits.setToolTip(
            tooltip("How many significant digits are shown. Hover over a number to see them all.")
        )
        for count in DIGITS:
            self.digits.addItem(f"{count} digits", count)
        kept = settings.get("backprop/digits", 4, int)
        self.digits.setCurrentIndex(DIGITS.index(kept) if kept in DIGITS else 0)
        self.digits.currentIndexChanged.connect(self._digits_changed)
        self.predict = QCheckBox("predict, then reveal")
        self.predict.setToolTip(
            tooltip("Before each number is shown, guess its sign and then its value.")
        )
        self.predict.toggled.connect(self.predict_changed)
        self._arrange()

    @property
    def shown_digits(self) -> int:
        return int(self.digits.currentData())

    def _arrange(self) -> None:
        outer = QVBoxLayout(self)
        outer.setContentsMargins(16, 10, 16, 8)
        outer.setSpacing(6)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.field, 1)
        top.addWidget(self.gallery)
        top.addWidget(self.gates)
        top.addWidget(self.more_gates)
        top.addWidget(self.more)
        outer.addLayout(top)
        below = QHBoxLayout()
        below.setSpacing(8)
        below.addWidget(self.phases, 1)
        below.addWidget(self.transport)
        below.addWidget(self.digits)
        below.addWidget(self.predict)
        outer.addLayout(below)

    def show_walk(self, walk: Walk) -> None:
        """The phases of a walk, and which way one can still go."""
        order = ("forward", "backward", "update")
        phase = {"start": "forward", "seed": "backward"}.get(walk.phase, walk.phase)
        forward = "Forward"
        if walk.phase == "forward":
            forward = f"Forward: step {walk.number} of {walk.count}"
        backward = "Backward"
        if walk.phase == "seed":
            backward = "Backward: start"
        elif walk.phase == "backward":
            backward = f"Backward: step {walk.number} of {walk.count}"
        texts = {"forward": forward, "backward": backward, "update": "Update"}
        now = order.index(phase) if walk.phase != "start" else -1
        shown = [
            PhaseShown(
                name,
                texts[name],
                "now" if number == now else "done" if number < now else "ahead",
            )
            for number, name in enumerate(order)
        ]
        self.phases.show_phases(shown)
        self.transport.show_ends(at_start=walk.at_start, at_end=walk.at_end)

    def show_gates(self, matches: Sequence[Match], open_gates: Sequence[tuple[str, str]]) -> None:
        """What can be collapsed, and which gates (id, symbol) can be expanded."""
        choices: list[Match | str] = [*matches, *(id for id, _ in open_gates)]
        texts = [f"Collapse to {match.symbol}" for match in matches]
        names = [symbol for _, symbol in open_gates]
        for number, symbol in enumerate(names):
            several = f" ({names[: number + 1].count(symbol)})" if names.count(symbol) > 1 else ""
            texts.append(f"Expand {symbol}{several}")
        # Sums last: they are everywhere, and seldom what one wants to collapse.
        ranked = sorted(zip(choices, texts, strict=True), key=lambda each: each[1].endswith("Σ"))
        choices, texts = [each[0] for each in ranked], [each[1] for each in ranked]
        self._gate_choices, self._gate_texts = choices, texts
        self.gates.setVisible(bool(choices))
        self.more_gates.setVisible(len(choices) > 1)
        if not choices:
            return
        self.gates.setText(ampersand(texts[0]))
        self.gates.setAccessibleName(texts[0])
        self.gates.setToolTip(
            tooltip(
                "Show several operations as one gate, or a gate as its single operations. "
                "The gradient stays the same."
            )
        )
        menu = QMenu(self.more_gates)
        for number, text in enumerate(texts):
            action = menu.addAction(ampersand(text))
            action.triggered.connect(lambda _=False, number=number: self._choose(number))
        if (old := self.more_gates.menu()) is not None:
            old.deleteLater()
        self.more_gates.setMenu(menu)

    def gate_texts(self) -> list[str]:
        """What the gate button and its menu offer."""
        return list(self._gate_texts)

    def choose_gate(self, text: str) -> None:
        """Do what the entry with this text offers."""
        self._choose(self._gate_texts.index(text))

    def _choose(self, number: int) -> None:
        choice = self._gate_choices[number]
        if isinstance(choice, Match):
            self.collapse_wanted.emit(choice)
        else:
            self.expand_wanted.emit(choice)

    def _digits_changed(self) -> None:
        settings.put("backprop/digits", self.shown_digits)
        self.digits_changed.emit(self.shown_digits)

    def _gallery_button(self) -> QPushButton:
        button = QPushButton("Gallery")
        button.setAccessibleName("Gallery of expressions")
        menu = QMenu(button)
        menu.setToolTipsVisible(True)
        for number, example in enumerate(EXAMPLES):
            action = QAction(ampersand(example.title), menu)
            action.setToolTip(tooltip(example.text, example.look))
            action.triggered.connect(lambda _=False, n=number: self.example_chosen.emit(n))
            menu.addAction(action)
        button.setMenu(menu)
        return button

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a narrow panel the longest texts give way."""
        super().resizeEvent(event)
        narrow = event.size().width() < NARROW * theme.scale()
        if narrow == self._narrow:
            return
        self._narrow = narrow
        self.predict.setText("predict" if narrow else "predict, then reveal")
        self.transport.set_narrow(narrow)
        for number, count in enumerate(DIGITS):
            self.digits.setItemText(number, str(count) if narrow else f"{count} digits")
