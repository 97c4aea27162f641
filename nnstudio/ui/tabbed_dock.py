"""A dock whose title bar is its tab strip: tabs left, what belongs to the shown page right."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QHBoxLayout,
    QMainWindow,
    QSizePolicy,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from nnstudio.ui import theme
from nnstudio.ui.text import ampersand


class TabStrip(QWidget):
    """The strip of tabs; the empty part of it drags the dock."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setProperty("role", "strip")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 8, 0)
        row.setSpacing(4)
        self.bar = QTabBar()
        self.bar.setDrawBase(False)
        self.bar.setExpanding(False)
        self.bar.setUsesScrollButtons(True)
        self.bar.setElideMode(Qt.TextElideMode.ElideNone)
        self.bar.setAccessibleName(name)
        self.bar.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.bar.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        row.addWidget(self.bar, 1, Qt.AlignmentFlag.AlignBottom)
        self.corner = QStackedWidget()
        self.corner.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        row.addWidget(self.corner, 0)
        self._row = row

    def add_button(self, button: QWidget) -> None:
        """A button at the right end, there whichever page is shown."""
        self._row.addWidget(button)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), round(40 * theme.scale()))

    def minimumSizeHint(self) -> QSize:
        return QSize(80, self.sizeHint().height())


class TabbedDock(QDockWidget):
    """Pages under one strip of tabs."""

    page_changed = Signal(str)

    def __init__(self, name: str, title: str, parent: QMainWindow) -> None:
        super().__init__(title, parent)
        self.setObjectName(name)
        self.setFeatures(
            QDockWidget.DockWidgetFeature.DockWidgetMovable
            | QDockWidget.DockWidgetFeature.DockWidgetFloatable
            | QDockWidget.DockWidgetFeature.DockWidgetClosable
        )
        self.strip = TabStrip(title)
        self.setTitleBarWidget(self.strip)
        self.stack = QStackedWidget()
        body = QWidget()
        body.setProperty("role", "panel")
        body.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        layout = QVBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.stack)
        self.setWidget(body)
        self._names: list[str] = []
        self.strip.bar.currentChanged.connect(self._show)

    def add(self, name: str, title: str, page: QWidget, corner: QWidget | None = None) -> None:
        """Add a page; `corner` stands at the right end of the strip while the page is shown."""
        self._names.append(name)
        self.stack.addWidget(page)
        self.strip.corner.addWidget(corner or QWidget())
        self.strip.bar.addTab(ampersand(title))

    def pages(self) -> Iterable[str]:
        return tuple(self._names)

    def page(self, name: str) -> QWidget:
        """The page's widget; raises ValueError if there is none of this name."""
        found = self.stack.widget(self._names.index(name))
        assert found is not None
        return found

    @property
    def shown(self) -> str:
        """The name of the page in front."""
        index = self.strip.bar.currentIndex()
        return self._names[index] if index >= 0 else ""

    def show_page(self, name: str) -> None:
        """Bring a page to the front."""
        self.strip.bar.setCurrentIndex(self._names.index(name))

    def set_title(self, name: str, title: str) -> None:
        """Another text on a page's tab."""
        index = self._names.index(name)
        if self.strip.bar.tabText(index) != ampersand(title):
            self.strip.bar.setTabText(index, ampersand(title))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_corner()

    def _show(self, index: int) -> None:
        if index < 0:
            return
        self.stack.setCurrentIndex(index)
        self.strip.corner.setCurrentIndex(index)
        self._fit_corner()
        self.page_changed.emit(self._names[index])

    def _fit_corner(self) -> None:
        """The corner takes the width of the widget it shows, or goes when there is no room."""
        shown = self.strip.corner.currentWidget()
        wanted = shown.sizeHint().width() if shown is not None else 0
        self.strip.corner.setFixedWidth(max(0, wanted))
        last = self.strip.bar.tabRect(self.strip.bar.count() - 1).right()
        self.strip.corner.setVisible(wanted > 0 and last + wanted + 24 < self.width())
