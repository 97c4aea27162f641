"""A number of a pass, and the account of where it comes from.

A `Number` is an address, not a value: it says which node, which of its quantities and which
element. A `Derivation` is one step back: the formula, the same formula with the numbers put in, and
the operands, each of which is a number again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Write = Callable[[float], str]

_SUBSCRIPTS = str.maketrans("0123456789,", "₀₁₂₃₄₅₆₇₈₉,")


@dataclass(frozen=True)
class Number:
    """The address of one number of a tape.

    ``what`` is one of: y (a layer's output), z, slope, mask, noise, mean, variance, deviation,
    normalized; dy (the gradient arriving at the output), dz, dx0, dx1 … (the gradient passed to the
    first, second … input); w:NAME, dw:NAME, g:NAME, new:NAME, before:STATE:NAME, after:STATE:NAME
    of a parameter. On the node "loss": l (of a sample), L, target, weight (of its class); on
    "update": norm, predicted, actual. The figures of a whole layer are the `measures.MEASURES`.
    ``index`` counts from 0, the sample first. ``batch`` means the pass over the batch around.
    """

    node: str
    what: str
    index: tuple[int, ...] = ()
    batch: bool = False

    @property
    def parameter(self) -> str:
        """The parameter's name where the number belongs to one, else empty."""
        return self.what.rsplit(":", 1)[1] if ":" in self.what else ""


@dataclass(frozen=True)
class Operand:
    """Something that went into a number.

    ``number`` is None for a constant such as a rate, and something else that can be referred to
    (`nnstudio.analysis.references`) where the tape ends.
    """

    symbol: str
    value: float
    number: Any = None
    note: str = ""


@dataclass(frozen=True)
class Term:
    """One summand. ``template`` is written in Python with {0}, {1} … for the operands."""

    symbol: str
    value: float
    operands: tuple[Operand, ...]
    template: str = "{0}*{1}"

    def written(self, write: Write) -> str:
        """The summand with its numbers put in."""
        return _filled(self.template, self.operands, write)


@dataclass(frozen=True)
class Derivation:
    """Where a number comes from.

    ``template`` is the formula in Python with {0}, {1} … for the operands and {terms} for the sum
    of the ``terms``. ``title`` names the number, ``rule`` says in words what was done, ``note``
    adds what is worth knowing.
    """

    number: Any
    symbol: str
    title: str
    value: float
    formula: str
    template: str
    operands: tuple[Operand, ...] = ()
    terms: tuple[Term, ...] = ()
    rule: str = ""
    note: str = ""

    def written(self, write: Write, most: int = 6) -> str:
        """The formula with the numbers put in, of a long sum the `most` weightiest terms."""
        if "{" not in self.template:
            return write(self.value)
        return pretty(self.python(write, most))

    def python(self, write: Write, most: int | None = None) -> str:
        """The same as Python writes it; with all terms it computes the value."""
        text = _filled(self.template, self.operands, write)
        if "{terms}" not in text:
            return text
        return text.replace("{terms}", self._sum(write, most))

    def by_weight(self) -> tuple[Term, ...]:
        """The terms, the largest magnitude first."""
        return tuple(sorted(self.terms, key=lambda term: -abs(term.value)))

    def openable(self) -> tuple[Operand, ...]:
        """Everything that went in and can be opened, terms by weight, each once."""
        found: dict[Operand, None] = {}
        for operand in self.operands:
            found[operand] = None
        for term in self.by_weight():
            for operand in term.operands:
                found[operand] = None
        return tuple(operand for operand in found if operand.number is not None)

    def _sum(self, write: Write, most: int | None) -> str:
        shown: Sequence[Term] = self.terms
        rest = ""
        if most is not None and len(self.terms) > most + 1:
            shown = self.by_weight()[:most]
            left = sum(term.value for term in self.by_weight()[most:])
            rest = f" + {_bracketed(left, write)} from {len(self.terms) - most:,} more"
        if not shown:
            return "0"
        return " + ".join(term.written(write) for term in shown) + rest


def pretty(text: str) -> str:
    """Python arithmetic as a textbook sets it: 2·x instead of 2*x, x² instead of x**2."""
    text = text.replace("**2", "²").replace("**3", "³")
    text = text.replace("sqrt(", "√(").replace("*", " · ")
    text = re.sub(r"abs\(([^()]*)\)", r"|\1|", text)
    return text.replace("- -", "− −").replace("-", "−")


def subscript(*indices: int) -> str:
    """₃ or ₃,₁₂."""
    return ",".join(str(i) for i in indices).translate(_SUBSCRIPTS)


def _filled(template: str, operands: tuple[Operand, ...], write: Write) -> str:
    for place, operand in enumerate(operands):
        # A number that has parentheses of its own needs no others.
        for before, after in (("(", ")"), (", ", ")")):
            bare = write(operand.value).replace("−", "-")
            template = template.replace(f"{before}{{{place}}}{after}", before + bare + after)
        template = template.replace(f"{{{place}}}", _bracketed(operand.value, write))
    return template


def _bracketed(value: float, write: Write) -> str:
    written = write(value).replace("−", "-")
    return f"({written})" if written.startswith("-") else written
