"""One editor for each kind of setting. An editor shows a value and tells of what the user made.

``edited`` carries a value of the right kind, in range or not; ``unreadable`` the sentence on text
that is no such value; ``settled`` says that an edit (a drag, a stay in the field) is over, so that
its many small steps become one in the history.
"""

from __future__ import annotations

import math
from typing import Any

from PySide6.QtCore import QEvent, QObject, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QFontMetrics, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSlider,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QWidget,
)

from nnstudio.spec import FieldSpec
from nnstudio.ui import theme
from nnstudio.ui.forms.reading import NotReadableError, read, write
from nnstudio.ui.text import dashed, field_help, typical

PAUSE = 500  # milliseconds after the last key press until a typed value takes effect
SLIDER_STEPS = 200
LINE_PADDING = 24  # pixels around the text of a line


class HintedLine(QLineEdit):
    """A line of text with a faint hint (range or unit) at its right end."""

    stepped = Signal(int)
    left = Signal()

    def __init__(self, hint: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hint = hint

    @property
    def hint(self) -> str:
        return self._hint

    def set_hint(self, hint: str) -> None:
        self._hint = hint
        self.update()

    @theme.painting
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._hint:
            return
        font = theme.font(11)
        painter = QPainter(self)
        painter.setFont(font)
        inner = self.rect().adjusted(8, 0, -9, 0)
        width = painter.fontMetrics().horizontalAdvance(self._hint)
        shown = self.text() or self.placeholderText()
        room = inner.width() - self.fontMetrics().horizontalAdvance(shown) - 10
        if width <= room:
            painter.setPen(theme.current().faint)
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRect(inner), right, self._hint)
        painter.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.stepped.emit(1 if event.key() == Qt.Key.Key_Up else -1)
            return
        super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.left.emit()


class Editor(QWidget):
    """Base of all editors of one setting."""

    edited = Signal(object)
    unreadable = Signal(str)
    settled = Signal()

    def __init__(self, spec: FieldSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.spec = spec
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(8)

    def show_value(self, value: Any) -> None:
        """Show `value` without telling anybody."""
        raise NotImplementedError

    def show_refused(self, refused: bool) -> None:
        """Mark the field whose value was refused."""
        target = self.focusProxy()
        if isinstance(target, QWidget) and target.property("refused") != refused:
            target.setProperty("refused", refused)
            target.style().unpolish(target)
            target.style().polish(target)

    def adopt(self, widget: QWidget) -> None:
        """Make `widget` the one that takes the focus and speaks to screen readers."""
        self.setFocusProxy(widget)
        self.name_it(widget)

    def name_it(self, widget: QWidget, suffix: str = "") -> None:
        widget.setAccessibleName(self.spec.label + suffix)
        widget.setAccessibleDescription(self.spec.help)
        widget.setToolTip(field_help(self.spec))


class TextEditor(Editor):
    """A line of text: names, columns, shapes."""

    def __init__(self, spec: FieldSpec, parent: QWidget | None = None) -> None:
        super().__init__(spec, parent)
        self.line = HintedLine(self._hint())
        self.line.setMinimumWidth(40)
        self.line.setPlaceholderText(self._placeholder())
        self.adopt(self.line)
        self.row.addWidget(self.line, 1)
        self._value: Any = None
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE)
        self._pause.timeout.connect(self._tell)
        self.line.textEdited.connect(self._typed)
        self.line.returnPressed.connect(self._finish)
        self.line.left.connect(self._finish)
        self.line.installEventFilter(self)

    def show_value(self, value: Any) -> None:
        self._value = value
        self._pause.stop()
        text = write(self.spec, value)
        if self.line.hasFocus() and self._same(self.line.text(), value):
            return  # do not rewrite 0.50 as 0.5 under the cursor
        if self.line.text() != text:
            self.line.setText(text)
            self.line.setCursorPosition(0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.KeyPress
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Escape
            and self.line.text() != write(self.spec, self._value)
        ):
            self._pause.stop()
            self.line.setText(write(self.spec, self._value))
            self.edited.emit(self._value)
            return True
        return super().eventFilter(watched, event)

    def _hint(self) -> str:
        return self.spec.unit

    def _placeholder(self) -> str:
        if self.spec.kind == "shape":
            return "as the data"
        return self.spec.none_title if self.spec.optional else ""

    def _typed(self) -> None:
        self._pause.start()

    def _finish(self) -> None:
        if self._pause.isActive():
            self._pause.stop()
            self._tell()
        self.settled.emit()

    def _tell(self) -> None:
        try:
            value = read(self.spec, self.line.text())
        except NotReadableError as error:
            self.unreadable.emit(str(error))
            return
        self.edited.emit(value)

    def _same(self, text: str, value: Any) -> bool:
        try:
            return bool(read(self.spec, text) == value)
        except NotReadableError:
            return False


