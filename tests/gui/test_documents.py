"""Files: a second writer, names that gain a suffix, copies of crashed apps, recent ones."""

import os
import threading
import time
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QPushButton

from nnstudio import app
from nnstudio.app import open_window
from nnstudio.data.text_files import TextFile
from nnstudio.engine.events import EpochFinished
from nnstudio.project import commands as edit
from nnstudio.project import disks, files, templates
from nnstudio.session.recovery import Recovery, note_of
from nnstudio.ui import rescue, settings
from nnstudio.ui.recover_dialog import RecoverDialog

LEFT = Qt.MouseButton.LeftButton


class Learner:
    """Works on each modal dialog as it comes up; ``steps`` are functions of the dialog."""

    def __init__(self, qapp):
        self.steps = []
        self.seen = []
        self._timer = QTimer(qapp)
        self._timer.timeout.connect(self._look)
        self._timer.start(20)
        self._last = None

    def _look(self):
        dialog = QApplication.activeModalWidget()
        if dialog is None or dialog is self._last or not dialog.isVisible():
            return
        self._last = dialog
        self.seen.append(dialog.accessibleName() or dialog.windowTitle())
        step = self.steps.pop(0) if self.steps else press("Do not save")
        step(dialog)

    def stop(self):
        self._timer.stop()


def press(label):
    def step(dialog):
        button = next(
            (b for b in dialog.findChildren(QPushButton) if b.text().strip("….") == label), None
        )
        if button is None:
            dialog.reject()
            raise AssertionError((label, dialog.accessibleName()))
        QTest.mouseClick(button, LEFT)

    return step


def name(text):
    """Type a name in the file dialog and press its Save button."""

    def step(dialog):
        assert isinstance(dialog, QFileDialog)
        dialog.findChild(QLineEdit, "fileNameEdit").setText(text)
        dialog.accept()

    return step


def row(index, label):
    """Choose a row of the recovery list and press a button."""

    def step(dialog):
        assert isinstance(dialog, RecoverDialog)
        dialog.list.setCurrentRow(index)
        press(label)(dialog)

    return step


@pytest.fixture
def learner(qapp):
    made = Learner(qapp)
    yield made
    made.stop()


@pytest.fixture
def window(qtbot, learner):
    made = open_window()
    qtbot.addWidget(made)
    made.show()
    yield made
    learner.steps.clear()
    made.close()


@pytest.fixture
def mine(window, tmp_path):
    """A project saved as mine.nns and then edited."""
    path = tmp_path / "mine.nns"
    files.save(templates.new("spiral"), path)
    window.open(path)
    window.bridge.do("Epochs", edit.configure_training, epochs=7)
    return path


def test_saving_in_the_middle_of_training_saves_what_it_has_learned_and_training_goes_on(
    window, qtbot, tmp_path
):
    path = tmp_path / "mine.nns"
    setup = {"epochs": 100_000, "early_stopping": None}
    files.save(edit.configure_training(templates.new("spiral"), **setup), path)
    window.open(path)
    session = window.bridge.session
    qtbot.waitUntil(lambda: session.state == "ready", timeout=20_000)
    with qtbot.waitSignal(
        window.bridge.event, check_params_cb=lambda e: isinstance(e, EpochFinished), timeout=20_000
    ):
        window.actions_by_name["train"].trigger()
    window.actions_by_name["save"].trigger()
    assert session.state == "running"
    assert files.load(path).trained.history
    assert not window.bridge.store.unsaved
    window.actions_by_name["pause"].trigger()
    qtbot.waitUntil(lambda: session.state == "paused", timeout=20_000)
    assert window.bridge.store.unsaved


# ---- a second writer ------------------------------------------------------------------------


def written_by_another(path):
    files.save(edit.configure_training(templates.new("spiral"), epochs=99), path)


@pytest.mark.parametrize(
    ("answer", "on_disk", "saved"), [("Overwrite", 7, True), ("Cancel", 99, False)]
)
def test_another_writers_change_is_not_overwritten_unasked(
    window, mine, learner, answer, on_disk, saved
):
    written_by_another(mine)
    learner.steps = [press(answer)]
    window.actions_by_name["save"].trigger()
    assert learner.seen == ["“mine.nns” was changed by another program"]
    assert files.load(mine).training.epochs == on_disk
    assert window.bridge.store.unsaved is not saved


