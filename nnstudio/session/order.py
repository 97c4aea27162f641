"""What the worker needs to know to build a network and train it: an immutable order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nnstudio.data.dataset import Dataset
from nnstudio.graph.model import Graph
from nnstudio.graph.plan import Plan
from nnstudio.project.model import Fitted, Trained
from nnstudio.project.setup import TrainingSetup
from nnstudio.project.start import Start


@dataclass(frozen=True, eq=False)
class Order:
    """A network, its training, its data and the weights to start from (None: initial ones).

    ``fitted`` is what inputs are read with; ``dataset`` is None where the data is not at hand, and
    ``left_out`` says which samples it lacks (see `Standing`). ``results_seen`` counts the results
    that had reached the project when the order was made. If the worker has made a newer one
    meanwhile, its own weights are newer than ``trained``.
    """

    plan: Plan
    setup: TrainingSetup
    start: Start
    dataset: Dataset | None
    fitted: Fitted
    trained: Trained | None
    device: str = "cpu"
    results_seen: int = 0
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def graph(self) -> Graph:
        return self.start.graph

    def same_network(self, other: Order) -> bool:
        """Whether both ask for the same network, loss, seed and data."""
        return (
            self.dataset is other.dataset
            and self.device == other.device
            and self.setup.loss == other.setup.loss
            and self.setup.seed == other.setup.seed
            and self.graph.same_structure(other.graph)
        )
