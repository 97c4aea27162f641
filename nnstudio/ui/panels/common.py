"""What several panels are built from: sections, empty states, scrolling pages, notes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from nnstudio.ui import theme
from nnstudio.ui.dialogs import plain_label
from nnstudio.ui.text import ampersand, tooltip


class Page(QScrollArea):
    """A panel's page that scrolls up and down; add sections to ``body``.

    A `part` of a panel takes the height that is there: one that asks for more than the dock has
    would push the rest of the panel out of sight.
    """

    def __init__(self, name: str, *, part: bool = False) -> None:
        super().__init__()
        self._part = part
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(name)
        self.content = QWidget()
        self.content.setProperty("role", "panel")
        self.content.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.body = QVBoxLayout(self.content)
        self.body.setContentsMargins(0, 4, 0, 12)
        self.body.setSpacing(0)
        self.setWidget(self.content)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The page is as wide as the dock: it is squeezed rather than cut off at the right."""
        super().resizeEvent(event)
        self.content.setFixedWidth(self.viewport().width())

    def sizeHint(self) -> QSize:
        height = self.minimumSizeHint().height() if self._part else 400
        return QSize(round(288 * theme.scale()), height)

    def minimumSizeHint(self) -> QSize:
        return QSize(round(120 * theme.scale()), 100)


class Section(QWidget):
    """A caption and what belongs under it, with a rule above all but the first."""

    def __init__(self, caption: str = "", *, ruled: bool = True) -> None:
        super().__init__()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        if ruled:
            rule = QFrame()
            rule.setProperty("role", "rule")
            outer.addWidget(rule)
        inner = QWidget()
        self.body = QVBoxLayout(inner)
        self.body.setContentsMargins(12, 10, 12, 12)
        self.body.setSpacing(8)
        outer.addWidget(inner)
        self.caption = plain_label(caption, "caption")
        self.body.addWidget(self.caption)
        self.caption.setVisible(bool(caption))

    def set_caption(self, text: str) -> None:
        self.caption.setText(text)
        self.caption.setVisible(bool(text))


class NumberLabel(QLabel):
    """Text in which some numbers open, by click or with Tab and Enter; ``opened`` tells which."""

    opened = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setWordWrap(True)
        self._parts: tuple[tuple[str, Any], ...] = ()
        self._hovered = ""
        self.linkActivated.connect(lambda place: self.opened.emit(self._parts[int(place)][1]))
        self.linkHovered.connect(self._hover)
        theme.notifier.changed.connect(self._write)

    def show_parts(self, parts: Sequence[tuple[str, Any]], role: str = "") -> None:
        """Show pieces of text, each with what it opens or None."""
        if self.property("role") != role:
            self.setProperty("role", role)
            self.style().unpolish(self)
            self.style().polish(self)
            self._parts = ()
        if tuple(parts) == self._parts:
            return  # written anew it would lose what is selected or in focus
        self._parts = tuple(parts)
        opens = any(reference is not None for _, reference in self._parts)
        flags = Qt.TextInteractionFlag.TextSelectableByMouse
        if opens:
            flags |= Qt.TextInteractionFlag.LinksAccessibleByMouse
            flags |= Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        if self.textInteractionFlags() != flags:
            self.setTextInteractionFlags(flags)
        self._write()

    def plain(self) -> str:
        """What stands there, without the links."""
        return "".join(text for text, _ in self._parts)

    def _hover(self, place: str) -> None:
        self._hovered = place
        self._write()

    def _write(self) -> None:
        if all(reference is None for _, reference in self._parts):
            self.setTextFormat(Qt.TextFormat.PlainText)
            self.setText(self.plain())
            return
        colours = theme.current()
        ink = colours.warning if self.property("role") == "warning" else colours.text
        written = []
        for place, (text, reference) in enumerate(self._parts):
            if reference is None:
                written.append(escape(text))
                continue
            line = "underline" if self._hovered == str(place) else "none"
            style = f"color:{ink.name()};text-decoration:{line}"
            written.append(f'<a href="{place}" style="{style}">{escape(text)}</a>')
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setText("".join(written))