def test_save_as_keeps_both_changes(window, mine, learner, tmp_path):
    written_by_another(mine)
    learner.steps = [press("Save as"), name(str(tmp_path / "ours.nns"))]
    window.actions_by_name["save"].trigger()
    assert files.load(mine).training.epochs == 99
    assert files.load(tmp_path / "ours.nns").training.epochs == 7
    assert window.documents.path == tmp_path / "ours.nns"


def test_own_saves_a_touched_file_and_one_that_is_gone_are_saved_without_a_question(
    window, mine, learner
):
    window.actions_by_name["save"].trigger()
    os.utime(mine, (0, 0))
    window.bridge.do("Epochs", edit.configure_training, epochs=8)
    window.actions_by_name["save"].trigger()
    assert files.load(mine).training.epochs == 8
    mine.unlink()
    window.bridge.do("Epochs", edit.configure_training, epochs=9)
    window.actions_by_name["save"].trigger()
    assert files.load(mine).training.epochs == 9
    assert learner.seen == []


def test_a_second_writer_is_noticed_when_the_window_closes_and_cancel_keeps_it_open(
    window, mine, learner
):
    written_by_another(mine)
    learner.steps = [press("Save"), press("Cancel")]
    assert not window.close()
    assert files.load(mine).training.epochs == 99


# ---- the name that a file gets ---------------------------------------------------------------


@pytest.mark.parametrize("typed", ["foo", "foo.v2"])
def test_a_name_that_gains_its_suffix_does_not_overwrite_a_file_unasked(
    window, learner, tmp_path, typed
):
    taken = tmp_path / f"{typed}.nns"
    taken.write_bytes(b"precious")
    window.documents.new("spiral")
    learner.steps = [
        name(str(tmp_path / typed)),
        press("Choose another name"),
        name(str(tmp_path / "other")),
    ]
    window.actions_by_name["save_as"].trigger()
    assert learner.seen[1] == f"Replace “{typed}.nns”?"
    assert taken.read_bytes() == b"precious"
    assert files.load(tmp_path / "other.nns").name == "Spiral"
    learner.steps = [name(str(tmp_path / typed)), press("Replace")]
    window.actions_by_name["save_as"].trigger()
    assert files.load(taken).name == "Spiral"


@pytest.mark.parametrize(
    ("command", "suffix"), [("export_model", ".npz"), ("export_curves", ".png")]
)
def test_no_export_overwrites_a_file_unasked(window, learner, tmp_path, qtbot, command, suffix):
    taken = tmp_path / f"foo{suffix}"
    taken.write_bytes(b"precious")
    window.documents.new("spiral")
    qtbot.waitUntil(lambda: window.bridge.session.state == "ready", timeout=20_000)
    window.actions_by_name["train"].trigger()
    qtbot.waitUntil(lambda: bool(window.bridge.project.trained), timeout=60_000)
    qtbot.waitUntil(lambda: window.bridge.session.state == "ready", timeout=60_000)
    learner.steps = [
        name(str(tmp_path / "foo")),
        press("Choose another name"),
        lambda dialog: dialog.reject(),
    ]
    assert window.actions_by_name[command].isEnabled()
    window.actions_by_name[command].trigger()
    assert learner.seen[1] == f"Replace “foo{suffix}”?"
    assert taken.read_bytes() == b"precious"


# ---- copies for a crash ----------------------------------------------------------------------


def crashed(project, name, origin=None):
    """What an app leaves behind that ended without closing."""
    gone = Recovery(settings.data_folder() / "recovery")
    gone.write_now(project, note_of(project, name, origin, None))
    gone._held.close()  # as the system does with the locks of a process that has ended
    return gone.file


def ran(thread_name):
    for thread in threading.enumerate():
        if thread.name == thread_name:
            thread.join()


@pytest.fixture
def no_copies():
    folder = settings.data_folder() / "recovery"
    for file in folder.glob("*") if folder.is_dir() else ():
        file.unlink()


