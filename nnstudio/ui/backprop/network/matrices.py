"""The arrays of an operation side by side as heat maps: operands, an arrow, the result.

Numbers stand in the cells where there is room. Pointing at a cell shows its number in full and
lights what it was computed from; a click opens it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from nnstudio.analysis.expression.numbers import exact, significant
from nnstudio.analysis.network_pass import Number
from nnstudio.ui import theme
from nnstudio.ui.backprop.network.sheet import Sheet, pooled
from nnstudio.ui.canvas.thumbnails import heat_image
from nnstudio.ui.text import tooltip

GAP = 24
LEAST = 26  # pixels of width for the narrowest sheet
CAPTION = 20
MOST_NUMBERS = 900
LARGEST_CELL = (66.0, 26.0)
SCALE, LEAST_WITH_SCALE = 24.0, 110.0  # height of a scale, and of a strip that has room for it
COLOURED_CELL, FEW_COLUMNS = 6.0, 8  # width of a cell without a number; rows shorter keep theirs
NARROWEST = 16.0  # pixels of an array that would be a mere line in its own proportions


@dataclass
class Placed:
    """A sheet with the box it is painted in."""

    sheet: Sheet
    box: QRectF
    image: QPixmap | None = None

    def cell_at(self, at: QPointF) -> tuple[int, int] | None:
        """Row and column under a point."""
        if not self.box.contains(at):
            return None
        rows, columns = self.sheet.cells.shape
        row = int((at.y() - self.box.top()) / self.box.height() * rows)
        column = int((at.x() - self.box.left()) / self.box.width() * columns)
        return min(row, rows - 1), min(column, columns - 1)

    def rect_of(self, row: int, column: int) -> QRectF:
        rows, columns = self.sheet.cells.shape
        width, height = self.box.width() / columns, self.box.height() / rows
        return QRectF(
            self.box.left() + column * width, self.box.top() + row * height, width, height
        )


class MatrixStrip(QWidget):
    """Paints the sheets of one operation. ``opened`` carries the number that was clicked."""

    opened = Signal(object)
    unit_chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._placed: list[Placed] = []
        self._signs: tuple[str, ...] = ()
        self._marked: Number | None = None
        self._hovered: Number | None = None
        self._names: dict[str, int] = {}
        self._digits = 4
        self.setMouseTracking(True)
        self.setAccessibleName("Arrays of this step as heat maps")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.notifier.changed.connect(self._forget)

    @property
    def sheets(self) -> list[Sheet]:
        return [placed.sheet for placed in self._placed]

    def show_sheets(
        self,
        sheets: Sequence[Sheet],
        signs: Sequence[str],
        marked: Number | None,
        digits: int,
    ) -> None:
        """Show other arrays; ``signs`` stand between them; ``marked`` is the number in work."""
        same = [sheet.shown for sheet in sheets] == [p.sheet.shown for p in self._placed]
        kept = {p.sheet.shown: p for p in self._placed} if same else {}
        self._placed = []
        for sheet in sheets:
            before = kept.get(sheet.shown)
            placed = Placed(sheet, QRectF())
            if before is not None and np.array_equal(
                before.sheet.cells, sheet.cells, equal_nan=True
            ):
                placed.image = before.image
            self._placed.append(placed)
        self._signs = tuple(signs)
        self._marked = marked
        self._names = self._names_of(marked)
        self._digits = digits
        self._place()
        self.setAccessibleDescription(
            "; ".join(f"{s.shown.symbol} {s.size_text}".strip() for s in sheets)
        )
        self.update()

    def text(self) -> str:
        """All numbers that are shown, tab-separated, as far as a person could want them."""
        lines = []
        for sheet in self.sheets:
            lines.append(f"{sheet.shown.symbol}  {sheet.size_text}".strip())
            lines += [
                "\t".join("" if np.isnan(v) else repr(float(v)) for v in row)
                for row in sheet.cells[:400]
            ]
            lines.append("")
        return "\n".join(lines)

    def sizeHint(self) -> QSize:
        return QSize(480, 180)

    def minimumSizeHint(self) -> QSize:
        return QSize(110, 90)

    # ---- where things are ------------------------------------------------------------------------

    def _place(self) -> None:
        if not self._placed:
            return
        scale = theme.scale()
        caption = CAPTION * scale
        gaps = GAP * scale * (len(self._placed) - 1)
        room = max(40.0, self.width() - gaps - 8)
        height = max(20.0, self.height() - caption - 8 - self._scale_room())
        wanted = [self._wanted(placed.sheet, height) for placed in self._placed]
        if sum(wanted) > room:  # too tight to write numbers into wide rows: colours need less
            wanted = [
                min(w, max(44.0, placed.sheet.cells.shape[1] * COLOURED_CELL * scale, 0.6 * height))
                if placed.sheet.cells.shape[1] > FEW_COLUMNS
                else w
                for w, placed in zip(wanted, self._placed, strict=True)
            ]
        # Everybody gets a little; what is left is shared by what is still wanted.
        least = [min(w, LEAST * scale) for w in wanted]
        more = [w - m for w, m in zip(wanted, least, strict=True)]
        spare = max(0.0, room - sum(least))
        factor = min(1.0, spare / sum(more)) if sum(more) else 0.0
        x = 4.0
        for placed, m, extra in zip(self._placed, least, more, strict=True):
            width = m + extra * factor
            before = placed.box.size()
            wide, tall = _proportions(placed.sheet, width, height)
            top = caption + 4 + (height - tall) / 2
            placed.box = QRectF(x + (width - wide) / 2, top, wide, tall)
            if placed.box.size() != before:
                placed.image = None
            x += width + GAP * scale

    def _scale_room(self) -> float:
        """The height that the scales below the arrays take, 0 where there is no room for them."""
        return SCALE * theme.scale() if self.height() >= LEAST_WITH_SCALE * theme.scale() else 0.0

    def _wanted(self, sheet: Sheet, height: float) -> float:
        rows, columns = sheet.cells.shape
        cell = min(LARGEST_CELL[0] * theme.scale(), max(5.0, height / rows * 2.4))
        if sheet.cells.size > MOST_NUMBERS:
            cell = height / rows  # as high as it is wide
        caption = QFontMetricsF(theme.font(12, 600)).horizontalAdvance(
            f"{sheet.shown.symbol}  {sheet.size_text}"
        )
        return max(min(columns * cell, 900.0), min(caption, 160.0), 44.0)

    def resizeEvent(self, event: object) -> None:
        self._place()

    def _forget(self) -> None:
        for placed in self._placed:
            placed.image = None
        self._place()
        self.update()

    # ---- painting --------------------------------------------------------------------------------

    @theme.painting
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for place, placed in enumerate(self._placed):
            self._paint_caption(painter, placed)
            self._paint_cells(painter, placed)
            self._paint_lit(painter, placed)
            if self._scale_room() and placed.sheet.cells.size > 1:
                right = (
                    self._placed[place + 1].box.left() if place + 1 < len(self._placed) else None
                )
                self._paint_scale(painter, placed, right or self.width() - 2.0)
            if place + 1 < len(self._placed) and place < len(self._signs):
                self._paint_sign(painter, placed.box, self._placed[place + 1].box, place)
        painter.end()

    def _paint_caption(self, painter: QPainter, placed: Placed) -> None:
        colours = theme.current()
        painter.setFont(theme.font(12, 600))
        painter.setPen(colours.text)
        metrics = painter.fontMetrics()
        base = placed.box.top() - 6
        painter.drawText(QPointF(placed.box.left(), base), placed.sheet.shown.symbol)
        across = metrics.horizontalAdvance(placed.sheet.shown.symbol) + 8
        painter.setFont(theme.font(11))
        painter.setPen(colours.faint)
        room = placed.box.width() - across + GAP * theme.scale() * 0.8
        size = painter.fontMetrics().elidedText(
            placed.sheet.size_text, Qt.TextElideMode.ElideRight, int(max(0, room))
        )
        painter.drawText(QPointF(placed.box.left() + across, base), size)

    def _paint_cells(self, painter: QPainter, placed: Placed) -> None:
        colours = theme.current()
        box = placed.box
        if placed.image is None:
            ratio = self.devicePixelRatioF()
            cells = pooled(
                placed.sheet.cells,
                max(1, int(box.height() * ratio)),
                max(1, int(box.width() * ratio)),
            )
            image = heat_image(cells / placed.sheet.limit, colours)
            placed.image = QPixmap.fromImage(image)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        painter.drawPixmap(box, placed.image, QRectF(placed.image.rect()))
        rows, columns = placed.sheet.cells.shape
        width, height = box.width() / columns, box.height() / rows
        if width >= 7 and height >= 7:
            painter.setPen(QPen(colours.panel, 1))
            for column in range(1, columns):
                x = box.left() + column * width
                painter.drawLine(QPointF(x, box.top()), QPointF(x, box.bottom()))
            for row in range(1, rows):
                y = box.top() + row * height
                painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y))
        self._paint_numbers(painter, placed, width, height)
        painter.setPen(QPen(colours.border, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(box)

    def _paint_scale(self, painter: QPainter, placed: Placed, right: float) -> None:
        """A bar below the array: which number each colour stands for."""
        colours, box, sheet = theme.current(), placed.box, placed.sheet
        painter.setFont(theme.font(9.5))
        metrics = painter.fontMetrics()
        low, high = sheet.span
        bar = QRectF(box.left(), box.bottom() + 4, box.width(), 5)
        values = np.linspace(low, high, 64)[None, :] / sheet.limit
        painter.drawImage(bar, heat_image(values, colours))
        painter.setPen(QPen(colours.border, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(bar)
        labels = [_scale_text(value, sheet) for value in (low, high)]
        widths = [metrics.horizontalAdvance(text) for text in labels]
        painter.setPen(colours.secondary)
        base = bar.bottom() + 2 + metrics.ascent()
        if sum(widths) + 6 <= box.width() or low == 0 or high == 0:
            painter.drawText(QPointF(box.left(), base), labels[0])
            end = max(box.right() - widths[1], box.left() + widths[0] + 6)
            painter.drawText(QPointF(min(end, right - widths[1] - 2), base), labels[1])
        else:
            painter.drawText(QPointF(box.left(), base), f"± {significant(sheet.limit, 2)}")

    def _paint_numbers(
        self, painter: QPainter, placed: Placed, width: float, height: float
    ) -> None:
        font = theme.font(11)
        metrics = QFontMetricsF(font)
        if height < metrics.height() - 1:
            return
        limit, cells = placed.sheet.limit, placed.sheet.cells
        if cells.size > MOST_NUMBERS or width < metrics.horizontalAdvance("0.0") + 4:
            return
        for digits in dict.fromkeys((self._digits, 3, 2)):
            texts = [[_written(float(v), digits) for v in row] for row in cells]
            widest = max(metrics.horizontalAdvance(text) for row in texts for text in row)
            if widest + 4 <= width:
                break
        else:
            return
        painter.setFont(font)
        for row, line in enumerate(texts):
            for column, text in enumerate(line):
                painter.setPen(_ink(float(cells[row, column]) / limit))
                cell = placed.rect_of(row, column)
                painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_lit(self, painter: QPainter, placed: Placed) -> None:
        if not self._names:
            return
        lit = placed.sheet.lit(self._names)
        if lit is None or not lit.any() or lit.all():
            return
        colours = theme.current()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        rows, columns = np.nonzero(lit)
        area = placed.rect_of(int(rows.min()), int(columns.min())).united(
            placed.rect_of(int(rows.max()), int(columns.max()))
        )
        solid = lit[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].all()
        cells = (
            [area]
            if solid
            else [placed.rect_of(int(r), int(c)) for r, c in zip(rows, columns, strict=True)]
        )
        for cell in cells[:400]:
            grown = _at_least(cell, 4.0).adjusted(-1, -1, 1, 1)
            painter.setPen(QPen(colours.panel, 4))
            painter.drawRect(grown)
            painter.setPen(QPen(colours.accent, 2))
            painter.drawRect(grown)

    def _paint_sign(self, painter: QPainter, left: QRectF, right: QRectF, place: int) -> None:
        painter.setFont(theme.font(15, 500))
        painter.setPen(theme.current().secondary)
        middle = (left.center().y() + right.center().y()) / 2
        at = QRectF(left.right(), middle - 12, right.left() - left.right(), 24)
        painter.drawText(at, Qt.AlignmentFlag.AlignCenter, self._signs[place])

    # ---- pointing --------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        found = self._find(event.position())
        self.setCursor(Qt.CursorShape.PointingHandCursor if found else Qt.CursorShape.ArrowCursor)
        number = found[1] if found else None
        if number != self._hovered:
            self._hovered = number
            self._names = self._names_of(number if number is not None else self._marked)
            self.update()
        if found is None:
            QToolTip.hideText()
            return
        self._tell(event.globalPosition().toPoint(), *found)

    def leaveEvent(self, event: QEvent) -> None:
        self._hovered = None
        self._names = self._names_of(self._marked)
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        found = self._find(event.position())
        if found is None:
            return
        self.unit_chosen.emit(found[1])
        if event.button() == Qt.MouseButton.LeftButton:
            self.opened.emit(found[1])

    def _find(self, at: QPointF) -> tuple[Sheet, Number, float] | None:
        for placed in self._placed:
            cell = placed.cell_at(at)
            if cell is not None and (number := placed.sheet.number_at(*cell)) is not None:
                return placed.sheet, number, float(placed.sheet.cells[cell])
        return None

    def _tell(self, at: QPoint, sheet: Sheet, number: Number, value: float) -> None:
        inside = number.index[len(sheet.lead) :]
        place = f"[{', '.join(str(i) for i in inside)}]" if inside else ""
        written = f"{sheet.shown.symbol}{place} = {exact(value)}"
        QToolTip.showText(at, tooltip(written, "Click: where it comes from"), self)

    def _names_of(self, number: Number | None) -> dict[str, int]:
        if number is None:
            return {}
        for placed in self._placed:
            shown = placed.sheet.shown
            if (shown.node, shown.what) == (number.node, number.what):
                return placed.sheet.names(number)
        return {}


def _written(value: float, digits: int) -> str:
    return "" if np.isnan(value) else significant(value, digits)


def _ink(share: float) -> QColor:
    """Text on a cell: the panel's own ink on pale cells, the ground's colour on strong ones."""
    colours = theme.current()
    strong = min(1.0, abs(share)) ** 0.5 > 0.62
    if not strong:
        return colours.text
    return QColor("#10151b") if colours.dark else QColor("#ffffff")


def _at_least(rect: QRectF, side: float) -> QRectF:
    """The rectangle, grown around its middle if it is too small to be seen."""
    dx, dy = max(0.0, side - rect.width()) / 2, max(0.0, side - rect.height()) / 2
    return rect.adjusted(-dx, -dy, dx, dy)


def _proportions(sheet: Sheet, width: float, height: float) -> tuple[float, float]:
    """Width and height of an array in this room: square cells, unless numbers are to be read."""
    rows, columns = sheet.cells.shape
    if sheet.cells.size <= MOST_NUMBERS:
        return width, min(height, rows * LARGEST_CELL[1] * theme.scale())
    side = min(width / columns, height / rows)
    least = NARROWEST * theme.scale()
    return min(width, max(least, columns * side)), min(height, max(least, rows * side))


def _scale_text(value: float, sheet: Sheet) -> str:
    """An end of the scale; a few numbers may lie beyond it."""
    beyond = "" if not sheet.clipped or value == 0 else "≤ " if value < 0 else "≥ "
    return beyond + significant(value, 2)


def signs_of(symbols: Sequence[str], formula: str) -> list[str]:
    """What stands between the sheets: the formula's own signs for the best-known operations."""
    known = {
        "z = x·W + b": ["·", "+", "="],
        "z = x·W": ["·", "="],
        "dL/dx = dL/dz · Wᵀ": ["·", "="],
        "dL/dW = xᵀ · dL/dz": ["ᵀ·", "="],
        "y = m ⊙ x": ["⊙", "="],
        "dL/dx = m ⊙ dL/dy": ["⊙", "="],
        "dL/dz = ŷ - y": ["−", "="],
        "dL/dz = 1/n (ŷ - y)": ["−", "="],
        "dL/dz = c (ŷ - y)": ["·", "−", "="],
        "dL/dz = 1/n c (ŷ - y)": ["·", "−", "="],
        "y = γ ⊙ x̂ + β": ["·", "+", "="],
    }
    found = known.get(formula)
    if found is not None and len(found) == len(symbols) - 1:
        return found
    return [","] * max(0, len(symbols) - 2) + ["→"]
