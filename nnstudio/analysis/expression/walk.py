"""Walking through a pass, one operation at a time, in either direction.

Everything is computed once; a position merely says how much of it is shown. So a step back is
exactly the state before, and a pass can be walked as often as one likes.

    start · forward steps · seed (df/df = 1) · backward steps · update
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from nnstudio.analysis.expression.evaluation import Evaluation, Failure, evaluate
from nnstudio.analysis.expression.gates import Match, collapsible, expandable
from nnstudio.analysis.expression.gradients import Backward, Flow, backward
from nnstudio.analysis.expression.graph import Edge
from nnstudio.analysis.expression.worksheet import Worksheet

Phase = Literal["start", "forward", "seed", "backward", "update"]


@dataclass(frozen=True)
class Pass:
    """A worksheet's forward and backward pass, and the steps one sees of them."""

    sheet: Worksheet

    @cached_property
    def forward(self) -> Evaluation:
        return evaluate(self.sheet.graph, self.sheet.values)

    @cached_property
    def backward(self) -> Backward:
        return backward(self.sheet.graph, self.forward)

    @cached_property
    def hidden(self) -> frozenset[str]:
        return self.sheet.graph.hidden(self.sheet.closed)

    @cached_property
    def visible(self) -> tuple[str, ...]:
        """The nodes that have a card, in computing order."""
        return tuple(node.id for node in self.sheet.graph.nodes if node.id not in self.hidden)

    @cached_property
    def owner(self) -> dict[str, str]:
        """For every node the visible card it belongs to: its own, or that of its closed group."""
        found = {id: id for id in self.visible}
        for group in self.sheet.graph.groups:
            if group.root in self.sheet.closed and group.root not in self.hidden:
                found.update(dict.fromkeys(group.members, group.root))
        return found

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """The edges between visible cards; one that runs into a closed group ends at its card."""
        found = []
        for edge in self.sheet.graph.edges:
            user = self.owner[edge.user]
            if edge.source in self.hidden or self.owner[edge.source] == user:
                continue
            found.append(edge if user == edge.user else dataclasses.replace(edge, user=user))
        return tuple(dict.fromkeys(found))

    @cached_property
    def forward_steps(self) -> tuple[str, ...]:
        """The operations to compute, up to and with the first that fails."""
        steps = []
        for id in self.visible:
            if self.sheet.graph.node(id).is_leaf:
                continue
            steps.append(id)
            if self.failure_at(id) is not None:
                break
        return tuple(steps)

    @cached_property
    def backward_steps(self) -> tuple[str, ...]:
        """The operations to go back through, up to and with the first whose slope fails."""
        steps = []
        for id in reversed(self.visible):
            if self.sheet.graph.node(id).is_leaf or id not in self.backward.gradients:
                continue
            steps.append(id)
            if id in self.backward.failures:
                break
        return tuple(steps)

    @cached_property
    def matches(self) -> tuple[Match, ...]:
        """What can be collapsed."""
        return collapsible(self.sheet.graph)

    @cached_property
    def gates(self) -> tuple[str, ...]:
        """The visible cards that can be expanded."""
        return tuple(id for id in expandable(self.sheet.graph) if id not in self.hidden)

    def failure_at(self, id: str) -> Failure | None:
        """The forward failure that is shown at a visible card."""
        for failing, failure in self.forward.failures.items():
            if self.owner[failing] == id:
                return failure
        return None

    @cached_property
    def broken_forward(self) -> bool:
        return self.sheet.graph.output not in self.forward

    @cached_property
    def broken_backward(self) -> bool:
        return bool(self.backward.failures)

    @cached_property
    def last(self) -> int:
        """The last position of a walk."""
        forward = len(self.forward_steps)
        if self.broken_forward:
            return forward
        return forward + 1 + len(self.backward_steps) + (not self.broken_backward)

    @cached_property
    def step_of_forward(self) -> dict[str, int]:
        """The position at which each operation's value appears."""
        return {id: number + 1 for number, id in enumerate(self.forward_steps)}

    @cached_property
    def step_of_backward(self) -> dict[str, int]:
        """The position at which each operation hands its gradient on."""
        first = len(self.forward_steps) + 2
        return {id: number + first for number, id in enumerate(self.backward_steps)}


