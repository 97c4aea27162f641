"""The engine: networks that compute and train, on the CPU or a graphics card.

``from nnstudio.engine import Model`` is the way in for programs without the app; `Network` and
`Trainer` are what the app itself uses.
"""

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
from nnstudio.engine.model import Model, compile, evaluate, sequential
from nnstudio.engine.network import Network
from nnstudio.engine.range_test import RangePoint, range_test, suggestion
from nnstudio.engine.trainer import Trainer

__all__ = [
    "BatchFinished",
    "Diverged",
    "EpochFinished",
    "Model",
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
