"""Lets a random learner loose on the real window and writes down what goes wrong."""

from __future__ import annotations

import faulthandler
import random
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from PySide6.QtCore import (
    QCoreApplication,
    QEvent,
    QSettings,
    QStandardPaths,
    QtMsgType,
    qInstallMessageHandler,
)
from PySide6.QtTest import QTest

from nnstudio import app as nnstudio_app
from nnstudio.session import trouble
from nnstudio.ui import theme
from tests.soak import memory
from tests.soak.answers import Answers
from tests.soak.learner import Learner

#: Qt's remarks about the machine, not about us.
QT_IGNORED = ("propagateSizeHints", "Detected locale", "This plugin does not support")
MOST_GROWTH = 1.0  # MB a minute
#: A run that is shorter says nothing about growth: the caches are still filling.
LEAST_MINUTES = 2.0
#: Seconds without an end of one action after which the program counts as hung.
HUNG = 120.0


@dataclass
class Findings:
    """What a soak found. ``samples`` are (minutes, MB at work, MB at rest)."""

    seed: int = 0
    actions: int = 0
    minutes: float = 0.0
    traces: Counter[str] = field(default_factory=Counter)
    after: dict[str, str] = field(default_factory=dict)  # a trace's first occasion
    warnings: Counter[str] = field(default_factory=Counter)
    samples: list[tuple[float, float, float]] = field(default_factory=list)
    grown: list[tuple[str, int, int]] = field(default_factory=list)

    @property
    def exceptions(self) -> int:
        return sum(self.traces.values())

    @property
    def growth(self) -> float:
        """MB a minute, of the same project at rest, after warm-up."""
        if self.minutes < LEAST_MINUTES or len(self.samples) < 4:
            return 0.0
        times, _, rest = zip(*self.samples, strict=True)
        return memory.slope(times, rest)

    @property
    def passed(self) -> bool:
        return not self.exceptions and self.growth <= MOST_GROWTH

    def as_json(self) -> dict[str, Any]:
        """Plain values for a file."""
        return {
            "seed": self.seed,
            "actions": self.actions,
            "minutes": round(self.minutes, 3),
            "exceptions": self.exceptions,
            "traces": [
                {"count": n, "after": self.after.get(trace, ""), "trace": trace}
                for trace, n in self.traces.most_common()
            ],
            "qt_warnings": dict(self.warnings),
            "growth_mb_per_minute": round(self.growth, 3),
            "samples_minutes_work_rest": [[round(v, 3) for v in s] for s in self.samples],
            "passed": self.passed,
        }


