"""The outline is the same network for the keyboard and for a screen reader."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest

from nnstudio.ui.canvas.outline import Outline
from tests.gui.canvas_hands import edges, entry, open_canvas, titles


@pytest.fixture
def view(qtbot):
    return open_canvas(qtbot)


@pytest.fixture
def outline(qtbot, view):
    made = Outline(view.bridge)
    qtbot.addWidget(made)
    made.resize(420, 500)
    made.show()
    return made


def rows(outline) -> list[str]:
    tree = outline.tree
    return [tree.topLevelItem(i).text(0) for i in range(tree.topLevelItemCount())]


def test_it_lists_the_layers_in_the_order_of_computation(outline):
    assert rows(outline) == [
        *("Input", "Dense 1", "Dropout 1", "Dense 2", "Dropout 2", "Dense 3", "Loss")
    ]
    dense = outline.tree.topLevelItem(1)
    assert dense.text(1) == "256 · ReLU"
    assert dense.child(0).text(0) == "from Input"
    outline.grab()


def test_the_selection_is_shared_both_ways(view, outline):
    view.bridge.select(["dropout-1"])
    assert outline.tree.currentItem().text(0) == "Dropout 1"
    QTest.keyClick(outline.tree, Qt.Key.Key_Down)
    assert view.bridge.selection == {"dense-2"}


def test_delete_rename_and_duplicate_by_key(view, outline):
    view.bridge.select(["dropout-1"])
    outline.tree.setFocus()
    QTest.keyClick(outline.tree, Qt.Key.Key_Delete)
    assert "Dropout 1" not in titles(view)
    assert "dense-1>dense-2:0" in edges(view)
    view.bridge.select(["dense-1"])
    outline.tree.currentItem().setText(0, "Hidden")
    assert "Hidden" in titles(view)
    QTest.keyClick(outline.tree, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert len(titles(view)) == 6


def test_it_connects_and_adds_from_its_menu(view, outline):
    view.bridge.select(["dropout-1"])
    menu = outline.menu()
    connect = next(a.menu() for a in menu.actions() if a.text() == "Connect to")
    offered = {a.text(): a.isEnabled() for a in connect.actions()}
    assert offered["Dense 3"]
    assert not offered["Dense 2"]
    assert any("circle" in text for text in offered)
    next(a for a in connect.actions() if a.text() == "Dense 3").trigger()
    assert "dropout-1>dense-3:0" in edges(view)
    add = next(a.menu() for a in menu.actions() if a.text() == "Add Layer Behind")
    assert {a.text() for a in add.actions()} >= {"Dense", "ReLU", "Concatenate"}
    menu.close()


def test_a_problem_stands_below_its_layer_and_enter_mends_it(qtbot, view, outline):
    from nnstudio.project import commands

    view.bridge.do("Loose", commands.add_node, entry("dropout").layer, 0.0, 600.0, "dropout-9")
    row = next(
        outline.tree.topLevelItem(i)
        for i in range(outline.tree.topLevelItemCount())
        if outline.tree.topLevelItem(i).text(0) == "Dropout 9"
    )
    assert row.isExpanded()
    assert "not connected" in row.child(0).text(0)
    outline.tree.setCurrentItem(row.child(0))
    QTest.keyClick(outline.tree, Qt.Key.Key_Return)
    assert any(id.endswith(">dropout-9:0") or id.startswith("dropout-9>") for id in edges(view))


def test_every_widget_has_a_name_for_the_screen_reader(view, outline):
    from PySide6.QtWidgets import QLineEdit, QPushButton, QToolButton, QWidget

    from nnstudio.ui.canvas.palette import LayerPalette, LayerTile

    palette = LayerPalette(view.bridge)
    for root in (view, outline, palette):
        for widget in [root, *root.findChildren(QWidget)]:
            if isinstance(widget, QLineEdit | QPushButton | QToolButton | LayerTile):
                name = QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name)
                assert name, widget
