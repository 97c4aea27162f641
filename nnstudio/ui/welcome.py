"""The first page: four ways to begin, one click each, and the projects last worked on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from nnstudio.ui import settings, theme
from nnstudio.ui.dialogs import plain_label
from nnstudio.ui.sketches import SKETCHES
from nnstudio.ui.text import ampersand, shortened


@dataclass(frozen=True)
class Beginning:
    """A way to begin: the template's name and what its card says."""

    template: str
    title: str
    text: str
    detail: str


BEGINNINGS = (
    Beginning(
        "sentiment",
        "Sentiment of movie reviews",
        "How many stars does this review give? A network that reads words.",
        "reviews in English · 800 words · 5 classes",
    ),
    Beginning(
        "spiral",
        "Spiral",
        "Two arms of points that no straight line can separate. Watch why depth helps.",
        "points in the plane · 2 classes",
    ),
    Beginning(
        "digits",
        "Handwritten digits",
        "Which digit is it? Draw one yourself when it has learned.",
        "1,797 images of 8 × 8 · 10 classes",
    ),
    Beginning(
        "empty",
        "Empty",
        "A blank canvas: choose your own data and build from the first layer.",
        "your own CSV, text or images",
    ),
)


class BeginningCard(QAbstractButton):
    """A card with a sketch of the data, painted, pressed as a whole."""

    def __init__(self, beginning: Beginning) -> None:
        super().__init__()
        self.beginning = beginning
        self.setText(beginning.title)
        self.setAccessibleName(beginning.title)
        self.setAccessibleDescription(f"{beginning.text} {beginning.detail}")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.notifier.changed.connect(self._restyled)

    def sizeHint(self) -> QSize:
        return QSize(round(360 * theme.scale()), round(148 * theme.scale()))

    def minimumSizeHint(self) -> QSize:
        return QSize(round(300 * theme.scale()), self.sizeHint().height())

    @theme.painting
    def paintEvent(self, event: QPaintEvent) -> None:
        colours, scale = theme.current(), theme.scale()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        active = self.underMouse() or self.hasFocus()
        frame = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.setPen(QPen(colours.accent if active else colours.border, 2 if active else 1))
        painter.setBrush(colours.hover if self.isDown() else colours.panel)
        painter.drawRoundedRect(frame, 8, 8)
        side = 112 * scale
        sketch = QRectF(frame.left() + 17, frame.center().y() - side / 2, side, side)
        painter.save()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colours.canvas)
        painter.drawRoundedRect(sketch, 6, 6)
        SKETCHES[self.beginning.template](painter, sketch.adjusted(10, 10, -10, -10))
        painter.restore()
        left = sketch.right() + 18
        box = QRectF(left, sketch.top() + 4, frame.right() - left - 14, sketch.height() - 8)
        flags = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft
        painter.setFont(theme.font(15, 600))
        painter.setPen(colours.text)
        title = painter.boundingRect(box, int(flags | Qt.AlignmentFlag.AlignTop), self.text())
        painter.drawText(title, int(flags), self.text())
        painter.setFont(theme.font(12.5))
        painter.setPen(colours.secondary)
        text = box.adjusted(0, title.height() + 6, 0, -20)
        painter.drawText(text, int(flags | Qt.AlignmentFlag.AlignTop), self.beginning.text)
        painter.setFont(theme.font(11))
        painter.setPen(colours.faint)
        painter.drawText(box, int(flags | Qt.AlignmentFlag.AlignBottom), self.beginning.detail)
        painter.end()

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: object) -> None:
        super().leaveEvent(event)  # type: ignore[arg-type]
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
            return
        super().keyPressEvent(event)

    def _restyled(self) -> None:
        self.updateGeometry()
        self.update()


class RecentFile(QPushButton):
    """A project last worked on: its name, and its folder beside it."""

    def __init__(self, path: Path) -> None:
        super().__init__(ampersand(shortened(path.stem)))
        self.path = path
        self.setProperty("role", "link")
        self.setIcon(theme.icon("file", theme.current().secondary))
        self.setAccessibleName(f"Open {path.name}")
        self.setAccessibleDescription(str(path))
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)


class Welcome(QScrollArea):
    """``began`` carries a template's name, ``opened`` a path or None to choose one.

    ``returned`` says that the learner wants to go back to the project they had open.
    """

    began = Signal(str)
    opened = Signal(object)
    returned = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName("Welcome")
        page = QWidget()
        page.setObjectName("welcome")
        outer = QHBoxLayout(page)
        outer.setContentsMargins(32, 24, 32, 24)
        column = QWidget()
        column.setMaximumWidth(920)
        self._layout = QVBoxLayout(column)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(8)
        outer.addStretch(1)
        outer.addWidget(column, 8)
        outer.addStretch(1)
        self._layout.addStretch(2)
        self.back = QPushButton()
        self.back.setProperty("role", "link")
        self.back.setIcon(theme.icon("arrow-left", theme.current().secondary))
        self.back.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.back.clicked.connect(self.returned)
        self._layout.addWidget(self.back)
        self._layout.addWidget(plain_label("See a neural network think", "headline"))
        self._layout.addWidget(
            plain_label(
                "Begin with one of these: the network is built and its data is loaded. "
                "Then press Train.",
                "secondary",
            )
        )
        self._layout.addSpacing(12)
        grid = QGridLayout()
        grid.setSpacing(16)
        self.cards: list[BeginningCard] = []
        for n, beginning in enumerate(BEGINNINGS):
            card = BeginningCard(beginning)
            card.clicked.connect(lambda _=False, name=beginning.template: self.began.emit(name))
            grid.addWidget(card, n // 2, n % 2)
            self.cards.append(card)
        self._layout.addLayout(grid)
        self._layout.addSpacing(16)
        self._recent = QVBoxLayout()
        self._list = QWidget()
        self._layout.addLayout(self._recent)
        self._layout.addStretch(3)
        self.setWidget(page)
        self.refresh()

    def refresh(self, present: str = "") -> None:
        """Show the recent files anew, and the way back to the `present` project if there is one."""
        self.back.setText(ampersand(f"Back to “{present}”"))
        self.back.setVisible(bool(present))
        self._list.hide()
        self._list.deleteLater()
        self._list = QWidget()
        self._recent.addWidget(self._list)
        rows = QVBoxLayout(self._list)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(2)
        files = settings.recent_files()[:5]
        rows.addWidget(plain_label("Recent projects" if files else "Your projects", "caption"))
        for path in files:
            row = QHBoxLayout()
            row.setSpacing(8)
            button = RecentFile(path)
            button.clicked.connect(lambda _=False, path=path: self.opened.emit(path))
            row.addWidget(button)
            row.addWidget(plain_label(shortened(str(path.parent), 90), "hint", wrap=False))
            row.addStretch(1)
            rows.addLayout(row)
        other = QPushButton("Open another project…" if files else "Open a project…")
        other.setProperty("role", "link")
        other.setIcon(theme.icon("open", theme.current().secondary))
        other.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        other.clicked.connect(lambda: self.opened.emit(None))
        rows.addWidget(other)
