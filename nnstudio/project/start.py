"""What a training began from: what its weights and figures belong to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nnstudio.data.dataset import DataSource
from nnstudio.graph.model import Graph
from nnstudio.nn.loss import Loss

if TYPE_CHECKING:
    from nnstudio.project.model import Project

THE_DATA = "the data"


@dataclass(frozen=True)
class Start:
    """The network, its loss, the seed of its initial weights, and its data."""

    graph: Graph
    loss: Loss
    seed: int
    data: DataSource | None

    @classmethod
    def of(cls, project: Project) -> Start:
        """What training this project begins from."""
        return cls(project.graph, project.training.loss, project.training.seed, project.data)

    def changes(self, now: Start, same_data: bool | None = None) -> tuple[str, ...]:
        """What is different now, in words: the layers, the loss, the seed, the data.

        ``same_data`` says whether the data are the same where that is known better than from their
        declarations (None: it is not).
        """
        if same_data is None:
            same_data = self.data == now.data
        found = (
            ("the layers", self.graph is now.graph or self.graph.same_structure(now.graph)),
            ("the loss", self.loss == now.loss),
            ("the seed", self.seed == now.seed),
            (THE_DATA, same_data),
        )
        return tuple(name for name, same in found if not same)


def listed(names: tuple[str, ...]) -> str:
    """Words in a row: a, b and c."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
