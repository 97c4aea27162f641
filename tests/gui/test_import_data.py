"""The dialog that looks into a learner's file stays alive, whatever the file is."""

from __future__ import annotations

import os
import threading

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from nnstudio.data.interrupting import InterruptedReadingError, interruptible
from nnstudio.data.preview import preview, source_for
from nnstudio.session.previewing import Previewer
from nnstudio.ui.import_data import MOST_SHOWN, ImportData

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A table that takes a second or more to be read."""
    path = tmp_path_factory.mktemp("large") / "large.csv"
    kinds = ("bad", "good", "fine")
    rows = [f'{n},"text number {n}, which is {kinds[n % 3]}",{n % 3}' for n in range(50)]
    path.write_text("id,text,verdict\n" + "\n".join(rows * 5_000), encoding="utf-8")
    return path


def readers():
    return [thread for thread in threading.enumerate() if thread.name == "preview"]


def test_a_large_file_is_read_while_the_dialog_says_so_and_then_shown(qtbot, large):
    dialog = ImportData(None, str(large))
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.reading
    assert dialog.title.text() == "large.csv"
    assert dialog.about.text() == "Reading large.csv …"
    assert not dialog.use.isEnabled()
    qtbot.waitUntil(lambda: not dialog.reading, timeout=60_000)
    assert "250,000 rows" in dialog.about.text()
    assert dialog.text_combo.currentData() == "text"
    assert dialog.use.isEnabled()
    dialog.text_combo.setCurrentIndex(dialog.text_combo.findData("id"))
    dialog.text_combo.activated.emit(dialog.text_combo.currentIndex())
    qtbot.waitUntil(lambda: not dialog.reading, timeout=60_000)
    assert dialog.source.text_column == "id"


def test_cancel_gives_reading_up(qtbot, large):
    dialog = ImportData(None, str(large))
    qtbot.addWidget(dialog)
    dialog.show()
    assert readers()
    (cancel,) = [b for b in dialog.findChildren(QPushButton) if b.text() == "Cancel"]
    QTest.mouseClick(cancel, LEFT)
    assert not dialog.isVisible()
    qtbot.waitUntil(lambda: not readers(), timeout=60_000)
    assert not dialog.reading
    assert dialog.table.rowCount() == 0


def test_the_latest_wish_wins(large, tmp_path):
    small = tmp_path / "small.csv"
    small.write_text("text,label\na good film,1\na bad film,0\n", encoding="utf-8")
    looking = Previewer()
    looking.look(source_for(str(large)))
    first = readers()
    looking.look(source_for(str(small)))
    found = looking.take(60.0)
    assert found is not None
    assert found.source.path == str(small)
    for thread in first:
        thread.join(60.0)
    assert looking.take() is None


def test_reading_that_nobody_waits_for_ends_in_the_middle(large):
    asked = []

    def unwanted():
        asked.append(True)
        return len(asked) > 3

    with pytest.raises(InterruptedReadingError), interruptible(unwanted):
        preview(str(large))
    assert len(asked) == 4
    assert preview(str(large)).row_count == 250_000


def test_another_column_is_chosen_without_reading_the_file_again(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text("a,b,c\n" + "good film,1,x\nbad film,0,y\n" * 5, encoding="utf-8")
    found = preview(str(path))
    path.unlink()
    again = preview(found.source.replace(label_column="c"), found)
    assert again.label_column == "c"
    assert again.class_counts == (("x", 5), ("y", 5))
    assert preview(found.source).problems[0].title.startswith("There is no file")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes of POSIX")
def test_a_pipe_is_refused_in_the_dialog_instead_of_waited_for(qtbot, tmp_path):
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    dialog = ImportData(None, str(pipe))
    qtbot.addWidget(dialog)
    qtbot.waitUntil(lambda: not dialog.reading, timeout=20_000)
    assert not dialog.use.isEnabled()
    said = [dialog._problems.itemAt(n).widget().text() for n in range(dialog._problems.count())]
    assert "pipe.csv is a pipe, not a file" in said[0]


def test_thousands_of_equal_names_are_told_apart_and_shown_in_part(qtbot, tmp_path):
    path = tmp_path / "wide.csv"
    names = ["words", "verdict", *["name"] * 1_600]
    rows = [f"a good film {n},{n % 2}," + ",".join(["0"] * 1_600) for n in range(6)]
    path.write_text(",".join(names) + "\n" + "\n".join(rows), encoding="utf-8")
    dialog = ImportData(None, str(path))
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(lambda: not dialog.reading, timeout=30_000)
    assert dialog.table.columnCount() == MOST_SHOWN
    assert "1,602 columns, of which 60 are shown" in dialog.about.text()
    assert dialog.label_combo.findData("name (1600)") > 0
    assert dialog.text_combo.currentData() == "words"
