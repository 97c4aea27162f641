"""Another theme changes colours and nothing else: what was chosen, opened or scrolled to stays."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QApplication,
    QLineEdit,
    QStackedWidget,
    QWidget,
)

from nnstudio.project import commands as edit
from nnstudio.ui import theme
from nnstudio.ui.docks import SHOWN_PAGES


@pytest.fixture
def window(qtbot, whole_window):
    """A trained and evaluated network of digits, small enough that lists must be scrolled."""
    made = whole_window
    made.resize(1440, 780)
    made.documents.new("digits")
    bridge = made.bridge
    qtbot.waitUntil(lambda: bridge.session.state == "ready", timeout=30_000)
    bridge.do("Epochs", edit.configure_training, epochs=2, early_stopping=None)
    bridge.session.train()
    qtbot.waitUntil(
        lambda: bridge.project.trained is not None and bridge.session.state == "ready",
        timeout=30_000,
    )
    made.activateWindow()
    return made


def path_of(view: QAbstractItemView) -> tuple:
    index, steps = view.currentIndex(), []
    while index.isValid():
        steps.append((index.row(), index.column()))
        index = index.parent()
    return tuple(steps)


def state_of(top: QWidget) -> dict[str, object]:
    """Everything about the visible widgets that a learner has brought about by hand."""
    found: dict[str, object] = {"focus": QApplication.focusWidget()}
    for widget in top.findChildren(QWidget):
        if not widget.isVisible():
            continue
        name = f"{type(widget).__name__} {widget.accessibleName()}"
        if isinstance(widget, QAbstractScrollArea):
            found[f"scroll {name}"] = (
                widget.verticalScrollBar().value(),
                widget.horizontalScrollBar().value(),
            )
        if isinstance(widget, QAbstractItemView):
            chosen = widget.selectionModel().selectedIndexes() if widget.model() else []
            found[f"row {name}"] = (path_of(widget), {index.row() for index in chosen})
        if isinstance(widget, QStackedWidget):
            found[f"page {name}"] = widget.currentIndex()
        if isinstance(widget, QLineEdit):
            found[f"text {name}"] = (widget.text(), widget.cursorPosition())
    return found


def switched(window) -> None:
    for mode in ("dark", "contrast", "light"):
        theme.set_mode(mode)
        QApplication.processEvents()


def choose_in_lists(top: QWidget) -> None:
    """Choose a row far down in every list and scroll there."""
    for view in top.findChildren(QAbstractItemView):
        model = view.model()
        if not view.isVisible() or model is None or model.rowCount() < 2:
            continue
        index = model.index(min(model.rowCount() - 1, 7), 0)
        view.setCurrentIndex(index)
        view.verticalScrollBar().setValue(view.verticalScrollBar().maximum() // 2)
        view.setFocus()


@pytest.mark.qt_log_ignore("raise")
def test_the_chosen_cell_of_the_confusion_matrix_and_its_samples_stay(window, qtbot):
    window.actions_by_name["evaluate"].trigger()
    panel = window.panel("evaluate")
    qtbot.waitUntil(lambda: panel.evaluation is not None, timeout=30_000)
    counts = panel.evaluation.confusion
    cell = next(
        (int(r), int(c)) for r, c in zip(*counts.nonzero(), strict=True) if counts[r, c] > 8
    )
    QTest.mouseClick(
        panel.matrix,
        Qt.MouseButton.LeftButton,
        pos=panel.matrix.cell_rect(*cell).center().toPoint(),
    )
    title = panel.samples_title.text()
    choose_in_lists(panel)
    before = state_of(panel)
    switched(window)
    assert panel.matrix.cell == cell
    assert panel.samples_title.text() == title
    assert state_of(panel) == before
    QTest.mouseClick(panel.worst_button, Qt.MouseButton.LeftButton)
    assert panel.matrix.cell is None
    switched(window)
    assert panel.samples_title.text() == "The worst mistakes"


@pytest.mark.parametrize("name", SHOWN_PAGES)
def test_no_page_drops_what_was_chosen_scrolled_or_in_focus(window, qtbot, name):
    window.bridge.select([window.bridge.project.graph.nodes[2].id])
    window.show_panel(name)
    QApplication.processEvents()
    if name == "backprop":
        panel = window.panel("backprop")
        panel.show_mode("Network")
        qtbot.waitUntil(lambda: panel.network.walk is not None, timeout=30_000)
        for place in (2, len(panel.network.walk) // 2 + 4, len(panel.network.walk) - 3):
            panel.network.go_to(place)
            choose_in_lists(panel)
            before = state_of(window)
            switched(window)
            assert state_of(window) == before, place
        return
    choose_in_lists(window)
    before = state_of(window)
    switched(window)
    after = state_of(window)
    assert {k: (before[k], after.get(k)) for k in before if before[k] != after.get(k)} == {}


@pytest.mark.qt_log_ignore("raise")
def test_an_opened_number_keeps_its_row(window, qtbot):
    from nnstudio.analysis.network_pass import Number

    window.show_panel("backprop")
    panel = window.panel("backprop")
    panel.show_mode("Network")
    qtbot.waitUntil(lambda: panel.network.walk is not None, timeout=30_000)
    output = panel.network.walk.values.plan.output
    panel.network.open_number(Number(output, "y", (0, 2)))
    opened = panel.network.opener.window
    QApplication.processEvents()
    choose_in_lists(opened)
    before = state_of(opened)
    switched(window)
    assert state_of(opened) == before
    opened.close()


def test_the_focus_on_a_problem_stays(window, qtbot):
    bridge = window.bridge
    last = bridge.project.graph.nodes[-1].id
    bridge.do("Units", edit.configure_layer, last, units=3)
    window.show_panel("problems")
    panel = window.problems
    qtbot.waitUntil(lambda: bool(panel.cards), timeout=10_000)
    button = panel.cards[0].findChildren(QAbstractButton)[0]
    button.setFocus()
    said = button.text()
    switched(window)
    focus = QApplication.focusWidget()
    assert isinstance(focus, QAbstractButton)
    assert focus.text() == said
    assert panel.cards[0].isAncestorOf(focus)
