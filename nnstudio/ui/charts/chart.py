"""A chart: lines over an x axis, a marker with its band, a legend, and a crosshair.

`Figure` is what is shown; `Chart` the widget that shows it. `paint_figure` draws a figure into any
rectangle of any painter, so a PNG or SVG is the same picture.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget
from shiboken6 import VoidPtr

from nnstudio.ui import theme
from nnstudio.ui.charts.ticks import Axis, linear, logarithmic

Array = np.ndarray[Any, Any]
PointsFor = Callable[[float, float, int], tuple[Array, Array]]


@dataclass(frozen=True)
class Line:
    """A line. ``points`` gives its x and y for a range of x on so many pixels.

    A ``faint`` line is background: thin, pale and without a place in legend and crosshair. A
    ``thin`` one is there to compare with.
    """

    name: str
    points: PointsFor
    extremes: tuple[float, float] | None
    colour: QColor
    dashed: bool = False
    faint: bool = False
    thin: bool = False
    read: Callable[[float], float | None] = lambda x: None


@dataclass(frozen=True)
class Marker:
    """A vertical line at x with a dot at y; right of it, up to ``until``, the ground is tinted."""

    x: float
    y: float | None
    until: float
    title: str
    text: str


@dataclass(frozen=True)
class Break:
    """A dashed vertical line at x where the lines are interrupted, and why in words."""

    x: float
    text: str


@dataclass(frozen=True)
class Figure:
    """All that a chart shows. ``whole`` says that x counts something."""

    title: str = ""
    lines: tuple[Line, ...] = ()
    x_range: tuple[float, float] = (0.0, 1.0)
    x_name: str = ""
    whole: bool = True
    log: bool = False
    least: tuple[float, float] | None = None  # a range of y that is always shown
    marker: Marker | None = None
    breaks: tuple[Break, ...] = ()
    read_x: Callable[[float], str] = field(default=lambda x: theme.number(x))


class Chart(QWidget):
    """Shows a figure; tells where the pointer is, so that several charts share a crosshair."""

    pointed = Signal(object)  # the x under the pointer, or None
    clicked = Signal(float, object)  # the x there, and the name of the nearest line

    def __init__(self, name: str) -> None:
        super().__init__()
        self.figure = Figure()
        self._pointer: float | None = None
        self.setMouseTracking(True)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(180, 110)
        theme.notifier.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(420, 190)

    def show_figure(self, figure: Figure) -> None:
        self.figure = figure
        self.update()

    def point_at(self, x: float | None) -> None:
        """Show the crosshair at this x."""
        if x != self._pointer:
            self._pointer = x
            self.update()

    @theme.painting
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_figure(painter, QRectF(self.rect()), self.figure, self._pointer)
        painter.end()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        plot = _plot_box(QRectF(self.rect()), _y_axis(self.figure, QRectF(self.rect())))
        share = (event.position().x() - plot.left()) / max(1.0, plot.width())
        if not self.figure.lines or not -0.02 <= share <= 1.02:
            self.pointed.emit(None)
            return
        low, high = self.figure.x_range
        self.pointed.emit(low + min(1.0, max(0.0, share)) * (high - low))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        axis = _y_axis(self.figure, QRectF(self.rect()))
        plot = _plot_box(QRectF(self.rect()), axis)
        if self.figure.lines and plot.contains(event.position()):
            low, high = self.figure.x_range
            share = (event.position().x() - plot.left()) / max(1.0, plot.width())
            x = low + share * (high - low)
            height = (plot.bottom() - event.position().y()) / max(1.0, plot.height())
            self.clicked.emit(x, self._nearest(x, height, axis))

    def _nearest(self, x: float, height: float, axis: Axis) -> str:
        """The strong line that runs nearest to a height, 0 to 1, at x."""
        found = [
            (abs(axis.share(value) - height), line.name)
            for line in self.figure.lines
            if not line.faint and (value := line.read(x)) is not None and np.isfinite(value)
        ]
        return min(found)[1] if found else ""

    def leaveEvent(self, event: Any) -> None:
        self.pointed.emit(None)
        super().leaveEvent(event)


def paint_figure(
    painter: QPainter, box: QRectF, figure: Figure, pointer: float | None = None
) -> None:
    """Draw a figure into a rectangle."""
    colours = theme.current()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    y_axis = _y_axis(figure, box)
    plot = _plot_box(box, y_axis)
    most = max(2, int(plot.width() / (52 * theme.scale())))
    x_axis = linear(*figure.x_range, most, whole=figure.whole, loose=False)
    while len(x_axis.ticks) < 2 and most < 9:
        most += 1
        x_axis = linear(*figure.x_range, most, whole=figure.whole, loose=False)
    x_axis = Axis(*figure.x_range, x_axis.ticks, x_axis.labels)
    place = _Place(plot, x_axis, y_axis)
    _paint_head(painter, box, plot, figure)
    if figure.marker is not None:
        right = place.x(figure.marker.until)
        left = place.x(figure.marker.x)
        painter.fillRect(
            QRectF(left, plot.top(), right - left, plot.height()), colours.over_trained
        )
    _paint_axes(painter, plot, place, figure)
    painter.save()
    painter.setClipRect(plot.adjusted(-1, -2, 2, 2))
    for line in sorted(figure.lines, key=lambda line: not line.faint):
        _paint_line(painter, place, line)
    painter.restore()
    for found in figure.breaks:
        _paint_break(painter, plot, place, found)
    if figure.marker is not None:
        _paint_marker(painter, plot, place, figure.marker)
    if pointer is not None and figure.lines:
        _paint_crosshair(painter, plot, place, figure, pointer)


@dataclass(frozen=True)
class _Place:
    """From values to pixels."""

    plot: QRectF
    x_axis: Axis
    y_axis: Axis

    def x(self, value: float) -> float:
        return self.plot.left() + self.x_axis.share(value) * self.plot.width()

    def y(self, value: float) -> float:
        return self.plot.bottom() - self.y_axis.share(value) * self.plot.height()

    def polygon(self, x: Array, y: Array) -> QPolygonF:
        """The line through finite points, clipped where the painter's numbers would grow large."""
        low, high = self.x_axis.low, self.x_axis.high
        across = self.plot.left() + (x - low) / (high - low) * self.plot.width()
        bottom, top = self.y_axis.low, self.y_axis.high
        if self.y_axis.logarithmic:
            y, bottom, top = np.log10(np.maximum(y, 1e-300)), np.log10(bottom), np.log10(top)
        up = self.plot.bottom() - (y - bottom) / (top - bottom) * self.plot.height()
        up = np.clip(up, self.plot.top() - 4000, self.plot.bottom() + 4000)
        return _polygon(across, up)


