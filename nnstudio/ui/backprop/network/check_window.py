"""The gradient check's result: layer by layer, the worst parameter of each, which opens."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from nnstudio.analysis.expression.numbers import exact, short, significant
from nnstudio.analysis.gradient_check import GradientCheck, LayerCheck
from nnstudio.analysis.network_pass import Number
from nnstudio.analysis.network_pass.accounts import parameter_symbol
from nnstudio.analysis.network_pass.numbers import subscript
from nnstudio.ui import theme
from nnstudio.ui.backprop.expression.labels import formula, line, marked
from nnstudio.ui.text import tooltip

COLUMNS = ("layer", "compared", "worst parameter", "backprop", "measured", "relative error", "")


class CheckWindow(QDialog):
    """``opened`` carries the `Number` of the gradient of the parameter that was chosen."""

    opened = Signal(object)

    def __init__(self, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Gradient check")
        self.verdict = formula(16)
        self.words = line("small", wrap=True)
        self.table = QTableWidget(0, len(COLUMNS))
        self.table.setAccessibleName("Gradient check, layer by layer")
        self.table.setHorizontalHeaderLabels(list(COLUMNS))
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.table.setShowGrid(False)
        self.table.verticalHeader().hide()
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        self.table.cellClicked.connect(lambda row, _: self._open(row))
        self.shown: GradientCheck | None = None
        outer = QVBoxLayout(self)
        outer.setContentsMargins(16, 14, 16, 14)
        outer.setSpacing(8)
        outer.addWidget(self.verdict)
        outer.addWidget(self.words)
        outer.addWidget(self.table, 1)
        self.resize(round(760 * theme.scale()), round(320 * theme.scale()))

    def show_result(self, result: GradientCheck) -> None:
        """Show a result and come to the front."""
        self.shown = result
        if result.passed:
            marked(self.verdict, ("✓ Gradient check passed", "b"))
        else:
            marked(self.verdict, ("✗ Gradient check failed: some gradients disagree", "eb"))
        kinks = sum(one.kink for layer in result.layers for one in layer.sampled)
        words = (
            f"(L(w+ε) − L(w−ε)) / 2ε with ε = {short(result.epsilon)}, in double precision, on "
            f"{result.samples:,} training samples. Click a row to open its gradient."
        )
        if kinks:
            lie = "1 parameter lies" if kinks == 1 else f"{kinks:,} parameters lie"
            words += (
                f" {lie} at a kink of an activation (ReLU at z = 0): the slopes to the left and "
                "to the right differ, and backpropagation may use either. They do not count."
            )
        self.words.setText(words)
        self.table.setRowCount(len(result.layers))
        for row, layer in enumerate(result.layers):
            self._fill(row, layer)
        self.show()
        self.raise_()

    def _fill(self, row: int, layer: LayerCheck) -> None:
        worst = layer.worst
        name = (
            f"{parameter_symbol(worst.name)}{subscript(*worst.index)} = {significant(worst.value)}"
        )
        cells = (
            layer.title,
            f"{len(layer.sampled):,}",
            name,
            significant(worst.analytic),
            significant(worst.numeric),
            significant(worst.error, 2),
            "✗" if not layer.passed else "a kink" if worst.kink else "✓",
        )
        sides = ""
        if worst.kink:
            sides = f"slope to the left {exact(worst.left)}\nto the right {exact(worst.right)}"
        measured = exact(worst.numeric)
        tips = ("", "", exact(worst.value), exact(worst.analytic), measured, "", sides)
        for column, text in enumerate(cells):
            item = QTableWidgetItem(text)
            if column in (1, 3, 4, 5):
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            item.setToolTip(tooltip(tips[column]))
            if column == 6:
                colours = theme.current()
                item.setForeground(colours.success if layer.passed else colours.error)
            self.table.setItem(row, column, item)

    def _open(self, row: int) -> None:
        if self.shown is not None:
            worst = self.shown.layers[row].worst
            self.opened.emit(Number(worst.node, f"dw:{worst.name}", worst.index))