class Soak:
    """One window, one seed. ``every`` is the number of seconds between two looks at the memory."""

    def __init__(self, seed: int, folder: Path, every: float = 15.0) -> None:
        self.findings = Findings(seed)
        self.chance = random.Random(seed)
        self.folder = folder
        self.every = every
        self.answers = Answers(self.chance, folder)
        self._learner: Learner | None = None
        self._warm = 0.0  # minutes
        self._population: Counter[str] = Counter()
        self.counting = False  # of objects, which makes some itself
        self.log: TextIO | None = None  # every action, for a crash that leaves no report
        self.broken: tuple[str, ...] = ()  # commands that are made to fail, to try the soak itself
        self._undo: list[Callable[[], object]] = []

    def run(self, minutes: float, most_actions: int | None = None) -> Findings:
        """Act until the time is up or so many actions are done."""
        self._warm = minutes / 3
        QStandardPaths.setTestModeEnabled(True)
        ini = QSettings.Format.IniFormat
        QSettings.setPath(ini, QSettings.Scope.UserScope, str(self.folder / "settings"))
        self.answers.files = _files(self.folder)
        app = nnstudio_app.application()
        self._listen()
        window = nnstudio_app.open_window()
        window.resize(1440, 900)
        window.show()
        self._learner = learner = Learner(window, self.chance, self.answers)
        self.answers.install()
        began = time.monotonic()
        try:
            learner.begin_quietly("spiral")
            for name in self.broken:
                window.actions_by_name[name].triggered.connect(_break)
            next_look = began + min(self.every, minutes * 60 / 6)
            next_watch = 0.0
            while (now := time.monotonic()) < began + minutes * 60:
                if most_actions is not None and self.findings.actions >= most_actions:
                    break
                if now >= next_watch:
                    faulthandler.dump_traceback_later(HUNG, exit=True)
                    next_watch = now + HUNG / 8
                self._guarded(learner.act)
                if self.log is not None:
                    self.log.write(f"{learner.last}\n")
                    self.log.flush()
                self.findings.actions += 1
                self._guarded(app.processEvents)
                # Outside `QApplication.exec` nobody else deletes what waits for it.
                QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
                if now >= next_look:
                    self._look((time.monotonic() - began) / 60)
                    next_look = time.monotonic() + self.every
            self.findings.minutes = (time.monotonic() - began) / 60
            self.answers.leaving = True
            self._guarded(window.close)
            self._guarded(app.processEvents)
        finally:
            faulthandler.cancel_dump_traceback_later()
            self.answers.remove()
            for undo in reversed(self._undo):
                undo()
        return self.findings

    def _look(self, minutes: float) -> None:
        """Sample the memory at work and, with the same small project at rest, what is left."""
        at_work = memory.resident()
        self._come_to_rest()
        self.findings.samples.append((minutes, at_work, memory.resident()))
        if not self.counting or minutes < self._warm:
            return
        population = memory.population()
        self._population = self._population or population
        self.findings.grown = sorted(
            ((name, self._population[name], n) for name, n in population.items()),
            key=lambda row: row[1] - row[2],
        )[:25]

    def _come_to_rest(self) -> None:
        assert self._learner is not None
        learner, window = self._learner, self._learner.window
        window.bridge.session.stop()
        self._wait(lambda: window.bridge.session.state != "running")
        self._guarded(lambda: learner.begin_quietly("spiral"))
        window.resize(1440, 900)
        if theme.mode() != "light":
            theme.set_mode("light")
        window.show_panel("curves")
        window.show_panel("properties")
        self._wait(lambda: window.bridge.session.state in ("ready", "idle"))
        for _ in range(5):
            QTest.qWait(20)

    def _wait(self, until: Callable[[], bool], seconds: float = 60.0) -> None:
        end = time.monotonic() + seconds
        while not until() and time.monotonic() < end:
            QTest.qWait(5)

    # ---- what goes wrong ------------------------------------------------------------------------

    def _guarded(self, act: Callable[[], object]) -> None:
        try:
            act()
        except Exception as error:
            self._note(error)

    def _note(self, error: BaseException) -> None:
        trace = "".join(traceback.format_exception(error))
        self.findings.traces[trace] += 1
        if self.log is not None:
            self.log.write(trace)
            self.log.flush()
        if self._learner is not None:
            self.findings.after.setdefault(trace, self._learner.last)

    def _listen(self) -> None:
        """Hear of exceptions in slots, in threads and in the worker, and of Qt's warnings."""

        def in_slot(kind: type[BaseException], error: BaseException, trace: TracebackType) -> None:
            self._note(error)
            traceback.clear_frames(trace)  # as the app does, for the painters among them

        def in_thread(happened: threading.ExceptHookArgs) -> None:
            if happened.exc_value is not None:
                self._note(happened.exc_value)

        def unraisable(happened: Any) -> None:
            self._note(happened.exc_value)

        def warned(kind: QtMsgType, context: object, text: str) -> None:
            if kind != QtMsgType.QtDebugMsg and not any(part in text for part in QT_IGNORED):
                self.findings.warnings[text] += 1
                if text not in self.findings.after and self._learner is not None:
                    where = "".join(traceback.format_stack(limit=6)[:-1])
                    self.findings.after[text] = f"{self._learner.last}\n{where}"

        own = trouble.note

        def noted(error: BaseException) -> bool:
            self._note(error)
            return own(error)

        for owner, name, value in (
            (sys, "excepthook", in_slot),
            (sys, "unraisablehook", unraisable),
            (threading, "excepthook", in_thread),
            (trouble, "note", noted),
        ):
            before = getattr(owner, name)
            self._undo.append(lambda owner=owner, name=name, v=before: setattr(owner, name, v))
            setattr(owner, name, value)
        before = qInstallMessageHandler(warned)
        self._undo.append(lambda: qInstallMessageHandler(before))


def _break(checked: bool = False) -> None:
    raise ValueError("broken on purpose")


def _files(folder: Path) -> list[Path]:
    """Files that a learner might open: good ones, strange ones, and one that does not exist."""
    folder.mkdir(parents=True, exist_ok=True)
    contents = {
        "table.csv": "a,b,kind\n" + "".join(f"{i},{i % 7},{'xy'[i % 2]}\n" for i in range(80)),
        "texts.csv": "text,stars\n" + "".join(f"word{i % 9} good {i},{i % 3}\n" for i in range(60)),
        "numbers.csv": "x,y\n" + "".join(f"{i / 10},{i * i / 100}\n" for i in range(60)),
        "empty.csv": "",
        "rubbish.nns": "PK no zip at all",
        "strange.csv": 'a;"b\n\x00,,,\n"',
    }
    for name, text in contents.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [*(folder / name for name in contents), folder / "missing.nns"]