def test_everything_left_behind_is_listed_and_what_is_not_chosen_stays(
    window, learner, no_copies, tmp_path
):
    first = crashed(edit.configure_training(templates.new("spiral"), epochs=11), "Homework")
    second = crashed(templates.new("digits"), "Digits", tmp_path / "digits.nns")
    bad = first.with_name("4711.nns")
    bad.write_bytes(b"half of a pro")
    seen = []

    def look(dialog):
        seen.extend(dialog.list.item(n).text() for n in range(dialog.list.count()))
        press("Later")(dialog)

    learner.steps = [look]
    assert not window.documents.offer_recovery()
    assert len(seen) == 3
    assert any(text.startswith("Homework\n") and "never saved" in text for text in seen)
    assert any(text.startswith("Digits\n") and "digits.nns" in text for text in seen)
    assert all(file.exists() for file in (first, second, bad))
    listed = [text.split("\n")[0] for text in seen]
    learner.steps = [
        row(listed.index("4711"), "Recover"),
        press("Close"),
        row(listed.index("Homework"), "Recover"),
    ]
    assert window.documents.offer_recovery()
    assert "This copy cannot be read" in learner.seen
    assert window.bridge.project.training.epochs == 11
    assert window.bridge.store.unsaved
    assert all(file.exists() for file in (first, second, bad))
    learner.steps = [press("Later")]
    window.actions_by_name["recover"].trigger()
    assert learner.seen[-1] == "Recover unsaved work?"


def test_only_discard_deletes_a_copy_and_it_asks_once_more(window, learner, no_copies):
    file = crashed(templates.new("spiral"), "Homework")
    learner.steps = [
        press("Discard"),
        press("Keep it"),
        press("Discard"),
        press("Discard"),
    ]
    assert not window.documents.offer_recovery()
    assert learner.seen[1] == "Discard the copy of “Homework”?"
    assert len(learner.seen) == 4
    assert not file.exists()
    window.actions_by_name["recover"].trigger()
    assert len(learner.seen) == 4


def test_what_is_taken_back_belongs_to_its_file_and_a_later_change_there_is_noticed(
    window, learner, no_copies, tmp_path
):
    path = tmp_path / "mine.nns"
    seen = files.save(templates.new("spiral"), path)
    gone = Recovery(settings.data_folder() / "recovery")
    project = edit.configure_training(templates.new("spiral"), epochs=11)
    gone.write_now(project, note_of(project, "mine", path, seen))
    gone._held.close()
    written_by_another(path)
    learner.steps = [press("Recover")]
    assert window.documents.offer_recovery()
    assert window.documents.path == path
    learner.steps = [press("Overwrite")]
    assert window.documents.save()
    assert learner.seen[-1] == "“mine.nns” was changed by another program"
    assert files.load(path).training.epochs == 11
    assert not gone.file.exists()


def test_a_run_whose_network_was_changed_has_a_copy_of_its_own(
    window, learner, qtbot, no_copies, tmp_path
):
    window.documents.new("spiral")
    session = window.bridge.session
    qtbot.waitUntil(lambda: session.state == "ready", timeout=20_000)
    window.bridge.do("Epochs", edit.configure_training, epochs=100_000, early_stopping=None)
    window.actions_by_name["train"].trigger()
    with qtbot.waitSignal(
        window.bridge.event, check_params_cb=lambda e: isinstance(e, EpochFinished), timeout=20_000
    ):
        qtbot.waitUntil(lambda: session.state == "running", timeout=20_000)
    last = window.bridge.project.graph.nodes[-1]
    window.bridge.do("Units", edit.change_layer, last.id, last.layer.replace(units=7))
    window.documents.rescue._ask()
    apart = window.documents.rescue._apart
    qtbot.waitUntil(lambda: apart.file is not None and apart.file.exists(), timeout=20_000)
    ran("recovery")
    assert files.load(apart.file).trained.history
    changed = files.load(window.documents.rescue._recovery.file)
    assert changed.graph.nodes[-1].layer.units == 7
    assert window.documents.rescue.left_behind() == []
    learner.steps = [press("Do not save")]
    window.documents.new("empty")
    assert not apart.file.exists()


