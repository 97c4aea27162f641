"""Clipping shortens what is too long and leaves the rest exactly as it was."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnstudio.engine.numpy_ops import NumpyOps
from nnstudio.nn.clips import ClipByGlobalNorm, ClipByNorm, ClipByValue

ops = NumpyOps(dtype="float32")
vectors = arrays(np.float32, 12, elements=st.floats(-(2.0**127), 2.0**127, width=32))


def clipped(clip, g: np.ndarray) -> np.ndarray:
    g = g.copy()
    clip.apply(ops, g, [g[:6].reshape(2, 3), g[6:11], g[11:].reshape(())])
    return g


def length(g: np.ndarray) -> float:
    return float(np.linalg.norm(g.astype(np.float64)))


def test_by_value_cuts_each_number() -> None:
    g = np.zeros(12, np.float32)
    g[:4] = [3.0, -3.0, 0.25, -0.25]
    np.testing.assert_array_equal(clipped(ClipByValue(0.5), g)[:4], [0.5, -0.5, 0.25, -0.25])


def test_by_norm_treats_each_parameter_alone() -> None:
    g = np.zeros(12, np.float32)
    g[:2] = [3.0, 4.0]
    g[6] = 0.5
    after = clipped(ClipByNorm(1.0), g)
    np.testing.assert_allclose(after[:2], [0.6, 0.8], rtol=1e-6)
    assert after[6] == 0.5


def test_by_global_norm_keeps_the_direction_of_the_whole() -> None:
    g = np.zeros(12, np.float32)
    g[0], g[11] = 3.0, 4.0
    after = clipped(ClipByGlobalNorm(1.0), g)
    np.testing.assert_allclose(after[[0, 11]], [0.6, 0.8], rtol=1e-6)


@given(g=vectors, limit=st.floats(0.1, 1e6))
@settings(max_examples=200, deadline=None)
def test_nothing_is_longer_than_allowed_and_what_fits_is_untouched(g, limit) -> None:
    whole = clipped(ClipByGlobalNorm(limit), g)
    assert np.isfinite(whole).all()
    assert length(whole) <= limit * (1 + 1e-5)
    if length(g) < limit * (1 - 1e-5):
        np.testing.assert_array_equal(whole, g)
    elif limit / length(g) > 1e-30:
        np.testing.assert_allclose(length(whole), limit, rtol=1e-4)
    each = clipped(ClipByNorm(limit), g)
    for part in (slice(0, 6), slice(6, 11), slice(11, 12)):
        assert length(each[part]) <= limit * (1 + 1e-5)
    by_value = clipped(ClipByValue(limit), g)
    assert np.all(np.abs(by_value) <= np.float32(limit))


@pytest.mark.parametrize("clip", [ClipByValue(), ClipByNorm(), ClipByGlobalNorm()])
@pytest.mark.parametrize("value", [0.0, 1e-42, 1e-30])
def test_tiny_gradients_pass_unchanged(clip, value) -> None:
    g = np.full(12, value, np.float32)
    np.testing.assert_array_equal(clipped(clip, g), g)


def test_what_is_not_a_number_stays_visible() -> None:
    g = np.zeros(12, np.float32)
    g[3] = np.nan
    for clip in (ClipByValue(), ClipByNorm(), ClipByGlobalNorm()):
        assert np.isnan(clipped(clip, g)).any()
