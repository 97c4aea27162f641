"""What floats over the canvas: the hint at the pointer, the zoom buttons, the empty state."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QAction, QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from nnstudio.ui import theme


class PointerHint(QLabel):
    """A sentence beside the pointer: what would happen here, or why it may not."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._ground = parent
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setWordWrap(True)
        self.setContentsMargins(10, 6, 10, 6)
        self.setAccessibleName("Hint")
        self._refused = False
        self.hide()

    def say(self, text: str, at: QPoint, refused: bool = False) -> None:
        """Show a sentence beside this point of the parent; an empty one hides the hint."""
        if not text:
            self.hide()
            return
        self._refused = refused
        self.setText(text)
        self.setFont(theme.font(12, 500))
        wide = self.fontMetrics().horizontalAdvance(text) + 28
        self.setFixedWidth(min(wide, 300))
        self.setFixedHeight(self.heightForWidth(self.width()))
        room = self._ground.rect()
        x = min(at.x() + 16, room.right() - self.width() - 4)
        y = at.y() + 20
        if y + self.height() > room.bottom() - 4:
            y = at.y() - 12 - self.height()
        self.move(max(4, x), max(4, y))
        self.show()
        self.raise_()
        self.update()

    @theme.painting
    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colours.error if self._refused else colours.accent, 1))
        painter.setBrush(colours.panel)
        painter.drawRoundedRect(self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.end()
        super().paintEvent(event)


class ZoomBar(QWidget):
    """Zoom out, how large, zoom in, fit, tidy."""

    def __init__(self, parent: QWidget, actions: dict[str, QAction]) -> None:
        super().__init__(parent)
        self.setAccessibleName("Zoom")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(4, 3, 4, 3)
        layout.setSpacing(1)
        self.percent = QToolButton(self)
        for name in ("zoom_out", "actual_size", "zoom_in", "fit", "tidy"):
            if name == "actual_size":
                button = self.percent
                button.clicked.connect(actions[name].trigger)
                button.setAccessibleName("Actual size")
                button.setToolTip(actions[name].toolTip())
            else:
                button = QToolButton(self)
                button.setDefaultAction(actions[name])
                button.setAccessibleName(actions[name].text())
                button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
                button.setIconSize(QSize(16, 16))
                button.setFixedSize(30, 26)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            layout.addWidget(button)
        self.setStyleSheet("QToolButton { padding: 2px; }")
        self.show_zoom(1.0)

    def show_zoom(self, zoom: float) -> None:
        """Say how large the canvas is drawn."""
        self.percent.setText(f"{round(zoom * 100)} %")
        self.percent.setFont(theme.font(12))
        self.percent.setMinimumWidth(self.percent.fontMetrics().horizontalAdvance("100 %") + 14)
        self.adjustSize()

    @theme.painting
    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.current()
        ground = QColor(colours.panel)
        ground.setAlphaF(0.94)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colours.border, 1))
        painter.setBrush(ground)
        painter.drawRoundedRect(self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        painter.end()


class EmptyState(QWidget):
    """Stands on a canvas without cards and says what to do next."""

    add_input = Signal()
    search = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName("The canvas is empty")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        self._icon = QLabel(self)
        self._icon.setAlignment(Qt.AlignmentFlag.AlignCenter)
        title = QLabel("Start with an Input", self)
        title.setProperty("role", "heading")
        title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        words = QLabel(
            "Drag layers here from the left, or double-click them.\n"
            "Or press Tab on the canvas and type a layer's name.",
            self,
        )
        words.setProperty("role", "secondary")
        words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        for label in (self._icon, title, words):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            layout.addWidget(label)
        row = QHBoxLayout()
        row.setContentsMargins(0, 8, 0, 0)
        row.addStretch()
        add = QPushButton("Add an Input", self)
        add.setProperty("role", "primary")
        add.clicked.connect(self.add_input)
        search = QPushButton("Search layers", self)
        search.clicked.connect(self.search)
        row.addWidget(add)
        row.addWidget(search)
        row.addStretch()
        layout.addLayout(row)
        theme.notifier.changed.connect(self._dress)
        self._dress()

    def _dress(self) -> None:
        self._icon.setPixmap(theme.pixmap("layers", 44, theme.current().accent))
        self.adjustSize()
