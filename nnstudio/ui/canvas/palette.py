"""The palette: all layers by family, to be dragged, double-clicked or added with Enter."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QDrag,
    QEnterEvent,
    QFocusEvent,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QGridLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnstudio.ui import theme
from nnstudio.ui.bridge import Bridge
from nnstudio.ui.canvas import adding, geometry
from nnstudio.ui.canvas.catalogue import SECTIONS, Entry, entries
from nnstudio.ui.canvas.marks import GhostItem
from nnstudio.ui.text import titled_tooltip
from nnstudio.ui.theme.icons import renderer

_GAP = 5
_NARROW = 196
"""Below this width the tiles stand in one column."""


class LayerPalette(QWidget):
    """The tab "Layers": a search field, and one section per family."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bridge = bridge
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("Layers")
        self.search = QLineEdit(self)
        self.search.setPlaceholderText("Search · Tab on the canvas")
        self.search.setAccessibleName("Search layers")
        self.search.setClearButtonEnabled(True)
        for button in self.search.findChildren(QToolButton):
            button.setAccessibleName("Clear the search")
        self.search.textChanged.connect(self._narrow)
        self.search.returnPressed.connect(self._add_first)
        self.search.installEventFilter(self)
        self.tiles: list[LayerTile] = []
        self._sections: list[_Section] = []
        inner = QWidget(self)
        inner.setProperty("role", "panel")
        column = QVBoxLayout(inner)
        column.setContentsMargins(11, 2, 4, 16)
        column.setSpacing(0)
        known = entries()
        for title, families in SECTIONS:
            here = [self._tile(entry) for entry in known if entry.family in families]
            if here:
                section = _Section(title, here, inner)
                self._sections.append(section)
                column.addWidget(section)
        self._nothing = QLabel("No layer has a name like this.", inner)
        self._nothing.setProperty("role", "secondary")
        self._nothing.setWordWrap(True)
        self._nothing.hide()
        column.addWidget(self._nothing)
        column.addStretch()
        area = QScrollArea(self)
        area.setWidget(inner)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 12, 0, 0)
        layout.setSpacing(8)
        row = QVBoxLayout()
        row.setContentsMargins(11, 0, 11, 0)
        row.addWidget(self.search)
        layout.addLayout(row)
        layout.addWidget(area, 1)
        self._area, self._column = area, column
        area.verticalScrollBar().rangeChanged.connect(self._balance)
        self._make_stop(self.tiles[0])
        theme.notifier.changed.connect(self._restyle)

    def tile(self, key: str) -> LayerTile:
        """The tile of a layer or activation, by its name in files."""
        return next(tile for tile in self.tiles if tile.entry.key == key)

    def sizeHint(self) -> QSize:
        return QSize(240, 640)

    def _tile(self, entry: Entry) -> LayerTile:
        tile = LayerTile(entry)
        tile.wanted.connect(self._add)
        tile.stepped.connect(self._step)
        tile.focused.connect(self._make_stop)
        self.tiles.append(tile)
        return tile

    def _add(self, entry: Entry) -> None:
        adding.add_layer(self.bridge, entry.layer)

    def _shown(self) -> list[LayerTile]:
        return [tile for tile in self.tiles if not tile.isHidden()]

    def _add_first(self) -> None:
        """Enter in the search field adds the first match."""
        shown = self._shown()
        if shown and self.search.text().strip():
            self._add(shown[0].entry)
            self.search.selectAll()

    def _narrow(self, query: str) -> None:
        for tile in self.tiles:
            tile.setVisible(tile.entry.matches(query))
        for section in self._sections:
            section.arrange(self._columns())
        shown = self._shown()
        self._nothing.setVisible(not shown)
        if shown:
            self._make_stop(shown[0])

    def _make_stop(self, stop: LayerTile) -> None:
        """The tiles are one stop of the Tab key; inside, the arrows move."""
        for tile in self.tiles:
            tile.setFocusPolicy(
                Qt.FocusPolicy.StrongFocus if tile is stop else Qt.FocusPolicy.ClickFocus
            )

    def _step(self, tile: LayerTile, dx: int, dy: int) -> None:
        """Move the focus to the nearest tile in a direction."""
        here = tile.mapTo(self, tile.rect().center())
        best, least = None, 1e9
        for other in self._shown():
            away = other.mapTo(self, other.rect().center()) - here
            along, across = away.x() * dx + away.y() * dy, abs(away.x() * dy) + abs(away.y() * dx)
            if along > 4 and (cost := along + 3 * across) < least:
                best, least = other, cost
        if best is not None:
            best.setFocus(Qt.FocusReason.TabFocusReason)
            self._area.ensureWidgetVisible(best, 0, 40)
        elif dy < 0:
            self.search.setFocus(Qt.FocusReason.BacktabFocusReason)

    def _columns(self) -> int:
        return 1 if self.width() < _NARROW * theme.scale() else 2

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
            and event.key() == Qt.Key.Key_Down
            and (shown := self._shown())
        ):
            shown[0].setFocus(Qt.FocusReason.TabFocusReason)
            return True
        return super().eventFilter(watched, event)  # type: ignore[arg-type]

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for section in self._sections:
            section.arrange(self._columns())

    def _balance(self, low: int, high: int) -> None:
        """Keep the same margin on both sides, with the scroll bar and without."""
        self._column.setContentsMargins(11, 2, 4 if high > low else 11, 16)

    def _restyle(self) -> None:
        for section in self._sections:
            section.arrange(self._columns())
        for tile in self.tiles:
            tile.restyle()


