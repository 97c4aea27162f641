"""The benchmarks run, tell what they could not measure, and write their figures down."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from . import run
from .common import dense, reviews


def test_a_subject_is_measured_and_written_down(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "figures.json"
    run.main(["tiny", "--rounds", "1", "--seconds", "0.05", "--json", str(out)])
    printed = capsys.readouterr().out
    assert "Tiny network" in printed
    subject = json.loads(out.read_text(encoding="utf-8"))["subjects"]["tiny"]
    assert subject["ours"]["rate"] > 100
    assert subject["rows"][0]["peer"] == "PyTorch"


def test_a_peer_that_is_not_installed_is_said_to_be_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "OURS", "NN Studio")
    (tmp_path / "torch.py").write_text("raise ImportError('no PyTorch here')", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    out = tmp_path / "figures.json"
    assert run.main(["tiny", "--rounds", "1", "--seconds", "0.05", "--json", str(out)]) == 0
    row = json.loads(out.read_text(encoding="utf-8"))["subjects"]["tiny"]["rows"][0]
    assert row["ratio"] is None
    assert "no PyTorch here" in row["missing"]


def test_every_subject_says_what_it_promises() -> None:
    import importlib

    for name in run.SUBJECTS:
        subject = importlib.import_module(f"tests.benchmarks.{name}")
        assert subject.TITLE
        assert subject.PROMISES


def test_the_made_up_reviews_are_as_sparse_as_they_claim() -> None:
    arrays = reviews(800, 500)
    x = dense(*arrays[:3], 800)
    assert x.shape == (500, 800)
    assert 0.02 < (x != 0).mean() < 0.026
    assert set(arrays[3]) == set(range(5))


def test_the_bare_loop_trains_as_the_app_does() -> None:
    from . import app_path

    epoch = app_path.prepare("bare loop")
    assert epoch() == app_path.SAMPLES
