"""Commands on everything beside the graph: training, data, results, the project's name."""

from __future__ import annotations

from typing import Any

from nnstudio.data.dataset import DataSource
from nnstudio.nn.loss import Loss
from nnstudio.project.model import Project, Trained
from nnstudio.project.setup import TrainingSetup
from nnstudio.spec import Place, Problem, ProblemError

LONGEST_NAME = 120


def change_training(project: Project, setup: TrainingSetup) -> Project:
    """Another training set-up."""
    return project if setup == project.training else project.replace(training=setup)


def configure_training(project: Project, **changes: Any) -> Project:
    """Some settings of the training changed; raises `ProblemError` if a value is refused."""
    return change_training(project, project.training.replace(**changes))


def change_loss(project: Project, loss: Loss) -> Project:
    """Another loss."""
    return configure_training(project, loss=loss)


def set_learning_rate(project: Project, learning_rate: float) -> Project:
    """The same optimizer with another learning rate."""
    optimizer = project.training.optimizer.replace(learning_rate=learning_rate)
    return configure_training(project, optimizer=optimizer)


def set_data(project: Project, source: DataSource | None) -> Project:
    """Another data set, or none."""
    return project if source == project.data else project.replace(data=source)


def configure_data(project: Project, **changes: Any) -> Project:
    """Some settings of the data set changed; raises `ProblemError` if a value is refused."""
    if project.data is None:
        raise ValueError("the project has no data to configure")
    return set_data(project, project.data.replace(**changes))


def set_trained(project: Project, trained: Trained | None) -> Project:
    """The result of training enters the project; None forgets it."""
    return project if trained is project.trained else project.replace(trained=trained)


def rename_project(project: Project, name: str) -> Project:
    """Another name for the project."""
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise ProblemError(
            Problem(
                "A project needs a name",
                f"One line of at most {LONGEST_NAME} printable characters.",
                Place("project", field="name"),
            )
        )
    return project if name == project.name else project.replace(name=name)