def _polygon(x: Array, y: Array) -> QPolygonF:
    """A polygon whose memory is filled at once; point by point takes a hundred times as long."""
    made = QPolygonF()
    made.resize(x.size)
    memory: Any = VoidPtr(made.data(), 16 * x.size, True)  # type: ignore[call-arg, arg-type]
    points = np.frombuffer(memory, dtype=np.float64).reshape(-1, 2)
    points[:, 0] = x
    points[:, 1] = y
    return made


def _y_axis(figure: Figure, box: QRectF) -> Axis:
    most = max(2, min(7, int((box.height() - 50) / (32 * theme.scale()))))
    found = [line.extremes for line in figure.lines if line.extremes is not None]
    strong = [
        line.extremes for line in figure.lines if line.extremes is not None and not line.faint
    ]
    if not found:
        return linear(0.0, 1.0, most)
    low, high = min(e[0] for e in found), max(e[1] for e in found)
    if strong and not figure.log:
        # A few wild batches must not press the curves flat.
        bottom, top = min(e[0] for e in strong), max(e[1] for e in strong)
        room = max(top - bottom, 0.05 * abs(top), 1e-9)
        low, high = max(low, bottom - 0.5 * room), min(high, top + 0.5 * room)
    if figure.least is not None:
        low, high = min(low, figure.least[0]), max(high, figure.least[1])
    if figure.log and high > 0:
        return logarithmic(max(low, high * 1e-12), high, most)
    return linear(low, high, most)


def _plot_box(box: QRectF, y_axis: Axis) -> QRectF:
    scale = theme.scale()
    longest = max((len(label) for label in y_axis.labels), default=3)
    left = max(38.0, 9 + 6.8 * longest) * scale
    plot = box.adjusted(left, 24 * scale, -14, -36 * scale)
    return plot if plot.height() > 10 else QRectF(box.left() + left, box.top(), 10, 10)


