"""One question guards every way out of a project, and training rests before it is asked."""

import time

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QPushButton

from nnstudio.app import open_window
from nnstudio.engine.events import EpochFinished
from nnstudio.project import commands as edit
from nnstudio.project import files, templates
from nnstudio.ui import dialogs, documents, settings
from nnstudio.ui.ending import Ending

LEFT = Qt.MouseButton.LeftButton


class Learner:
    """Answers each question with the next of ``answers``, as labels of buttons, and notes it."""

    def __init__(self, monkeypatch):
        self.answers = []
        self.asked = []
        monkeypatch.setattr(QDialog, "exec", lambda dialog: self.answer(dialog))

    def answer(self, dialog):
        label = self.answers.pop(0) if self.answers else "Do not save"
        self.asked.append(dialog.accessibleName())
        button = next(
            (b for b in dialog.findChildren(QPushButton) if b.text().strip("….") == label), None
        )
        assert button is not None, (label, dialog.accessibleName())
        dialog.show()
        QTest.mouseClick(button, LEFT)
        return dialog.result()


@pytest.fixture
def learner(monkeypatch):
    return Learner(monkeypatch)


@pytest.fixture
def window(qtbot, learner):
    made = open_window()
    qtbot.addWidget(made)
    made.show()
    yield made
    learner.answers.clear()
    made.close()


@pytest.fixture
def training(window, qtbot):
    """The spiral in training, in its second epoch or later."""
    window.documents.new("spiral")
    session = window.bridge.session
    qtbot.waitUntil(lambda: session.dataset is not None, timeout=20_000)
    window.bridge.do("Epochs", edit.configure_training, epochs=100_000, early_stopping=None)
    with qtbot.waitSignal(
        window.bridge.event, check_params_cb=lambda e: isinstance(e, EpochFinished), timeout=20_000
    ):
        window.actions_by_name["train"].trigger()
    return window


@pytest.fixture
def other(tmp_path):
    path = tmp_path / "other.nns"
    files.save(templates.new("digits"), path)
    return path


def drop(window, path):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    action, none = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    window.dropEvent(QDropEvent(QPointF(9, 9), action, mime, LEFT, none))


def template(window, other):
    window.show_welcome()
    QTest.mouseClick(window.welcome.cards[2], LEFT)


def recent(window, other):
    settings.remember_file(other)
    window.menus.file_chosen.emit(other)


def by_dialog(window, other):
    window.actions_by_name["open"].trigger()


WAYS = {
    "a template": template,
    "a recent file": recent,
    "open": by_dialog,
    "a drop": lambda window, other: drop(window, other),
    "quit": lambda window, other: window.actions_by_name["quit"].trigger(),
}


@pytest.mark.parametrize("way", WAYS)
def test_no_way_out_discards_a_run_unasked_and_cancel_leaves_it_paused(
    training, learner, other, qtbot, monkeypatch, way
):
    monkeypatch.setattr(dialogs, "choose_project", lambda *args: str(other))
    session = training.bridge.session
    learner.answers = ["Cancel"]
    WAYS[way](training, other)
    assert learner.asked == ["Save the changes to “Spiral”?"]
    assert training.isVisible()
    assert training.bridge.project.name == "Spiral"
    assert session.state == "paused"
    epochs = len(training.bridge.project.trained.history)
    assert epochs
    training.show_studio()
    training.actions_by_name["train"].trigger()
    qtbot.waitUntil(lambda: session.state == "running")
    training.bridge.rest(5.0)
    assert len(training.bridge.project.trained.history) >= epochs


@pytest.mark.parametrize("way", WAYS)
def test_save_keeps_what_the_run_has_learned_and_then_goes_on(
    training, learner, other, tmp_path, monkeypatch, way
):
    monkeypatch.setattr(dialogs, "choose_project", lambda *args: str(other))
    saved = tmp_path / "kept.nns"
    monkeypatch.setattr(dialogs, "choose_save", lambda *args: str(saved))
    learner.answers = ["Save"]
    WAYS[way](training, other)
    kept = files.load(saved)
    assert kept.trained.history
    assert kept.trained.checkpoint
    if way == "quit":
        assert not training.isVisible()
    else:
        assert training.bridge.project.name == "Handwritten digits"
        assert training.bridge.session.state != "running"


def test_weights_that_fit_the_changed_network_no_more_can_be_had_back_after_cancel(
    training, learner, qtbot
):
    last = training.bridge.project.graph.nodes[-1]
    before = last.layer.units
    training.bridge.do("Units", edit.change_layer, last.id, last.layer.replace(units=before + 1))
    said = []
    learner.answers = ["Cancel"]
    real = learner.answer

    def answer(dialog):
        said.append(dialog.accessibleDescription())
        return real(dialog)

    learner.answer = answer
    assert not training.close()
    assert "undo the change" in said[0]
    assert training.bridge.project.trained is None
    training.actions_by_name["undo"].trigger()
    qtbot.waitUntil(lambda: training.bridge.project.trained is not None, timeout=20_000)
    assert training.bridge.project.trained.history
    learner.answer = real


def test_a_file_that_cannot_be_opened_disturbs_neither_training_nor_project(
    training, learner, tmp_path
):
    bad = tmp_path / "bad.nns"
    bad.write_bytes(b"no project")
    learner.answers = ["Close"]
    training.open(bad)
    assert len(learner.asked) == 1
    assert "not a project" in learner.asked[0]
    assert training.bridge.session.state == "running"


