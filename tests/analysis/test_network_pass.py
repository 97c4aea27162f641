"""A worked pass: every formula, with its numbers put in, gives the number it explains."""

from __future__ import annotations

import numpy as np
import pytest

from nnstudio.analysis.expression.numbers import significant
from nnstudio.analysis.network_pass import Number, Values, Walk, derive, neuron_view, weight_spread
from nnstudio.analysis.network_pass.losses import story
from nnstudio.analysis.network_pass.walk import GRANULARITIES
from nnstudio.analysis.network_pass.writing import latex, markdown
from nnstudio.analysis.tape import Tape
from nnstudio.engine.events import BatchFinished
from nnstudio.graph.model import Graph
from nnstudio.nn.optimizer import Optimizer
from nnstudio.nn.optimizers import SGD, Adam
from nnstudio.spec import parts
from tests.analysis.networks import (
    branched,
    computed,
    numbers,
    pictures,
    reading,
    run_of,
    tape_of,
)
from tests.graph.building import chain, dense, start

MOST = 1500


def refused(tape: Tape, sampled: int = 250) -> list[str]:
    """Numbers whose formula gives something else, going from sampled steps down to the data."""
    values = Values(tape)
    walk = Walk(values, "neuron")
    chosen = np.random.default_rng(0).permutation(len(walk))[:sampled]
    queue = [walk.step(int(k)).number for k in chosen]
    queue += [Number("loss", "L"), Number("update", "actual"), Number("update", "predicted")]
    seen: set[Number] = set()
    wrong = []
    while queue and len(seen) < MOST:
        number = queue.pop()
        if number is None or number in seen:
            continue
        seen.add(number)
        found = derive(values, number)
        got = computed(found.python(repr))
        if not np.isclose(got, found.value, rtol=2e-3, atol=2e-6):
            wrong.append(f"{number}: {found.python(repr)} = {got}, not {found.value}")
        queue += [operand.number for operand in found.openable()]
    assert len(seen) > 40
    return wrong


def two_layers(activation: str = "tanh", output: str = "softmax") -> Graph:
    return chain(start(), dense(4, activation), dense(3, output))


@pytest.mark.parametrize("training", [True, False])
def test_every_layer_explains_its_numbers(training: bool) -> None:
    run = run_of(branched(), numbers(), updates=5)
    assert refused(tape_of(run, training=training)) == []


def test_reading_indices_and_reshaping_explain_their_numbers() -> None:
    assert refused(tape_of(run_of(reading(), numbers(shape=(5,), tokens=9), updates=3))) == []
    assert refused(tape_of(run_of(pictures(), numbers(shape=(3, 4)), updates=3))) == []


@pytest.mark.parametrize("name", sorted(parts("activation")))
def test_every_activation_explains_its_numbers(name: str) -> None:
    assert refused(tape_of(run_of(two_layers(name), numbers(), updates=2)), 120) == []


OUTPUTS = {
    "categorical_crossentropy": "softmax",
    "kl_divergence": "softmax",
    "binary_crossentropy": "sigmoid",
}


@pytest.mark.parametrize("name", sorted(parts("loss")))
def test_every_loss_explains_its_numbers(name: str) -> None:
    network = two_layers(output=OUTPUTS.get(name, "linear"))
    assert refused(tape_of(run_of(network, numbers(), parts("loss")[name](), updates=2)), 120) == []


def test_softmax_with_squared_error_is_worked_through_the_softmax() -> None:
    loss = parts("loss")["mean_squared_error"]()
    assert refused(tape_of(run_of(two_layers(), numbers(), loss, updates=2)), 120) == []


