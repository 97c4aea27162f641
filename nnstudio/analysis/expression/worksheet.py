"""What a learner works on: an expression, the values of its leaves, and what is open or fixed.

A worksheet is a value; every edit returns a new one, so that undo is the worksheet before.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from nnstudio.analysis.expression import gates
from nnstudio.analysis.expression.graph import Graph
from nnstudio.analysis.expression.operations import Constant
from nnstudio.analysis.expression.parser import parse

MOST_SHOWN = 60
"""Operations that are on the screen at most when groups are opened."""

LARGEST = 1e300

_KNOWN = {"pi": math.pi, "e": math.e}
_DATA = ("x", "y", "t")


@dataclass(frozen=True)
class Worksheet:
    """``values`` by variable name. ``fixed`` variables are data: a descent step leaves them.

    ``numbers`` are the places in the text of numbers that stand by themselves, by node id.
    ``closed`` holds the roots of the groups that are closed, ``spans`` the characters of ``text``
    each node was read from. ``title`` says what it is, ``look`` what is to be seen in it.
    """

    text: str
    graph: Graph
    values: Mapping[str, float]
    fixed: frozenset[str] = frozenset()
    closed: frozenset[str] = frozenset()
    spans: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    title: str = ""
    look: str = ""
    numbers: Mapping[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)

    def leaf_value(self, id: str) -> float | None:
        """The value of a leaf that can be set: a variable, or a number of the text."""
        if id in self.values:
            return self.values[id]
        operation = self.graph.node(id).op if id in self.numbers and id in self.graph else None
        return operation.value if isinstance(operation, Constant) else None

    def with_value(self, name: str, value: float) -> Worksheet:
        """The worksheet with a leaf set to another value, within what a float can compute with.

        A number of the text is changed in the text. Raises KeyError if there is no such leaf.
        """
        before = self.leaf_value(name)
        if before is None:
            raise KeyError(name)
        if math.isnan(value):
            return self
        value = min(LARGEST, max(-LARGEST, value))
        if value == before:
            return self
        if name not in self.values:
            return self._with_number(name, value)
        return dataclasses.replace(self, values={**self.values, name: value})

    def _with_number(self, id: str, value: float) -> Worksheet:
        text = self.text
        for start, end in sorted(self.numbers[id], reverse=True):
            whole = value == int(value) and abs(value) < 1e15
            written = str(int(value)) if whole else repr(value)
            text = f"{text[:start]}{f'({written})' if value < 0 else written}{text[end:]}"
        parsed = parse(text)
        graph = self.graph.replaced([dataclasses.replace(self.graph.node(id), op=Constant(value))])
        # Read again, the text has the same nodes in the same order, and so the same ids.
        return dataclasses.replace(
            self, text=text, graph=graph, spans=parsed.spans, numbers=parsed.numbers
        )

    def with_values(self, values: Mapping[str, float]) -> Worksheet:
        """The worksheet with several leaves set."""
        made = self
        for name, value in values.items():
            made = made.with_value(name, value)
        return made

    def with_fixed(self, name: str, fixed: bool) -> Worksheet:
        """Whether a descent step leaves this leaf as it is."""
        changed = self.fixed | {name} if fixed else self.fixed - {name}
        return dataclasses.replace(self, fixed=changed)

    def collapsed(self, match: gates.Match) -> Worksheet:
        """A pattern's cards replaced by one gate."""
        return dataclasses.replace(self, graph=gates.collapse(self.graph, match))

    def expanded(self, id: str) -> Worksheet:
        """A gate replaced by its single steps."""
        return dataclasses.replace(self, graph=gates.expand(self.graph, id))

    def toggled(self, root: str) -> Worksheet:
        """A group opened or closed; other groups close when too much would be on the screen."""
        if root not in self.closed:
            return dataclasses.replace(self, closed=self.closed | {root})
        closed = self.closed - {root}
        above = {g.root for g in self.graph.groups if root in g.members}
        for group in self.graph.groups:
            hidden = self.graph.hidden(closed)
            shown = sum(1 for node in self.graph.operations if node.id not in hidden)
            if shown <= MOST_SHOWN:
                break
            if group.root != root and group.root not in above:
                closed = closed | {group.root}
        return dataclasses.replace(self, closed=closed)

    @property
    def trainable(self) -> tuple[str, ...]:
        """The leaves a descent step changes."""
        return tuple(name for name in self.graph.variables if name not in self.fixed)


def read(text: str, before: Worksheet | None = None) -> Worksheet:
    """The worksheet of a text. Leaves that ``before`` has too keep their values.

    Raises `nnstudio.analysis.expression.ExpressionError` if the text is not an expression.
    """
    parsed = parse(text)
    known = dict(before.values) if before is not None else {}
    names = parsed.graph.variables
    held = before.fixed if before is not None else frozenset()
    fixed = frozenset(name for name in names if (name in held if name in known else is_data(name)))
    values = {name: known.get(name, _KNOWN.get(name, 1.0)) for name in names}
    return Worksheet(text, parsed.graph, values, fixed, spans=parsed.spans, numbers=parsed.numbers)


def is_data(name: str) -> bool:
    """Whether a name looks like an input or a target (x, x1, y, t ...) rather than a weight."""
    return name.rstrip("0123456789_").lower() in _DATA or name in _KNOWN
