"""The fuzz script: a small run meets nothing but refusals, and an exception is told."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("resource", reason="memory is measured as POSIX systems tell it")

from nnstudio.project import files
from tests.fuzz import __main__ as fuzz

ROOT = Path(__file__).resolve().parents[2]


def test_hostile_files_are_opened_or_refused_in_words(tmp_path: Path) -> None:
    out = tmp_path / "figures.json"
    counts = {"projects": 200, "models": 200, "checkpoints": 80, "texts": 150, "bombs": 6}
    chosen = [part for kind, n in counts.items() for part in (f"--{kind}", str(n))]
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", "--seed", "7", "--json", str(out), *chosen],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    kinds = json.loads(out.read_text(encoding="utf-8"))["kinds"]
    for kind, count in counts.items():
        tally = kinds[kind]
        assert tally["opened"] + tally["refused"] == count
        assert tally["refused"] > 0
    assert all(kinds[kind]["opened"] > 0 for kind in ("projects", "models", "checkpoints", "texts"))


def test_an_exception_that_is_no_refusal_is_told_and_its_file_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(path: object) -> None:
        raise KeyError("a fault of ours")

    monkeypatch.setattr(files, "load", broken)
    none = [part for kind in fuzz.KINDS[1:] for part in (f"--{kind}", "0")]
    assert fuzz.main(["--projects", "2", "--keep", str(tmp_path), *none]) == 1
    assert "a fault of ours" in capsys.readouterr().out
    assert len(list(tmp_path.iterdir())) == 2


def test_equal_seeds_give_equal_files(tmp_path: Path) -> None:
    doors = fuzz.Doors(tmp_path)
    first, again, other = (
        [content for _, _, content in fuzz.attempts("models", 5, seed, doors)] for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other
