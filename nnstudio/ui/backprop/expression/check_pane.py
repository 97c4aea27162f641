"""The numerical check beside a gradient, with ε on a slider."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSlider, QVBoxLayout, QWidget

from nnstudio.analysis.expression import Check, exact, significant
from nnstudio.ui.backprop.expression.error_plot import ErrorPlot
from nnstudio.ui.backprop.expression.labels import formula, line, marked
from nnstudio.ui.text import tooltip

_PER_DECADE = 4


class CheckPane(QWidget):
    """(f(x+ε) − f(x−ε)) / 2ε for the gradient of the step, or of the card that was clicked."""

    epsilon_changed = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        self.title = line("caption")
        self.result = formula(15)
        self.words = line("small", wrap=True)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(-15 * _PER_DECADE, 0)
        self.slider.setPageStep(_PER_DECADE)
        self.slider.setValue(-5 * _PER_DECADE)
        self.slider.setAccessibleName("ε of the numerical check")
        self.slider.setToolTip(
            tooltip("How far the value is moved to measure its gradient: 1e−15 to 1.")
        )
        self.slider.valueChanged.connect(lambda: self.epsilon_changed.emit(self.epsilon))
        self.plot = ErrorPlot()
        self.plot.epsilon_chosen.connect(self._take)
        left = QVBoxLayout()
        left.setSpacing(3)
        left.addWidget(self.title)
        left.addWidget(self.result)
        left.addWidget(self.words)
        left.addStretch(1)
        left.addWidget(self.slider)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addLayout(left, 11)
        row.addWidget(self.plot, 8)

    @property
    def epsilon(self) -> float:
        return float(10.0 ** (self.slider.value() / _PER_DECADE))

    def show_check(
        self,
        name: str,
        check: Check | None,
        curve: Sequence[tuple[float, float]],
        digits: int,
        output: str,
    ) -> None:
        """Show the check of the gradient of ``output`` with respect to ``name``."""
        shown = significant(self.epsilon, 2) if self.epsilon < 0.01 else f"{self.epsilon:.2g}"
        power = math.log10(self.epsilon)
        if abs(power - round(power)) < 1e-9 and self.epsilon < 0.01:
            shown = f"1e{round(power)}".replace("-", "−")
        self.title.setText(f"Numerical check, ε = {shown}")
        self.plot.show_curve(curve, self.epsilon)
        self.plot.setVisible(bool(curve))
        self.slider.setVisible(bool(curve))
        if check is None:
            marked(self.result, ("No gradient to check yet", "s"))
            self.words.setText("Step backward, or click on a card that has a gradient.")
            self.result.setToolTip("")
            return
        quotient = f"({output}(x+ε) − {output}(x−ε)) / 2ε = "
        if check.numeric is None:
            marked(self.result, (quotient, ""), ("–", "b"))
            self.words.setText(f"{output} has no value at x + ε or at x − ε. Take a smaller ε.")
            return
        marked(
            self.result,
            (quotient, ""),
            (significant(check.numeric, digits), "b"),
            ("  a kink", "b")
            if check.corner
            else ("  ✓" if check.agrees else "  ≠", "" if check.agrees else "eb"),
        )
        self.result.setToolTip(
            tooltip(
                f"measured {exact(check.numeric)}\nderived {exact(check.analytic)}\n"
                f"{output}(x+ε) {exact(check.above or 0.0)}\n"
                f"{output}(x−ε) {exact(check.below or 0.0)}"
            )
        )
        difference = check.difference or 0.0
        words = f"x is {name}. "
        if check.corner:
            words += (
                f"There is a kink here: the slope is {significant(check.left, digits)} to the left "
                f"and {significant(check.right, digits)} to the right, and backpropagation uses "
                f"{significant(check.analytic, digits)}"
            )
        else:
            words += f"Relative difference {significant(difference, 2)}"
        if not check.corner and not check.agrees:
            small = self.epsilon < 1e-7
            words += ": round-off has taken over" if small else ": the function is curved within ε"
        self.words.setText(words + ".")

    def _take(self, epsilon: float) -> None:
        self.slider.setValue(round(math.log10(epsilon) * _PER_DECADE))
