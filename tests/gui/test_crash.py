"""The whole app, ended from outside: killed in the middle of training, or asked to end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nnstudio.project import commands, files, templates

# The app as it starts, in training; what the learner would be asked is printed and answered.
APP = """
import sys
from PySide6.QtCore import QTimer
from nnstudio import app
from nnstudio.ui import dialogs
from nnstudio.ui.window import MainWindow

path, answer, trains = sys.argv[1] or None, sys.argv[2], sys.argv[3] == "train"

def say(*words):
    print(*words, flush=True)

def asked(name, answer):
    def ask(*args):
        say(name, args[1])
        return really(*args) if answer == "wait" else answer
    return ask

really = dialogs.ask_unsaved

dialogs.ask_unsaved = asked("unsaved", answer)
dialogs.ask_recover = asked("recover", (answer, 0))
dialogs.ask_discard_copy = asked("discard", True)
shows = dialogs.show_problems
dialogs.show_problems = asked("problems", None)
if answer == "tell":
    dialogs.show_problems = lambda *args: (say("problems"), shows(*args))
import nnstudio.ui.rescue as rescue
rescue.WHILE_TRAINING = 0.3
make = MainWindow.__init__

def begun(window, *args):
    make(window, *args)
    def look():
        if not window.furnished:
            return
        project, session = window.bridge.project, window.bridge.session
        trained = project.trained
        epochs = len(trained.history) if trained else 0
        on_disk = window.documents.rescue._recovery.file
        say("state", session.state, project.name, epochs, window.documents.path,
            bool(on_disk and on_disk.exists()))
        if trains and session.state == "ready" and session.dataset is not None:
            window.run_commands.train()
        if not trains and window.bridge.store.unsaved and answer == "recover":
            say("back", epochs, project.training.epochs)
    window._looking = QTimer(window)
    window._looking.timeout.connect(look)
    window._looking.start(100)

MainWindow.__init__ = begun
sys.exit(app.run(path))
"""


class App:
    """A process with the app; what it says can be waited for."""

    def __init__(self, home: Path, path: str = "", answer: str = "cancel", train: bool = False):
        environment = os.environ | {
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_DATA_HOME": str(home / "data"),
            "QT_QPA_PLATFORM": "offscreen",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-c", APP, path, answer, "train" if train else ""],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self.said: list[str] = []

    def hear(self, *words: str, seconds: float = 60.0) -> str:
        """The next line that has all these words."""
        until = time.monotonic() + seconds
        assert self.process.stdout is not None
        while time.monotonic() < until:
            line = self.process.stdout.readline()
            if not line:
                break
            self.said.append(line)
            if all(word in line for word in words):
                return line
        self.process.kill()
        raise AssertionError((words, self.said[-20:], self.process.communicate()))

    def end(self, signal_number: int) -> int:
        self.process.send_signal(signal_number)
        self.process.communicate(timeout=30)
        return self.process.returncode


pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    path = tmp_path / "mine.nns"
    spiral = templates.new("spiral")
    setup = {"epochs": 100_000, "batch_size": 1, "early_stopping": None}
    files.save(commands.configure_training(spiral, **setup), path)
    return path


@pytest.mark.parametrize("named", [False, True])
def test_after_a_kill_in_training_weights_and_curves_come_back(
    tmp_path: Path, project: Path, named: bool
) -> None:
    before = project.read_bytes()
    crashing = App(tmp_path, str(project), train=True)
    crashing.hear("state running", "True")  # a copy is on the disk, and training goes on
    (copy,) = (tmp_path / "data").rglob("*.nns")
    until = time.monotonic() + 30
    while (kept := files.load(copy).trained) is None or not kept.history:
        assert time.monotonic() < until
        time.sleep(0.05)
    assert crashing.end(signal.SIGKILL) == -signal.SIGKILL
    again = App(tmp_path, str(project) if named else "", "recover")
    try:
        again.hear("recover")
        _, epochs, _ = again.hear("back").split()
        assert int(epochs) >= len(kept.history)
        line = again.hear("state")
        assert str(project) in line
        assert "True" in line  # and there is a copy of it at once
    finally:
        again.process.kill()
        again.process.communicate()
    assert project.read_bytes() == before
    assert copy.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_asks_before_the_app_ends_and_one_more_ends_it_with_the_work_put_aside(
    tmp_path: Path, project: Path, number: int
) -> None:
    app = App(tmp_path, str(project), "wait", train=True)
    app.hear("state running")
    app.process.send_signal(number)
    app.hear("unsaved", "mine")
    assert app.process.poll() is None
    assert app.end(number) == 128 + number
    (copy,) = (tmp_path / "data").rglob("*.nns")
    kept = files.load(copy)
    assert kept.trained is not None
    assert kept.trained.checkpoint


def test_after_discard_at_a_signal_nothing_is_left_behind(tmp_path: Path, project: Path) -> None:
    app = App(tmp_path, str(project), "discard", train=True)
    app.hear("state running", "True")
    app.end(signal.SIGTERM)
    assert app.process.returncode == 0
    assert list((tmp_path / "data").rglob("*.*")) == []
    quiet = App(tmp_path, str(project))
    quiet.hear("state", "ready")
    assert quiet.end(signal.SIGTERM) == 0


def test_a_signal_ends_the_app_also_while_a_dialog_is_open(tmp_path: Path) -> None:
    app = App(tmp_path, str(tmp_path / "nowhere.nns"), "tell")
    app.hear("problems")
    time.sleep(0.5)  # the dialog comes up
    assert app.end(signal.SIGTERM) == 0