def test_after_every_edit_was_undone_there_is_no_copy_left(window, no_copies, qtbot, monkeypatch):
    monkeypatch.setattr(rescue, "QUIET", 0.01)
    window.documents.new("spiral")
    window.bridge.do("Epochs", edit.configure_training, epochs=7)
    copies = window.documents.rescue._recovery
    qtbot.waitUntil(lambda: copies.file is not None and copies.file.exists(), timeout=20_000)
    window.actions_by_name["undo"].trigger()
    assert not copies.file.exists()


def test_a_copy_that_could_not_be_written_is_tried_again(
    window, no_copies, qtbot, monkeypatch, tmp_path
):
    monkeypatch.setattr(rescue, "QUIET", 0.01)
    copies = window.documents.rescue._recovery
    copies.folder = tmp_path / "in the way" / "recovery"
    copies.folder.parent.write_text("a file")
    window.documents.new("spiral")
    window.bridge.do("Epochs", edit.configure_training, epochs=7)
    qtbot.waitUntil(lambda: copies.failure is not None, timeout=20_000)
    copies.folder.parent.unlink()
    window.documents.rescue._ask()
    qtbot.waitUntil(lambda: copies.file is not None and copies.file.exists(), timeout=20_000)
    ran("recovery")
    assert copies.failure is None


def test_an_edit_that_is_followed_by_others_all_the_time_is_copied_all_the_same(
    window, no_copies, monkeypatch
):
    monkeypatch.setattr(rescue, "QUIET", 0.4)
    monkeypatch.setattr(rescue, "LONGEST", 1.0)
    window.documents.new("spiral")
    until = time.monotonic() + 20.0
    epochs = 2
    while window.documents.rescue._recovery.file is None and time.monotonic() < until:
        epochs += 1
        window.bridge.do("Epochs", edit.configure_training, epochs=epochs)
        before = time.monotonic()
        while time.monotonic() < before + 0.1:
            QApplication.processEvents()
    ran("recovery")
    file = window.documents.rescue._recovery.file
    assert file is not None
    assert files.load(file).training.epochs > 2


def test_after_saving_there_is_no_copy_left(window, learner, no_copies, monkeypatch, tmp_path):
    monkeypatch.setattr(rescue, "QUIET", 0.01)
    window.documents.new("spiral")
    window.bridge.do("Epochs", edit.configure_training, epochs=7)
    until = time.monotonic() + 20.0
    copies = window.documents.rescue._recovery
    while not (copies.file and copies.file.exists()) and time.monotonic() < until:
        QApplication.processEvents()
    assert copies.file.exists()
    learner.steps = [name(str(tmp_path / "safe.nns"))]
    assert window.documents.save()
    assert not copies.file.exists()


# ---- recent files and damaged settings -------------------------------------------------------


@pytest.mark.parametrize("bad", ["/nowhere/at/all/gone.nns", f"/tmp/{'n' * 300}.nns", "a\0b.nns"])
def test_a_recent_file_that_is_no_more_is_told_when_it_is_chosen_and_dropped(
    qtbot, learner, bad, tmp_path
):
    good = tmp_path / "good.nns"
    files.save(templates.new("spiral"), good)
    settings.put("recent", [bad, str(good)])
    window = open_window()
    qtbot.addWidget(window)
    window.show_welcome()
    window.resize(1024, 680)
    window.show()
    page, view = window.welcome.widget(), window.welcome.viewport()
    qtbot.waitUntil(lambda: page.width() <= view.width())
    learner.steps = [press("Close")]
    window.open(bad)
    assert len(learner.seen) == 1
    assert settings.recent_files() == [good]
    window.open(good)
    assert window.documents.path == good
    window.close()


def test_no_disk_is_asked_about_recent_files_before_the_window_is_there(qtbot, monkeypatch):
    """A disk that does not answer would let every question about a file wait for ever."""
    asked = []
    settings.put("recent", ["/dead/mount/one.nns", "/dead/mount/two.nns"])
    for name in ("stat", "lstat", "access", "open", "scandir", "listdir"):
        real = getattr(os, name)

        def spy(path, *args, real=real, **kwargs):
            if "/dead/mount" in str(path):
                asked.append(path)
            return real(path, *args, **kwargs)

        monkeypatch.setattr(os, name, spy)
    window = app.open_welcome(furnish=False)
    window.furnish()
    shown = [b.text() for b in window.welcome.findChildren(QPushButton)]
    assert "one" in shown
    assert asked == []
    window.close()
    window.deleteLater()


