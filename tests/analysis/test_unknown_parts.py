"""A part that the explanations do not know keeps its numbers and is never explained by guessing."""

from __future__ import annotations

import numpy as np
import pytest

from nnstudio.analysis.expression.numbers import significant
from nnstudio.analysis.network_pass import Number, Values, Walk, derive, neuron_view
from nnstudio.analysis.network_pass.known import KNOWN, UNWORKED
from nnstudio.analysis.network_pass.losses import story
from nnstudio.analysis.network_pass.walk import GRANULARITIES
from nnstudio.analysis.network_pass.writing import latex, markdown
from nnstudio.spec import parts
from tests.analysis.networks import numbers, run_of, tape_of
from tests.analysis.newcomers import NEW, Amplifier, Quartic, SignStep, Wave, register
from tests.graph.building import chain, dense, start


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch)


def with_layer() -> Values:
    network = chain(start(), dense(4, "tanh"), Amplifier(), dense(3, "softmax"))
    return Values(tape_of(run_of(network, numbers(), updates=2)))


def with_activation() -> Values:
    network = chain(start(), dense(4, "wave"), dense(3, "softmax"))
    return Values(tape_of(run_of(network, numbers(), updates=2)))


def with_loss() -> Values:
    network = chain(start(), dense(4, "tanh"), dense(2))
    return Values(tape_of(run_of(network, numbers(classes=0), Quartic(), updates=2)))


def with_optimizer() -> Values:
    network = chain(start(), dense(4, "tanh"), dense(3, "softmax"))
    return Values(tape_of(run_of(network, numbers(), updates=2, optimizer=SignStep(0.01))))


#: For each unknown part: its title, the numbers it makes and those that others make.
CASES = {
    "layer": (
        with_layer,
        Amplifier,
        [
            Number("amplifier-1", "y", (0, 1)),
            Number("amplifier-1", "dx0", (0, 1)),
            Number("amplifier-1", "dw:kernel", (0,)),
        ],
        [
            Number("dense-1", "y", (0, 1)),
            Number("dense-1", "dy", (0, 1)),
            Number("amplifier-1", "dy", (0, 1)),
            Number("amplifier-1", "new:kernel", (0,)),
            Number("amplifier-1", "w:kernel", (0,)),
        ],
    ),
    "activation": (
        with_activation,
        Wave,
        [
            Number("dense-1", "y", (0, 1)),
            Number("dense-1", "slope", (0, 1)),
            Number("dense-1", "dz", (0, 1)),
        ],
        [Number("dense-1", "z", (0, 1)), Number("dense-1", "dw:kernel", (0, 1))],
    ),
    "loss": (
        with_loss,
        Quartic,
        [Number("loss", "l", (0,)), Number("dense-2", "dy", (0, 1))],
        [Number("dense-2", "y", (0, 1)), Number("dense-1", "dz", (0, 1))],
    ),
    "optimizer": (
        with_optimizer,
        SignStep,
        [Number("dense-1", "new:kernel", (0, 1)), Number("dense-1", "after:m:kernel", (0, 1))],
        [Number("dense-1", "g:kernel", (0, 1)), Number("dense-1", "dw:kernel", (0, 1))],
    ),
}
each = pytest.mark.parametrize("kind", CASES)


@each
def test_what_an_unknown_part_makes_has_no_worked_account_and_keeps_its_number(kind: str) -> None:
    make, part, unworked, _ = CASES[kind]
    values = make()
    for number in unworked:
        account = derive(values, number)
        assert account.formula == UNWORKED, number
        assert account.value == values.value(number)
        assert account.written(significant_4) == significant_4(account.value)
        assert not account.rule
        assert part.title in account.note
        assert part.formula.split("\n")[0] in account.note
        for operand in account.operands:  # what certainly went in can be followed further
            if operand.number is not None:
                assert derive(values, operand.number).value == operand.value


@each
def test_what_known_parts_around_it_make_is_worked_as_ever(kind: str) -> None:
    make, _, _, worked = CASES[kind]
    values = make()
    for number in worked:
        assert derive(values, number).formula != UNWORKED, number


@each
def test_the_steps_show_the_arrays_of_an_unknown_part_and_no_calculus(kind: str) -> None:
    make, part, unworked, _ = CASES[kind]
    values = make()
    inner = ("slope", "after:m:kernel")  # no operations of their own
    made = {(number.node, number.what) for number in unworked if number.what not in inner}
    seen = set()
    for granularity in GRANULARITIES:
        walk = Walk(values, granularity)
        for n in range(0, len(walk), max(1, len(walk) // 300)):
            walk.derivation(walk.step(n))
        for operation in walk.operations:
            at = (operation.result.node, operation.result.what)
            if at not in made:
                continue
            seen.add(at)
            assert operation.formula == UNWORKED, operation
            assert part.title in operation.why
            for shown in (operation.result, *operation.operands):
                assert np.isfinite(values.array(shown.node, shown.what)).all()
            if operation.phase == "backward" and operation.result.what.startswith("dx"):
                assert {"dy", "y"} <= {shown.what for shown in operation.operands}
    assert seen == made


@each
def test_the_worked_pass_can_be_written_with_it(kind: str) -> None:
    make, part, _, _ = CASES[kind]
    values = make()
    for text in (markdown(values, significant_4), latex(values, significant_4)):
        assert UNWORKED in text.lower()
        assert part.title in text
    assert "local derivative is 1" not in markdown(values, significant_4)


def test_an_unknown_loss_or_output_activation_has_no_story_of_its_slope() -> None:
    told = story(with_loss())
    assert len(told.steps) == 1
    assert UNWORKED in told.steps[0][0]
    assert told.comparison == ""
    assert all(np.isfinite(row[4]) for row in told.rows)


def test_the_view_of_a_neuron_with_an_unknown_activation_keeps_its_numbers() -> None:
    values = with_activation()
    view = neuron_view(values, "dense-1", 1)
    assert view is not None
    assert view.sum is not None
    assert view.a == pytest.approx(view.z**2, rel=1e-5)
    assert view.slope == pytest.approx(2 * view.z, rel=1e-5)
    assert neuron_view(with_layer(), "amplifier-1", 0) is None


def test_everything_that_the_app_ships_is_known() -> None:
    for kind, known in KNOWN.items():
        shipped = {name for name, part in parts(kind).items() if part not in NEW}
        assert shipped == known


def significant_4(value: float) -> str:
    return significant(value, 4)
