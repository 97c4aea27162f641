"""What cards show: words, pictures from the session, and patterns where there are no numbers."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtTest import QTest

from nnstudio.analysis.references import Weight
from nnstudio.analysis.thumbnails import LayerFigures, Thumbnail
from nnstudio.graph.plan import Check
from nnstudio.project import commands, templates
from nnstudio.project.start import Start
from nnstudio.session.events import PictureReady
from nnstudio.ui import theme
from nnstudio.ui.canvas import faces, placing, routing, thumbnails
from nnstudio.ui.canvas.catalogue import entries
from nnstudio.ui.canvas.geometry import card_rect
from nnstudio.ui.canvas.opening import number_at
from tests.gui.canvas_hands import LEFT, NONE, entry, load_data, open_canvas


@pytest.fixture
def view(qtbot):
    return open_canvas(qtbot)


def heat(*rows) -> Thumbnail:
    return Thumbnail("heat", np.array(rows, dtype=float), "Some of its weights", limit=0.1)


def test_positive_is_blue_negative_orange_zero_the_ground():
    colours = theme.current()
    image = thumbnails.heat_image(np.array([[1.0, -1.0, 0.0, np.nan]]), colours)
    assert image.pixelColor(0, 0).rgb() == colours.positive.rgb()
    assert image.pixelColor(1, 0).rgb() == colours.negative.rgb()
    assert image.pixelColor(2, 0).rgb() == colours.canvas.rgb()
    assert image.pixelColor(3, 0).rgb() == colours.canvas.rgb()


def test_every_kind_of_picture_and_every_pattern_can_be_painted():
    colours = theme.current()
    pictures = [
        heat([0.5, -0.5]),
        Thumbnail("mask", np.array([[1.0, 0.0, np.nan]]), "mask"),
        Thumbnail("bars", np.array([0.0, 0.5, 1.0]), "bars"),
        Thumbnail("dots", np.array([[0.1, 0.2, 0.0], [0.9, 0.8, 1.0]]), "dots"),
    ]
    ground = QImage(200, 60, QImage.Format.Format_RGB32)
    painter = QPainter(ground)
    face = faces.Face("x", "Dense", "", "core", "dense")
    for picture in pictures:
        rect = card_rect(0, 0)
        thumbnails.paint(painter, rect, face, thumbnails.Picture(picture), colours)
    for known in entries():
        activation = known.activation
        face = faces.Face(
            *("x", known.title, "", known.family, known.icon),
            activation=activation.name if activation is not None else "",
        )
        thumbnails.paint(painter, card_rect(0, 0), face, None, colours)
    painter.end()


def test_an_activation_shows_its_own_curve():
    z, a = thumbnails.activation_curve("relu")
    assert min(a) == 0
    assert a[-1] == pytest.approx(z[-1])
    _, a = thumbnails.activation_curve("sigmoid")
    assert a[len(a) // 2] == pytest.approx(0.5)
    assert thumbnails.activation_curve("no such thing") is None


def test_a_cell_of_a_picture_opens_by_double_click_and_by_menu(qtbot, view):
    load_data(qtbot, view)
    wanted = []
    view.bridge.number_wanted.connect(wanted.append)
    view.bridge.session.watch_pictures(True)
    card = view.canvas.cards["dense-1"]
    qtbot.waitUntil(lambda: card.picture is not None, timeout=20_000)
    rect = card.picture_rect()
    columns = card.picture.thumbnail.values.shape[1]
    cell = QPointF(rect.left() + 2.5 * rect.width() / columns, rect.top() + 0.5)
    view.centerOn(rect.center())
    number = number_at(card, cell, view.bridge.dataset)
    assert (number.node, number.name) == ("dense-1", "kernel")
    assert number.index == card.picture.thumbnail.number_at(0, 2)[1]
    assert number_at(card, card.title_rect().center(), view.bridge.dataset) is None
    middle = rect.center()
    QTest.mouseDClick(view.viewport(), LEFT, NONE, view.mapFromScene(middle))
    assert [type(one) for one in wanted] == [Weight]
    at = view.mapFromScene(middle)
    menu = view._actions.menu("dense-1", None, at)
    menu.actions()[0].trigger()
    assert len(wanted) == 2
    loss = view.canvas.cards["loss"]
    assert number_at(loss, loss.picture_rect().center(), view.bridge.dataset).what == "L"
    menu.close()


def test_a_picture_appears_and_goes_when_its_layer_changes(qtbot, view):
    load_data(qtbot, view)
    check = view.bridge.check
    picture = PictureReady(
        {"dense-1": heat([1.0])},
        {"dense-1": LayerFigures(256)},
        Start.of(view.bridge.project),
        check.shapes,
        check.output,
    )
    view.bridge.event.emit(picture)
    for _ in range(3):  # pictures take turns with the curves
        view.bridge.drain()
    card = view.canvas.cards["dense-1"]
    assert card.picture is not None
    view.bridge.do("Units", commands.configure_layer, "dense-1", units=32)
    assert card.picture is None
    view.bridge.event.emit(picture)  # of the network as it was
    assert card.picture is None


def test_the_input_card_tells_of_the_data(qtbot, view):
    load_data(qtbot, view)
    face = view.canvas.cards["input-1"].face
    assert face.settings == "Movie reviews, 800 words"
    assert face.left.endswith("reviews")
    assert face.right.endswith("% non-zero")
    assert view.canvas.cards["loss"].face.left == "target: stars"


def test_a_card_says_parameters_and_their_share(qtbot, view):
    load_data(qtbot, view)
    face = view.canvas.cards["dense-1"].face
    assert (face.left, face.right) == ("205,056 par.", "75 %")
    assert "dense-1" not in faces.describe(face)
    assert "output 256" in faces.describe(face)


def test_the_gravest_problem_of_a_place_is_the_one_shown():
    from nnstudio.spec import Place, Problem, Severity

    hint = Problem("a hint", where=Place("node", "dense-1"), severity=Severity.HINT)
    error = Problem("an error", where=Place("node", "dense-1"))
    loss = Problem("a loss", where=Place("training", field="loss"))
    found = faces.problems_by_place(Check(problems=(hint, error, loss)))
    assert found["node", "dense-1"] is error
    assert found["loss", "loss"] is loss


def test_shapes_are_written_as_a_learner_reads_them():
    assert faces.shape_text((800,)) == "800"
    assert faces.shape_text((28, 28, 1)) == "28 × 28 × 1"
    assert faces.shape_text(()) == "1"
    assert faces.shape_text(None) == ""


def test_searching_finds_by_name_family_and_parts_of_words():
    assert entry("leaky_relu").matches("leaky")
    assert entry("leaky_relu").matches("relu")
    assert entry("batch_normalization").matches("norm batch")
    assert not entry("dense").matches("dropout")
    assert entry("dense").matches("")


def box(x: float, y: float) -> routing.Box:
    return (x, y, x + 168, y + 124)


def test_a_wire_between_neighbours_is_straight():
    points = routing.route((168, 62), (224, 62), box(0, 0), box(224, 0))
    assert points == [(168, 62), (224, 62)]


def test_a_wire_to_the_next_row_runs_between_the_rows():
    points = routing.route((840, 62), (224, 246), box(672, 0), box(224, 184), [box(0, 0)])
    assert len(points) == 6
    assert points[2][1] == (124 + 184) / 2


def test_a_wire_goes_around_the_card_in_its_way():
    blocking = box(224, 0)
    points = routing.route((168, 62), (448, 62), box(0, 0), box(448, 0), [blocking])
    for a, b in itertools.pairwise(points):
        left, right = sorted((a[0], b[0]))
        top, bottom = sorted((a[1], b[1]))
        inside = left < 392 and right > 224 and top < 124 and bottom > 0
        assert not inside


def test_a_tidy_network_stays_tidy_when_a_card_is_inserted():
    project = templates.new("sentiment")
    assert placing.tidy_columns(project) == 4
    after = placing.insert(project, entry("dropout").layer, "input-1>dense-1:0", "dropout-9")
    assert placing.tidy_columns(after) == 4


def test_a_network_arranged_by_hand_is_only_pushed_apart():
    project = commands.move(templates.new("sentiment"), {"dense-3": (500.0, 700.0)})
    assert placing.tidy_columns(project) is None
    after = placing.insert(project, entry("dropout").layer, "input-1>dense-1:0", "dropout-9")
    node = after.graph.node("dense-3")
    assert (node.x, node.y) == (500.0, 700.0)
    rects = [card_rect(node.x, node.y) for node in after.graph.nodes]
    assert not any(a.intersects(b) for a in rects for b in rects if a is not b)


def test_a_card_names_its_activation_by_its_title():
    from nnstudio.nn.layers.dense import Dense
    from nnstudio.spec import parts

    shown = {name: Dense(8, cls()).summary() for name, cls in parts("activation").items()}
    assert shown["leaky_relu"] == "8 · leaky ReLU"
    assert shown["relu"] == "8 · ReLU"
    assert shown["softmax"] == "8 · softmax"
    assert not any("_" in text for text in shown.values())
