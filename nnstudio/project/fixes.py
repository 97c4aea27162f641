"""Carrying out the button on a problem: a fix names a command and its arguments."""

from __future__ import annotations

from nnstudio.project import commands
from nnstudio.project.model import Project
from nnstudio.spec import Fix

#: Names in the commands' package that are no commands on their own.
_NO_COMMANDS = frozenset({"copy", "is_tidy", "next_id"})


def apply(project: Project, fix: Fix) -> Project:
    """The project after the fix, with room made for a card that came in.

    Raises `ProblemError` or KeyError if the project has changed so much that it no longer fits,
    and ValueError for a fix that names no command.
    """
    if fix.command not in commands.__all__ or fix.command in _NO_COMMANDS:
        raise ValueError(f"{fix.command!r} is not a command on projects")
    after = getattr(commands, fix.command)(project, **fix.arguments)
    assert isinstance(after, Project)
    fresh = [node.id for node in after.graph.nodes if node.id not in project.graph]
    if fresh and commands.is_tidy(project):
        return commands.tidy(after)
    for id in fresh:
        after = commands.make_room(after, id)
    return after