def optimizers() -> list[Optimizer]:
    found: list[Optimizer] = []
    for name, cls in parts("optimizer").items():
        found.append(cls())
        more = {
            "sgd": ({"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}),
            "adam": ({"amsgrad": True},),
            "rmsprop": ({"centered": True}, {"momentum": 0.5}),
        }
        found += [cls(**settings) for settings in more.get(name, ())]
    return found


@pytest.mark.parametrize("optimizer", optimizers(), ids=str)
@pytest.mark.parametrize("updates", [0, 4])
def test_every_optimizer_explains_the_new_weight_and_its_state(
    optimizer: Optimizer, updates: int
) -> None:
    run = run_of(two_layers(), numbers(), updates=updates, optimizer=optimizer)
    assert refused(tape_of(run), 120) == []


def test_clipping_and_weight_decay_are_part_of_the_account() -> None:
    clip = parts("clip")["clip_by_norm"](0.01)
    decay = parts("decay")["weight_decay"](0.1)
    run = run_of(two_layers(), numbers(), updates=2, clip=clip, weight_decay=decay)
    assert refused(tape_of(run), 120) == []


def test_a_walk_reaches_every_number_in_every_granularity() -> None:
    values = Values(tape_of(run_of(branched(), numbers(), updates=1)))
    lengths = []
    for granularity in GRANULARITIES:
        walk = Walk(values, granularity)
        lengths.append(len(walk))
        steps = [walk.step(k) for k in range(len(walk))]
        assert [step.index for step in steps] == list(range(len(walk)))
        phases = [step.phase for step in steps]
        assert list(dict.fromkeys(phases)) == ["forward", "loss", "backward", "update"]
        for step in steps:
            if step.number is not None:
                values.value(step.number)
            at, of = walk.within(step)
            assert 1 <= at <= of
    assert lengths == sorted(lengths)


def test_stepping_back_gives_exactly_the_step_that_was_there() -> None:
    values = Values(tape_of(run_of(two_layers(), numbers())))
    walk = Walk(values, "term")
    on = [walk.step(k) for k in range(len(walk))]
    back = [walk.step(k) for k in reversed(range(len(walk)))]
    assert on == back[::-1]


def test_changing_the_granularity_keeps_the_place() -> None:
    values = Values(tape_of(run_of(two_layers(), numbers())))
    fine, coarse = Walk(values, "term"), Walk(values, "layer")
    for k in range(0, len(fine), 7):
        step = fine.step(k)
        there = coarse.step(coarse.same_place(fine, step))
        assert there.operation == step.operation
        again = fine.step(fine.same_place(coarse, there))
        assert again.operation == step.operation


def test_a_step_outside_is_refused() -> None:
    walk = Walk(Values(tape_of(run_of(two_layers(), numbers()))))
    with pytest.raises(IndexError):
        walk.step(len(walk))


def test_the_gradient_of_the_loss_at_the_output_is_prediction_minus_target() -> None:
    tape = tape_of(run_of(two_layers(), numbers()), rows=(0,))
    values = Values(tape)
    dz = values.array("dense-2", "dz")[0]
    assert np.allclose(dz, tape.chosen.prediction[0] - values.target_rows()[0], atol=1e-6)
    told = story(values)
    assert told.steps[-1][1] == "dL/dz = ŷ - y"
    assert all(row[5] is not None for row in told.rows)


def test_for_plain_descent_the_predicted_change_is_minus_rate_times_squared_gradient() -> None:
    run = run_of(two_layers(), numbers(), optimizer=SGD(learning_rate=0.01))
    update = tape_of(run).update
    assert update.predicted_change == pytest.approx(-0.01 * update.squared_gradient, rel=1e-3)
    assert update.actual_change == pytest.approx(update.predicted_change, rel=0.1)


def test_the_step_on_the_tape_is_the_step_training_takes() -> None:
    data = numbers(8)
    run = run_of(two_layers(), data, updates=2, shuffle=False, optimizer=Adam(0.05))
    tape = tape_of(run, rows=tuple(range(8)))
    trainer = run.trainer
    assert trainer is not None
    events = trainer.run(trainer.epoch + 5)
    before = trainer.update
    while trainer.update == before:
        next(events)
    for key, weights in tape.update.new_weights.items():
        assert np.allclose(run.network.weights()[key], weights, atol=1e-6)


@pytest.mark.parametrize("loss", ["categorical_crossentropy", "mean_squared_error"])
def test_balanced_classes_count_on_the_tape_as_they_do_in_training(loss: str) -> None:
    data = numbers(20)
    run = run_of(
        two_layers(), data, parts("loss")[loss](), updates=3, shuffle=False, optimizer=Adam(0.05),
        class_weights="balanced",
    )  # fmt: skip
    rows = tuple(range(8))
    tape = tape_of(run, rows=rows)
    trainer = run.trainer
    assert trainer is not None
    told = next(e for e in trainer.run(trainer.epoch + 5) if isinstance(e, BatchFinished))
    assert tape.chosen.loss == told.loss
    assert tape.update.loss_before == told.loss
    trained = run.network.weights()
    for key, weights in tape.update.new_weights.items():
        assert np.array_equal(trained[key], weights)

    values = Values(tape)
    sizes = np.bincount(data.train.y)
    for s in rows:
        found = derive(values, Number("loss", "weight", (s,)))
        assert found.value == pytest.approx(20 / (3 * sizes[data.train.y[s]]))
        assert computed(found.python(repr)) == pytest.approx(found.value)
    for number in (Number("loss", "L"), Number("dense-2", "dy", (2, 1))):
        named = [o.note for o in derive(values, number).openable()]
        assert "class weight" in named
    assert not refused(tape)
    assert not refused(tape_of(run, rows=(1,)))
    assert "class weight" in markdown(values, lambda value: significant(value, 4))


def test_classes_are_not_weighed_where_training_does_not_weigh_them() -> None:
    run = run_of(two_layers(), numbers(20), class_weights="balanced")
    for request in ({"training": False}, {"part": "validation"}):
        tape = tape_of(run, **request)
        assert tape.chosen.weights is None
        assert tape.chosen.loss == pytest.approx(float(tape.chosen.losses.mean()))


def test_recording_leaves_no_trace() -> None:
    run = run_of(branched(), numbers(), updates=3)
    network = run.network
    theta, grad = network.theta.copy(), network.grad.copy()
    memory, streams = network.memory.copy(), network.random_state()
    weights = {key: array * 0 for key, array in network.weights().items()}
    tape_of(run)
    tape_of(run, weights=weights)
    assert np.array_equal(network.theta, theta)
    assert np.array_equal(network.grad, grad)
    assert np.array_equal(network.memory, memory)
    assert network.random_state() == streams


def test_a_tape_of_other_weights_shows_those_weights() -> None:
    run = run_of(two_layers(), numbers())
    weights = {key: np.full_like(array, 0.5) for key, array in run.network.weights().items()}
    values = Values(tape_of(run, weights=weights))
    assert np.all(values.array("dense-1", "w:kernel") == 0.5)


def test_a_neuron_shows_its_terms_by_size_and_the_whole_batchs_z() -> None:
    tape = tape_of(run_of(two_layers("relu"), numbers()))
    values = Values(tape)
    view = neuron_view(values, "dense-1", 2, 1)
    assert view is not None
    sizes = [abs(term.value) for term in view.terms]
    assert sizes == sorted(sizes, reverse=True)
    assert sum(term.value for term in view.terms) + (view.bias or 0) == pytest.approx(
        view.z, abs=1e-5
    )
    assert len(view.zs) == 12
    assert view.dead == pytest.approx(np.mean(view.zs <= 0))
    assert neuron_view(values, "input-1", 0) is None


def test_the_mean_of_the_single_gradients_is_the_batchs_gradient() -> None:
    values = Values(tape_of(run_of(two_layers(), numbers())))
    spread = weight_spread(values, "dense-1", 3, 1)
    assert spread is not None
    expected = values.array("dense-1", "dw:kernel", batch=True)[3, 1]
    assert spread.mean == pytest.approx(expected, abs=1e-6)


def test_every_loss_tells_its_story() -> None:
    for name, cls in parts("loss").items():
        network = two_layers(output=OUTPUTS.get(name, "linear"))
        told = story(Values(tape_of(run_of(network, numbers(), cls()))))
        assert told.steps
        assert len(told.rows) == 3


def test_the_worked_pass_is_written_as_markdown_and_latex() -> None:
    values = Values(tape_of(run_of(branched(), numbers(), updates=2)))
    text = markdown(values, significant)
    for title in ("## Forward pass", "## Loss", "## Backward pass", "## Update"):
        assert title in text
    loss = significant(values.value(Number("loss", "L")))
    assert loss in text
    tex = latex(values, significant)
    assert tex.startswith("\\documentclass")
    for environment in ("multline*", "center", "tabular", "document"):
        assert tex.count(f"\\begin{{{environment}}}") == tex.count(f"\\end{{{environment}}}") > 0
    assert tex.isprintable() or all(sign == "\n" or sign.isprintable() for sign in tex)


def test_a_statistic_of_the_batch_is_no_sample_even_if_the_sizes_agree() -> None:
    values = Values(tape_of(run_of(branched(), numbers()), rows=(0, 1, 2, 3)))
    assert values.array("batch-normalization-1", "mean").shape == (4,)
    assert not values.per_sample("batch-normalization-1", "mean")
    assert values.per_sample("layer-normalization-1", "mean")
