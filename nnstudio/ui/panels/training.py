"""The training set-up: loss, optimizer, batches, epochs, early stopping; and its short form."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from nnstudio.project import advice, commands
from nnstudio.project.setup import TrainingSetup
from nnstudio.spec import Severity
from nnstudio.ui.bridge import Bridge
from nnstudio.ui.dialogs import plain_label
from nnstudio.ui.forms import PartForm
from nnstudio.ui.panels.common import Page, Section
from nnstudio.ui.text import tooltip

ESSENTIAL = ("loss", "optimizer", "batch_size", "epochs", "early_stopping")
MINI_BATCH = 128


class BatchPresets(QWidget):
    """One click to stochastic, mini-batch or full-batch training."""

    CHOICES = (
        ("1", 1, "Stochastic: one sample per update"),
        ("mini", MINI_BATCH, "Mini-batch: 128 samples per update"),
        ("full", None, "Full batch: all training samples in one update"),
    )

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        row = QHBoxLayout(self)
        row.setContentsMargins(112, 2, 0, 0)
        row.setSpacing(4)
        self.buttons: list[QPushButton] = []
        for text, value, help_ in self.CHOICES:
            button = QPushButton(text)
            button.setProperty("role", "chip")
            button.setCheckable(True)
            button.setToolTip(tooltip(help_))
            button.setAccessibleName(help_)
            button.clicked.connect(partial(self._choose, value))
            row.addWidget(button, 1)
            self.buttons.append(button)

    def show_size(self, size: int | None) -> None:
        """Mark the kind of batch that this size is."""
        kind = 2 if size is None else 0 if size == 1 else 1
        for n, button in enumerate(self.buttons):
            button.setChecked(n == kind)

    def _choose(self, value: int | None, _: bool = False) -> None:
        present = self._bridge.project.training.batch_size
        mini = value == MINI_BATCH
        if not (mini and present is not None and present > 1):
            self._bridge.do("Batch size", commands.configure_training, batch_size=value)
        self.show_size(self._bridge.project.training.batch_size)


class TrainingForm(QWidget):
    """The form of the training set-up, whole or its essentials; keeps itself up to date."""

    def __init__(self, bridge: Bridge, *, essentials: bool) -> None:
        super().__init__()
        self._bridge = bridge
        self._presets: BatchPresets | None = None
        setup = bridge.project.training
        extras = {} if essentials else {"batch_size": self._make_presets}
        only = ESSENTIAL if essentials else ()
        self.form = PartForm(setup, only=only, compact=essentials, extras=extras)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.form)
        self.form.changed.connect(self._edited)
        self.form.settled.connect(lambda: bridge.store.settle())
        bridge.project_changed.connect(self._changed)
        bridge.check_changed.connect(lambda check: self._show_check())
        self._show_check()

    def _make_presets(self) -> QWidget:
        self._presets = BatchPresets(self._bridge)
        return self._presets

    def _edited(self, setup: TrainingSetup, name: str) -> None:
        label = f"Change {self.form.row(name).spec.label.lower()}"
        self._bridge.do(label, commands.change_training, setup, merge=f"training.{name}")

    def _changed(self, change: Any) -> None:
        if "training" in change.kinds:
            self.form.show_part(change.after.training)
            self._show_check()

    def _show_check(self) -> None:
        setup, dataset = self._bridge.project.training, self._bridge.dataset
        if self._presets is not None:
            self._presets.show_size(setup.batch_size)
        of = f"of {len(dataset.train):,}" if dataset is not None else ""
        self.form.set_hint("batch_size", of)
        self.form.show_problems(
            {
                problem.where.field: str(problem)
                for problem in self._bridge.check.problems
                if problem.where.kind == "training" and problem.severity is Severity.ERROR
            }
        )
        remarks = advice.give(setup, len(dataset.train) if dataset is not None else None)
        self.form.show_advice({remark.where.field: f"{remark.title}." for remark in remarks})


class TrainingPanel(Page):
    """The whole training set-up, and what it means for this data."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__("Training set-up")
        self._bridge = bridge
        section = Section("How the network learns", ruled=False)
        self.training = TrainingForm(bridge, essentials=False)
        section.body.addWidget(self.training)
        self.meaning = plain_label("", "hint")
        section.body.addWidget(self.meaning)
        self.body.addWidget(section)
        self.body.addStretch(1)
        bridge.project_changed.connect(lambda change: self._show_meaning())
        bridge.check_changed.connect(lambda check: self._show_meaning())
        bridge.place_wanted.connect(self._show_place)
        self._show_meaning()

    def _show_meaning(self) -> None:
        """What the settings come to: so many updates per epoch and in all."""
        setup, dataset = self._bridge.project.training, self._bridge.dataset
        if dataset is None:
            self.meaning.setText("")
            return
        samples = len(dataset.train)
        size = samples if setup.batch_size is None else min(setup.batch_size, samples)
        updates = -(-samples // max(1, size))
        word = "update" if updates == 1 else "updates"
        self.meaning.setText(
            f"{samples:,} training samples in batches of {size:,}: {updates:,} {word} per epoch, "
            f"{updates * setup.epochs:,} in all."
        )

    def _show_place(self, place: Any) -> None:
        if place.kind == "training" and place.field:
            self.training.form.focus(place.field)
