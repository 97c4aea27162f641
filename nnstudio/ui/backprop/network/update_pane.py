"""One weight's update: w, g, the optimizer's state with its formula, the step, the new w.

Below it: whether the whole step did to the loss what the tangent promised.
"""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from nnstudio.analysis.expression.numbers import significant
from nnstudio.analysis.network_pass import Number, Values, derive
from nnstudio.analysis.network_pass.values import UPDATE
from nnstudio.ui.backprop.expression.labels import formula, line, marked
from nnstudio.ui.backprop.network.number_list import Line, NumberList
from nnstudio.ui.text import tooltip


class UpdatePane(QWidget):
    """The lines of the calculation, each of which opens."""

    opened = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.title = line("title")
        self.lines = NumberList("The update of this weight")
        self.lines.opened.connect(self.opened)
        self.loss = formula(13)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(10, 6, 12, 8)
        outer.setSpacing(5)
        outer.addWidget(self.title)
        outer.addWidget(self.lines, 1)
        outer.addWidget(self.loss)

    def show_update(self, values: Values, number: Number | None, digits: int) -> None:
        """Show the update of a parameter's element; None for the step as a whole."""
        update = values.tape.update
        shown: list[Line] = []
        if number is not None:
            told = derive(values, number)
            name, at = number.parameter, number.index
            symbol = told.symbol.removesuffix(" new")
            self.title.setText(
                f"{symbol} of {values.step(number.node).title}: {update.optimizer.title}"
            )

            def write(value: float) -> str:
                return significant(value, digits)

            def of(what: str) -> Number:
                return Number(number.node, f"{what}:{name}", at)

            shown.append(Line(f"{symbol} now", "", values.value(of("w")), of("w")))
            g = derive(values, of("g"))
            how = g.written(write) if g.terms or len(g.operands) > 1 else "from the backward pass"
            shown.append(Line("g", how, g.value, of("g"), g.formula))
            for state in update.after:
                account = derive(values, of(f"after:{state}"))
                how = f"{account.formula}  =  {account.written(write)}"
                shown.append(Line(state, how, account.value, of(f"after:{state}"), how))
            step = told.value - values.value(of("w"))
            shown.append(Line("step", "what is added", step, of("new")))
            shown.append(
                Line(told.symbol, told.written(write), told.value, of("new"), told.formula)
            )
        else:
            self.title.setText(f"The whole step: {update.optimizer.title}")
            for what, name in (("norm", "‖g‖²"), ("predicted", "ΔL predicted"), ("actual", "ΔL")):
                account = derive(values, Number(UPDATE, what))
                shown.append(
                    Line(name, account.formula, account.value, account.number, account.note)
                )
            after = Number(UPDATE, "after")
            before = Number("loss", "L")
            shown.insert(0, Line("L", "before the step", values.value(before), before))
            shown.append(Line("L new", "after the step", values.value(after), after))
        self.lines.show_lines(shown, digits)
        self._show_loss(update.predicted_change, update.actual_change, values, digits)

    def _show_loss(self, predicted: float, actual: float, values: Values, digits: int) -> None:
        n = digits
        good = actual < 0
        marked(
            self.loss,
            ("linear estimate of the loss change ", "s"),
            (significant(predicted, n), "nb"),
            ("   actual ", "s"),
            (significant(actual, n), "nb" if good else "eb"),
        )
        rate = values.tape.update.learning_rate
        self.loss.setToolTip(
            tooltip(
                "The linear estimate is Σ g·Δw (−η‖g‖² for plain gradient descent); the actual "
                "change is measured on the same samples with the same dropout mask.",
                f"Learning rate {rate:g}.",
                "" if good else "The loss rose: the step was too large.",
            )
        )
