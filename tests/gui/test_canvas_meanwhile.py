"""The network changes while something on the canvas still speaks of how it was."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from nnstudio.project import commands, templates
from nnstudio.ui import theme
from nnstudio.ui.canvas import camera
from tests.gui.canvas_hands import body_of, drag, open_canvas, press


@pytest.fixture
def view(qtbot, monkeypatch):
    monkeypatch.setattr(camera, "_GLIDE", 60_000)  # a busy machine must not miss it
    theme.set_reduced_motion(False)
    view = open_canvas(qtbot)
    qtbot.waitUntil(view.isVisible)
    return view


def glide(view, qtbot):
    """Begin the glide of a tidied layout."""
    drag(view, body_of(view, "dense-3"), body_of(view, "dense-3") + QPointF(40, 150))
    view.actions_by_name["tidy"].trigger()
    cards = view.canvas.cards
    qtbot.waitUntil(lambda: cards["dense-3"].pos() != place(view, "dense-3"))


def place(view, id: str) -> QPointF:
    node = view.bridge.project.graph.node(id)
    return QPointF(node.x, node.y)


@pytest.mark.parametrize("way", ["delete", "undo", "new"])
def test_cards_that_glide_can_be_deleted_undone_and_left(view, qtbot, way):
    """An exception in a slot fails the test by itself."""
    glide(view, qtbot)
    if way == "delete":
        view.bridge.select(["dense-3"])
        view.actions_by_name["delete"].trigger()
    elif way == "undo":
        view.bridge.store.undo()
    else:
        view.bridge.store.open(templates.new("spiral"))
    qtbot.wait(50)  # the next picture of the glide would have come
    for id in view.bridge.project.graph.by_id:
        assert view.canvas.cards[id].pos() == place(view, id)


def test_a_list_of_layers_goes_when_the_card_it_would_join_goes(view):
    view.bridge.select(["dense-3"])
    view.actions_by_name["connect"].trigger()
    assert not view.chooser.isHidden()
    view.bridge.store.do("Delete", commands.delete, ["dense-3"])
    assert view.chooser.isHidden()


def test_a_drag_that_has_hardly_begun_is_given_up_when_its_card_goes(view):
    at = body_of(view, "dense-3")
    press(view, at)
    view.bridge.store.do("Delete", commands.delete, ["dense-3"])
    QTest.mouseMove(view.viewport(), view.mapFromScene(at + QPointF(60, 60)))
    QTest.mouseRelease(
        view.viewport(), Qt.MouseButton.LeftButton, pos=view.mapFromScene(at + QPointF(60, 60))
    )
    assert view.gesture is None
    assert "dense-3" not in view.bridge.project.graph
