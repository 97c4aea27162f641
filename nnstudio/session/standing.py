"""Which network answers questions now, and with what it reads its inputs.

Trained weights keep the vocabulary, classes and scaling they were trained with. They answer as
long as the network on the canvas can hold them, with the project's data or without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nnstudio.data.dataset import Dataset
from nnstudio.graph.check import check
from nnstudio.graph.plan import Check, Plan, Signature
from nnstudio.project.model import Fitted, Project, Trained
from nnstudio.project.refit import refit
from nnstudio.spec import ProblemError


@dataclass(frozen=True, eq=False)
class Standing:
    """The network as it stands: its plan, its weights (None: the initial ones), and its data.

    ``dataset`` is the project's data as these weights read it, None where it is not loaded.
    ``left_out`` says by part which samples they cannot judge.
    """

    plan: Plan
    fitted: Fitted
    trained: Trained | None
    dataset: Dataset | None
    left_out: Mapping[str, str] = field(default_factory=dict)


def standing(project: Project, checked: Check, dataset: Dataset | None) -> Standing | None:
    """The network that answers; None if there is none yet."""
    trained = project.trained
    if trained is not None and trained.fitted is not None:
        found = _of_trained(project, checked, dataset, trained, trained.fitted)
        if found is not None:
            return found
    if dataset is None or checked.plan is None:
        return None
    unknown = trained is not None and trained.fitted is None
    fits_now = unknown and trained is not None and fits(trained, checked.plan)
    return Standing(checked.plan, Fitted.of(dataset), trained if fits_now else None, dataset)


def _of_trained(
    project: Project, checked: Check, dataset: Dataset | None, trained: Trained, fitted: Fitted
) -> Standing | None:
    """The trained network, if the one on the canvas can hold its weights and read the data."""
    signature = fitted.signature
    if signature is None:
        if dataset is None:
            return None
        signature = dataset.signature
    plan = checked.plan
    if plan is None or not _alike(plan.signature, signature):
        plan = check(project.graph, signature, project.training.loss).plan
    if plan is None or not fits(trained, plan):
        return None
    if dataset is None:
        return Standing(plan, fitted, trained, None)
    try:
        refitted = refit(dataset, fitted)
    except ProblemError:
        return None  # data of another kind was chosen: the network for it is not trained yet
    return Standing(plan, fitted, trained, refitted.dataset, refitted.left_out)


def fits(trained: Trained, plan: Plan) -> bool:
    """Whether the weights have the names and shapes that the network needs."""
    wanted = {
        (step.id, parameter.name): parameter.shape
        for step in plan.steps
        for parameter in (*step.parameters, *step.layer.state(*step.input_shapes))
    }
    found = {key: tuple(array.shape) for key, array in trained.weights.items()}
    return wanted == found


def _alike(one: Signature, other: Signature) -> bool:
    """Whether both ask for the same network."""
    return (one.input_shape, one.task, one.classes, one.outputs, one.tokens) == (
        other.input_shape,
        other.task,
        other.classes,
        other.outputs,
        other.tokens,
    )
