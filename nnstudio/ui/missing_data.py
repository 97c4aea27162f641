"""A data file that is gone: what is told about it, and how it is found again."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from nnstudio.data.paths import written
from nnstudio.project import commands
from nnstudio.ui import dialogs

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from nnstudio.ui.bridge import Bridge

LOCATE = "Locate it…"


def missing_path(bridge: Bridge) -> str:
    """Which setting of the data names a file or folder that is not there, empty for none."""
    source = bridge.project.data
    if source is None or bridge.data_problem is None:
        return ""
    for spec in source.fields():
        path = getattr(source, spec.name) if spec.kind == "path" else ""
        if path and not os.path.exists(written(path)):  # noqa: PTH110 - never raises
            return spec.name
    return ""


def locate(parent: QWidget, bridge: Bridge) -> None:
    """Ask where the file or folder is now, and use it from there."""
    field, source = missing_path(bridge), bridge.project.data
    if not field or source is None:
        return
    before = str(getattr(source, field))
    name = before.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    folder = type(source).name.endswith("folder")
    chosen = dialogs.choose_path(parent, f"Where is {name} now?", before, folder=folder)
    if chosen:
        bridge.do(f"Locate {name}", commands.configure_data, **{field: chosen})


def told(bridge: Bridge) -> tuple[str, str]:
    """Title and text where the data is not at hand but the trained network is."""
    problem = bridge.data_problem
    title = problem.title if problem is not None else "The data could not be loaded"
    return title, (
        "The project holds the trained network and all that it needs to read an input, so Try it "
        "and Export work. Training and evaluating need the data."
    )