def _paint_head(painter: QPainter, box: QRectF, plot: QRectF, figure: Figure) -> None:
    colours = theme.current()
    baseline = box.top() + 13 * theme.scale()
    painter.setFont(theme.font(12, 600))
    painter.setPen(colours.text)
    painter.drawText(QPointF(plot.left(), baseline), figure.title)
    taken = plot.left() + painter.fontMetrics().horizontalAdvance(figure.title) + 16
    painter.setFont(theme.font(11))
    metrics = painter.fontMetrics()
    x = plot.right()
    strong = [line for line in figure.lines if not line.faint]
    names = [line.name for line in strong]
    if taken + sum(metrics.horizontalAdvance(name) + 36 for name in names) > x:
        names = [name if len(name) < 7 else name[:5] for name in names]
    if taken + sum(metrics.horizontalAdvance(name) + 36 for name in names) > x:
        return
    for line, name in zip(reversed(strong), reversed(names), strict=True):
        x -= metrics.horizontalAdvance(name)
        painter.setPen(colours.secondary)
        painter.drawText(QPointF(x, baseline), name)
        pen = _pen(line.colour, 1.0 if line.thin else 2.0, line.dashed, 2.2)
        painter.setPen(pen)
        y = baseline - metrics.ascent() / 2 + 1.5
        painter.drawLine(QPointF(x - 22, y), QPointF(x - 5, y))
        x -= 36


def _paint_axes(painter: QPainter, plot: QRectF, place: _Place, figure: Figure) -> None:
    colours = theme.current()
    painter.setFont(theme.font(11))
    metrics = painter.fontMetrics()
    for tick, label in zip(place.y_axis.ticks, place.y_axis.labels, strict=True):
        y = round(place.y(tick)) + 0.5
        painter.fillRect(QRectF(plot.left(), y - 0.5, plot.width(), 1), colours.grid)
        painter.setPen(colours.secondary)
        x = plot.left() - 8 - metrics.horizontalAdvance(label)
        painter.drawText(QPointF(x, y + metrics.ascent() / 2 - 1.5), label)
    painter.setPen(colours.secondary)
    base = plot.bottom() + 6 + metrics.ascent()
    for tick, label in zip(place.x_axis.ticks, place.x_axis.labels, strict=True):
        width = metrics.horizontalAdvance(label)
        painter.drawText(QPointF(place.x(tick) - width / 2, base), label)
    if figure.x_name:
        painter.setPen(colours.faint)
        width = metrics.horizontalAdvance(figure.x_name)
        painter.drawText(
            QPointF(plot.center().x() - width / 2, base + metrics.height()), figure.x_name
        )


def _paint_line(painter: QPainter, place: _Place, line: Line) -> None:
    axis = place.x_axis
    x, y = line.points(axis.low, axis.high, max(2, int(place.plot.width())))
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if x.size == 0:
        return
    colour = QColor(line.colour)
    if line.faint:
        colour.setAlphaF(0.28)
    width = 1.0 if line.faint or line.thin else 2.0
    painter.setPen(_pen(colour, width, line.dashed, 3.0))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    finite = np.isfinite(y)
    breaks = np.flatnonzero(np.diff(finite.astype(np.int8))) + 1
    for part_x, part_y in zip(np.split(x, breaks), np.split(y, breaks), strict=True):
        if not np.isfinite(part_y[0]):
            continue
        if len(part_x) == 1:
            if not line.faint:
                at = QPointF(place.x(float(part_x[0])), place.y(float(part_y[0])))
                painter.save()
                painter.setBrush(colour)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.drawEllipse(at, 3.0, 3.0)
                painter.restore()
            continue
        # Where every pixel column has its stroke, smooth edges cost much and show nothing.
        dense = line.faint and len(part_x) > place.plot.width()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, not dense)
        painter.drawPolyline(place.polygon(part_x, part_y))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)


