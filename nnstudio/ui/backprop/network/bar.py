"""The two rows above the step: which samples and how finely, and where in the pass one is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QToolButton,
    QWidget,
)

from nnstudio.analysis.network_pass import GRANULARITIES, Step, Walk
from nnstudio.analysis.network_pass.operations import PHASES
from nnstudio.analysis.tape import ProbeRequest
from nnstudio.data.dataset import Dataset
from nnstudio.ui import settings, theme
from nnstudio.ui.backprop.network.number_field import NumberField
from nnstudio.ui.backprop.steps import PhaseBar, PhaseShown, Transport
from nnstudio.ui.text import tooltip

DIGITS = (4, 6, 8, 12, 17)
MOST_AROUND = 128
"""Samples of the batch with which the chosen one is compared, at the most."""

PARTS = (("train", "training"), ("validation", "validation"), ("test", "test"))

Weights = Mapping[tuple[str, str], "np.ndarray[Any, Any]"]


class NetworkBar(QWidget):
    """Chooses samples, granularity and digits; shows the phases. Signals tell what was chosen."""

    samples_chosen = Signal()
    granularity_chosen = Signal(str)
    digits_changed = Signal(int)
    check_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self.part = QComboBox()
        self.part.setAccessibleName("Part of the data")
        for name, title in PARTS:
            self.part.addItem(title, name)
        self.row = NumberField("Sample", minimum=1)
        self.count = QLabel()
        self.count.setProperty("role", "small")
        self.scope = QComboBox()
        self.scope.setAccessibleName("One sample or its batch")
        self.scope.addItem("one sample", False)
        self.scope.addItem("its whole batch", True)
        self.scope.setToolTip(
            tooltip(
                "One sample alone, or the batch around it: then the loss and all gradients are "
                "means over the batch, and the sample is one row of every array."
            )
        )
        self.training = QCheckBox("training mode (dropout on)")
        self.training.setToolTip(
            tooltip("Dropout, noise and batch statistics are on, as they are in a training step.")
        )
        self.training.setChecked(True)
        self.granularity = QComboBox()
        self.granularity.setAccessibleName("Granularity")
        self.granularity.setToolTip(
            tooltip("How much one step does: a layer, a neuron, or a single term of its sum.")
        )
        for name in GRANULARITIES:
            self.granularity.addItem(f"step by {name}", name)
        self.digits = QComboBox()
        self.digits.setAccessibleName("Significant digits")
        self.digits.setToolTip(
            tooltip("How many significant digits are shown. Hover over a number to see them all.")
        )
        for count in DIGITS:
            self.digits.addItem(f"{count} digits", count)
        kept = settings.get("backprop/digits", 4, int)
        self.digits.setCurrentIndex(DIGITS.index(kept) if kept in DIGITS else 0)
        self.check = QToolButton()
        self.check.setText("Check gradients")
        self.check.setProperty("role", "button")
        self.check.setToolTip(
            tooltip("Compare the gradients with central differences in double precision.")
        )
        self.more = QToolButton()
        self.more.setIcon(theme.icon("export"))
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setAccessibleName("Copy and export")
        self.more.setToolTip(tooltip("Copy the numbers, or export the view or the worked pass"))
        self.more.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        self.phases = PhaseBar()
        self.transport = Transport(settings.get("backprop/speed", 1.0, float))
        self.transport.speed_changed.connect(lambda factor: settings.put("backprop/speed", factor))
        self._total = 0
        self._arrange()
        self.part.currentIndexChanged.connect(self._part_chosen)
        self.row.changed.connect(lambda _: self.samples_chosen.emit())
        self.scope.currentIndexChanged.connect(lambda _: self.samples_chosen.emit())
        self.training.toggled.connect(lambda _: self.samples_chosen.emit())
        self.granularity.currentIndexChanged.connect(
            lambda _: self.granularity_chosen.emit(self.granularity.currentData())
        )
        self.digits.currentIndexChanged.connect(self._digits_changed)
        self.check.clicked.connect(self.check_wanted)
        theme.notifier.changed.connect(self._restyled)

    @property
    def shown_digits(self) -> int:
        return int(self.digits.currentData())

    @property
    def whole_batch(self) -> bool:
        return bool(self.scope.currentData())

    def show_dataset(self, dataset: Dataset | None) -> None:
        """Offer the samples of this data set; what was chosen stays as far as it exists."""
        self._dataset = dataset
        sizes = {"train": 0, "validation": 0, "test": 0}
        if dataset is not None:
            for name in sizes:
                samples = getattr(dataset, name)
                sizes[name] = 0 if samples is None else len(samples)
        model = self.part.model()
        for place, (name, _) in enumerate(PARTS):
            item = model.item(place)  # type: ignore[attr-defined]
            item.setEnabled(sizes[name] > 0)
        part = self.part.currentData()
        if not sizes[part]:
            self.part.setCurrentIndex(0)
            part = "train"
        self._total = sizes[part]
        self.row.set_maximum(max(1, self._total))
        self.count.setText(f"of {self._total:,}")

    def request(
        self, dataset: Dataset, batch_size: int | None, weights: Weights | None
    ) -> ProbeRequest | None:
        """The samples that are chosen, and the batch around them; None if there are none."""
        part = self.part.currentData()
        samples = getattr(dataset, part)
        if samples is None or not len(samples):
            return None
        row = min(self.row.value - 1, len(samples) - 1)
        size = min(batch_size or len(samples), MOST_AROUND, len(samples))
        start = min(row // size * size, len(samples) - size)
        around = tuple(range(start, start + size))
        rows = around if self.whole_batch else (row,)
        return ProbeRequest(rows, part, around, self.training.isChecked(), weights)

    def show_step(self, walk: Walk, step: Step) -> None:
        """Where in the pass one is."""
        at, of = walk.within(step)
        present = PHASES.index(step.phase)
        shown = []
        for place, phase in enumerate(PHASES):
            title = phase.capitalize()
            if place == present:
                text = f"{title}: step {at:,} of {of:,}" if of > 1 else title
                shown.append(PhaseShown(phase, text, "now"))
            else:
                state = "done" if place < present else "ahead"
                shown.append(PhaseShown(phase, title, state))  # type: ignore[arg-type]
        self.phases.show_phases(shown)
        self.transport.show_ends(at_start=step.index == 0, at_end=step.index == len(walk) - 1)

    def _restyled(self) -> None:
        self.more.setIcon(theme.icon("export"))

    def _part_chosen(self) -> None:
        self.show_dataset(self._dataset)
        self.samples_chosen.emit()

    _dataset: Dataset | None = None

    def _digits_changed(self) -> None:
        settings.put("backprop/digits", self.shown_digits)
        self.digits_changed.emit(self.shown_digits)

    def _arrange(self) -> None:
        samples = (self.part, self.row, self.count, self.scope, self.training)
        options = (self.granularity, self.digits, self.check, self.more)
        self._samples, self._options = _row(*samples, spare=True), _row(*options)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(12, 6, 12, 6)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(0, 1)
        self._narrow: bool | None = None
        self._place(narrow=False)

    def _place(self, *, narrow: bool) -> None:
        """Two rows; three where there is little room."""
        if narrow == self._narrow:
            return
        self._narrow = narrow
        grid, right = self._grid, Qt.AlignmentFlag.AlignRight
        if narrow:
            grid.addWidget(self._samples, 0, 0, 1, 2)
            grid.addWidget(self.transport, 1, 0, Qt.AlignmentFlag.AlignLeft)
            grid.addWidget(self._options, 1, 1, right)
            grid.addWidget(self.phases, 2, 0, 1, 2)
        else:
            grid.addWidget(self._samples, 0, 0)
            grid.addWidget(self._options, 0, 1, right)
            grid.addWidget(self.phases, 1, 0)
            grid.addWidget(self.transport, 1, 1, right)

    def minimumSizeHint(self) -> QSize:
        return QSize(round(400 * theme.scale()), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """When there is little room, the least needed go first."""
        wide = event.size().width() / theme.scale()
        self.check.setVisible(wide > 900)
        self.training.setText("training mode (dropout on)" if wide > 840 else "training mode")
        self.count.setVisible(wide > 760)
        self.digits.setVisible(wide > 680)
        self.transport.speed.setVisible(wide > 640)
        self._place(narrow=wide < 620)


def _row(*widgets: QWidget, spare: bool = False) -> QWidget:
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(8)
    for widget in widgets:
        layout.addWidget(widget)
    if spare:
        layout.addStretch(1)
    return row
