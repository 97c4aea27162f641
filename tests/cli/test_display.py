"""A display that does not answer and a missing library are said in words, never by Qt's abort."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nnstudio import cli
from nnstudio.display import NoAnswerError, Trial, missing_library
from nnstudio.spec import ProblemError

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems have a display")


@pytest.fixture
def dead_display(monkeypatch):
    """A display in the environment with nothing behind it."""
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("DISPLAY", ":7777")


@pytest.fixture
def library_missing(tmp_path, dead_display, monkeypatch):
    """As on a system that lacks one of the libraries that Qt's plugin for X11 needs.

    A copy of one of them is found first, which asks for a library that nobody has.
    """
    ctypes.CDLL("libxcb-icccm.so.4")
    maps = Path("/proc/self/maps").read_text(encoding="utf-8").splitlines()
    real = Path(next(line.split()[-1] for line in maps if "libxcb-icccm.so.4" in line))
    content = real.read_bytes()
    assert b"libxcb.so.1\0" in content
    (tmp_path / "lib").mkdir()
    copy = tmp_path / "lib" / "libxcb-icccm.so.4"
    copy.write_bytes(content.replace(b"libxcb.so.1\0", b"libxcb.so.7\0"))
    monkeypatch.setenv("LD_LIBRARY_PATH", str(copy.parent))


def start(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "nnstudio", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(cwd), **environment},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_a_dead_display_is_named_and_a_project_is_not_opened(dead_display, tmp_path):
    done = start("mine.nns", cwd=tmp_path)
    assert done.returncode == 1
    assert "The display :7777 does not answer" in done.stderr
    assert "nnstudio train mine.nns" in done.stderr
    assert "qt.qpa" not in done.stderr
    assert "Traceback" not in done.stderr


def test_behind_a_dead_display_the_main_job_is_done_into_files(dead_display, monkeypatch, capsys):
    done = []
    monkeypatch.setattr(cli, "_demo", lambda folder: done.append(folder) or 0)
    assert cli.main([]) == 0
    assert done == ["nnstudio-demo"]
    assert "The display :7777 does not answer" in capsys.readouterr().err


def test_a_library_that_the_platform_plugin_misses_is_named(library_missing, tmp_path):
    done = start(cwd=tmp_path)
    assert done.returncode == 1
    assert "The system library libxcb.so.7 is missing" in done.stderr
    assert "qt.qpa" not in done.stderr
    assert not (tmp_path / "nnstudio-demo").exists()


def test_the_package_of_a_missing_library_is_said_as_a_command():
    problem = missing_library("libxcb-icccm.so.4")
    assert "libxcb-icccm.so.4 is missing" in problem.title
    assert "sudo apt-get install libxcb-icccm4" in problem.explain


def test_a_platform_that_qt_does_not_have_is_said_in_its_words(monkeypatch):
    monkeypatch.setenv("QT_QPA_PLATFORM", "nonesuch")
    with pytest.raises(ProblemError, match="No window can be opened") as caught:
        Trial().end()
    assert "nonesuch" in caught.value.problems[0].explain


def test_a_display_that_answers_lets_the_app_start(monkeypatch):
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    Trial().end()


@pytest.mark.skipif(shutil.which("Xvfb") is None, reason="there is no X server to try")
def test_a_real_x_server_is_taken_and_missed_once_it_is_gone(monkeypatch, tmp_path):
    reading, writing = os.pipe()
    with subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing)], pass_fds=[writing], stderr=subprocess.DEVNULL
    ) as server:
        os.close(writing)
        with os.fdopen(reading) as told:
            number = told.readline().strip()
        monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
        monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
        monkeypatch.setenv("DISPLAY", f":{number}")
        Trial().end()
        server.terminate()
    with pytest.raises(NoAnswerError, match=f":{number}"):
        Trial().end()
