"""What the Try it panel is fed with: a text, sliders for numbers, or a drawing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QTextCharFormat,
    QTextCursor,
)
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QSlider,
    QTextEdit,
    QVBoxLayout,
    QWidget,
)

from nnstudio.data.dataset import Dataset
from nnstudio.project.model import Fitted
from nnstudio.ui import theme
from nnstudio.ui.dialogs import plain_label
from nnstudio.ui.panels.common import Page

if TYPE_CHECKING:
    from nnstudio.analysis.prediction import Prediction

STEPS = 200
EXAMPLES = 5_000
MOST_SLIDERS = 40


class Input(QWidget):
    """Base: ``changed`` says that there is another value to predict."""

    changed = Signal()
    invitation = ""

    def value(self) -> Any:
        """What is to be predicted, or None for nothing yet."""
        raise NotImplementedError

    def fits(self, raw: Any) -> bool:
        """Whether a text or raw numbers can be held."""
        now = self.value()
        return not isinstance(raw, str) and (now is None or len(raw) == len(now))

    def take(self, raw: Any) -> None:
        """Hold this text or these raw numbers."""
        raise NotImplementedError

    def show_prediction(self, prediction: Prediction | None) -> None:
        """Mark in the input what the prediction says about it."""


class _Edit(QPlainTextEdit):
    """A text field that takes the height there is and asks for no more than four lines."""

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self.minimumSizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(super().minimumSizeHint().width(), 4 * self.fontMetrics().lineSpacing() + 16)


class TextInput(Input):
    """A text; words the network does not know are struck through, those that pushed are tinted."""

    invitation = "Type a review"

    def __init__(self, dataset: Dataset | None) -> None:
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        self.edit = _Edit()
        self.edit.setPlaceholderText(
            "Type or paste a text, for instance what you thought of a film."
        )
        self.edit.setAccessibleName("Text to predict")
        self.edit.setTabChangesFocus(True)
        self.edit.textChanged.connect(self._typed)
        layout.addWidget(self.edit, 1)
        self.legend = plain_label("blue: towards · orange: away · struck out: unknown", "hint")
        self.legend.setToolTip(
            "Blue words pushed towards the prediction, orange ones away from it. "
            "Words that are struck out are not in the vocabulary."
        )
        layout.addWidget(self.legend)
        example = QPushButton("Take a test sample")
        example.setProperty("role", "flat")
        if dataset is not None:
            example.clicked.connect(lambda: self._example(dataset))
        else:
            example.hide()
        layout.addWidget(example, 0, Qt.AlignmentFlag.AlignLeft)
        self._next = 0

    def value(self) -> Any:
        text = self.edit.toPlainText()
        return text if text.strip() else None

    def fits(self, raw: Any) -> bool:
        return isinstance(raw, str)

    def take(self, raw: Any) -> None:
        self.edit.setPlainText(str(raw))

    def show_prediction(self, prediction: Prediction | None) -> None:
        marks: list[QTextEdit.ExtraSelection] = []
        text = self.edit.toPlainText()
        if prediction is not None and prediction.raw == text:
            index = prediction.winner if prediction.winner is not None else 0
            pushes = {p.column: float(p.by[index]) for p in prediction.pushes if index < len(p.by)}
            largest = max(map(abs, pushes.values()), default=0.0) or 1.0
            for start, end, column in prediction.words:
                push = pushes.get(column, 0.0) / largest if column is not None else None
                marks.append(self._mark(text, start, end, push))
        self.edit.setExtraSelections(marks)

    def _mark(self, text: str, start: int, end: int, push: float | None) -> Any:
        colours = theme.current()
        form = QTextCharFormat()
        if push is None:
            form.setForeground(colours.faint)
            form.setFontStrikeOut(True)
        elif abs(push) > 0.04:
            ground = QColor(colours.positive if push > 0 else colours.negative)
            ground.setAlphaF(0.10 + 0.38 * abs(push))
            form.setBackground(ground)
        mark = QTextEdit.ExtraSelection()
        cursor = QTextCursor(self.edit.document())
        cursor.setPosition(_units(text, start))
        cursor.setPosition(_units(text, end), QTextCursor.MoveMode.KeepAnchor)
        mark.cursor = cursor  # type: ignore[attr-defined]
        mark.format = form  # type: ignore[attr-defined]
        return mark

    def _typed(self) -> None:
        self.edit.setExtraSelections([])
        self.changed.emit()

    def _example(self, dataset: Dataset) -> None:
        samples = dataset.test or dataset.validation or dataset.train
        if samples.texts:
            self.edit.setPlainText(str(samples.texts[(self._next * 37) % len(samples)]))
            self._next += 1


class NumbersInput(Input):
    """A slider and a value for each input, over the range of the training data."""

    invitation = "Move a slider"

    def __init__(self, fitted: Fitted, dataset: Dataset | None) -> None:
        super().__init__()
        self._low, self._mean, self._high = ranges_of(fitted)
        self._high = np.where(self._high > self._low, self._high, self._low + 1.0)
        self._values = self._mean
        self._examples = examples_of(dataset, EXAMPLES)
        self._next = 0
        names = list(fitted.feature_names)
        page = Page("Inputs", part=True)
        inner = QWidget()
        grid = QGridLayout(inner)
        grid.setContentsMargins(0, 0, 8, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        self.sliders: list[QSlider] = []
        self._labels: list[Any] = []
        count = min(len(self._values), MOST_SLIDERS)
        for n in range(count):
            name = names[n] if n < len(names) else f"input {n}"
            label = plain_label(name, "secondary", wrap=False)
            slider = QSlider(Qt.Orientation.Horizontal)
            slider.setRange(0, STEPS)
            slider.setAccessibleName(name)
            slider.valueChanged.connect(lambda position, n=n: self._slid(n, position))
            value = plain_label("", wrap=False)
            value.setMinimumWidth(round(64 * theme.scale()))
            grid.addWidget(label, n, 0)
            grid.addWidget(slider, n, 1)
            grid.addWidget(value, n, 2)
            self.sliders.append(slider)
            self._labels.append(value)
        page.body.setContentsMargins(0, 0, 0, 0)
        page.body.addWidget(inner)
        rest = len(self._values) - count
        if rest > 0:
            page.body.addWidget(plain_label(f"{rest} more inputs stay at their average.", "hint"))
        page.body.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(page, 1)
        row = QHBoxLayout()
        average = QPushButton("Average")
        average.setProperty("role", "flat")
        average.clicked.connect(lambda: self.take(self._mean))
        example = QPushButton("Take a sample")
        example.setProperty("role", "flat")
        example.clicked.connect(self._example)
        if not len(self._examples):
            example.hide()
        row.addStretch(1)
        row.addWidget(average)
        row.addWidget(example)
        layout.addLayout(row)
        self.take(self._values)

    def value(self) -> Any:
        return self._values.tolist()

    def take(self, raw: Any) -> None:
        """Move all sliders."""
        self._values = np.array(raw, dtype=float)
        for n, slider in enumerate(self.sliders):
            share = (self._values[n] - self._low[n]) / (self._high[n] - self._low[n])
            slider.blockSignals(True)
            slider.setValue(round(float(share) * STEPS))
            slider.blockSignals(False)
            self._labels[n].setText(theme.number(self._values[n]))
        self.changed.emit()

    def _slid(self, n: int, position: int) -> None:
        self._values[n] = self._low[n] + position / STEPS * (self._high[n] - self._low[n])
        self._labels[n].setText(theme.number(self._values[n]))
        self.changed.emit()

    def _example(self) -> None:
        self.take(self._examples[(self._next * 37) % len(self._examples)])
        self._next += 1


class DrawInput(Input):
    """A grid to draw on with the mouse, as large as the pictures of the data."""

    invitation = "Draw a digit"

    def __init__(self, fitted: Fitted, dataset: Dataset | None, sizes: tuple[int, int]) -> None:
        super().__init__()
        self._examples = examples_of(dataset, 500)
        self._next = 0
        low, _, high = ranges_of(fitted)
        self.pad = DrawingPad(sizes, float(low.min()), float(high.max()))
        self.pad.changed.connect(self.changed)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.pad, 1)
        row = QHBoxLayout()
        row.addWidget(plain_label("Left button draws, right rubs out.", "hint"), 1)
        clear = QPushButton("Clear")
        clear.setProperty("role", "flat")
        clear.clicked.connect(self.pad.clear)
        example = QPushButton("Take a sample")
        example.setProperty("role", "flat")
        example.clicked.connect(self._example)
        if not len(self._examples):
            example.hide()
        row.addWidget(clear)
        row.addWidget(example)
        layout.addLayout(row)

    def value(self) -> Any:
        return self.pad.values.reshape(-1).tolist() if self.pad.drawn else None

    def fits(self, raw: Any) -> bool:
        return not isinstance(raw, str) and len(raw) == self.pad.values.size

    def take(self, raw: Any) -> None:
        self.pad.show_values(np.asarray(raw))

    def _example(self) -> None:
        self.pad.show_values(self._examples[(self._next * 37) % len(self._examples)])
        self._next += 1


def examples_of(dataset: Dataset | None, most: int) -> np.ndarray[Any, Any]:
    """Raw training inputs, one row each; none without the data."""
    if dataset is None:
        return np.zeros((0, 0))
    count = min(most, len(dataset.train))
    x = np.asarray(dataset.train.x[:count], dtype=float).reshape(count, -1)
    if dataset.offset is not None and dataset.scale is not None:
        x = x * np.reshape(dataset.scale, -1) + np.reshape(dataset.offset, -1)
    return x


def ranges_of(fitted: Fitted) -> tuple[np.ndarray[Any, Any], ...]:
    """The least, mean and greatest raw value of every input."""
    size = int(np.prod(fitted.signature.input_shape)) if fitted.signature is not None else 1
    if fitted.ranges is not None and fitted.ranges.shape[1] == size:
        return tuple(np.array(row, dtype=float) for row in fitted.ranges)
    if fitted.offset is not None and fitted.scale is not None:
        mean, step = np.reshape(fitted.offset, -1), np.reshape(fitted.scale, -1)
        return mean - 3.0 * step, np.array(mean), mean + 3.0 * step
    return np.zeros(size), np.full(size, 0.5), np.ones(size)


class DrawingPad(QWidget):
    """A grid of pixels; a stroke darkens its pixel and, more lightly, the neighbours."""

    changed = Signal()

    def __init__(self, sizes: tuple[int, int], low: float, high: float) -> None:
        super().__init__()
        self._low, self._high = low, high if high > low else low + 1.0
        self.values = np.full(sizes, low)
        self._cursor = (sizes[0] // 2, sizes[1] // 2)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setAccessibleName("Drawing pad")
        self.setAccessibleDescription("Arrow keys move, Space draws, Delete rubs out")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.notifier.changed.connect(self.update)

    @property
    def drawn(self) -> bool:
        """Whether there is anything on it."""
        return bool((self.values > self._low).any())

    def sizeHint(self) -> QSize:
        return QSize(220, 110)  # it takes what there is; asking for more would cut it off

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 110)

    def clear(self) -> None:
        self.values[:] = self._low
        self.update()
        self.changed.emit()

    def show_values(self, values: np.ndarray[Any, Any]) -> None:
        self.values = np.array(values, dtype=float).reshape(self.values.shape)
        self.update()
        self.changed.emit()

    def dab(self, row: int, column: int, *, rub: bool = False) -> None:
        """Draw (or rub out) at a pixel."""
        span = self._high - self._low
        rows, columns = self.values.shape
        for r in range(max(0, row - 1), min(rows, row + 2)):
            for c in range(max(0, column - 1), min(columns, column + 2)):
                distance = abs(r - row) + abs(c - column)
                if rub:
                    if distance == 0:
                        self.values[r, c] = self._low
                    continue
                strength = (1.0, 0.22, 0.0)[distance]
                self.values[r, c] = max(self.values[r, c], self._low + strength * span)
        self.update()
        self.changed.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._stroke(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._stroke(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row, column = self._cursor
        rows, columns = self.values.shape
        moves = {
            Qt.Key.Key_Left: (0, -1),
            Qt.Key.Key_Right: (0, 1),
            Qt.Key.Key_Up: (-1, 0),
            Qt.Key.Key_Down: (1, 0),
        }
        if event.key() in moves:
            down, across = moves[Qt.Key(event.key())]
            self._cursor = (
                min(rows - 1, max(0, row + down)),
                min(columns - 1, max(0, column + across)),
            )
            self.update()
        elif event.key() == Qt.Key.Key_Space:
            self.dab(row, column)
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.dab(row, column, rub=True)
        else:
            super().keyPressEvent(event)

    @theme.painting
    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.current()
        painter = QPainter(self)
        box, side = self._box()
        span = self._high - self._low
        painter.setPen(QPen(colours.border, 1))
        for row in range(self.values.shape[0]):
            for column in range(self.values.shape[1]):
                share = float(np.clip((self.values[row, column] - self._low) / span, 0, 1))
                ink = QColor(colours.text)
                ink.setAlphaF(share)
                cell = QRectF(box.left() + column * side, box.top() + row * side, side, side)
                painter.fillRect(cell, colours.field)
                painter.fillRect(cell, ink)
                painter.drawRect(cell)
        if self.hasFocus():
            row, column = self._cursor
            painter.setPen(QPen(colours.accent, 2))
            painter.drawRect(QRectF(box.left() + column * side, box.top() + row * side, side, side))
        painter.end()

    def _stroke(self, event: QMouseEvent) -> None:
        buttons = event.buttons()
        if not buttons & (Qt.MouseButton.LeftButton | Qt.MouseButton.RightButton):
            return
        cell = self._cell_at(event.position())
        if cell is not None:
            self._cursor = cell
            self.dab(*cell, rub=bool(buttons & Qt.MouseButton.RightButton))

    def _cell_at(self, at: QPointF) -> tuple[int, int] | None:
        box, side = self._box()
        if not box.contains(at):
            return None
        rows, columns = self.values.shape
        return (
            min(rows - 1, int((at.y() - box.top()) / side)),
            min(columns - 1, int((at.x() - box.left()) / side)),
        )

    def _box(self) -> tuple[QRectF, float]:
        rows, columns = self.values.shape
        side = min((self.width() - 4) / columns, (self.height() - 4) / rows)
        box = QRectF(0, 0, side * columns, side * rows)
        box.moveCenter(QPointF(self.width() / 2, self.height() / 2))
        return box, side


def _units(text: str, position: int) -> int:
    """Qt counts UTF-16 units where Python counts characters."""
    return position + sum(ord(character) > 0xFFFF for character in text[:position])
