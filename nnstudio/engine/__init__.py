"""The engine: networks that compute and train, on the CPU or a graphics card.

``from nnstudio.engine import ...`` is the way in for programs without the app.
"""

from nnstudio.engine.devices import devices, open_device
from nnstudio.engine.events import (
    BatchFinished,
    Diverged,
    EpochFinished,
    TrainingFinished,
    TrainingStarted,
)
from nnstudio.engine.limits import memory_needed
from nnstudio.engine.network import Network
from nnstudio.engine.trainer import Trainer

__all__ = [
    "BatchFinished",
    "Diverged",
    "EpochFinished",
    "Network",
    "Trainer",
    "TrainingFinished",
    "TrainingStarted",
    "devices",
    "memory_needed",
    "open_device",
]
