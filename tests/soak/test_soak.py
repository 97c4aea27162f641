"""A few seconds of the soak, and that it sees what it is made to see."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.soak import memory
from tests.soak.soak import Findings

ROOT = Path(__file__).resolve().parents[2]


def soak(folder: Path, *options: str) -> tuple[int, dict[str, Any], str]:
    """Run it in a process of its own: it listens to every exception of the process."""
    out = folder / "found.json"
    command = [sys.executable, "-m", "tests.soak", "--json", str(out), *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=110)
    assert out.is_file(), done.stderr
    return done.returncode, json.loads(out.read_text(encoding="utf-8")), done.stdout


def test_a_random_learner_meets_no_exception_and_no_warning(tmp_path: Path) -> None:
    code, found, told = soak(tmp_path, "--seed", "7", "--actions", "250", "--minutes", "1")
    assert code == 0, told
    assert found["actions"] == 250
    assert found["exceptions"] == 0
    assert found["qt_warnings"] == {}


def test_an_exception_in_a_slot_is_counted_and_fails_the_soak(tmp_path: Path) -> None:
    broken = ("undo", "redo", "train", "canvas:delete")
    options = ("--seed", "1", "--actions", "60", "--minutes", "1", "--broken", *broken)
    code, found, told = soak(tmp_path, *options)
    assert code == 1
    assert found["exceptions"] > 0
    assert "broken on purpose" in told


def test_memory_that_grows_fails_the_soak_and_one_outlier_does_not() -> None:
    minutes = [0.25 * n for n in range(60)]
    steady = Findings(minutes=15.0, samples=[(t, 0.0, 200.0) for t in minutes])
    steady.samples[40] = (10.0, 0.0, 900.0)
    assert steady.passed
    warming = Findings(minutes=15.0, samples=[(t, 0.0, min(t, 4.0) * 50) for t in minutes])
    assert warming.passed
    growing = Findings(minutes=15.0, samples=[(t, 0.0, 200 + 1.5 * t) for t in minutes])
    assert not growing.passed
    assert round(growing.growth, 6) == 1.5


def test_what_the_process_holds_is_measured() -> None:
    before = memory.resident()
    held = bytearray(64 * memory.MEGABYTE)
    assert 60 < memory.resident() - before < 80
    del held
    assert memory.resident() - before < 20
