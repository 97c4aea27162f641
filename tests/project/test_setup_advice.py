"""Remarks on a training set-up: far from the usual is said, with a button, and stops nobody."""

from __future__ import annotations

import pytest

from nnstudio.data.points import Xor
from nnstudio.nn.optimizer import Optimizer
from nnstudio.nn.optimizers import SGD, Adam
from nnstudio.project import advice, commands, fixes, templates
from nnstudio.project.model import Project
from nnstudio.project.setup import TrainingSetup
from nnstudio.session.readiness import check_project
from nnstudio.spec import Severity, parts

OPTIMIZERS = list(parts("optimizer").values())


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda cls: cls.name)
def test_every_optimizers_own_learning_rates_pass_without_a_word(
    optimizer: type[Optimizer],
) -> None:
    low, high = next(s for s in optimizer.fields() if s.name == "learning_rate").typical_range()
    assert 0 < low <= high
    for rate in (optimizer().learning_rate, low, high):
        assert advice.give(TrainingSetup(optimizer=optimizer(learning_rate=rate)), 1000) == ()


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda cls: cls.name)
@pytest.mark.parametrize("rate", [1000.0, 1e-9])
def test_a_learning_rate_beyond_all_measure_is_remarked_on_with_a_button(
    optimizer: type[Optimizer], rate: float
) -> None:
    project = Project(training=TrainingSetup(optimizer=optimizer(learning_rate=rate)))
    (remark,) = advice.give(project.training, 1000)
    assert f"{rate:g}" in remark.title
    assert remark.severity is not Severity.ERROR
    assert remark.fix is not None
    mended = fixes.apply(project, remark.fix)
    assert mended.training.optimizer == optimizer()
    assert advice.give(mended.training, 1000) == ()


def test_a_batch_larger_than_the_training_set() -> None:
    (remark,) = advice.give(TrainingSetup(batch_size=9999), 348)
    assert "9,999" in remark.title
    assert "348" in remark.title
    assert remark.where.field == "batch_size"
    for size in (348, 1, None):
        assert advice.give(TrainingSetup(batch_size=size), 348) == ()
    assert advice.give(TrainingSetup(batch_size=9999), None) == ()


def test_the_remarks_stand_among_the_problems_and_do_not_block() -> None:
    project = commands.set_data(templates.new("spiral"), Xor())
    strange = TrainingSetup(optimizer=SGD(1000.0), batch_size=10_000_000)
    project = commands.change_training(project, strange)
    found = check_project(project, Xor().load()).problems
    assert sum("1000" in problem.title for problem in found) == 1
    assert sum("10,000,000" in problem.title for problem in found) == 1
    usual = commands.change_training(project, TrainingSetup(optimizer=Adam()))
    assert not any("learning rate" in p.title for p in check_project(usual, None).problems)
