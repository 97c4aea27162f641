"""What we tell a learner when something cannot work.

A learner's mistake is a value, not an exception: it has a place where it can be shown, a sentence
on what happened and why, and, where we know one, a fix that a button can carry out. A fix is data
(the name of a project command and its arguments), so this floor needs to know no command.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal


class Severity(Enum):
    """How much a problem matters: an error prevents training, a hint merely teaches."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


@dataclass(frozen=True)
class Place:
    """Where a problem is shown.

    ``id`` is the id of a node or an edge, or a file's path; ``field`` names the declared field.
    """

    kind: Literal["project", "node", "edge", "training", "data", "file", "run"] = "project"
    id: str = ""
    field: str = ""


@dataclass(frozen=True)
class Fix:
    """A button that mends the problem: its text, and the project command behind it."""

    label: str
    command: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong or worth knowing: what happened, why, and what to do.

    ``title`` is a short sentence without a full stop; ``explain`` says why and what to do.
    All texts are plain text, never markup.
    """

    title: str
    explain: str = ""
    where: Place = Place()
    severity: Severity = Severity.ERROR
    fix: Fix | None = None

    def __str__(self) -> str:
        return f"{self.title}. {self.explain}" if self.explain else f"{self.title}."


class ProblemError(Exception):
    """Carries one or more problems out of a place that cannot return them."""

    def __init__(self, *problems: Problem) -> None:
        if not problems:
            raise ValueError("a ProblemError needs at least one problem")
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems
