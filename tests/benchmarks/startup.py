"""How soon the window is there: ``python -m tests.benchmarks.startup [--rounds N] [--json OUT]``.

The time from starting Python to the painted welcome page, with all that a learner's start reads,
beside the floor: the time of a Python that imports QtWidgets and NumPy and paints an
empty window. Both are started in turn, so a machine that is busy for a while is busy for both.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

PROMISED = 1.0  # seconds until the welcome page is painted, compiled modules and files in memory
ROOT = Path(__file__).resolve().parents[2]

FLOOR = """
import os, time
import numpy
from PySide6.QtWidgets import QApplication, QMainWindow
class Window(QMainWindow):
    def paintEvent(self, event):
        print(time.monotonic(), flush=True)
        os._exit(0)
application = QApplication([])
window = Window()
window.resize(1440, 900)
window.show()
application.exec()
"""

WINDOW = """
import os, time
from nnstudio.ui.welcome import BEGINNINGS, BeginningCard
painted, paint = set(), BeginningCard.paintEvent
def watched(card, event):
    paint(card, event)
    painted.add(card)
    if len(painted) == len(BEGINNINGS):
        print(time.monotonic(), flush=True)
        os._exit(0)
BeginningCard.paintEvent = watched
import nnstudio.cli
from nnstudio import app
app.run()
"""

STUDIO = """
import os, time
from PySide6.QtCore import QTimer
from nnstudio.ui.window import MainWindow
started = MainWindow.furnish_when_idle
def watched(window, then):
    def told():
        print(time.monotonic(), flush=True)
        os._exit(0)
    started(window, told)
MainWindow.furnish_when_idle = watched
import nnstudio.cli
from nnstudio import app
app.run()
"""

PROGRAMS = {
    "an empty window (the floor)": FLOOR,
    "welcome page painted": WINDOW,
    "studio ready behind it": STUDIO,
}


def main(arguments: list[str] | None = None) -> int:
    """Print the table; 1 if the promise is broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.startup", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", metavar="OUT", help="write the figures to this file")
    options = parser.parse_args(arguments)
    measured = measure(options.rounds)
    print(f"{'':30} {'median':>8} {'best':>8} {'× floor':>8}")
    for name, row in measured["rows"].items():
        print(f"{name:30} {row['median']:7.2f}s {row['best']:7.2f}s {row['ratio']:8.2f}")
    print(f"promised {PROMISED:.1f} s: {'kept' if measured['kept'] else 'BROKEN'}")
    if options.json:
        Path(options.json).write_text(json.dumps(measured, indent=2), encoding="utf-8")
    return 0 if measured["kept"] else 1


def measure(rounds: int = 9) -> dict[str, Any]:
    """Seconds of every start, their medians, and the medians of the ratios within a round."""
    runs: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    with tempfile.TemporaryDirectory(prefix="nnstudio-") as home:
        for program in PROGRAMS.values():
            _start(program, home)  # compiles the modules and brings the files into memory
        for _ in range(rounds):
            for name, program in PROGRAMS.items():
                runs[name].append(_start(program, home))
    floor = next(iter(runs.values()))
    rows = {
        name: {
            "median": statistics.median(seconds),
            "best": min(seconds),
            "ratio": statistics.median(a / b for a, b in zip(seconds, floor, strict=True)),
            "seconds": seconds,
        }
        for name, seconds in runs.items()
    }
    return {"rows": rows, "kept": rows["welcome page painted"]["median"] <= PROMISED}


def _start(program: str, home: str) -> float:
    """Seconds from starting Python until the program prints the time."""
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen"),
        "PYTHONPATH": str(ROOT),
        "HOME": home,
        "XDG_CONFIG_HOME": home,
        "XDG_DATA_HOME": home,
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment, cwd=home, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    if done.returncode or not done.stdout:
        raise RuntimeError(f"the program did not tell when it was painted: {done.stderr}")
    return float(done.stdout.split()[0]) - began


if __name__ == "__main__":
    sys.exit(main())
