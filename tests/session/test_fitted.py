"""Trained weights keep the words, classes and scaling they were trained with, whatever the file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnstudio.data.bundled import Diabetes, Iris
from nnstudio.data.text_files import TextFile
from nnstudio.export import npz
from nnstudio.project import files, templates
from nnstudio.project.commands import configure_layer, configure_training, delete, set_data
from nnstudio.project.model import Fitted
from nnstudio.project.refit import differences, refit
from nnstudio.session.events import (
    BegunAnew,
    EvaluationReady,
    ExportReady,
    PredictionReady,
    ProblemFound,
)
from nnstudio.session.session import Session
from nnstudio.spec import ProblemError
from tests.session.studio import studio, wait, wait_for, wait_state

GOOD, BAD = "a good film", "a bad film"


def sentences(good: str = "good", bad: str = "bad", pos: str = "pos", neg: str = "neg") -> str:
    lines = ["review,label"]
    for n in range(40):
        lines.append(f"a {good} film number {n % 4},{pos}")
        lines.append(f"a {bad} film number {n % 4},{neg}")
    return "\n".join(lines) + "\n"


@pytest.fixture
def trained(tmp_path: Path) -> tuple[Path, Path]:
    """The data file and the saved project of a network that knows a good film from a bad one."""
    data, saved = tmp_path / "films.csv", tmp_path / "films.nns"
    data.write_text(sentences())
    project = set_data(templates.new("sentiment"), TextFile(path=str(data), vocabulary=12))
    project = delete(project, ["dropout-1", "dropout-2", "dense-2"])
    project = configure_layer(project, "dense-1", units=8)
    project = configure_layer(project, "dense-3", units=2)
    project = configure_training(project, epochs=60, early_stopping=None)
    with studio(project) as session:
        wait_state(session, "ready")
        session.train()
        wait_state(session, "running")
        wait_state(session, "ready")
        assert verdict(session, GOOD) == "pos"
        assert verdict(session, BAD) == "neg"
        files.save(session.store.project, saved)
    return data, saved


def answer(session: Session, ticket: int) -> Any:
    return wait(session, lambda event: getattr(event, "ticket", None) == ticket)[-1]


def verdict(session: Session, text: str) -> str:
    ready = answer(session, session.predict(text))
    assert isinstance(ready, PredictionReady)
    winner = ready.prediction.winner
    assert winner is not None
    return ready.prediction.class_names[winner]


def settled(session: Session) -> None:
    wait_state(session, "ready", "idle")
    session.drain()


def told(session: Session) -> str:
    return " | ".join(f"{p.title}. {p.explain}" for p in session.check.problems)


@pytest.mark.parametrize(
    "changed",
    [
        sentences(good="bad", bad="good"),
        sentences(pos="neg", neg="pos"),
        sentences(good="zany", bad="awful"),
    ],
    ids=["two words changed places", "two classes changed places", "other words"],
)
def test_a_changed_file_gives_the_fitted_words_their_verdict_and_is_told(
    trained: tuple[Path, Path], changed: str
) -> None:
    data, saved = trained
    data.write_text(changed)
    with studio(files.load(saved)) as session:
        settled(session)
        assert verdict(session, GOOD) == "pos"
        assert verdict(session, BAD) == "neg"
        assert "The data has changed since the network was trained" in told(session)


def test_a_file_that_changed_is_noticed_where_the_project_is_opened_once_more(
    trained: tuple[Path, Path],
) -> None:
    data, saved = trained
    with studio(files.load(saved)) as session:
        settled(session)
        assert "changed" not in told(session)
        data.write_text(sentences(good="bad", bad="good"))
        session.store.open(files.load(saved))
        settled(session)
        assert verdict(session, GOOD) == "pos"
        assert "The data has changed since the network was trained" in told(session)
        data.unlink()
        session.store.open(files.load(saved))
        wait_for(session, ProblemFound)
        assert verdict(session, BAD) == "neg"


def test_an_unchanged_file_is_not_called_changed_also_where_it_moved(
    trained: tuple[Path, Path], tmp_path: Path
) -> None:
    data, saved = trained
    moved = tmp_path / "elsewhere.csv"
    data.rename(moved)
    project = files.load(saved)
    assert isinstance(project.data, TextFile)
    with studio(project.replace(data=project.data.replace(path=str(moved)))) as session:
        settled(session)
        assert "changed" not in told(session)
        assert session.origins.begins_anew == ""
        before = session.store.project.trained
        session.epoch()
        wait_state(session, "running")
        wait_state(session, "ready", "paused")
        after = session.store.project.trained
        assert before is not None
        assert after is not None
        assert len(after.history) == len(before.history) + 1, "training goes on"


def test_other_class_names_are_left_out_of_the_evaluation_and_told(
    trained: tuple[Path, Path],
) -> None:
    data, saved = trained
    lines = sentences().splitlines()
    lines[1::4] = [line.replace(",pos", ",superb") for line in lines[1::4]]
    data.write_text("\n".join(lines) + "\n")
    with studio(files.load(saved)) as session:
        settled(session)
        ready = answer(session, session.evaluate("train"))
        assert isinstance(ready, EvaluationReady)
        assert ready.evaluation.class_names == ("neg", "pos")
        assert ready.evaluation.figures["Accuracy"] == 1.0
        assert "“superb”" in ready.left_out


def test_a_class_and_words_that_came_to_the_file_leave_the_trained_network_as_it_was(
    trained: tuple[Path, Path],
) -> None:
    data, saved = trained
    more = "".join(f"a middling film number {n % 4},fair\n" for n in range(40))
    data.write_text(sentences() + more)
    with studio(files.load(saved)) as session:
        settled(session)
        assert session.check.plan is None, "the network has two outputs for three classes"
        assert session.state == "idle"
        assert verdict(session, GOOD) == "pos"
        ready = answer(session, session.evaluate("train"))
        assert isinstance(ready, EvaluationReady)
        assert ready.evaluation.class_names == ("neg", "pos")
        assert ready.evaluation.figures["Accuracy"] == 1.0
        assert "“fair”" in ready.left_out
        assert "with “middling”" in told(session)


def test_labels_none_of_which_is_known_are_refused_with_their_names(
    trained: tuple[Path, Path],
) -> None:
    data, saved = trained
    data.write_text(sentences(pos="up", neg="down"))
    with studio(files.load(saved)) as session:
        settled(session)
        found = answer(session, session.evaluate("train"))
        assert isinstance(found, ProblemFound)
        assert "“up”" in str(found.problem)
        assert verdict(session, GOOD) == "pos"


def test_evaluating_changed_data_counts_its_words_in_the_fitted_columns(
    trained: tuple[Path, Path],
) -> None:
    data, saved = trained
    more_bad = sentences() + "\n".join("bad bad bad bad,neg" for _ in range(30)) + "\n"
    data.write_text(more_bad)  # "bad" is now the most frequent word and would be column 0
    with studio(files.load(saved)) as session:
        settled(session)
        ready = answer(session, session.evaluate("train"))
        assert ready.evaluation.figures["Accuracy"] == 1.0


def test_training_on_changed_data_says_that_it_begins_anew(trained: tuple[Path, Path]) -> None:
    data, saved = trained
    data.write_text(sentences(good="bad", bad="good"))
    with studio(files.load(saved)) as session:
        settled(session)
        assert session.origins.begins_anew == "the data"
        session.train()
        heard = wait_state(session, "running")
        heard += wait_state(session, "ready")
        said = [event.text for event in heard if isinstance(event, BegunAnew)]
        assert said == ["Training begins anew: the data changed since the last training"]
        trained_now = session.store.project.trained
        assert trained_now is not None
        assert len(trained_now.history) == 60
        assert verdict(session, GOOD) == "neg", "now it has learnt from the file as it is"
        assert "changed" not in told(session)


def test_the_exported_model_has_the_fitted_words(
    trained: tuple[Path, Path], tmp_path: Path
) -> None:
    data, saved = trained
    data.write_text(sentences(good="zebra", bad="ant"))
    with studio(files.load(saved)) as session:
        settled(session)
        assert isinstance(answer(session, session.export(tmp_path / "m.npz")), ExportReady)
    model = npz.load(tmp_path / "m.npz")
    assert model.fitted.words is not None
    assert {"good", "bad"} <= set(model.fitted.words.vocabulary)
    names = model.fitted.class_names
    outputs = model.predict([GOOD, BAD])
    assert [names[k] for k in np.argmax(outputs, axis=1)] == ["pos", "neg"]


def test_weights_that_a_changed_network_cannot_hold_are_not_exported_as_initial_ones(
    trained: tuple[Path, Path], tmp_path: Path
) -> None:
    with studio(files.load(trained[1])) as session:
        settled(session)
        session.store.do("Units", configure_layer, "dense-1", units=5)
        found = answer(session, session.export(tmp_path / "m.npz"))
        assert isinstance(found, ProblemFound)
        assert "do not fit" in found.problem.title
        assert not (tmp_path / "m.npz").exists()
        session.store.undo()
        ready = answer(session, session.export(tmp_path / "m.npz"))
        assert ready.provenance.weights == "weights of epoch 60"


def test_without_its_file_a_project_predicts_and_exports(
    trained: tuple[Path, Path], tmp_path: Path
) -> None:
    data, saved = trained
    data.unlink()
    with studio(files.load(saved)) as session:
        wait_for(session, ProblemFound)
        assert session.dataset is None
        assert verdict(session, GOOD) == "pos"
        assert isinstance(answer(session, session.export(tmp_path / "m.npz")), ExportReady)
        assert isinstance(answer(session, session.evaluate("test")), ProblemFound)


def test_a_table_that_was_scaled_otherwise_is_read_with_the_fitted_scaling() -> None:
    now = Iris().load()
    assert now.offset is not None
    assert now.scale is not None
    fitted = replace(Fitted.of(now), offset=now.offset + 1.0, scale=now.scale * 2.0)
    assert differences(fitted, now) == ("the scaling of the columns",)
    raw = now.train.x * now.scale + now.offset
    expected = (raw - fitted.offset) / fitted.scale
    np.testing.assert_allclose(refit(now, fitted).dataset.train.x, expected, atol=1e-5)


def test_a_target_scaled_otherwise_and_columns_in_another_order_are_read_as_fitted() -> None:
    now = Diabetes().load()
    assert now.offset is not None
    assert now.scale is not None
    fitted = replace(
        Fitted.of(now),
        feature_names=now.feature_names[::-1],
        offset=now.offset[::-1],
        scale=now.scale[::-1],
        target_offset=100.0,
        target_scale=10.0,
    )
    assert "the columns" in differences(fitted, now)
    read = refit(now, fitted).dataset
    np.testing.assert_allclose(read.train.x, now.train.x[:, ::-1], atol=1e-5)
    raw = now.train.y * now.target_scale + now.target_offset
    np.testing.assert_allclose(read.train.y * 10.0 + 100.0, raw, rtol=1e-4)


def test_sums_that_another_processor_rounds_otherwise_make_no_other_data() -> None:
    now = Iris().load()
    assert now.offset is not None
    fitted = replace(Fitted.of(now), offset=now.offset * (1 + 1e-13))
    assert differences(fitted, now) == ()
    assert refit(now, fitted).dataset is now


def test_data_of_another_kind_is_not_read_with_the_weights() -> None:
    fitted = Fitted.of(Iris().load())
    with pytest.raises(ProblemError, match="cannot read this data"):
        refit(Diabetes().load(), fitted)
