"""The two benchmarks of the window run, and the window keeps clear of what once made it slow.

The limits here are wide, because a test runs on any machine beside anything else; the promises are
measured by the benchmarks themselves.
"""

from __future__ import annotations

from . import smoothness, startup


def test_the_welcome_page_costs_little_more_than_an_empty_window() -> None:
    measured = startup.measure(rounds=3)
    assert measured["rows"]["welcome page painted"]["ratio"] < 2.5


def test_the_window_answers_while_a_tiny_network_trains_at_full_speed() -> None:
    figures = smoothness._run("train", "spiral", 2.0)
    assert figures["speed"] > 0
    assert figures["median"] < 20
    assert figures["p99"] < 150


def test_the_percentile_is_taken_over_time() -> None:
    """Ten blocks of 50 ms in a second: half of it is blocked, half of that waits 25 ms or more."""
    late = [50.0] * 10 + [0.0] * 90
    figures = smoothness.figures_of(late)
    assert figures["longest"] == 50.0
    assert abs(figures["median"] - 0.0) < 0.01
    assert abs(figures["p99"] - 49.0) < 0.01