class _Section(QWidget):
    """A family's caption and its tiles in columns."""

    def __init__(self, title: str, tiles: list[LayerTile], parent: QWidget) -> None:
        super().__init__(parent)
        self._tiles = tiles
        self._key: tuple[object, ...] = ()
        caption = QLabel(title, self)
        caption.setProperty("role", "caption")
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(_GAP)
        self._grid.setVerticalSpacing(_GAP)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 6, 0, 8)
        layout.setSpacing(7)
        layout.addWidget(caption)
        layout.addLayout(self._grid)
        for tile in tiles:
            tile.setParent(self)
        self.arrange(2)

    def arrange(self, columns: int) -> None:
        """Put the tiles that match into rows of `columns`."""
        shown = [tile for tile in self._tiles if not tile.isHidden()]
        key = (columns, *shown)
        self.setVisible(bool(shown))
        if key == self._key:
            return
        self._key = key
        for tile in self._tiles:
            self._grid.removeWidget(tile)
        for i, tile in enumerate(shown):
            self._grid.addWidget(tile, i // columns, i % columns)
        for column in range(2):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)


class LayerTile(QWidget):
    """One layer: icon and short name, the family's tint on the left edge.

    ``wanted`` asks for it to be added, ``stepped`` for the focus to move.
    """

    wanted = Signal(object)
    stepped = Signal(object, int, int)
    focused = Signal(object)

    def __init__(self, entry: Entry) -> None:
        super().__init__()
        self.entry = entry
        self._pressed: QPointF | None = None
        self._hovered = False
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setAccessibleName(f"Add {entry.title}")
        self.setAccessibleDescription(entry.sentence)
        self.setToolTip(
            titled_tooltip(entry.title, entry.sentence, "Drag it to the canvas, or double-click.")
        )
        self.restyle()

    def restyle(self) -> None:
        """Take the height that the present font size needs."""
        self.setFixedHeight(round(33 * max(1.0, theme.scale())))
        self.setMinimumWidth(60)
        self.update()

    def drag(self) -> None:
        """Drag a picture of the card to wherever it is dropped."""
        drag = QDrag(self)
        drag.setMimeData(self.entry.mime())
        drag.setPixmap(self._picture())
        drag.setHotSpot(QPoint(round(geometry.CARD_WIDTH / 2), round(geometry.CARD_HEIGHT / 2)))
        drag.exec(Qt.DropAction.CopyAction)

    @theme.painting
    def _picture(self) -> QPixmap:
        """A faint card; the canvas draws the sharp one where it would land."""
        ratio = self.devicePixelRatioF()
        ghost = GhostItem(self.entry.title, self.entry.icon, self.entry.family)
        size = ghost.boundingRect().size() * ratio
        picture = QPixmap(size.toSize())
        picture.fill(Qt.GlobalColor.transparent)
        picture.setDevicePixelRatio(ratio)
        painter = QPainter(picture)
        painter.setOpacity(0.55)
        painter.translate(2, 2)
        ghost.draw(painter)
        painter.end()
        return picture

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None:
            return
        away = (event.position() - self._pressed).manhattanLength()
        if away >= QApplication.startDragDistance():
            self._pressed = None
            self.drag()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pressed = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.wanted.emit(self.entry)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Left: (-1, 0),
            Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Up: (0, -1),
            Qt.Key.Key_Down: (0, 1),
        }
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.wanted.emit(self.entry)
        elif event.key() in steps:
            self.stepped.emit(self, *steps[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        self._hovered = True
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hovered = False
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.focused.emit(self)
        self.update()

    @theme.painting
    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        body = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        outline = QPainterPath()
        outline.addRoundedRect(body, 6, 6)
        painter.fillPath(outline, colours.hover if self._hovered else colours.panel)
        border = colours.accent if self.hasFocus() else colours.border
        painter.setPen(QPen(border, 1.5 if self.hasFocus() else 1))
        painter.drawPath(outline)
        tint = colours.family(self.entry.family)
        painter.save()
        painter.setClipPath(outline)
        painter.fillRect(QRectF(0, 0, 3.5, self.height()), tint)
        painter.restore()
        side = round(14 * max(1.0, theme.scale()))
        top = (self.height() - side) / 2
        renderer(self.entry.icon, tint).render(painter, QRectF(8, top, side, side))
        painter.setFont(theme.font(12, 500))
        painter.setPen(colours.text)
        words = QRectF(side + 12, 0, self.width() - side - 13, self.height())
        text = QFontMetricsF(painter.font()).elidedText(
            self._words(words.width(), painter), Qt.TextElideMode.ElideRight, words.width()
        )
        painter.drawText(words, int(Qt.AlignmentFlag.AlignVCenter), text)
        painter.end()

    def _words(self, room: float, painter: QPainter) -> str:
        """The full name where it fits, else the short one."""
        full, metrics = self.entry.title, QFontMetricsF(painter.font())
        return full if metrics.horizontalAdvance(full) <= room - 2 else self.entry.short
