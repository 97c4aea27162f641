"""What the present step does: the formula, the formula with the numbers put in, the result."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QPushButton, QScrollArea, QVBoxLayout, QWidget

from nnstudio.analysis.expression.numbers import exact, significant
from nnstudio.analysis.network_pass import Derivation, Number, Step, Values, Walk
from nnstudio.analysis.network_pass.numbers import Term
from nnstudio.ui import theme
from nnstudio.ui.backprop.expression.labels import formula, line, marked
from nnstudio.ui.text import tooltip


class StepPane(QScrollArea):
    """Writes the step. ``opened`` carries a number whose derivation is wanted."""

    opened = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("This step")
        page = QWidget()
        page.setProperty("role", "panel")
        page.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.caption = line("caption")
        self.formula = formula(15)
        self.numbers = formula(13)
        self.result = formula(20)
        self.why = line("small", wrap=True)
        self.note = line("small", wrap=True)
        self.open_button = QPushButton("Where does it come from?")
        self.open_button.setProperty("role", "flat")
        self.open_button.setCursor(Qt.CursorShape.PointingHandCursor)
        self.open_button.clicked.connect(self._open)
        self._number: Number | None = None
        outer = QVBoxLayout(page)
        outer.setContentsMargins(14, 8, 10, 8)
        outer.setSpacing(4)
        for label in (self.caption, self.formula, self.numbers, self.result, self.why, self.note):
            outer.addWidget(label)
        outer.addWidget(self.open_button, 0, Qt.AlignmentFlag.AlignLeft)
        outer.addStretch(1)
        self.weights = line("small", wrap=True)
        outer.addWidget(self.weights)
        self.setWidget(page)

    def show_weights(self, text: str) -> None:
        """Say with which weights the pass is made."""
        self.weights.setText(text)
        self.weights.setVisible(bool(text))

    def show_step(self, walk: Walk, step: Step, digits: int) -> None:
        """Write a step of a walk."""
        operation = step.operation
        self._number = step.number
        self.caption.setText(operation.title)
        told = walk.derivation(step)
        if told is None:
            self._show_whole(walk.values, walk, step, digits)
        else:
            self._show_number(told, step, digits)
        self.why.setText(operation.why)
        self.why.setVisible(bool(operation.why) and told is None)
        self.open_button.setVisible(self._number is not None)

    def text(self) -> str:
        """The step as plain text."""
        labels = (self.formula, self.numbers, self.result)
        shown = [label.accessibleName() for label in labels if not label.isHidden()]
        words = [label.text() for label in (self.why, self.note) if not label.isHidden()]
        return "\n".join([self.caption.text(), *shown, *words])

    def _show_whole(self, values: Values, walk: Walk, step: Step, digits: int) -> None:
        operation = step.operation
        lines = [part.strip() for part in operation.formula.split("\n")]
        marked(self.formula, ("\n".join(lines), ""), size=15 if len(lines) == 1 else 13)
        sizes = _sizes(values, step, walk.sample)
        self.numbers.setVisible(bool(sizes))
        marked(self.numbers, (sizes, "s"))
        array = values.array(operation.result.node, operation.result.what)
        if values.per_sample(operation.result.node, operation.result.what) and array.ndim > 1:
            array = array[walk.sample] if values.passed().count == 1 else array
        if array.size == 1:
            value = float(np.reshape(array, -1)[0])
            index = (0,) * array.ndim
            lead = values.per_sample(operation.result.node, operation.result.what)
            shape = values.array(operation.result.node, operation.result.what).ndim
            self._number = Number(
                operation.result.node,
                operation.result.what,
                (walk.sample, *(0,) * (shape - 1)) if lead and shape else index,
            )
            marked(
                self.result,
                (f"{operation.result.symbol} = ", ""),
                (significant(value, digits), "nb"),
            )
            self.result.setToolTip(tooltip(exact(value)))
        else:
            marked(self.result, (_summary(array, digits), ""), size=13)
            self.result.setToolTip("")
        self.note.setVisible(False)

    def _show_number(self, told: Derivation, step: Step, digits: int) -> None:
        def write(value: float) -> str:
            return significant(value, digits)

        self.formula.setVisible(True)
        term = self._term_of(told, step)
        marked(self.formula, (told.formula.replace("\n", ",  "), ""), size=13)
        if term is None:
            marked(self.numbers, (f"{told.symbol} = {told.written(write)}", ""))
            self.numbers.setVisible(True)
            marked(self.result, (f"{told.symbol} = ", ""), (write(told.value), "nb"))
            self.result.setToolTip(tooltip(exact(told.value)))
        else:
            assert step.term is not None
            so_far = sum(one.value for one in told.terms[: step.term + 1])
            marked(
                self.numbers,
                (f"term {step.term + 1:,} of {len(told.terms):,}:  ", "s"),
                (f"{term.symbol} = {term.written(write).replace('*', ' · ')}", ""),
            )
            self.numbers.setVisible(True)
            marked(
                self.result,
                (f"{write(term.value)}", "nb"),
                (f"     sum so far {write(so_far)}", "s"),
                size=17,
            )
            self.result.setToolTip(tooltip(exact(term.value), f"sum so far {exact(so_far)}"))
        self.note.setText(told.note or told.rule)
        self.note.setVisible(bool(told.note or told.rule))

    def _term_of(self, told: Derivation, step: Step) -> Term | None:
        if step.term is None or step.operation.of_parameter or step.term >= len(told.terms):
            return None
        return told.terms[step.term]

    def _open(self) -> None:
        if self._number is not None:
            self.opened.emit(self._number)

    def minimumSizeHint(self):  # type: ignore[no-untyped-def]
        hint = super().minimumSizeHint()
        hint.setWidth(round(140 * theme.scale()))
        return hint


def _sizes(values: Values, step: Step, sample: int) -> str:
    """Such as (1 × 800) · (800 × 256) + 256, for the operations whose sizes teach something."""
    operation = step.operation
    signs = {
        "z = x·W + b": ("·", "+"),
        "z = x·W": ("·",),
        "dL/dx = dL/dz · Wᵀ": ("·",),
        "dL/dW = xᵀ · dL/dz": ("·",),
    }.get(operation.formula)
    if signs is None:
        return ""
    written = []
    for shown in operation.operands:
        shape = values.array(shown.node, shown.what).shape
        if len(shape) == 2 and shown.symbol in ("x",) and operation.formula.startswith("dL/dW"):
            shape = shape[::-1]
        if shown.symbol == "W" and operation.formula.startswith("dL/dx"):
            shape = shape[::-1]
        written.append("(" + " × ".join(f"{n:,}" for n in shape) + ")")
    result = values.array(operation.result.node, operation.result.what).shape
    text = written[0]
    for sign, one in zip(signs, written[1:], strict=False):
        text += f" {sign} {one}"
    return f"sizes {text} = ({' × '.join(f'{n:,}' for n in result)})"


def _summary(array: np.ndarray, digits: int) -> str:  # type: ignore[type-arg]
    finite = array[np.isfinite(array)]
    if not finite.size:
        return "no finite number"
    zeros = int(np.count_nonzero(array == 0))
    low, high = (significant(float(v), digits) for v in (finite.min(), finite.max()))
    some = f", {zeros:,} of them 0" if zeros else ""
    return f"{array.size:,} numbers from {low} to {high}{some}"
