"""Every word that the window shows is plain, whatever text it was put together from."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QMenu,
    QTabBar,
    QWidget,
)

from nnstudio.ui.docks import SHOWN_PAGES
from tests.test_wording import banned_in


def words(top: QWidget) -> Iterator[str]:
    """All texts, names and tooltips of a widget and what is in it."""
    for widget in (top, *top.findChildren(QWidget)):
        yield from (widget.toolTip(), widget.accessibleName(), widget.accessibleDescription())
        if isinstance(widget, QLabel | QAbstractButton):
            yield widget.text()
        if isinstance(widget, QLineEdit):
            yield widget.placeholderText()
        if isinstance(widget, QComboBox):
            yield from (widget.itemText(n) for n in range(widget.count()))
        if isinstance(widget, QTabBar):
            yield from (widget.tabText(n) for n in range(widget.count()))
        if isinstance(widget, QMenu):
            widget.aboutToShow.emit()
    for action in top.findChildren(QAction):
        yield from (action.text(), action.toolTip())


def plain(text: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", " ", text))


@pytest.mark.parametrize("template", ["sentiment", "spiral"])
def test_no_page_shows_a_banned_word(qtbot, whole_window, template):
    window = whole_window
    window.show_welcome()
    seen = set(words(window))
    window.documents.new(template)
    bridge = window.bridge
    qtbot.waitUntil(lambda: bridge.session.state == "ready", timeout=30_000)
    bridge.session.epoch()
    qtbot.waitUntil(
        lambda: bridge.project.trained is not None and bridge.session.state != "running",
        timeout=30_000,
    )
    window.actions_by_name["evaluate"].trigger()
    qtbot.waitUntil(lambda: window.panel("evaluate").evaluation is not None, timeout=30_000)
    for name in SHOWN_PAGES:
        window.show_panel(name)
        QApplication.processEvents()
        seen |= set(words(window))
    window.show_panel("backprop")
    panel = window.panel("backprop")
    panel.show_mode("Network")
    qtbot.waitUntil(lambda: panel.network.walk is not None, timeout=30_000)
    for place in range(0, len(panel.network.walk), 3):
        panel.network.go_to(place)
        seen |= set(words(panel))
    panel.show_mode("Expression")
    for number in range(6):
        panel.expression.open_example(number)
        for _ in range(40):
            panel.expression.step(1)
            seen |= set(words(panel.expression.detail))
    texts = {plain(text) for text in seen if text}
    own = {text for text in texts if len(text) < 300}  # longer ones are reviews, the data's own
    assert len(own) > 200
    assert {text: banned_in(text) for text in own if banned_in(text)} == {}
