"""What the tests of panels share: a bridge over a project, its training, a panel that shows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nnstudio.project import commands as edit
from nnstudio.ui.bridge import Bridge

Make = Callable[..., Bridge]


def show(qtbot: Any, panel: Any, width: int = 1000, height: int = 340) -> Any:
    qtbot.addWidget(panel)
    panel.resize(width, height)
    panel.show()
    return panel


def train(qtbot: Any, bridge: Bridge, **setup: Any) -> Any:
    """Train to the end with this set-up; returns what was learned."""
    setup.setdefault("early_stopping", None)
    bridge.do("Training", edit.configure_training, **setup)
    before = bridge.project.trained
    bridge.session.train()
    qtbot.waitUntil(
        lambda: bridge.project.trained is not before and bridge.session.state == "ready",
        timeout=60_000,
    )
    bridge.drain()
    return bridge.project.trained
