"""Initialisers draw what they promise, the same for the same seed."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nnstudio.nn.initializers import (
    Constant,
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    Ones,
    Orthogonal,
    RandomNormal,
    RandomUniform,
    Zeros,
    fans,
)
from nnstudio.spec import parts

ALL = [cls() for cls in parts("initializer").values()]


def draw(initializer, shape, seed=0):
    return initializer.fill(shape, np.random.default_rng(seed))


@pytest.mark.parametrize("shape", [(), (1,), (7,), (3, 5), (5, 3), (3, 3, 2, 4), (0, 4)])
@pytest.mark.parametrize("initializer", ALL, ids=lambda i: i.name)
def test_every_shape_is_filled_with_finite_numbers(initializer, shape) -> None:
    values = draw(initializer, shape)
    assert np.shape(values) == shape
    assert np.asarray(values).dtype == np.float64
    assert np.isfinite(values).all()


@pytest.mark.parametrize("initializer", ALL, ids=lambda i: i.name)
def test_the_same_seed_gives_the_same_numbers(initializer) -> None:
    np.testing.assert_array_equal(draw(initializer, (4, 6)), draw(initializer, (4, 6)))


def test_the_plain_ones() -> None:
    assert not draw(Zeros(), (2, 2)).any()
    assert (draw(Ones(), (2, 2)) == 1).all()
    assert (draw(Constant(0.25), (2, 2)) == 0.25).all()
    normal = draw(RandomNormal(1.0, 0.5), (400, 400))
    assert normal.mean() == pytest.approx(1.0, abs=0.01)
    assert normal.std() == pytest.approx(0.5, rel=0.01)
    uniform = draw(RandomUniform(-0.5, 0.25), (400, 400))
    assert uniform.min() >= -0.5
    assert uniform.max() <= 0.25
    assert uniform.mean() == pytest.approx(-0.125, abs=0.01)


def test_bounds_in_the_wrong_order_are_put_right() -> None:
    values = draw(RandomUniform(1.0, -1.0), (100,))
    assert np.abs(values).max() <= 1.0


@pytest.mark.parametrize(
    ("initializer", "variance"),
    [
        (GlorotUniform(), 2 / 900),
        (GlorotNormal(), 2 / 900),
        (HeUniform(), 2 / 600),
        (HeNormal(), 2 / 600),
        (LecunUniform(), 1 / 600),
        (LecunNormal(), 1 / 600),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_the_variance_is_the_one_in_the_formula(initializer, variance) -> None:
    values = draw(initializer, (600, 300))
    assert values.mean() == pytest.approx(0.0, abs=0.02 * math.sqrt(variance))
    assert values.var() == pytest.approx(variance, rel=0.02)
    bound = (
        math.sqrt(3 * variance) if "uniform" in initializer.name else math.sqrt(variance) * 2.274
    )
    assert np.abs(values).max() <= bound


def test_a_rotation_keeps_every_length() -> None:
    for shape in ((50, 50), (80, 20), (20, 80)):
        w = draw(Orthogonal(gain=2.0), shape)
        gram = w.T @ w if shape[0] >= shape[1] else w @ w.T
        np.testing.assert_allclose(gram, 4 * np.eye(min(shape)), atol=1e-12)


def test_fans_count_the_window_of_a_convolution() -> None:
    assert fans((3, 3, 8, 16)) == (72, 144)
    assert fans((10, 4)) == (10, 4)
    assert fans((10,)) == (10, 10)
    assert fans(()) == (1, 1)
