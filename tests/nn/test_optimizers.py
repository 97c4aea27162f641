"""Every optimizer does what its formula says, shows it, and finds its way down."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnstudio.engine.numpy_ops import NumpyOps
from nnstudio.nn.optimizer import Optimizer
from nnstudio.nn.optimizers import (
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    Adamax,
    AdamW,
    Nadam,
    RMSprop,
    WeightDecay,
)
from nnstudio.nn.optimizers.adaptive import momentum_product
from nnstudio.spec import parts

double = NumpyOps(dtype="float64")
single = NumpyOps(dtype="float32")

# One of each kind, with a rate that suits all three hills below.
TABLE = [
    SGD(0.001),
    SGD(0.0005, momentum=0.9),
    SGD(0.0005, momentum=0.9, nesterov=True),
    Adagrad(0.5),
    Adadelta(1.0),
    RMSprop(0.002),
    RMSprop(0.002, centered=True),
    RMSprop(0.0005, momentum=0.9),
    RMSprop(0.0005, centered=True, momentum=0.9),
    Adam(0.02),
    Adam(0.02, amsgrad=True),
    AdamW(0.02, weight_decay=1e-4),
    Adamax(0.02),
    Nadam(0.02),
    Nadam(0.02, momentum_decay=0.004),
]


def named(optimizer: Optimizer) -> str:
    return optimizer.name + " " + optimizer.summary()


def textbook(o: Optimizer, theta: np.ndarray, gradients: list[np.ndarray]):
    """The formulas exactly as they are shown, in float64; yields θ and the named state."""
    theta = theta.astype(np.float64)
    zero = np.zeros_like(theta)
    m, v, u, b, ḡ, G, EΔ, top = (zero.copy() for _ in range(8))
    if isinstance(o, Adagrad):
        G = G + o.initial_accumulator_value
    Π = 1.0
    η = o.learning_rate
    for t, g in enumerate(gradients, 1):
        g = g.astype(np.float64)
        match o:
            case SGD():
                v = o.momentum * v - η * g
                theta = theta + (o.momentum * v - η * g if o.nesterov else v)
                state = {"v": v} if o.momentum else {}
            case Adagrad():
                G = G + g**2
                theta = theta - η * g / (np.sqrt(G) + o.epsilon)
                state = {"G": G}
            case Adadelta():
                v = o.rho * v + (1 - o.rho) * g**2
                Δ = np.sqrt(EΔ + o.epsilon) / np.sqrt(v + o.epsilon) * g
                EΔ = o.rho * EΔ + (1 - o.rho) * Δ**2
                theta = theta - η * Δ
                state = {"E[g²]": v, "E[Δ²]": EΔ}
            case RMSprop():
                v = o.rho * v + (1 - o.rho) * g**2
                ḡ = o.rho * ḡ + (1 - o.rho) * g
                spread = np.maximum(v - ḡ**2, 0) if o.centered else v
                step = η * g / (np.sqrt(spread) + o.epsilon)
                b = o.momentum * b + step
                theta = theta - b
                state = {"v": v} | ({"ḡ": ḡ} if o.centered else {})
                state |= {"b": b} if o.momentum else {}
            case Nadam():
                μ, μ_next = (
                    o.beta_1 * (1 - 0.5 * 0.96 ** (o.momentum_decay * k)) for k in (t, t + 1)
                )
                Π *= μ
                m = o.beta_1 * m + (1 - o.beta_1) * g
                v = o.beta_2 * v + (1 - o.beta_2) * g**2
                ahead = μ_next * m / (1 - Π * μ_next) + (1 - μ) * g / (1 - Π)
                v̂ = v / (1 - o.beta_2**t)
                theta = theta - η * ahead / (np.sqrt(v̂) + o.epsilon)
                state = {"m": m, "v": v, "v̂": v̂}
            case Adamax():
                m = o.beta_1 * m + (1 - o.beta_1) * g
                u = np.maximum(o.beta_2 * u, np.abs(g))
                m̂ = m / (1 - o.beta_1**t)
                theta = theta - η * m̂ / (u + o.epsilon)
                state = {"m": m, "u": u, "m̂": m̂}
            case Adam():
                if isinstance(o, AdamW):
                    theta = theta - η * o.weight_decay * theta
                m = o.beta_1 * m + (1 - o.beta_1) * g
                v = o.beta_2 * v + (1 - o.beta_2) * g**2
                top = np.maximum(top, v)
                m̂ = m / (1 - o.beta_1**t)
                v̂ = (top if o.amsgrad else v) / (1 - o.beta_2**t)
                theta = theta - η * m̂ / (np.sqrt(v̂) + o.epsilon)
                state = {"m": m, "v": v, "m̂": m̂, "v̂": v̂}
                state |= {"v max": top} if o.amsgrad else {}
            case _:
                raise AssertionError(f"no textbook formula for {o}")
        yield theta, state


@pytest.mark.parametrize("optimizer", TABLE, ids=named)
def test_twenty_steps_follow_the_formula_and_the_shown_state_is_the_textbook_s(optimizer) -> None:
    random = np.random.default_rng(0)
    theta = random.normal(size=7)
    gradients = [random.normal(size=7) * 10.0 ** random.integers(-3, 2) for _ in range(20)]
    expected = textbook(optimizer, theta.copy(), gradients)
    state = optimizer.init(double, 7)
    for t, g in enumerate(gradients, 1):
        kept = g.copy()
        optimizer.update(double, theta, g, state, t, optimizer.learning_rate)
        want, shown = next(expected)
        np.testing.assert_allclose(theta, want, rtol=1e-10, atol=1e-12)
        visible = optimizer.visible_state(double, state, t)
        assert set(visible) == set(shown)
        for name, vector in shown.items():
            np.testing.assert_allclose(visible[name], vector, rtol=1e-9, atol=1e-15)
        np.testing.assert_array_equal(g, kept, err_msg="the gradient is not the optimizer's")


@pytest.mark.parametrize("optimizer", TABLE, ids=named)
def test_single_precision_keeps_its_type_and_stays_close(optimizer) -> None:
    random = np.random.default_rng(1)
    theta = random.normal(size=50).astype(np.float32)
    gradients = [random.normal(size=50).astype(np.float32) for _ in range(20)]
    *_, (want, _) = textbook(optimizer, theta, gradients)
    state = optimizer.init(single, 50)
    assert tuple(state) == optimizer.state_names
    for t, g in enumerate(gradients, 1):
        optimizer.update(single, theta, g, state, t, optimizer.learning_rate)
    assert theta.dtype == np.float32
    assert all(vector.dtype == np.float32 for vector in state.values())
    np.testing.assert_allclose(theta, want, atol=1e-5)


def roll(optimizer: Optimizer, start: list[float], slope, steps: int) -> np.ndarray:
    theta = np.array(start)
    state = optimizer.init(double, len(theta))
    for t in range(1, steps + 1):
        optimizer.update(double, theta, slope(theta), state, t, optimizer.learning_rate)
    return theta


@pytest.mark.parametrize("optimizer", TABLE, ids=named)
def test_every_optimizer_descends_a_parabola(optimizer) -> None:
    scale = np.array([1.0, 10.0])
    theta = roll(optimizer, [1.0, -1.0], lambda x: scale * x, 4000)
    assert float(scale @ theta**2) < 0.01 * 11.0


@pytest.mark.parametrize("optimizer", TABLE, ids=named)
def test_every_optimizer_follows_rosenbrock_s_valley(optimizer) -> None:
    def slope(p: np.ndarray) -> np.ndarray:
        x, y = p
        return np.array([-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)])

    def height(p: np.ndarray) -> float:
        return float((1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2)

    start = [-1.2, 1.0]
    assert height(roll(optimizer, start, slope, 8000)) < 0.05 * height(np.array(start))


@pytest.mark.parametrize("optimizer", TABLE, ids=named)
def test_every_optimizer_learns_a_small_classification(optimizer) -> None:
    random = np.random.default_rng(2)
    x = np.vstack([random.normal(-1.5, 1, (40, 2)), random.normal(1.5, 1, (40, 2))])
    x = np.hstack([x, np.ones((80, 1))])
    y = np.repeat([0.0, 1.0], 40)

    def slope(w: np.ndarray) -> np.ndarray:
        return x.T @ (1 / (1 + np.exp(-x @ w)) - y)

    w = roll(optimizer, [0.0, 0.0, 0.0], slope, 600)
    assert np.mean((x @ w > 0) == y) >= 0.95


def test_the_table_has_every_optimizer() -> None:
    assert {type(optimizer) for optimizer in TABLE} == set(parts("optimizer").values())


@pytest.mark.parametrize("optimizer", TABLE, ids=named)
def test_zero_gradients_move_nothing_by_themselves(optimizer) -> None:
    theta = np.array([1.0, -2.0])
    state = optimizer.init(double, 2)
    for t in range(1, 6):
        optimizer.update(double, theta, np.zeros(2), state, t, 0.1)
    decay = getattr(optimizer, "weight_decay", 0.0)
    np.testing.assert_allclose(theta, np.array([1.0, -2.0]) * (1 - 0.1 * decay) ** 5)


@pytest.mark.parametrize("optimizer", TABLE, ids=named)
@given(
    g=arrays(np.float32, 4, elements=st.floats(-1e4, 1e4, width=32)),
    scale=st.sampled_from([1.0, 1e-20, 1e-38]),
)
@settings(max_examples=30, deadline=None)
def test_huge_tiny_and_denormal_gradients_stay_finite(optimizer, g, scale) -> None:
    theta = np.ones(4, dtype=np.float32)
    state = optimizer.init(single, 4)
    for t in (1, 2, 3):
        step = (g * np.float32(scale)).astype(np.float32)
        optimizer.update(single, theta, step, state, t, optimizer.learning_rate)
        shown = optimizer.visible_state(single, state, t)
        assert np.isfinite(theta).all()
        assert all(np.isfinite(vector).all() for vector in shown.values())


@pytest.mark.parametrize("optimizer", TABLE, ids=named)
def test_what_is_shown_is_a_copy(optimizer) -> None:
    state = optimizer.init(double, 3)
    optimizer.update(double, np.ones(3), np.ones(3), state, 1, 0.1)
    before = {name: vector.copy() for name, vector in state.items()}
    for vector in optimizer.visible_state(double, state, 1).values():
        vector += 100.0
    for name, vector in before.items():
        np.testing.assert_array_equal(state[name], vector)


def test_state_before_the_first_step_can_be_shown() -> None:
    for optimizer in TABLE:
        shown = optimizer.visible_state(double, optimizer.init(double, 2), 0)
        assert all(np.isfinite(vector).all() for vector in shown.values())


@pytest.mark.parametrize("beta", [0.0, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("psi", [0.0, 0.004, 1.0])
def test_nadam_s_product_is_the_product(beta: float, psi: float) -> None:
    product = 1.0
    for t in range(1, 2000):
        product *= beta * (1 - 0.5 * 0.96 ** (psi * t))
        assert momentum_product(beta, psi, t) == pytest.approx(product, rel=1e-9, abs=1e-16)


def test_weight_decay_alone_shrinks_every_parameter() -> None:
    theta = np.array([1.0, -4.0])
    WeightDecay(0.5).apply(double, theta, 0.1)
    np.testing.assert_allclose(theta, [0.95, -3.8])


def test_adamw_is_weight_decay_followed_by_adam() -> None:
    random = np.random.default_rng(4)
    one, two = np.ones(5), np.ones(5)
    together, apart = AdamW(0.01, weight_decay=0.1), Adam(0.01)
    first, second = together.init(double, 5), apart.init(double, 5)
    for t in range(1, 6):
        g = random.normal(size=5)
        together.update(double, one, g, first, t, 0.01)
        WeightDecay(0.1).apply(double, two, 0.01)
        apart.update(double, two, g, second, t, 0.01)
    np.testing.assert_array_equal(one, two)


def test_adam_makes_six_passes_over_the_parameters() -> None:
    """Speed is a promise: each pass over a large vector costs as much as all of a tiny network."""
    passes = {}
    for optimizer in TABLE:
        steps: list = []
        ops = single.recording(steps)
        state = optimizer.init(single, 3)
        scalars = optimizer.scalars(1, 0.1)
        optimizer.rule(ops, np.ones(3, np.float32), np.ones(3, np.float32), state, *scalars)
        passes[named(optimizer)] = len(steps)
    assert passes[named(SGD(0.001))] == 1
    assert passes[named(Adam(0.02))] == 6
    assert passes[named(Nadam(0.02))] == 7
    assert max(passes.values()) <= 9
