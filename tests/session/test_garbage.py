"""Circles of references are taken apart in one thread only."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading

from nnstudio.session import garbage


class Circle:
    """Refers to itself and notes in which thread it ends."""

    def __init__(self, ended: list[int]) -> None:
        self.me = self
        self.ended = ended

    def __del__(self) -> None:
        self.ended.append(threading.get_ident())


def test_a_busy_thread_leaves_the_circles_of_another_alone() -> None:
    ended: list[int] = []
    for _ in range(50):
        Circle(ended)
    busy = threading.Thread(target=lambda: [[] for _ in range(200_000)])
    busy.start()
    busy.join()
    assert ended == []
    gc.collect(0)
    garbage.collect(pause=0.0)
    assert set(ended) == {threading.get_ident()}
    assert len(ended) == 50


def test_the_app_collects_in_its_own_thread_while_its_events_are_handled() -> None:
    code = """
import gc, sys, threading
from PySide6.QtCore import QStandardPaths, QTimer
QStandardPaths.setTestModeEnabled(True)
from nnstudio import app
a = app.application()
assert not gc.isenabled()
class Circle:
    def __init__(self): self.me = self
    def __del__(self): ended.add(threading.get_ident())
ended = set()
for _ in range(5000): Circle()
QTimer.singleShot(1500, a.quit)
a.exec()
assert ended == {threading.get_ident()}, ended
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
