"""What a learner with a small screen or large text sees of the window."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QWidget

from nnstudio.ui import theme
from nnstudio.ui.backprop.panel import EXPRESSION
from nnstudio.ui.screen import LEAST, first_size

LEFT = Qt.MouseButton.LeftButton
ROOT = Path(__file__).parents[2]


@pytest.fixture
def window(whole_window: Any) -> Any:
    return whole_window


def begin(qtbot: Any, window: Any, template: str) -> None:
    window.documents.new(template)
    session = window.bridge.session
    qtbot.waitUntil(lambda: session.dataset is not None, timeout=30_000)


def seen_whole(widget: QWidget) -> bool:
    """Whether no scroll area and no edge of the window hides a part of it."""
    return bool(widget.visibleRegion().boundingRect() == widget.rect())


@pytest.mark.parametrize("size", [QSize(1440, 900), QSize(1366, 728), QSize(1024, 680)])
def test_the_whole_drawing_grid_and_its_buttons_are_seen(
    qtbot: Any, window: Any, size: QSize
) -> None:
    begin(qtbot, window, "digits")
    window.resize(size)
    window.show_panel("try_it")
    panel = window.panel("try_it")
    qtbot.waitUntil(lambda: panel.input is not None and panel.input.isVisible())
    qtbot.waitUntil(lambda: seen_whole(panel.input.pad))
    pad = panel.input.pad
    box, side = pad._box()
    QTest.mouseClick(pad, LEFT, pos=QPoint(round(box.center().x()), round(box.bottom() - side / 2)))
    assert pad.values[7].max() > 0, "the lowest row can be drawn on"


def test_the_whole_text_field_and_what_its_colours_mean_are_seen(qtbot: Any, window: Any) -> None:
    begin(qtbot, window, "sentiment")
    window.resize(1024, 680)
    window.show_panel("try_it")
    panel = window.panel("try_it")
    qtbot.waitUntil(lambda: panel.input is not None and panel.input.isVisible())
    qtbot.waitUntil(lambda: seen_whole(panel.input.edit))
    assert seen_whole(panel.input.legend)


def test_the_learning_rate_is_read_whole_in_the_largest_text(qtbot: Any, window: Any) -> None:
    begin(qtbot, window, "sentiment")
    theme.set_scale(1.35)
    window.docks["right"].resize(300, 600)
    panel = window.panel("properties")
    line = next(w for w in panel.findChildren(QLineEdit) if w.accessibleName() == "Learning rate")

    def room() -> int:
        return int(line.width()) - QFontMetrics(theme.font(13)).horizontalAdvance(line.text())

    assert line.text() == "0.001"
    qtbot.waitUntil(lambda: room() >= 16, timeout=5_000)


def test_a_new_project_is_not_hidden_behind_an_enlarged_panel(qtbot: Any, window: Any) -> None:
    begin(qtbot, window, "sentiment")
    window.show_panel("backprop")
    window.panel("backprop").show_mode(EXPRESSION)
    qtbot.waitUntil(lambda: not window.docks["right"].isVisible())
    assert not seen_whole(window.canvas)
    window.documents.new("empty")
    qtbot.waitUntil(lambda: window.canvas.isVisible() and window.canvas.height() > 200)
    assert window.docks["right"].isVisible()
    assert window.docks["bottom"].shown == "curves"


def test_the_first_window_is_no_larger_than_its_screen() -> None:
    assert first_size(QSize(1920, 1080)) == QSize(1440, 900)
    on_laptop = first_size(QSize(1366, 768))
    assert on_laptop.width() == 1366
    assert on_laptop.height() < 768
    assert first_size(QSize(800, 600)) == LEAST


def test_on_a_laptop_with_1366_by_768_pixels_the_first_window_lies_on_the_screen(
    tmp_path: Path,
) -> None:
    screen = {"name": "laptop", "x": 0, "y": 0, "width": 1366, "height": 768, "dpr": 1}
    config = tmp_path / "screen.json"
    config.write_text(json.dumps({"screens": [screen | {"logicalDpi": 96}]}))
    script = (
        "from PySide6.QtCore import QSettings\n"
        f"QSettings.setPath(QSettings.IniFormat, QSettings.UserScope, {str(tmp_path)!r})\n"
        "from nnstudio import app\n"
        "application = app.application()\n"
        "window = app.open_window()\n"
        "window.show()\n"
        "print(*application.primaryScreen().geometry().getRect(), *window.geometry().getRect())\n"
        "window.bridge.close()\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"QT_QPA_PLATFORM": f"offscreen:configfile={config}"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    numbers = list(map(int, told.stdout.split()))
    laptop, window = QRect(*numbers[:4]), QRect(*numbers[4:])
    assert laptop.size() == QSize(1366, 768)
    assert window.width() <= laptop.width()
    assert window.height() < laptop.height()