def test_a_disk_that_does_not_answer_is_told_and_does_not_stop_the_window(
    window, learner, monkeypatch, tmp_path
):
    """As when a network drive is gone: whoever asks about a file there waits for ever."""
    gone = threading.Event()
    real = os.stat

    def stat(path, *args, **kwargs):
        if "/dead/mount" in str(path):
            gone.wait(60.0)
        return real(path, *args, **kwargs)

    monkeypatch.setattr(disks, "PATIENCE", 0.2)
    monkeypatch.setattr(os, "stat", stat)
    dead = Path("/dead/mount/mine.nns")
    settings.put("recent", [str(dead)])
    learner.steps = [press("Close")]
    window.open(dead)
    assert learner.seen == ["The disk of mine.nns does not answer"]
    assert settings.recent_files() == [dead], "it may come back"
    assert window.documents._folder() == str(Path.home())
    window.documents.new("spiral")
    window.documents.path = dead
    ours = tmp_path / "ours.nns"
    learner.steps = [press("Close"), name(str(ours))]
    assert window.documents.save()
    assert files.load(ours).name == "Spiral"
    gone.set()


def test_a_pipe_is_no_project_and_nobody_waits_for_it(window, learner, tmp_path):
    pipe = tmp_path / "pipe.nns"
    os.mkfifo(pipe)
    learner.steps = [press("Close")]
    window.open(pipe)
    assert len(learner.seen) == 1


@pytest.mark.qt_log_ignore("QVariant::load")
@pytest.mark.parametrize(
    "lines",
    [
        "text_scale=nan\ntheme=7\nrecent=@Invalid()\ngeometry=@ByteArray(rubbish)\ndocks=5",
        "text_scale=inf\nrecent=@Variant(\\0\\0\\0\\x7fXYZ)\nreduce_motion=@Point(1 2)",
        "text_scale=@Size(3 4)\nrecent=1, 2, , /a/b.nns\ntheme=@Invalid()\ndocks=@ByteArray(\\0)",
        "]]]]\x00\xff[[broken",
    ],
)
def test_damaged_settings_do_not_keep_the_app_from_starting(qtbot, tmp_path, lines):
    file = Path(settings.settings().fileName())
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"[General]\n" + lines.encode("latin-1"))
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path))
    app.take_settings()
    window = app.open_welcome(furnish=False)
    window.furnish()
    window.show_studio()
    assert all(isinstance(path, Path) for path in settings.recent_files())
    window.close()
    window.deleteLater()


def test_a_home_that_cannot_be_written_keeps_nobody_from_working(
    qtbot, learner, monkeypatch, tmp_path
):
    (tmp_path / "a file").write_text("in the way")
    monkeypatch.setattr(settings, "data_folder", lambda: tmp_path / "a file" / "data")
    window = open_window()
    qtbot.addWidget(window)
    said = []
    window.bridge.message.connect(said.append)
    window.documents.new("spiral")
    window.bridge.do("Epochs", edit.configure_training, epochs=7)
    window.documents.secure()
    window.documents.rescue._ask()
    assert any("copy for a crash could not be written" in text for text in said)
    assert not window.documents.offer_recovery()
    learner.steps = [press("Do not save")]
    window.close()


@pytest.mark.parametrize("path", [f"/tmp/{'n' * 300}.csv", "~nobody-at-all/a.csv"])
def test_a_project_whose_data_cannot_be_there_opens_and_says_so(window, qtbot, tmp_path, path):
    mine = tmp_path / "mine.nns"
    project = templates.new("sentiment").replace(data=TextFile(path=path))
    files.save(project, mine)
    window.open(mine)
    qtbot.waitUntil(lambda: window.bridge.data_problem is not None, timeout=20_000)
    window.show_panel("data")
    window.bridge.drain()
    assert window.documents.path == mine
    assert window.bridge.session.state == "idle"
