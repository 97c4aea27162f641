"""Evaluation: how good the network is on data it has not learnt from, and where it errs."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QActionGroup, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QListWidgetItem,
    QMenu,
    QPushButton,
    QStackedWidget,
    QTableWidget,
    QTableWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnstudio.project.provenance import Provenance
from nnstudio.session.events import DataLoaded, EvaluationReady, ProblemFound, StateChanged
from nnstudio.ui import missing_data, theme
from nnstudio.ui.bridge import Bridge
from nnstudio.ui.charts.heat import ConfusionMatrix
from nnstudio.ui.dialogs import plain_label
from nnstudio.ui.keeping import place_kept
from nnstudio.ui.panels.common import EmptyState, Note
from nnstudio.ui.panels.sample_list import ROW, SampleList
from nnstudio.ui.text import tooltip

if TYPE_CHECKING:
    from nnstudio.analysis.evaluation import Evaluation
    from nnstudio.data.dataset import Dataset

WIDE = 720
PARTS = (("test", "test set"), ("validation", "validation set"), ("train", "training set"))


class EvaluatePanel(QWidget):
    """Figures and the table of classes, the confusion matrix, and the samples behind a cell."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._ticket: int | None = None
        self._part = "test"
        self._provenance: Provenance | None = None
        self._left_out = ""
        self._before = ""  # what had changed between the training of the weights and now
        self.evaluation: Evaluation | None = None
        self._rest = ""
        self.empty = EmptyState("evaluate", "", "", "Evaluate on the test set", self._do)
        self.stale = Note("warning")
        self.stale.pressed.connect(lambda: self.run())
        self._stack = QStackedWidget()
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self._make_result())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.addWidget(self.stale)
        layout.addWidget(self._stack, 1)
        self.corner = self._make_corner()
        bridge.event.connect(self._heard)
        bridge.project_changed.connect(self._changed)
        theme.notifier.changed.connect(self._restyle)
        self._show()

    def run(self, part: str | None = None) -> None:
        """Evaluate on a part of the data; the answer comes as an event."""
        self._part = part or self._part
        self.part_button.setText(dict(PARTS)[self._part])
        self._ticket = self._bridge.session.evaluate(self._part)
        self.state.setText("Evaluating…")

    def _do(self) -> None:
        """What the button in the empty panel says."""
        if self.empty.button.text() == missing_data.LOCATE:
            missing_data.locate(self, self._bridge)
        else:
            self.run()

    def _make_corner(self) -> QWidget:
        corner = QWidget()
        row = QHBoxLayout(corner)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        self.part_button = QToolButton()
        self.part_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.part_button.setAccessibleName("Which part of the data to evaluate on")
        self.part_button.setProperty("role", "button")
        self.part_button.setText(dict(PARTS)[self._part])
        menu = QMenu(self.part_button)
        group = QActionGroup(menu)
        for part, title in PARTS:
            action = menu.addAction(title)
            action.setCheckable(True)
            action.setChecked(part == self._part)
            action.triggered.connect(lambda _=False, part=part: self.run(part))
            group.addAction(action)
        self.part_button.setMenu(menu)
        self.run_button = QToolButton()
        self.run_button.setText("evaluate")
        self.run_button.setProperty("role", "button")
        self.run_button.setAccessibleName("Evaluate again")
        self.run_button.clicked.connect(lambda: self.run())
        row.addWidget(self.part_button)
        row.addWidget(self.run_button)
        return corner

    def _make_result(self) -> QWidget:
        page = QWidget()
        row = QHBoxLayout(page)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(20)
        self._measures = QWidget()
        left = QVBoxLayout(self._measures)
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(6)
        self.figures = plain_label("", "heading")
        self.state = plain_label("", "hint")
        left.addWidget(self.figures)
        left.addWidget(self.state)
        self.table = QTableWidget(0, 5)
        self.table.setAccessibleName("Precision, recall and F1 of each class")
        self.table.setHorizontalHeaderLabels(["Class", "Precision", "Recall", "F1", "n"])
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.table.setShowGrid(False)
        self.table.verticalHeader().hide()
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(36)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        left.addWidget(self.table, 1)
        left.addStretch(0)  # where there is no table, the figures stay at the top
        row.addWidget(self._measures, 5)
        self.matrix = ConfusionMatrix()
        self.matrix.chosen.connect(self._show_cell)
        self.matrix.opened.connect(self._open_cell)
        self.table.cellDoubleClicked.connect(self._open_figure)
        self.figures.setTextFormat(Qt.TextFormat.RichText)
        self.figures.linkActivated.connect(self._open_whole_figure)
        row.addWidget(self.matrix, 6)
        self._listed = QWidget()
        right = QVBoxLayout(self._listed)
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(6)
        head = QHBoxLayout()
        self.samples_title = plain_label("", "title")
        head.addWidget(self.samples_title, 1)
        self.worst_button = QPushButton("Worst mistakes")
        self.worst_button.setProperty("role", "flat")
        self.worst_button.clicked.connect(self._show_worst)
        head.addWidget(self.worst_button)
        self.back_button = QPushButton("Back")
        self.back_button.setProperty("role", "flat")
        self.back_button.setAccessibleName("Back to the table of classes")
        self.back_button.clicked.connect(lambda: self._fold(samples=False))
        head.addWidget(self.back_button)
        right.addLayout(head)
        self.samples = SampleList()
        self.samples.itemActivated.connect(self._open_sample)
        right.addWidget(self.samples, 1)
        row.addWidget(self._listed, 5)
        return page

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fold(samples=False)

    def _fold(self, *, samples: bool) -> None:
        """Where there is no room for three columns, table and samples take turns."""
        narrow = self.width() < WIDE * theme.scale()
        self._measures.setVisible(not narrow or not samples)
        self._listed.setVisible(not narrow or samples)
        self.back_button.setVisible(narrow)

    def _heard(self, event: object) -> None:
        if isinstance(event, EvaluationReady):
            self._ticket = None
            self._part = event.evaluation.part
            self.part_button.setText(dict(PARTS)[self._part])
            self.evaluation = event.evaluation
            self._provenance, self._left_out = event.provenance, event.left_out
            self._before = self._bridge.session.origins.trained_before(event.provenance)
            self._show()
        elif isinstance(event, ProblemFound) and event.ticket == self._ticket is not None:
            self._ticket = None
            self.evaluation = None
            self._show()
            if self._bridge.dataset is not None:
                self.empty.say(event.problem.title, event.problem.explain, "Try again")
        elif isinstance(event, StateChanged) and self.evaluation is None:
            self._show()
        elif isinstance(event, StateChanged | DataLoaded):
            self._show_stale()

    def _changed(self, change: Any) -> None:
        if change.way == "open":
            self.evaluation = None
            self._show()
        else:
            self._show_stale()

    def _show(self) -> None:
        evaluation = self.evaluation
        self._stack.setCurrentIndex(0 if evaluation is None else 1)
        self._show_stale()
        if evaluation is None:
            self._show_empty()
            return
        said = {"Loss": f" {evaluation.loss_unit}"} if evaluation.loss_unit else {}
        guessed = evaluation.baseline
        if guessed is not None:
            said["Accuracy"] = f" ({guessed.text(theme.three_digits)})"
        shown = [
            f"{name} {theme.number(value)}{said.get(name, '')}"
            for name, value in evaluation.figures.items()
        ]
        self.figures.setText("&nbsp;&nbsp;&nbsp; ".join(map(_link, evaluation.figures, shown[:2])))
        self.figures.setToolTip(
            tooltip(guessed.sentence if guessed else "", "Click a figure: where it comes from")
        )
        self._rest = "    ".join(shown[2:])
        self._show_state()
        classes = evaluation.confusion is not None
        self.table.setVisible(classes)
        self.matrix.setVisible(classes)
        if evaluation.confusion is not None:
            self._fill_table(evaluation)
            self.matrix.show_counts(evaluation.confusion, evaluation.class_names)
        else:
            self.matrix.mark(None)
        if self.matrix.cell is None:
            self._show_worst()
        else:
            self._list_cell(*self.matrix.cell)

    def _restyle(self) -> None:
        """The same in other colours, and where one was in it."""
        with place_kept(self.table, self.samples):
            self._show()

    def _show_empty(self) -> None:
        session = self._bridge.session
        obstacle, standing = session.obstacle, session.origins.standing
        trained = standing.trained if standing is not None else None
        if self._bridge.dataset is None and standing is not None and session.state != "loading":
            action = missing_data.LOCATE if missing_data.missing_path(self._bridge) else ""
            self.empty.say(*missing_data.told(self._bridge), action)
        elif standing is None and obstacle is not None:
            self.empty.say("Nothing to evaluate yet", str(obstacle), "")
        elif trained is None:
            self.empty.say(
                "The network has not learned anything yet",
                "Train it first. You can evaluate the initial weights too: that is pure guessing.",
                "Evaluate on the test set",
            )
        else:
            self.empty.say(
                "How good is it on data it has never seen?",
                "The test set was kept apart while it trained.",
                "Evaluate on the test set",
            )

    def _show_state(self) -> None:
        if self.evaluation is None:
            return
        where = dict(PARTS)[self.evaluation.part]
        unit = f"MAE and RMSE in units of {self.evaluation.unit}" if self.evaluation.unit else ""
        parts = [self._rest, unit, f"{self.evaluation.count:,} samples of the {where}"]
        if self._provenance is not None:
            before = f", trained before {self._before} changed" if self._before else ""
            parts.append(self._provenance.weights + before)
        if self._left_out:
            parts.append(f"left out: {self._left_out}")
        self.state.setText("  ·  ".join(filter(None, parts)))

    def _show_stale(self) -> None:
        """Say in plain sight that this was measured before something changed."""
        origins = self._bridge.session.origins
        what = ""
        if self.evaluation is not None and self._provenance is not None:
            what = origins.outdated(self._provenance)
        if not what:
            self.stale.hide()
            return
        again = origins.standing is not None
        text = f"From before your change: measured before {what} changed."
        self.stale.say(text, "", "Evaluate again" if again else "")

    def _fill_table(self, evaluation: Evaluation) -> None:
        classes = evaluation.classes
        if classes is None:
            return
        self.table.setRowCount(len(evaluation.class_names))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        widths = (70, 60, 60, 44)
        for column, width in enumerate(widths, start=1):
            self.table.setColumnWidth(column, round(width * theme.scale()))
        self.table.setMinimumWidth(round((64 + sum(widths)) * theme.scale()))
        for n, name in enumerate(evaluation.class_names):
            values = [
                name,
                theme.number(float(classes.precision[n]), 3),
                theme.number(float(classes.recall[n]), 3),
                theme.number(float(classes.f1[n]), 3),
                f"{int(classes.support[n]):,}",
            ]
            for column, text in enumerate(values):
                item = QTableWidgetItem(text)
                if column:
                    item.setTextAlignment(right)
                self.table.setItem(n, column, item)
            self.table.setRowHeight(n, round(26 * theme.scale()))

    def _open_cell(self, true: int, predicted: int) -> None:
        """Where does this count come from?"""
        from nnstudio.analysis.references import ConfusionCell

        if self.evaluation is not None:
            self._bridge.open_number(ConfusionCell(self.evaluation, true, predicted))

    def _open_figure(self, row: int, column: int) -> None:
        """Where does this figure of a class come from?"""
        from nnstudio.analysis.references import Figure

        names = ("", "precision", "recall", "f1", "")
        if self.evaluation is not None and names[column]:
            self._bridge.open_number(Figure(self.evaluation, names[column], row))

    def _open_whole_figure(self, name: str) -> None:
        """Where does the loss, or the accuracy, come from?"""
        from nnstudio.analysis.references import Figure

        if self.evaluation is not None:
            self._bridge.open_number(Figure(self.evaluation, name))

    def _open_sample(self, item: QListWidgetItem) -> None:
        """Try this sample: change a word or a number and see what the network says then."""
        from nnstudio.analysis.prediction import raw_of

        row, samples, dataset = item.data(ROW), self._samples(), self._dataset
        if row is not None and samples is not None and dataset is not None:
            self._bridge.try_out(raw_of(dataset, samples, int(row)))

    @property
    def _dataset(self) -> Dataset | None:
        """The data that was evaluated, as the weights read it."""
        return self._provenance.dataset if self._provenance is not None else None

    def _show_cell(self, true: int, predicted: int) -> None:
        if self.evaluation is not None:
            self._fold(samples=True)
            self._list_cell(true, predicted)

    def _list_cell(self, true: int, predicted: int) -> None:
        evaluation = self.evaluation
        assert evaluation is not None
        rows = evaluation.cell(true, predicted)
        names = evaluation.class_names
        if true == predicted:
            title = f"{len(rows):,} of {names[true]}, recognised"
        else:
            title = f"{len(rows):,} of {names[true]}, predicted as {names[predicted]}"
        self.samples_title.setText(title)
        self.worst_button.show()
        self.samples.show_samples(self._samples(), rows, self._notes(rows), self._dataset)

    def _show_worst(self) -> None:
        evaluation = self.evaluation
        if evaluation is None:
            return
        rows = evaluation.worst(30)
        self.matrix.mark(None)
        self.worst_button.hide()
        self.samples_title.setText("The worst mistakes" if len(rows) else "No mistakes at all")
        self.samples.show_samples(self._samples(), rows, self._notes(rows), self._dataset)

    def _samples(self) -> Any:
        dataset, evaluation = self._dataset, self.evaluation
        if dataset is None or evaluation is None:
            return None
        return {"train": dataset.train, "validation": dataset.validation, "test": dataset.test}[
            evaluation.part
        ]

    def _notes(self, rows: np.ndarray[Any, Any]) -> list[str]:
        """One line for each sample: what it is, what it was taken for, and how surely."""
        evaluation = self.evaluation
        assert evaluation is not None
        names = evaluation.class_names
        if evaluation.predicted is None:
            return [
                f"{theme.number(float(evaluation.target[row].reshape(-1)[0]))} → "
                f"{theme.number(float(evaluation.prediction[row].reshape(-1)[0]))}"
                for row in rows
            ]
        certainty = evaluation.certainty(rows)
        notes = []
        for row, sure in zip(rows, certainty, strict=True):
            true, taken = int(evaluation.target[row]), int(evaluation.predicted[row])
            text = names[true] if true == taken else f"{names[true]} → {names[taken]}"
            share = theme.percent(float(sure)) if evaluation.probabilities else ""
            notes.append(f"{text}   {share}".rstrip())
        return notes


def _link(name: str, shown: str) -> str:
    """A figure that opens on a click and looks like the text around it."""
    colours, small = theme.current(), round(12 * theme.scale())
    figure, bracket, beside = shown.partition(" (")
    quiet = f"color:{colours.secondary.name()};font-size:{small}px;font-weight:400"
    more = f'&nbsp;<span style="{quiet}">({escape(beside)}</span>' if bracket else ""
    style = f"color:{colours.text.name()};text-decoration:none;white-space:nowrap"
    return f'<a href="{name}" style="{style}">{escape(figure)}{more}</a>'
