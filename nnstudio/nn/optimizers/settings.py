"""Settings that several optimizers share, declared once."""

from __future__ import annotations

from typing import Any

from nnstudio.spec import real


def beta(default: float, label: str, help: str, typical: str) -> Any:
    """How much of a running mean survives a step, from 0 up to but not including 1."""
    return real(
        default,
        minimum=0.0,
        maximum=1.0,
        open_maximum=True,
        label=label,
        typical=typical,
        help=help,
        advanced=True,
    )


def beta_1() -> Any:
    """The share of m that survives a step."""
    return beta(
        0.9, "Beta 1", "How much of the running mean of gradients m survives a step.", "0.8 to 0.99"
    )


def beta_2() -> Any:
    """The share of v that survives a step."""
    return beta(
        0.999,
        "Beta 2",
        "How much of the running mean of squared gradients v survives a step.",
        "0.9 to 0.9999",
    )


def epsilon(default: float = 1e-7) -> Any:
    """A small number that keeps a denominator from being zero."""
    return real(
        default,
        minimum=1e-20,
        maximum=1.0,
        logarithmic=True,
        label="Epsilon",
        typical="1e-8 to 1e-3",
        help="Keeps the division finite where all gradients so far were nearly zero.",
        advanced=True,
    )


def momentum(default: float = 0.0) -> Any:
    """How much of the velocity survives a step."""
    return real(
        default,
        minimum=0.0,
        maximum=1.0,
        open_maximum=True,
        label="Momentum",
        typical="0 or 0.9",
        help="The share of the step before that is added to each step: 0 is none, 0.9 is usual.",
    )
