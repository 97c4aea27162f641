"""Predict, then reveal: first the sign, then the value, then the truth."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from nnstudio.analysis.expression import Walk, significant
from nnstudio.analysis.expression.telling import name_of
from nnstudio.ui.backprop.expression.labels import formula, line, marked
from nnstudio.ui.text import tooltip

CLOSE = 0.02
"""A guess within two per cent counts: nobody computes e⁻¹ to four digits in their head."""


@dataclass(frozen=True)
class Question:
    """A number to guess: what it is, and the number itself."""

    what: str
    truth: float
    gradient: bool

    @property
    def sign(self) -> int:
        return (self.truth > 0) - (self.truth < 0)


def question_of(walk: Walk) -> Question | None:
    """What a step leaves to guess: its value, or the gradient its first input gets."""
    graph = walk.of.sheet.graph
    if walk.failure is not None or walk.active is None:
        return None
    if walk.phase == "forward":
        value = walk.of.forward.values[walk.active]
        return Question(f"the value of {name_of(graph, walk.active)}", value, gradient=False)
    if not walk.flows:
        return None
    flow = walk.flows[0]
    gradient = walk.gradient(flow.edge.source)
    shared = gradient is not None and gradient.expected > 1
    what = "the contribution to the gradient" if shared else "the gradient"
    into = name_of(graph, flow.edge.source)
    return Question(f"{what} of {into}", flow.downstream, gradient=True)


class PredictPane(QWidget):
    """Asks a `Question`; ``answered`` comes when the number may be shown."""

    answered = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.question: Question | None = None
        self.right = 0
        self.asked = 0
        self.verdict = ""
        self.title = line("caption")
        self.ask = formula(15)
        self.words = line("small", wrap=True)
        signs = QHBoxLayout()
        signs.setSpacing(6)
        self.signs: dict[int, QPushButton] = {}
        for sign, text, name in (
            (-1, "−", "Negative"),
            (0, "0", "Zero"),
            (1, "+", "Positive"),
        ):
            button = QPushButton(text)
            button.setAccessibleName(name)
            button.setToolTip(tooltip(name))
            button.clicked.connect(lambda _=False, sign=sign: self.guess_sign(sign))
            self.signs[sign] = button
            signs.addWidget(button)
        self.value = QLineEdit()
        self.value.setPlaceholderText("its value")
        self.value.setAccessibleName("Your guess of the value")
        self.value.setMaximumWidth(110)
        self.value.returnPressed.connect(self.guess_value)
        self.value.textChanged.connect(lambda: self.value.setProperty("refused", False))
        self.reveal = QPushButton("Reveal")
        self.reveal.setToolTip(tooltip("Show the number (→ or Enter)"))
        self.reveal.clicked.connect(self.give_up)
        signs.addWidget(self.value)
        signs.addWidget(self.reveal)
        signs.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(4)
        outer.addWidget(self.title)
        outer.addWidget(self.ask)
        outer.addLayout(signs)
        outer.addWidget(self.words)
        outer.addStretch(1)

    def start(self, question: Question) -> None:
        """Ask for a number."""
        self.question = question
        self.asked += 1
        self.title.setText("Predict: first the sign")
        marked(self.ask, (f"What is {question.what}?", ""))
        self.words.setText("Type −, 0 or +, or click. Then the value.")
        self._show_stage(value=False)

    def guess_sign(self, sign: int) -> None:
        """The learner's sign; then the value is asked for, unless it is zero."""
        if self.question is None:
            return
        right = sign == self.question.sign
        names = {-1: "negative", 0: "zero", 1: "positive"}
        verdict = "Right" if right else "No"
        told = f"{verdict}: it is {names[self.question.sign]}."
        if self.question.sign == 0:
            self._finish(right, told)
            return
        self.title.setText("Predict: now the value")
        self.words.setText(f"{told} And how large? Type a number and press Enter.")
        self._show_stage(value=True)
        self.value.setFocus(Qt.FocusReason.OtherFocusReason)

    def guess_value(self) -> None:
        """The learner's value; within two per cent is right."""
        if self.question is None:
            return
        text = self.value.text().strip().replace("−", "-").replace(",", ".")
        try:
            guess = float(text)
        except ValueError:
            self.value.setProperty("refused", True)
            self.value.style().polish(self.value)
            self.words.setText("Type a number, such as −0.2.")
            return
        truth = self.question.truth
        close = abs(guess - truth) <= CLOSE * abs(truth)
        told = f"You said {significant(guess)}, it is {significant(truth)}: "
        self._finish(close, told + ("right." if close else "not quite."))

    def give_up(self) -> None:
        """Show the number without (further) guesses."""
        self._finish(False, "")

    def score(self) -> str:
        return f"{self.right} of {self.asked} right" if self.asked else ""

    def take_key(self, event: QKeyEvent) -> bool:
        """A sign typed while the sign is asked for; whether the key was one."""
        if self.question is None or self.value.isVisibleTo(self):
            return False
        sign = {"-": -1, "−": -1, "0": 0, "+": 1}.get(event.text())
        if sign is None:
            return False
        self.guess_sign(sign)
        return True

    def forget(self) -> None:
        """Ask nothing any more; the score begins anew."""
        self.question = None
        self.right = self.asked = 0
        self.verdict = ""

    def _finish(self, right: bool, told: str) -> None:
        if self.question is None:
            return
        self.question = None
        self.right += right
        self.verdict = told
        self.answered.emit()

    def _show_stage(self, *, value: bool) -> None:
        for button in self.signs.values():
            button.setVisible(not value)
        self.value.setVisible(value)
        self.value.clear()
