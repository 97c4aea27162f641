"""The engine: networks that compute and train, on the CPU or a graphics card.

`Network` and `Trainer` are what the app itself uses. Programs without the app begin with
``from nnstudio import Model``, which stands above this floor; it may be asked for here too.
"""

import nnstudio
from nnstudio.engine.building import compile, sequential
from nnstudio.engine.devices import devices, open_device
from nnstudio.engine.events import (
    BatchFinished,
    Diverged,
    EpochFinished,
    MovedToCpu,
    TrainingFinished,
    TrainingStarted,
)
from nnstudio.engine.limits import memory_needed
from nnstudio.engine.measuring import evaluate
from nnstudio.engine.network import Network
from nnstudio.engine.range_test import RangePoint, range_test, suggestion
from nnstudio.engine.trainer import Trainer

__all__ = [
    "BatchFinished",
    "Diverged",
    "EpochFinished",
    "MovedToCpu",
    "Network",
    "RangePoint",
    "Trainer",
    "TrainingFinished",
    "TrainingStarted",
    "compile",
    "devices",
    "evaluate",
    "memory_needed",
    "open_device",
    "range_test",
    "sequential",
    "suggestion",
]


def __getattr__(name: str) -> object:
    if name != "Model":
        raise AttributeError(f"module 'nnstudio.engine' has no attribute {name!r}")
    return nnstudio.Model