class Figures(QWidget):
    """Names and values in two columns; ``role`` tints a value.

    ``opened`` carries what a number opens, where `show_rows` was told.
    """

    opened = Signal(object)

    def __init__(self, label_width: int = 104) -> None:
        super().__init__()
        self._width = label_width
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(7)
        self._labels: list[tuple[QWidget, QLabel, NumberLabel]] = []
        theme.notifier.changed.connect(self._restyled)

    def show_rows(
        self,
        rows: list[tuple[str, str, str, str]],
        opens: Mapping[str, Sequence[tuple[str, Any]]] | None = None,
    ) -> None:
        """Show (name, value, role, tooltip) rows, using what is there already.

        ``opens`` gives for a name the pieces of its value, each with what it opens or None.
        """
        while len(self._labels) < len(rows):
            self._labels.append(self._make())
        for n, (line, name, value) in enumerate(self._labels):
            line.setVisible(n < len(rows))
            if n >= len(rows):
                continue
            text, figure, role, tip = rows[n]
            name.setText(text)
            parts = (opens or {}).get(text, ((figure, None),))
            value.show_parts(parts, role)
            value.setAccessibleName(f"{text}: {figure}")
            for label in (name, value):
                label.setToolTip(tooltip(tip))

    def _restyled(self) -> None:
        for _, name, _ in self._labels:
            name.setFixedWidth(round(self._width * theme.scale()))

    def _make(self) -> tuple[QWidget, QLabel, NumberLabel]:
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        name, value = plain_label("", "secondary", wrap=True), NumberLabel()
        name.setFixedWidth(round(self._width * theme.scale()))
        value.opened.connect(self.opened)
        row.addWidget(name, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(value, 1, Qt.AlignmentFlag.AlignTop)
        self._rows.addWidget(line)
        return line, name, value


class EmptyState(QWidget):
    """What stands where nothing is to be shown yet: what this is, and what to do next."""

    def __init__(
        self,
        icon: str,
        title: str,
        text: str,
        action: str = "",
        do: Callable[[], None] | None = None,
    ) -> None:
        super().__init__()
        self._icon = icon
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 12, 24, 12)
        layout.setSpacing(6)
        layout.addStretch(1)
        self._picture = QLabel()
        self._picture.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(self._picture)
        self.title = plain_label(title, "title")
        self.text = plain_label(text, "secondary")
        for label in (self.title, self.text):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            layout.addWidget(label)
        self.button = QPushButton(ampersand(action))
        self.button.setAccessibleName(action or title)
        self.button.setVisible(bool(action))
        if do is not None:
            self.button.clicked.connect(lambda: do())
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.button)
        row.addStretch(1)
        layout.addSpacing(4)
        layout.addLayout(row)
        layout.addStretch(2)
        theme.notifier.changed.connect(self._restyled)
        self._restyled()

    def say(self, title: str, text: str, action: str | None = None) -> None:
        """Another text for another situation; `action` None leaves the button as it is."""
        self.title.setText(title)
        self.text.setText(text)
        if action is not None:
            self.button.setText(ampersand(action))
            self.button.setVisible(bool(action))

    def _restyled(self) -> None:
        self._picture.setPixmap(theme.pixmap(self._icon, 28, theme.current().faint))


class Note(QFrame):
    """A boxed message with a button, above what it is about; ``pressed`` tells of the button."""

    pressed = Signal()

    def __init__(self, icon: str = "warning", *, stacked: bool = False) -> None:
        """`stacked` puts the button below the words, for narrow places."""
        super().__init__()
        self._icon = icon
        self.setProperty("role", "note")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 8, 8)
        row.setSpacing(10)
        self._picture = QLabel()
        row.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(1)
        self.title = plain_label("", "title")
        self.text = plain_label("", "small")
        words.addWidget(self.title)
        words.addWidget(self.text)
        row.addLayout(words, 1)
        self.button = QPushButton()
        self.button.setAccessibleName("Fix it")
        self.button.clicked.connect(self.pressed)
        if stacked:
            words.addSpacing(4)
            words.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        else:
            row.addWidget(self.button, 0, Qt.AlignmentFlag.AlignVCenter)
        theme.notifier.changed.connect(self._restyled)
        self._restyled()
        self.hide()

    def say(self, title: str, text: str, action: str = "") -> None:
        self.title.setText(title)
        self.text.setText(text)
        self.text.setVisible(bool(text))
        self.button.setText(ampersand(action))
        self.button.setAccessibleName(action or "Fix it")
        self.button.setVisible(bool(action))
        self.setAccessibleName(title)
        self.show()

    def _restyled(self) -> None:
        colours = theme.current()
        colour = {"warning": colours.warning, "error": colours.error}.get(
            self._icon, colours.accent
        )
        self._picture.setPixmap(theme.pixmap(self._icon, 20, colour))


def clear_layout(layout: QVBoxLayout | QHBoxLayout) -> None:
    """Take all widgets out of a layout and let them go."""
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.blockSignals(True)  # hiding may end an edit, which no longer counts
            widget.hide()
            widget.deleteLater()
