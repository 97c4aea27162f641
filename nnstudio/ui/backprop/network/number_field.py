"""A small field for a whole number, which also listens to the wheel and to the arrow keys."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIntValidator, QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QLineEdit, QSizePolicy

from nnstudio.ui import theme
from nnstudio.ui.text import tooltip


class NumberField(QLineEdit):
    """Holds a number from ``minimum`` to ``maximum``; ``changed`` carries a new one."""

    changed = Signal(int)

    def __init__(self, name: str, minimum: int = 0) -> None:
        super().__init__()
        self._minimum, self._maximum, self._value = minimum, minimum, minimum
        self._name = name
        self._validator = QIntValidator(self)
        self.setValidator(self._validator)
        self.setAccessibleName(name)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.editingFinished.connect(self._typed)
        self.set_maximum(minimum)
        self.set_value(minimum)

    @property
    def value(self) -> int:
        return self._value

    @property
    def maximum(self) -> int:
        return self._maximum

    def set_maximum(self, maximum: int) -> None:
        """The largest number; a larger one that stands there is cut, silently."""
        self._maximum = max(self._minimum, maximum)
        self._validator.setRange(self._minimum, self._maximum)
        self.setToolTip(tooltip(f"{self._name}: {self._minimum:,} to {self._maximum:,}"))
        if self._value > self._maximum:
            self.set_value(self._maximum)
        self.updateGeometry()

    def set_value(self, value: int) -> None:
        """Show a number without telling anybody."""
        self._value = min(max(value, self._minimum), self._maximum)
        self.setText(str(self._value))

    def choose(self, value: int) -> None:
        """Show a number, and tell if it is another one."""
        before = self._value
        self.set_value(value)
        if self._value != before:
            self.changed.emit(self._value)

    def sizeHint(self) -> QSize:
        digits = max(3, len(str(self._maximum)))
        width = self.fontMetrics().horizontalAdvance("0" * digits) + round(24 * theme.scale())
        return QSize(width, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def _typed(self) -> None:
        if self.text().isdecimal():
            self.choose(int(self.text()))
        else:
            self.set_value(self._value)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus() and event.angleDelta().y():
            self.choose(self._value + (1 if event.angleDelta().y() > 0 else -1))
            event.accept()
        else:
            event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Up: 1,
            Qt.Key.Key_Down: -1,
            Qt.Key.Key_PageUp: 10,
            Qt.Key.Key_PageDown: -10,
        }
        step = steps.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self.choose(self._value + step)
