"""One step of gradient descent: every leaf's new value, and predicted against actual change."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QSlider,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from nnstudio.analysis.expression import Descent, exact, significant
from nnstudio.ui import theme
from nnstudio.ui.backprop.expression.labels import formula, line, marked
from nnstudio.ui.text import tooltip

HEADERS = ("update", "leaf", "value", "gradient g", "−η·g", "new value")


class UpdatePane(QWidget):
    """The table of leaves on the left, the sum of it on the right."""

    rate_changed = Signal(float)
    fix_wanted = Signal(str, bool)
    taken = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.rate = 0.1
        self.title = line("caption")
        self.title.setText("One step of gradient descent: w ← w − η·g")
        self.table = QTableWidget(0, len(HEADERS))
        self.table.setHorizontalHeaderLabels(list(HEADERS))
        self.table.setAccessibleName("New values of the leaves")
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(22)
        self.table.setShowGrid(False)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.table.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionsClickable(False)
        self.table.itemChanged.connect(self._ticked)
        self._filling = False
        self._left = QWidget()
        left = QVBoxLayout(self._left)
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(4)
        left.addWidget(self.title)
        left.addWidget(self.table, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(24)
        row.addWidget(self._left, 6)
        row.addLayout(self._right(), 4)
        theme.notifier.changed.connect(self._restyle)
        self._shown: tuple[Descent, int, str] | None = None

    def _right(self) -> QVBoxLayout:
        self.predicted = formula(15)
        self.actual = formula(15)
        self.words = line("small", wrap=True)
        rate = QHBoxLayout()
        rate.setSpacing(8)
        name = line()
        name.setText("learning rate η")
        name.setSizePolicy(name.sizePolicy().Policy.Fixed, name.sizePolicy().Policy.Fixed)
        self.rate_field = QLineEdit("0.1")
        self.rate_field.setMaximumWidth(72)
        self.rate_field.setAccessibleName("Learning rate η")
        self.rate_field.editingFinished.connect(self._rate_typed)
        self.rate_slider = QSlider(Qt.Orientation.Horizontal)
        self.rate_slider.setRange(-40, 20)
        self.rate_slider.setValue(-10)
        self.rate_slider.setAccessibleName("Learning rate η, slider")
        self.rate_slider.setToolTip(tooltip("The learning rate, from 0.0001 to 100."))
        self.rate_slider.valueChanged.connect(self._rate_slid)
        self.take = QPushButton("Take this step")
        self.take.setProperty("role", "primary")
        self.take.setToolTip(tooltip("Set the leaves to the new values and start again (Enter)"))
        self.take.clicked.connect(self.taken)
        rate.addWidget(name)
        rate.addWidget(self.rate_field)
        rate.addWidget(self.rate_slider, 1)
        rate.addWidget(self.take)
        caption = line("caption")
        caption.setText("What it does to the value")
        column = QVBoxLayout()
        column.setSpacing(4)
        column.addWidget(caption)
        column.addWidget(self.predicted)
        column.addWidget(self.actual)
        column.addWidget(self.words)
        column.addStretch(1)
        column.addLayout(rate)
        return column

    def set_compact(self, compact: bool) -> None:
        """Without the table: the cards show the leaves, the tooltip of each the rest."""
        self._left.setVisible(not compact)

    def show_descent(self, descent: Descent, digits: int, output: str) -> None:
        """Fill the table and the sentences."""
        self._shown = (descent, digits, output)
        write = lambda value: significant(value, digits)  # noqa: E731
        self._filling = True
        self.table.setRowCount(len(descent.leaves))
        for number, leaf in enumerate(descent.leaves):
            tick = QTableWidgetItem()
            tick.setFlags(Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsEnabled)
            tick.setCheckState(Qt.CheckState.Unchecked if leaf.fixed else Qt.CheckState.Checked)
            tick.setData(Qt.ItemDataRole.UserRole, leaf.name)
            tick.setData(Qt.ItemDataRole.AccessibleTextRole, f"update {leaf.name}")
            self.table.setItem(number, 0, tick)
            moved = leaf.after - leaf.before
            values = (leaf.before, leaf.gradient, moved, leaf.after)
            self._cell(number, 1, leaf.name, leaf.name)
            for column, value in enumerate(values, start=2):
                held = leaf.fixed and column == 4
                text = "fixed" if held else write(value)
                self._cell(number, column, text, exact(value))
        self._filling = False
        marked(
            self.predicted,
            ("predicted  −η·‖g‖² = ", ""),
            (write(descent.predicted), "nb"),
        )
        self.predicted.setToolTip(tooltip(exact(descent.predicted)))
        if descent.after is None or descent.actual is None:
            marked(self.actual, ("actual  ", ""), (f"{output} has no value there", "eb"))
            self.words.setText(str(descent.failure) if descent.failure else "")
            return
        marked(
            self.actual,
            (f"actual  {write(descent.after)} − {write(descent.before)} = ", ""),
            (write(descent.actual), "nb"),
        )
        self.actual.setToolTip(tooltip(f"{exact(descent.after)} − {exact(descent.before)}"))
        self.words.setText(self._verdict(descent))

    def _verdict(self, descent: Descent) -> str:
        if descent.predicted == 0:
            return "All gradients of the leaves that may change are zero, so nothing changes."
        assert descent.actual is not None
        if descent.overshoots:
            return "The step overshot: the value went up. Take a smaller learning rate."
        share = descent.actual / descent.predicted
        if abs(share - 1) < 0.1:
            return "The step was small enough for the linear estimate."
        way = "less" if share < 1 else "more"
        return (
            f"The value changed by {100 * share:.0f} % of the linear estimate. It is {way} because "
            "the function is curved. A smaller η comes closer."
        )

    def _cell(self, row: int, column: int, text: str, hint: str) -> None:
        cell = QTableWidgetItem(text)
        cell.setFlags(Qt.ItemFlag.ItemIsEnabled)
        cell.setToolTip(tooltip(hint))
        cell.setForeground(theme.current().ink(text))
        if column > 1:
            cell.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.table.setItem(row, column, cell)

    def _ticked(self, item: QTableWidgetItem) -> None:
        if not self._filling and item.column() == 0:
            held = item.checkState() == Qt.CheckState.Unchecked
            self.fix_wanted.emit(str(item.data(Qt.ItemDataRole.UserRole)), held)

    def _rate_typed(self) -> None:
        try:
            rate = float(self.rate_field.text().replace(",", "."))
        except ValueError:
            rate = math.nan
        if not (math.isfinite(rate) and 0 < rate <= 1e6):
            self.rate_field.setProperty("refused", True)
            self.rate_field.style().polish(self.rate_field)
            self.words.setText("The learning rate must be a number above 0 and at most 1,000,000.")
            return
        self.rate_field.setProperty("refused", False)
        self.rate_field.style().polish(self.rate_field)
        if rate != self.rate:
            self.rate = rate
            self.rate_slider.blockSignals(True)
            self.rate_slider.setValue(round(10 * math.log10(rate)))
            self.rate_slider.blockSignals(False)
            self.rate_changed.emit(rate)

    def _rate_slid(self, value: int) -> None:
        self.rate = float(f"{10 ** (value / 10):.2g}")
        self.rate_field.setText(f"{self.rate:g}")
        self.rate_changed.emit(self.rate)

    def _restyle(self) -> None:
        if self._shown is not None:
            self.show_descent(*self._shown)
