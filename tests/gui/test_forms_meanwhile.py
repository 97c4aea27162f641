"""A form that gives way to another one while something is being typed into it."""

import pytest
from PySide6.QtTest import QTest

from nnstudio.project import templates
from nnstudio.ui.panels.data import DataPanel


@pytest.fixture
def bridge(open_studio):
    return open_studio(templates.new("spiral"))


def typing(qtbot, panel, line):
    """Type a number and do not end it."""
    qtbot.addWidget(panel)
    panel.show()
    panel.activateWindow()
    qtbot.waitUntil(panel.isActiveWindow)
    line.setFocus()
    qtbot.waitUntil(line.hasFocus)
    line.selectAll()
    QTest.keyClicks(line, "300")
    assert line.text() == "300"


def test_another_data_set_stays_although_a_setting_of_the_former_was_being_typed(bridge, qtbot):
    panel = DataPanel(bridge)
    typing(qtbot, panel, panel._form.row("size").editor.line)
    row = next(row for row in panel.rows if row.cls.name == "moons")
    row.chosen.emit()
    assert bridge.project.data.name == "moons"
    QTest.qWait(10)
    assert bridge.project.data.name == "moons"
