"""A dock whose title bar is its tab strip: tabs left, what belongs to the shown page right."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QDockWidget,
    QFrame,
    QHBoxLayout,
    QMainWindow,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QTabBar,
    QToolButton,
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
        self.bar.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.bar.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        row.addWidget(self.bar)
        row.addStretch(1)  # a tab bar keeps mouse presses to itself; this drags the dock
        self.corner = QStackedWidget()
        self.corner.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        row.addWidget(self.corner, 0)
        self.more = QToolButton()
        self.more.setIcon(theme.icon("more"))
        self.more.setAccessibleName("More for this panel")
        self.more.setToolTip("More for this panel")
        row.addWidget(self.more)
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
        self.strip.more.clicked.connect(self._pop_up)
        self._popup: _Popup | None = None
        self._names: list[str] = []
        self._makers: dict[str, Callable[[], QWidget]] = {}
        self._built: dict[str, QWidget] = {}
        self.strip.bar.currentChanged.connect(self._show)
        self.strip.bar.tabBarClicked.connect(lambda _: QTimer.singleShot(0, self, self._enter))
        theme.notifier.changed.connect(self._restyled)

    def add(self, name: str, title: str, make: Callable[[], QWidget]) -> None:
        """Add a page that `make` builds when it is first wanted.

        What the page has as ``corner`` stands at the right end of the strip while it is shown.
        """
        self._names.append(name)
        self._makers[name] = make
        self.stack.addWidget(QWidget())
        self.strip.corner.addWidget(QWidget())
        self.strip.bar.addTab(ampersand(title))
        self.strip.bar.updateGeometry()

    def pages(self) -> Iterable[str]:
        return tuple(self._names)

    def is_built(self, name: str) -> bool:
        """Whether the page was wanted before."""
        return name not in self._makers

    def page(self, name: str) -> QWidget:
        """The page's widget, built now if it was not wanted before.

        Raises ValueError if there is no page of this name.
        """
        index = self._names.index(name)
        if (make := self._makers.pop(name, None)) is not None:
            built = make()
            self._built[name] = built
            scrolls = isinstance(built, QAbstractScrollArea)
            _exchange(self.stack, index, built if scrolls else _Room(built))
            corner = getattr(built, "corner", None)
            if isinstance(corner, QWidget):
                _exchange(self.strip.corner, index, corner)
        return self._built[name]

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
        self.page(self._names[index])
        self.stack.setCurrentIndex(index)
        self.strip.corner.setCurrentIndex(index)
        self._fit_corner()
        self.page_changed.emit(self._names[index])

    def _enter(self) -> None:
        """A page that answers keys, clicked to the front, has them from then on."""
        take_focus = getattr(self.page(self.shown), "take_focus", None)
        if take_focus is not None:
            take_focus()

    def _restyled(self) -> None:
        """The text may have another size; the widgets know theirs when the event loop comes by."""
        QTimer.singleShot(0, self, self._fit_corner)

    def _fit_corner(self) -> None:
        """The corner takes the width of the widget it shows, or gives way to a button."""
        shown = self.strip.corner.currentWidget()
        wanted = shown.sizeHint().width() if shown is not None else 0
        has_corner = wanted > 0 and shown is not None and shown.layout() is not None
        self.strip.corner.setFixedWidth(max(0, wanted))
        last = self.strip.bar.tabRect(self.strip.bar.count() - 1).right()
        fits = last + wanted + 56 < self.width()
        self.strip.corner.setVisible(has_corner and fits)
        self.strip.more.setVisible(has_corner and not fits)

    def _pop_up(self) -> None:
        """Show below its button the corner that has no room in the strip."""
        corner = self.strip.corner.currentWidget()
        if corner is None:
            return
        index = self.strip.corner.currentIndex()

        def give_back() -> None:
            self.strip.corner.insertWidget(index, corner)
            self.strip.corner.setCurrentIndex(self.strip.bar.currentIndex())

        self._popup = _Popup(self, corner, give_back)
        at = self.strip.more.mapToGlobal(self.strip.more.rect().bottomRight())
        self._popup.adjustSize()
        self._popup.move(at.x() - self._popup.width(), at.y() + 2)
        self._popup.show()


class _Room(QScrollArea):
    """Lets a page that needs more room than the dock has be scrolled instead of cut off."""

    def __init__(self, page: QWidget) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(page.accessibleName())
        if page.property("role") is None:
            page.setProperty("role", "panel")  # the page has the panel's colour, not the window's
        self.setWidget(page)
        page.setAutoFillBackground(False)
        self.viewport().setAutoFillBackground(False)

    def sizeHint(self) -> QSize:
        page = self.widget()
        return page.sizeHint() if page is not None else super().sizeHint()

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 90)


class _Popup(QFrame):
    """Holds a widget for as long as it is open, and then gives it back."""

    def __init__(self, parent: QWidget, widget: QWidget, give_back: Callable[[], object]) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setProperty("role", "note")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._give_back = give_back
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 4, 6, 4)
        row.addWidget(widget)
        widget.show()

    def closeEvent(self, event: QCloseEvent) -> None:
        self._give_back()
        super().closeEvent(event)


def _exchange(stack: QStackedWidget, index: int, widget: QWidget) -> None:
    """Put a widget in the place of another one."""
    former = stack.widget(index)
    shown = stack.currentIndex() == index
    stack.insertWidget(index, widget)
    if former is not None:
        stack.removeWidget(former)
        former.deleteLater()
    if shown:
        stack.setCurrentIndex(index)