def _paint_break(painter: QPainter, plot: QRectF, place: _Place, found: Break) -> None:
    colours = theme.current()
    x = place.x(found.x)
    painter.setPen(_pen(colours.secondary, 1.0, True, 3.0))
    painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
    painter.setFont(theme.font(11))
    metrics = painter.fontMetrics()
    wide = metrics.horizontalAdvance(found.text)
    if wide > plot.width() - 6:
        return  # no room for words; the line and the gap remain
    left = x + 6 if x + 6 + wide <= plot.right() else x - 6 - wide
    left = max(plot.left() + 3, left)
    at = QPointF(left, plot.bottom() - metrics.descent() - 3)
    ground = QColor(colours.panel)
    ground.setAlphaF(0.78)
    painter.fillRect(
        QRectF(left - 2, at.y() - metrics.ascent(), wide + 4, metrics.height()), ground
    )
    painter.setPen(colours.secondary)
    painter.drawText(at, found.text)


def _paint_marker(painter: QPainter, plot: QRectF, place: _Place, marker: Marker) -> None:
    colours = theme.current()
    x = place.x(marker.x)
    painter.setPen(QPen(colours.text, 1.5))
    painter.drawLine(QPointF(x, plot.top() - 4), QPointF(x, plot.bottom()))
    if marker.y is not None and np.isfinite(marker.y):
        painter.setPen(QPen(colours.text, 1.75))
        painter.setBrush(colours.panel)
        painter.drawEllipse(QPointF(x, place.y(marker.y)), 4.25, 4.25)
    bold, plain = theme.font(11, 600), theme.font(11)
    painter.setFont(bold)
    width = painter.fontMetrics().horizontalAdvance(marker.title)
    line = painter.fontMetrics().height() + 1
    if width > plot.width() - 6:
        return  # no room for words; the line and the dot remain
    right_side = x + 8 + width <= plot.right()
    top = plot.top() + painter.fontMetrics().ascent() + 2
    for n, (text, font, colour) in enumerate(
        ((marker.title, bold, colours.text), (marker.text, plain, colours.secondary))
    ):
        painter.setFont(font)
        wide = painter.fontMetrics().horizontalAdvance(text)
        left = x + 8 if right_side else x - 8 - wide
        left = max(plot.left() + 3, min(left, plot.right() - wide))
        ground = QColor(colours.over_trained if right_side else colours.panel)
        ground.setAlphaF(0.78)
        at = QPointF(left, top + n * line)
        box = QRectF(left - 2, at.y() - painter.fontMetrics().ascent(), wide + 4, line)
        painter.fillRect(box, ground)
        painter.setPen(colour)
        painter.drawText(at, text)


def _paint_crosshair(
    painter: QPainter, plot: QRectF, place: _Place, figure: Figure, pointer: float
) -> None:
    colours = theme.current()
    x = place.x(pointer)
    painter.setPen(QPen(colours.border_strong, 1, Qt.PenStyle.DotLine))
    painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
    rows: list[tuple[str, QColor]] = [(figure.read_x(pointer), colours.secondary)]
    for line in figure.lines:
        value = line.read(pointer)
        if value is None or not np.isfinite(value):
            continue
        if not line.faint:
            painter.setPen(QPen(line.colour, 1.75))
            painter.setBrush(colours.panel)
            painter.drawEllipse(QPointF(x, place.y(value)), 3.5, 3.5)
        rows.append((f"{line.name} {theme.number(value)}", colours.text))
    painter.setFont(theme.font(11))
    metrics = painter.fontMetrics()
    width = max(metrics.horizontalAdvance(text) for text, _ in rows) + 16
    height = metrics.height() * len(rows) + 10
    left = x + 10 if x + 10 + width <= plot.right() + 10 else x - 10 - width
    box = QRectF(left, plot.bottom() - height - 6, width, height)
    painter.setPen(QPen(colours.border, 1))
    painter.setBrush(colours.panel)
    painter.drawRoundedRect(box, 5, 5)
    for n, (text, colour) in enumerate(rows):
        painter.setPen(colour)
        y = box.top() + 5 + metrics.ascent() + n * metrics.height()
        painter.drawText(QPointF(box.left() + 8, y), text)


def _pen(colour: QColor, width: float, dashed: bool, dash: float) -> QPen:
    pen = QPen(colour, width)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap if dashed else Qt.PenCapStyle.RoundCap)
    if dashed:
        pen.setDashPattern([dash, dash * 0.7])
    return pen
