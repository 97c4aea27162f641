"""Opening a file or folder of the learner's own: what is in it, and which columns to use."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from nnstudio.data.preview import Preview, source_for
from nnstudio.data.text_files import TextFile, TextFolder
from nnstudio.session.previewing import Previewer
from nnstudio.spec import Part, Severity
from nnstudio.ui import theme
from nnstudio.ui.charts.bars import Bar, Bars
from nnstudio.ui.dialogs import plain_label
from nnstudio.ui.forms.editors import QuietCombo
from nnstudio.ui.panels.common import clear_layout
from nnstudio.ui.text import tooltip

MOST_CLASSES = 8
MOST_SHOWN = 60  # columns of the table
MOST_OFFERED = 2_000  # columns to choose from
AT_ONCE = 0.15  # seconds in which a small file is read before the dialog shows that it reads
LOOK = 30  # milliseconds between two looks whether reading is over


class ImportData(QDialog):
    """Shows a `Preview`; ``source`` is the data source with the columns chosen, once accepted.

    A thread reads, so the dialog stays alive however large the file is; ``reading`` says whether it
    is at work. Raises `ProblemError` for a path that cannot be kept.
    """

    def __init__(self, parent: QWidget | None, path: str) -> None:
        super().__init__(parent)
        self.setWindowTitle("Your own data")
        self.source: TextFile | TextFolder = source_for(path)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(24, 20, 24, 16)
        outer.setSpacing(10)
        self.title = plain_label("", "heading")
        self.about = plain_label("", "secondary")
        outer.addWidget(self.title)
        outer.addWidget(self.about)
        self.choice = QWidget()
        row = QHBoxLayout(self.choice)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self.text_combo = self._combo("Column with the text")
        self.label_combo = self._combo("Column with the classes")
        for title, combo in (("Text", self.text_combo), ("Classes", self.label_combo)):
            row.addWidget(plain_label(title, "secondary", wrap=False))
            row.addWidget(combo, 1)
        outer.addWidget(self.choice)
        self.table = QTableWidget()
        self.table.setAccessibleName("First rows")
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.verticalHeader().hide()
        self.table.setShowGrid(False)
        self.table.setWordWrap(False)
        outer.addWidget(self.table, 1)
        self.waiting = plain_label(
            "The first rows appear here when the file has been read.", "secondary"
        )
        self.waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        QVBoxLayout(self.table.viewport()).addWidget(self.waiting)
        self.classes = Bars("Classes", 20, 0.3)
        outer.addWidget(self.classes)
        self._problems = QVBoxLayout()
        self._problems.setSpacing(4)
        outer.addLayout(self._problems)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        cancel = QPushButton("Cancel")
        cancel.clicked.connect(self.reject)
        self.use = QPushButton("Use this data")
        self.use.setProperty("role", "primary")
        self.use.setDefault(True)
        self.use.clicked.connect(self.accept)
        buttons.addWidget(cancel)
        buttons.addWidget(self.use)
        outer.addLayout(buttons)
        self.resize(760, 600)
        self.title.setText(self._name())
        self._previewer = Previewer()
        self._poll = QTimer(self)
        self._poll.setInterval(LOOK)
        self._poll.timeout.connect(self._look_up)
        self._look()

    @property
    def reading(self) -> bool:
        """Whether what is shown is still to come."""
        return self._poll.isActive()

    def done(self, result: int) -> None:
        """Closed, one way or the other: nobody waits for the file any more."""
        self._poll.stop()
        self._previewer.forget()
        super().done(result)

    def _combo(self, name: str) -> QuietCombo:
        combo = QuietCombo()
        combo.setAccessibleName(name)
        combo.activated.connect(lambda _: self._chosen())
        return combo

    def _look(self) -> None:
        """Have the file read; a small one is shown at once."""
        self._previewer.look(self.source)
        found = self._previewer.take(AT_ONCE)
        if found is not None:
            self._poll.stop()
            self._show(found)
            return
        self._poll.start()
        self.waiting.setVisible(self.table.rowCount() == 0)
        self.choice.setVisible(self.table.rowCount() > 0)
        self.about.setText(f"Reading {self._name()} …")
        for part in (self.choice, self.table, self.use):
            part.setEnabled(False)

    def _look_up(self) -> None:
        found = self._previewer.take()
        if found is not None:
            self._poll.stop()
            self._show(found)

    def _name(self) -> str:
        return self.source.path.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]

    def _show(self, found: Preview) -> None:
        """Show what is in the file."""
        self.choice.setEnabled(True)
        self.table.setEnabled(True)
        self.waiting.hide()
        rows = f"{found.row_count:,} rows" if found.columns else f"{found.row_count:,} texts"
        if len(found.columns) > MOST_SHOWN:
            rows += f", {len(found.columns):,} columns, of which {MOST_SHOWN} are shown"
        path = self.source.path
        self.about.setText(f"{found.description}, {rows}" if found.description else path)
        self._show_columns(found)
        self._show_rows(found)
        self._show_classes(found)
        self._show_problems(found)

    def _show_columns(self, found: Preview) -> None:
        self.choice.setVisible(len(found.columns) > 0)
        for combo, chosen in (
            (self.text_combo, found.text_column),
            (self.label_combo, found.label_column),
        ):
            combo.clear()
            for n, column in enumerate(found.columns):
                if n >= MOST_OFFERED and column.name != chosen:
                    continue
                note = "numbers" if column.numeric else f"{column.different:,} distinct values"
                combo.addItem(f"{column.name}  ({note})", column.name)
                last = combo.count() - 1
                examples = ", ".join(column.examples)
                combo.setItemData(last, tooltip(examples), Qt.ItemDataRole.ToolTipRole)
            combo.setCurrentIndex(combo.findData(chosen))

    def _show_rows(self, found: Preview) -> None:
        names = [column.name for column in found.columns[:MOST_SHOWN]] or ["class", "text"]
        self.table.setColumnCount(len(names))
        self.table.setHorizontalHeaderLabels(names)
        self.table.setRowCount(len(found.rows))
        for n, row in enumerate(found.rows):
            for column, text in enumerate(row[: len(names)]):
                item = QTableWidgetItem(text[:120])
                item.setToolTip(tooltip(text))
                self.table.setItem(n, column, item)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        wide = found.text_column if found.text_column in names else names[-1]
        header.setSectionResizeMode(names.index(wide), QHeaderView.ResizeMode.Stretch)

    def _show_classes(self, found: Preview) -> None:
        counts = found.class_counts[:MOST_CLASSES]
        most = max((count for _, count in counts), default=1)
        self.classes.setVisible(bool(counts))
        self.classes.show_bars(
            [
                Bar(name, count / most, f"{count:,}", theme.current().class_colour(n))
                for n, (name, count) in enumerate(counts)
            ]
        )

    def _show_problems(self, found: Preview) -> None:
        clear_layout(self._problems)
        for problem in found.problems[:4]:
            role = "error" if problem.severity is Severity.ERROR else "warning"
            self._problems.addWidget(plain_label(str(problem), role))
        errors = any(problem.severity is Severity.ERROR for problem in found.problems)
        self.use.setEnabled(not errors)

    def _chosen(self) -> None:
        changes = {
            "text_column": self.text_combo.currentData() or "",
            "label_column": self.label_combo.currentData() or "",
        }
        source: Part = self.source
        self.source = source.replace(**changes)  # type: ignore[assignment]
        self._look()