@dataclass(frozen=True)
class Gradient:
    """What has arrived at a node so far: its contributions and how many will come."""

    flows: tuple[Flow, ...]
    expected: int
    value: float

    @property
    def complete(self) -> bool:
        return len(self.flows) == self.expected


@dataclass(frozen=True)
class Walk:
    """A position in a pass."""

    of: Pass
    position: int = 0

    @property
    def phase(self) -> Phase:
        forward, backward = len(self.of.forward_steps), len(self.of.backward_steps)
        if self.position == 0:
            return "start"
        if self.position <= forward:
            return "forward"
        if self.position == forward + 1:
            return "seed"
        return "backward" if self.position <= forward + 1 + backward else "update"

    @property
    def number(self) -> int:
        """Which step of its phase this is, from 1."""
        if self.phase == "forward":
            return self.position
        if self.phase == "backward":
            return self.position - len(self.of.forward_steps) - 1
        return 0

    @property
    def count(self) -> int:
        """How many steps its phase has."""
        steps = self.of.forward_steps if self.phase == "forward" else self.of.backward_steps
        return len(steps)

    @property
    def active(self) -> str | None:
        """The operation this step works on."""
        if self.phase == "forward":
            return self.of.forward_steps[self.number - 1]
        if self.phase == "backward":
            return self.of.backward_steps[self.number - 1]
        return self.of.sheet.graph.output if self.phase == "seed" else None

    @property
    def at_start(self) -> bool:
        return self.position == 0

    @property
    def at_end(self) -> bool:
        return self.position >= self.of.last

    @property
    def failure(self) -> Failure | None:
        """What breaks in this very step."""
        if self.phase == "forward" and self.active is not None:
            return self.of.failure_at(self.active)
        if self.phase == "backward" and self.active is not None:
            return self.of.backward.failures.get(self.active)
        return None

    def to(self, position: int) -> Walk:
        """The walk at another position, kept within the pass."""
        return dataclasses.replace(self, position=min(max(position, 0), self.of.last))

    def moved(self, steps: int) -> Walk:
        """So many steps on (or back, if negative)."""
        return self.to(self.position + steps)

    def value(self, id: str) -> float | None:
        """The value that is shown on a card, None as long as it is not computed."""
        if self.of.sheet.graph.node(id).is_leaf:
            return self.of.forward.values.get(id)
        step = self.of.step_of_forward.get(id)
        if step is None or step > self.position:
            return None
        return self.of.forward.values.get(id)

    def gradient(self, id: str) -> Gradient | None:
        """The gradient that is shown on a card, None as long as nothing has arrived."""
        seed = len(self.of.forward_steps) + 1
        if self.of.broken_forward or self.position < seed:
            return None
        if id == self.of.sheet.graph.output:
            return Gradient((), 0, 1.0)
        flows = self.of.backward.into.get(id, ())
        arrived = tuple(flow for flow in flows if self._done(flow.edge.user))
        if not arrived:
            return None
        total = sum(flow.downstream for flow in arrived)
        if len(arrived) == len(flows):
            total = self.of.backward.gradients.get(id, total)
        return Gradient(arrived, len(self.of.sheet.graph.users[id]), total)

    def flow(self, edge: Edge) -> Flow | None:
        """What an edge has carried backward, None as long as it has not."""
        if not self._done(edge.user):
            return None
        for flow in self.of.backward.from_user.get(edge.user, ()):
            if flow.edge == edge:
                return flow
        return None

    @property
    def flows(self) -> tuple[Flow, ...]:
        """The flows of this backward step."""
        if self.phase != "backward" or self.active is None:
            return ()
        return self.of.backward.from_user.get(self.active, ())

    def _done(self, user: str) -> bool:
        step = self.of.step_of_backward.get(self.of.owner[user])
        return step is not None and step <= self.position


def start(sheet: Worksheet, position: int = 0) -> Walk:
    """A walk through the worksheet's pass."""
    return Walk(Pass(sheet)).to(position)