def test_saving_before_the_same_file_is_opened_again_opens_what_was_saved(
    window, learner, tmp_path
):
    path = tmp_path / "mine.nns"
    files.save(templates.new("spiral"), path)
    window.open(path)
    window.bridge.do("Epochs", edit.configure_training, epochs=7)
    learner.answers = ["Save"]
    window.open(path)
    assert window.bridge.project.training.epochs == 7
    assert not window.bridge.store.unsaved


def test_a_batch_that_takes_long_is_waited_for_and_then_nothing_is_missing(
    training, learner, monkeypatch
):
    """The worker is held up, as a large batch would hold it."""
    import threading

    go_on = threading.Event()
    monkeypatch.setattr(documents, "PATIENCE", 0.05)

    def wait(dialog):
        if "batch" not in dialog.accessibleName():
            return learner.answer(dialog)
        learner.asked.append(dialog.accessibleName())
        go_on.set()
        dialog.show()
        until = time.monotonic() + 20.0
        while dialog.isVisible() and time.monotonic() < until:
            QApplication.processEvents()
        return dialog.result()

    monkeypatch.setattr(QDialog, "exec", wait)
    learner.answers = ["Cancel"]
    training.bridge.session._worker.post(lambda: go_on.wait(30.0) and None)
    assert not training.close()
    assert learner.asked[0] == "Waiting for the batch that is being trained"
    assert learner.asked[1] == "Save the changes to “Spiral”?"
    assert training.bridge.session.state == "paused"
    assert training.bridge.project.trained.history


def test_without_waiting_the_project_is_left_with_the_latest_copy(training, learner, monkeypatch):
    import threading

    training.documents.rescue._ask()
    copied = training.documents.rescue
    until = time.monotonic() + 20.0
    while copied.copied is None and time.monotonic() < until:
        QApplication.processEvents()
    go_on = threading.Event()
    monkeypatch.setattr(documents, "PATIENCE", 0.05)
    training.bridge.session._worker.post(lambda: go_on.wait(30.0) and None)
    learner.answers = ["Do not wait", "Cancel"]
    assert not training.close()
    assert training.bridge.project.trained.history
    go_on.set()


@pytest.mark.parametrize("trouble", ["a folder in the way", "an unforeseen error", "no dialog"])
def test_the_window_stays_open_when_saving_fails(window, learner, tmp_path, monkeypatch, trouble):
    window.documents.new("spiral")
    window.bridge.do("Epochs", edit.configure_training, epochs=7)
    path = tmp_path / "taken.nns"
    path.mkdir()
    monkeypatch.setattr(
        dialogs, "choose_save", lambda *args: "" if trouble == "no dialog" else str(path)
    )
    if trouble == "an unforeseen error":
        path.rmdir()

        def broken(*args):
            raise ValueError("Out of range float values are not JSON compliant")

        monkeypatch.setattr(files, "to_bytes", broken)
    learner.answers = ["Save", "Close"]
    assert not window.close()
    assert window.isVisible()
    assert window.bridge.store.unsaved
    if trouble != "no dialog":
        assert learner.asked[-1] == "taken.nns could not be saved"
    monkeypatch.undo()
    window.bridge.store.mark_saved()


def test_an_error_on_the_way_out_does_not_take_the_window_with_it(window, monkeypatch):
    window.documents.new("spiral")
    window.bridge.do("Epochs", edit.configure_training, epochs=7)

    def broken(*args):
        raise RuntimeError("a fault of ours")

    with monkeypatch.context() as m:
        m.setattr(dialogs, "ask_unsaved", broken)
        with pytest.raises(RuntimeError, match="a fault of ours"):
            window.close()
    assert window.isVisible()


class Manager:
    """What Qt hands out at the end of a session; Qt alone can make a real one."""

    def __init__(self, may_ask):
        self.may_ask, self.cancelled = may_ask, False

    def allowsInteraction(self):
        return self.may_ask

    def release(self):
        pass

    def cancel(self):
        self.cancelled = True


@pytest.mark.parametrize(("answer", "stops"), [("Cancel", True), ("Do not save", False)])
def test_the_end_of_the_session_asks_and_cancel_stops_it(training, learner, qapp, answer, stops):
    manager = Manager(True)
    learner.answers = [answer]
    Ending(qapp, training).session_ends(manager)
    assert learner.asked == ["Save the changes to “Spiral”?"]
    assert manager.cancelled is stops
    assert training.isVisible() is stops


def test_where_the_session_allows_no_question_the_work_is_put_aside(training, learner, qapp):
    manager = Manager(False)
    Ending(qapp, training).session_ends(manager)
    assert learner.asked == []
    file = training.documents.rescue._recovery.file
    assert files.load(file).trained.history


@pytest.mark.parametrize("again", ["close", "open", "the session ends"])
def test_while_the_question_is_open_no_second_one_is_asked(window, monkeypatch, other, qapp, again):
    window.documents.new("spiral")
    window.bridge.do("Epochs", edit.configure_training, epochs=7)
    asked, manager = [], Manager(True)

    def ask(*args):
        asked.append(args)
        if again == "close":
            window.close()
        elif again == "open":
            window.open(other)
        else:
            Ending(qapp, window).session_ends(manager)
        return "cancel"

    with monkeypatch.context() as m:
        m.setattr(dialogs, "ask_unsaved", ask)
        assert not window.close()
    assert len(asked) == 1
    assert window.isVisible()
    assert window.bridge.project.training.epochs == 7
    assert manager.cancelled is (again == "the session ends")


def test_closing_while_training_takes_no_longer_than_the_present_batch(training, learner):
    learner.answers = ["Do not save"]
    began = time.monotonic()
    assert training.close()
    assert time.monotonic() - began < 4.0  # 1.5 s to rest, and time to answer on a busy machine
