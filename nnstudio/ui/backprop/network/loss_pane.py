"""The loss's story: its formula on this target, why its gradient is so simple, and what the squared
error would have given.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHeaderView,
    QScrollArea,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from nnstudio.analysis.expression.numbers import exact, significant
from nnstudio.analysis.network_pass import Number, Values
from nnstudio.analysis.network_pass.losses import LossStory, story
from nnstudio.ui import theme
from nnstudio.ui.backprop.expression.labels import formula, line, marked
from nnstudio.ui.text import tooltip

MOST_ROWS = 12
COLUMNS = ("output", "z", "ŷ", "y", "dL/dz", "with MSE")


class LossPane(QScrollArea):
    """A table of the outputs, the steps of the argument, and the comparison."""

    opened = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("The loss of the sample")
        self.table = QTableWidget(0, len(COLUMNS))
        self.table.setAccessibleName("Outputs, targets and gradients")
        self.table.setHorizontalHeaderLabels(list(COLUMNS))
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QTableWidget.SelectionMode.SingleSelection)
        self.table.setShowGrid(False)
        self.table.setStyleSheet("QTableView::item { padding: 0 6px; }")
        self.table.verticalHeader().hide()
        self.table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setMinimumSectionSize(10)
        self.table.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._squared = False
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.table.verticalHeader().setMinimumSectionSize(16)
        self.table.cellClicked.connect(self._open)
        self.why = formula(12)
        self.comparison = line("small", wrap=True)
        self._numbers: dict[tuple[int, int], Number] = {}
        page = QWidget()
        page.setProperty("role", "panel")
        outer = QVBoxLayout(page)
        outer.setContentsMargins(10, 6, 12, 8)
        outer.setSpacing(5)
        for widget in (self.table, self.why, self.comparison):
            outer.addWidget(widget)
        outer.addStretch(1)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(page)

    def show_loss(self, values: Values, sample: int, digits: int) -> None:
        """Show the loss of a sample."""
        told = story(values, sample)
        self._fill(values, told, sample, digits)
        self._fit()
        steps = [
            f"{n}. {words}:\n{how}" if how else words
            for n, (words, how) in enumerate(told.steps, 1)
        ]
        marked(self.why, ("\n".join(steps), ""))
        self.comparison.setText(told.comparison)
        self.comparison.setVisible(bool(told.comparison))

    def _fill(self, values: Values, told: LossStory, sample: int, digits: int) -> None:
        squared = bool(told.rows) and told.rows[0][5] is not None
        self._squared = squared
        self.table.setRowCount(len(told.rows))
        self._numbers = {}
        colours = theme.current()
        node = values.plan.output
        shape = values.array(node, "y").shape
        for row, one in enumerate(told.rows):
            inside = tuple(int(i) for i in _unravel(row, shape[1:]))
            for column, cell in enumerate(one):
                item = QTableWidgetItem()
                if isinstance(cell, str):
                    item.setText(cell)
                elif cell is not None:
                    item.setText(significant(cell, digits))
                    item.setToolTip(tooltip(exact(cell)))
                    item.setTextAlignment(
                        Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                    )
                if isinstance(cell, float) and column != 3:
                    item.setForeground(colours.ink(cell))
                if column == 0 and one[3] > 0.5:
                    font = item.font()
                    font.setBold(True)
                    item.setFont(font)
                self.table.setItem(row, column, item)
            whats = {1: "z", 2: "y", 4: "dz" if values.has(node, "dz") else "dy"}
            for column, what in whats.items():
                if values.has(node, what):
                    self._numbers[row, column] = Number(node, what, (sample, *inside))
            self._numbers[row, 3] = Number("loss", "target", (sample, row))
            self.table.setRowHeight(row, round(22 * theme.scale()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """All rows are shown, and as many columns as there is room for; the pane scrolls."""
        room = self.viewport().width() - 24
        figure = self.fontMetrics().horizontalAdvance("−0.000000") + 14
        wanted = [2, 3, 4] + ([5] if self._squared else []) + [1]
        shown = wanted[: max(1, (room - round(64 * theme.scale())) // figure)]
        for column in range(1, len(COLUMNS)):
            self.table.setColumnHidden(column, column not in shown)
            self.table.setColumnWidth(column, figure)
        self.table.setColumnWidth(0, max(20, room - figure * len(shown) - 4))
        rows = min(self.table.rowCount(), MOST_ROWS)
        height = self.table.horizontalHeader().sizeHint().height() + 4
        self.table.setFixedHeight(height + rows * round(22 * theme.scale()))

    def _open(self, row: int, column: int) -> None:
        if (number := self._numbers.get((row, column))) is not None:
            self.opened.emit(number)


def _unravel(flat: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    import numpy as np

    return tuple(int(i) for i in np.unravel_index(flat, shape)) if shape else ()
