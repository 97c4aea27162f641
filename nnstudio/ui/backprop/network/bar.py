"""The two rows above the step: which samples and how finely, and where in the pass one is."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnstudio.analysis.network_pass import GRANULARITIES, Step, Walk
from nnstudio.analysis.network_pass.operations import PHASES
from nnstudio.data.dataset import Dataset
from nnstudio.ui import settings, theme
from nnstudio.ui.backprop.network.number_field import NumberField
from nnstudio.ui.backprop.steps import PhaseBar, PhaseShown, Transport
from nnstudio.ui.text import tooltip

DIGITS = (4, 6, 8, 12, 17)
PARTS = (("train", "training"), ("validation", "validation"), ("test", "test"))


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
        self.training = QCheckBox("as in training")
        self.training.setToolTip(
            tooltip("With dropout, noise and batch statistics on, as in a training step.")
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

    def show_step(self, walk: Walk, step: Step) -> None:
        """Where in the pass one is."""
        at, of = walk.within(step)
        present = PHASES.index(step.phase)
        shown = []
        for place, phase in enumerate(PHASES):
            title = phase.capitalize()
            tint = {"forward": "forward", "loss": "text"}.get(phase, "backward")
            if place == present:
                text = f"{title}: step {at:,} of {of:,}" if of > 1 else title
                shown.append(PhaseShown(phase, text, "now", tint))  # type: ignore[arg-type]
            else:
                state = "done" if place < present else "ahead"
                shown.append(PhaseShown(phase, title, state, tint))  # type: ignore[arg-type]
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
        upper, lower = QHBoxLayout(), QHBoxLayout()
        for row in (upper, lower):
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(8)
        left: tuple[QWidget, ...] = (self.part, self.row, self.count, self.scope, self.training)
        right: tuple[QWidget, ...] = (self.granularity, self.digits, self.check, self.more)
        for widget in left:
            upper.addWidget(widget)
        upper.addStretch(1)
        for widget in right:
            upper.addWidget(widget)
        lower.addWidget(self.phases, 1)
        lower.addWidget(self.transport)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(12, 6, 12, 6)
        outer.setSpacing(4)
        outer.addLayout(upper)
        outer.addLayout(lower)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """When there is little room, the least needed go first."""
        wide = event.size().width() / theme.scale()
        self.check.setVisible(wide > 900)
        self.training.setText("as in training" if wide > 840 else "training")
        self.count.setVisible(wide > 760)
        self.digits.setVisible(wide > 680)
        self.transport.speed.setVisible(wide > 640)
