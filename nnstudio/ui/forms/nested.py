"""The editor of a field that holds a part: activation, loss, optimizer, early stopping ..."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from nnstudio.spec import FieldSpec, Part, parts
from nnstudio.ui.forms.editors import Editor, QuietCombo
from nnstudio.ui.forms.form import PartForm
from nnstudio.ui.forms.plot import FunctionPlot
from nnstudio.ui.forms.samples import Curve, activation_curve, loss_curve
from nnstudio.ui.text import tooltip

WITH_FORMULA = ("activation", "loss", "optimizer", "schedule")


class PartEditor(Editor):
    """A picker for the kind of part, and below it the part's formula, plot and own fields.

    Where only one part of the kind exists and the field is optional, a check box switches it.
    """

    def __init__(
        self, spec: FieldSpec, compact: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(spec, parent)
        self._compact = compact
        self._classes = parts(spec.part_kind)
        self._value: Part | None = None
        self._form: PartForm | None = None
        self.combo: QuietCombo | None = None
        self.box: QCheckBox | None = None
        if spec.optional and len(self._classes) == 1:
            self.box = QCheckBox()
            self.adopt(self.box)
            self.row.addWidget(self.box)
            self.row.addStretch(1)
            self.box.toggled.connect(self._switched)
        else:
            self.combo = QuietCombo()
            if spec.optional:
                self.combo.addItem(spec.none_title, "")
            for name, cls in self._classes.items():
                self.combo.addItem(cls.title or name, name)
                self.combo.setItemData(
                    self.combo.count() - 1,
                    tooltip(cls.sentence(), cls.formula),
                    Qt.ItemDataRole.ToolTipRole,
                )
            self.adopt(self.combo)
            self.row.addWidget(self.combo, 1)
            self.combo.activated.connect(self._chosen)
        self.below = QWidget()
        self._below = QVBoxLayout(self.below)
        self._below.setContentsMargins(0, 6, 0, 0)
        self._below.setSpacing(8)
        self.plot = FunctionPlot()
        self._below.addWidget(self.plot)
        self.plot.hide()
        self.below.hide()

    def show_value(self, value: Any) -> None:
        fits = value is not None and self._form is not None and self._form.fits(value)
        self._value = value
        self._show_choice()
        if not fits:
            self._build(value)
        elif self._form is not None:
            self._form.show_part(value)
        self._show_formula()

    def _show_choice(self) -> None:
        value = self._value
        if self.combo is not None:
            self.combo.setCurrentIndex(self.combo.findData(value.name if value else ""))
            if value is not None:
                self.combo.setToolTip(tooltip(self.spec.help, value.sentence()))
        if self.box is not None:
            self.box.blockSignals(True)
            self.box.setChecked(value is not None)
            self.box.setText(_short(value) if value is not None else self.spec.none_title)
            self.box.blockSignals(False)

    def _build(self, value: Part | None) -> None:
        if self._form is not None:
            self._below.removeWidget(self._form)
            self._form.let_go()
            self._form = None
        shown = [s.name for s in value.fields() if self._shows(s)] if value is not None else []
        if value is not None and shown:
            self._form = PartForm(value, only=shown, compact=self._compact)
            self._below.addWidget(self._form)
            self._form.changed.connect(self._nested_changed)
            self._form.settled.connect(self.settled)

    def _shows(self, spec: FieldSpec) -> bool:
        return not self._compact or (spec.logarithmic and not spec.advanced)

    def _show_formula(self) -> None:
        value = self._value
        shows = (
            not self._compact
            and value is not None
            and self.spec.part_kind in WITH_FORMULA
            and bool(value.formula)
        )
        if shows and value is not None:
            slope = getattr(value, "derivative_formula", "")
            self.plot.show_curve(_curve(value), value.formula, slope)
        self.plot.setVisible(shows)
        self.below.setVisible(shows or self._form is not None)

    def _chosen(self, index: int) -> None:
        assert self.combo is not None
        name = self.combo.itemData(index)
        self._take(_adapted(self._value, self._classes[name]) if name else None)

    def _switched(self, on: bool) -> None:
        self._take(next(iter(self._classes.values()))() if on else None)

    def _take(self, value: Part | None) -> None:
        if type(value) is type(self._value) and value is not None:
            return
        self.show_value(value)
        self.edited.emit(value)
        self.settled.emit()

    def _nested_changed(self, value: Part, name: str) -> None:
        self._value = value
        self._show_choice()
        self._show_formula()
        self.edited.emit(value)


def _adapted(former: Part | None, cls: type[Part]) -> Part:
    """A new part of this class that keeps the former one's settings of the same name."""
    if former is None:
        return cls()
    known = {spec.name: spec for spec in cls.fields()}
    kept = {
        spec.name: getattr(former, spec.name)
        for spec in former.fields()
        if spec.name in known
        and spec.kind == known[spec.name].kind
        and known[spec.name].refusal(getattr(former, spec.name)) is None
        and getattr(former, spec.name) != _default(type(former), spec.name)
    }
    return cls(**kept)


def _default(cls: type[Part], name: str) -> Any:
    return getattr(cls(), name)


def _curve(value: Part) -> Curve | None:
    if value.kind == "activation":
        return activation_curve(value)  # type: ignore[arg-type]
    if value.kind == "loss":
        return loss_curve(value)  # type: ignore[arg-type]
    return None


def _short(value: Part) -> str:
    """What stands beside a check box that is on: a summary such as ``patience 5``."""
    summary = value.summary()
    if summary:
        return summary
    first = next((spec for spec in value.fields() if spec.kind == "integer"), None)
    return f"{first.label.lower()} {getattr(value, first.name)}" if first else "on"
