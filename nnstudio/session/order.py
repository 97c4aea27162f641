"""What the worker needs to know to build a network and train it: an immutable order."""

from __future__ import annotations

from dataclasses import dataclass

from nnstudio.data.dataset import Dataset
from nnstudio.graph.model import Graph
from nnstudio.graph.plan import Plan
from nnstudio.project.model import Project, Trained
from nnstudio.project.setup import TrainingSetup


@dataclass(frozen=True, eq=False)
class Order:
    """A network, its training, its data and the weights to start from (None: initial ones).

    ``results_seen`` counts the results that had reached the project when the order was made. If
    the worker has made a newer one meanwhile, its own weights are newer than ``trained``.
    """

    graph: Graph
    plan: Plan
    setup: TrainingSetup
    dataset: Dataset
    trained: Trained | None
    device: str = "cpu"
    results_seen: int = 0

    def same_network(self, other: Order) -> bool:
        """Whether both ask for the same network, loss, seed and data."""
        return (
            self.dataset is other.dataset
            and self.device == other.device
            and self.setup.loss == other.setup.loss
            and self.setup.seed == other.setup.seed
            and self.graph.same_structure(other.graph)
        )


def same_start(one: Project, other: Project) -> bool:
    """Whether weights trained in one project are the ones to go on from in the other."""
    return (
        one.data == other.data
        and one.training.loss == other.training.loss
        and one.training.seed == other.training.seed
        and one.graph.same_structure(other.graph)
    )


def fits(trained: Trained, plan: Plan) -> bool:
    """Whether the weights have the names and shapes that the network needs."""
    wanted = {
        (step.id, parameter.name): parameter.shape
        for step in plan.steps
        for parameter in (*step.parameters, *step.layer.state(*step.input_shapes))
    }
    found = {key: tuple(array.shape) for key, array in trained.weights.items()}
    return wanted == found
