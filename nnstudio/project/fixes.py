"""Carrying out the button on a problem: a fix names a command and its arguments."""

from __future__ import annotations

from nnstudio.project import commands
from nnstudio.project.model import Project
from nnstudio.spec import Fix


def apply(project: Project, fix: Fix) -> Project:
    """The project after the fix.

    Raises `ProblemError` or KeyError if the project has changed so much that it no longer fits,
    and ValueError for a fix that names no command.
    """
    if fix.command not in commands.__all__ or fix.command in ("copy", "next_id"):
        raise ValueError(f"{fix.command!r} is not a command on projects")
    after = getattr(commands, fix.command)(project, **fix.arguments)
    assert isinstance(after, Project)
    return after