class NumberEditor(TextEditor):
    """A number, with a slider where its range asks for one; arrow keys step."""

    def __init__(self, spec: FieldSpec, parent: QWidget | None = None) -> None:
        self.slider: QSlider | None = None
        super().__init__(spec, parent)
        self.line.stepped.connect(self._step)
        bounds = slider_bounds(spec)
        if bounds is None:
            return
        self._low, self._high = bounds
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, SLIDER_STEPS)
        self.slider.setPageStep(SLIDER_STEPS // 10)
        self.slider.setMinimumWidth(40)
        self.name_it(self.slider, " slider")
        self.row.insertWidget(0, self.slider, 3)
        self.row.setStretch(1, 2)
        self._fit_line()
        theme.notifier.changed.connect(self._fit_line)
        self.line.set_hint("")
        self.slider.valueChanged.connect(self._slid)
        self.slider.sliderReleased.connect(self.settled)

    def _fit_line(self) -> None:
        """Beside a slider a number as long as 0.00001 is seen whole, however large the text."""
        digits = QFontMetrics(theme.font(13)).horizontalAdvance("0.00001")
        least = digits + round(LINE_PADDING * theme.scale())
        self.line.setMinimumWidth(least)
        self.line.setMaximumWidth(max(least, round(84 * theme.scale())))

    def show_value(self, value: Any) -> None:
        super().show_value(value)
        if self.slider is not None and value is not None and not self.slider.isSliderDown():
            self.slider.blockSignals(True)
            self.slider.setValue(self._position(float(value)))
            self.slider.blockSignals(False)

    def _hint(self) -> str:
        """The unit, or what is typical; the limits stand in the tooltip and in a refusal."""
        return self.spec.unit or typical(self.spec) or dashed(self.spec.range_text())

    def _slid(self, position: int) -> None:
        value = self._at(position)
        self.line.setText(write(self.spec, value))
        self.edited.emit(value)
        if self.slider is not None and not self.slider.isSliderDown():
            self.settled.emit()

    def _at(self, position: int) -> float | int:
        share = position / SLIDER_STEPS
        if self.spec.logarithmic:
            value = self._low * (self._high / self._low) ** share
            value = float(f"{value:.2g}")
        else:
            value = self._low + share * (self._high - self._low)
            value = float(f"{value:.{_decimals(self._high - self._low)}f}")
        return round(value) if self.spec.kind == "integer" else value

    def _position(self, value: float) -> int:
        value = min(self._high, max(self._low, value))
        if self.spec.logarithmic:
            share = math.log(value / self._low) / math.log(self._high / self._low)
        else:
            share = (value - self._low) / (self._high - self._low)
        return round(share * SLIDER_STEPS)

    def _step(self, direction: int) -> None:
        """Up and Down: one more or less; for a logarithmic field ten steps to a power of ten."""
        if self._value is None:
            return
        value = float(self._value)
        if self.spec.kind == "integer":
            changed: float | int = int(value) + direction
        elif self.spec.logarithmic and value > 0:
            changed = float(f"{value * 10 ** (direction / 10):.2g}")
        else:
            unit = 10.0 ** (math.floor(math.log10(abs(value))) - 1) if value else 0.01
            changed = float(f"{value + direction * max(unit, 1e-6):.10g}")
        if self.spec.refusal(changed) is None:
            self._pause.stop()
            self.line.setText(write(self.spec, changed))
            self.edited.emit(changed)


class BooleanEditor(Editor):
    """On or off."""

    def __init__(self, spec: FieldSpec, parent: QWidget | None = None) -> None:
        super().__init__(spec, parent)
        self.box = QCheckBox("off")
        self.adopt(self.box)
        self.row.addWidget(self.box)
        self.row.addStretch(1)
        self.box.toggled.connect(self._toggled)

    def show_value(self, value: Any) -> None:
        self.box.blockSignals(True)
        self.box.setChecked(bool(value))
        self.box.setText("on" if value else "off")
        self.box.blockSignals(False)

    def _toggled(self, on: bool) -> None:
        self.box.setText("on" if on else "off")
        self.edited.emit(on)
        self.settled.emit()


class QuietCombo(QComboBox):
    """A combo box that the wheel changes only when it has the focus."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(4)

    def paintEvent(self, event: QPaintEvent) -> None:
        """As Qt does, but with text that is too long ending in dots."""
        painter = QStylePainter(self)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        room = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox,
            option,
            QStyle.SubControl.SC_ComboBoxEditField,
            self,
        )
        text = self.fontMetrics().elidedText(
            self.currentText(), Qt.TextElideMode.ElideRight, room.width() - 4
        )
        option.currentText = text  # type: ignore[attr-defined]
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()

    def wheelEvent(self, event: Any) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class ChoiceEditor(Editor):
    """One of several named values."""

    def __init__(self, spec: FieldSpec, parent: QWidget | None = None) -> None:
        super().__init__(spec, parent)
        self.combo = QuietCombo()
        for value, title in spec.options:
            self.combo.addItem(title, value)
        self.adopt(self.combo)
        self.row.addWidget(self.combo, 1)
        self.combo.activated.connect(self._chosen)

    def show_value(self, value: Any) -> None:
        self.combo.setCurrentIndex(self.combo.findData(value))

    def _chosen(self, index: int) -> None:
        self.edited.emit(self.combo.itemData(index))
        self.settled.emit()


class PathEditor(TextEditor):
    """A file or folder, typed or chosen in a dialog."""

    def __init__(self, spec: FieldSpec, parent: QWidget | None = None) -> None:
        super().__init__(spec, parent)
        self.button = QPushButton()
        self.button.setIcon(theme.icon("folder"))
        self.button.setProperty("role", "icon")
        self.name_it(self.button, ": choose")
        self.row.addWidget(self.button)
        self.button.clicked.connect(self._choose)

    def _choose(self) -> None:
        from nnstudio.ui import dialogs

        folder = "folder" in self.spec.name
        chosen = dialogs.choose_path(self, self.spec.label, self.line.text(), folder=folder)
        if chosen:
            self.line.setText(chosen)
            self.edited.emit(chosen)
            self.settled.emit()


def slider_bounds(spec: FieldSpec) -> tuple[float, float] | None:
    """From where to where a slider for this field goes; None where a field alone is better."""
    if spec.optional or spec.kind != "real":
        return None
    if spec.logarithmic:
        low = max(spec.minimum or 0.0, 1e-5)
        high = min(spec.maximum if spec.maximum is not None else 10.0, 10.0)
        return (low, high) if low < high else None
    if spec.minimum is None or spec.maximum is None:
        return None
    span = spec.maximum - spec.minimum
    if not 0 < span <= 10:
        return None
    # The ends that are excluded cannot be reached by the slider either.
    step = span / SLIDER_STEPS
    low = spec.minimum + (step if spec.open_minimum else 0.0)
    high = spec.maximum - (step if spec.open_maximum else 0.0)
    return low, high


def _decimals(span: float) -> int:
    return max(0, 2 - math.floor(math.log10(span))) if span < 10 else 1
