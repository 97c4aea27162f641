"""Whether a project is ready to train, and what stands in the way."""

from __future__ import annotations

import dataclasses

from nnstudio.data.dataset import Dataset
from nnstudio.graph.check import check
from nnstudio.graph.plan import Check
from nnstudio.project import advice, monitoring
from nnstudio.project.model import Project
from nnstudio.project.refit import differences
from nnstudio.project.start import listed
from nnstudio.spec import Place, Problem, Severity

DATA_CHANGED = "The data has changed since the network was trained"
UNFIT = Problem(
    "The trained weights do not fit the network any more",
    "The network or its data was changed since they were trained. Undo the change to export them, "
    "or train the network as it is now.",
    Place("run"),
)
WAITING = Problem(
    "The trained weights wait for their network",
    "The network was changed while it trained, and they do not fit it any more. Undo the change "
    "and they come back.",
    Place("run"),
    Severity.WARNING,
)


def check_project(project: Project, dataset: Dataset | None) -> Check:
    """The check of the graph and, as far as the data is known, of what the training watches.

    Also told: settings far from the usual, and data that is no more what the present weights were
    trained on.
    """
    samples = len(dataset.train) if dataset is not None else None
    remarks = advice.give(project.training, samples)
    if dataset is None:
        found = check(project.graph, None, project.training.loss)
        return dataclasses.replace(found, problems=(*found.problems, *remarks))
    found = check(project.graph, dataset.signature, project.training.loss)
    found = dataclasses.replace(found, problems=(*found.problems, *remarks))
    more = monitoring.problems(project.training, dataset.signature, bool(dataset.validation))
    if (changed := changed_data(project, dataset)) is not None:
        more = (*more, changed)
    return dataclasses.replace(found, problems=(*more, *found.problems)) if more else found


def changed_data(project: Project, dataset: Dataset | None) -> Problem | None:
    """That the project's data file is another one than the weights were trained on, or None."""
    trained = project.trained
    if dataset is None or trained is None or trained.fitted is None:
        return None
    if trained.start is not None and trained.start.data != project.data:
        return None  # other data was chosen, which is no surprise
    different = differences(trained.fitted, dataset)
    if not different:
        return None
    return Problem(
        DATA_CHANGED,
        f"Now different: {listed(different)}. Evaluate, Try it and Export go on with what was "
        "fitted when the network was trained. Train begins anew with the data as it is now.",
        Place("data"),
        Severity.WARNING,
    )


def obstacle(project: Project, checked: Check, loaded: bool, loading: bool) -> Problem | None:
    """Why training cannot begin, or None. Loading is no obstacle: training begins after it."""
    if project.data is None:
        return Problem(
            "There is no data to learn from",
            "Choose a data set in the Data tab, or open a file of your own.",
            Place("data"),
        )
    for problem in checked.problems:
        if problem.severity is Severity.ERROR:
            return problem
    if not loaded and not loading:
        return Problem(
            "The data could not be loaded",
            "The Problems tab says why. Fix it, or choose another data set.",
            Place("data"),
        )
    return None
