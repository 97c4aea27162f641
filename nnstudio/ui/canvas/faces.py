"""What stands on a card, worked out from the project, the check and the data.

Pure values: a card that gets an equal face need not be painted again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtGui import QColor

from nnstudio.analysis.thumbnails import LOOKED_AT
from nnstudio.data.dataset import Dataset
from nnstudio.graph.model import Node
from nnstudio.graph.plan import Check
from nnstudio.nn.layer import Shape
from nnstudio.project.model import Project
from nnstudio.spec import Problem, Severity
from nnstudio.ui import theme
from nnstudio.ui.canvas.catalogue import layer_icon
from nnstudio.ui.canvas.geometry import LOSS

RANK = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.HINT: 2}
_ICONS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.HINT: "hint"}


def severity_icon(severity: Severity) -> str:
    """The line icon of a problem; its shape says how grave it is, not its colour alone."""
    return _ICONS[severity]


def severity_colour(severity: Severity, colours: theme.Theme) -> QColor:
    """The colour a problem is drawn in."""
    if severity is Severity.ERROR:
        return colours.error
    return colours.warning if severity is Severity.WARNING else colours.accent


@dataclass(frozen=True)
class Face:
    """Everything a card says in words. ``left`` and ``right`` stand under its picture."""

    id: str
    title: str
    settings: str
    family: str
    icon: str
    left: str = ""
    right: str = ""
    right_help: str = ""
    shape: str = ""
    ports: int = 1
    output: bool = True
    activation: str = ""
    problem: Problem | None = None


def shape_text(shape: Shape | None) -> str:
    """A shape as it stands on a wire: ``800`` or ``28 × 28 × 1``."""
    if shape is None:
        return ""
    return " × ".join(f"{n:,}" for n in shape) if shape else "1"


def ports_of(node: Node, wired: int) -> int:
    """How many input ports a card shows: a merge always offers one more than it uses."""
    most = node.layer.most_inputs
    if most is None:
        return max(wired + 1, node.layer.least_inputs, 2)
    return most


def problems_by_place(check: Check) -> dict[tuple[str, str], Problem]:
    """For every place its gravest problem, keyed by (kind, id)."""
    found: dict[tuple[str, str], Problem] = {}
    for problem in check.problems:
        where = problem.where
        key = (LOSS, LOSS) if where.kind == "training" else (where.kind, where.id)
        known = found.get(key)
        if known is None or RANK[problem.severity] < RANK[known.severity]:
            found[key] = problem
    return found


def layer_face(
    node: Node,
    project: Project,
    check: Check,
    dataset: Dataset | None,
    problem: Problem | None,
    live: str = "",
) -> Face:
    """The face of a layer's card. ``live`` is what the last picture says in a few characters."""
    layer = node.layer
    is_input = layer.family == "input"
    settings, left, right, right_help = layer.summary(), "", live, ""
    if is_input:
        settings, left, right = _input_words(project, check, dataset, node, settings)
        right_help = "Share of the training inputs that are not zero." if right else ""
    elif count := check.parameter_counts.get(node.id, 0):
        left = f"{count:,} par."
        total = sum(check.parameter_counts.values())
        if not right and total > count:
            right = _share(count / total)
            right_help = f"Share of the network's {total:,} parameters."
    activation = getattr(layer, "activation", None)
    wired = len(project.graph.incoming[node.id])
    shape = shape_text(check.shapes[node.id]) if node.id in check.shapes else ""
    if not settings and layer.most_inputs is None:
        settings = f"{wired} inputs" if wired != 1 else "1 input"
    elif not settings and shape:
        settings = f"output {shape}"
    return Face(
        id=node.id,
        title=node.title,
        settings=settings,
        family=layer.family,
        icon=layer_icon(layer),
        left=left,
        right=right,
        right_help=right_help,
        shape=shape,
        ports=ports_of(node, wired),
        activation=getattr(activation, "name", ""),
        problem=problem,
    )


def loss_face(
    project: Project, dataset: Dataset | None, problem: Problem | None, live: str = ""
) -> Face:
    """The face of the derived Loss card behind the output."""
    target = ""
    if dataset is not None:
        name = dataset.target_name or dataset.signature.target_title
        classes = dataset.signature.classes
        if name:
            target = f"target: {name}"
        elif classes:
            target = f"{classes} classes"
    help_ = ""
    if live and dataset is not None:
        samples = min(LOOKED_AT, len(dataset.train))
        target = "training set"
        help_ = f"Mean loss of {samples:,} training samples, in training mode (dropout on)."
    return Face(
        id=LOSS,
        title="Loss",
        settings=project.training.loss.title.lower(),
        family="loss",
        icon="loss",
        left=target,
        right=live,
        right_help=help_,
        output=False,
        problem=problem,
    )


def _input_words(
    project: Project, check: Check, dataset: Dataset | None, node: Node, settings: str
) -> tuple[str, str, str]:
    if dataset is None:
        if project.data is None:
            return settings or "no data yet", "", ""
        return project.data.title, "", ""
    shape = dataset.signature.input_shape
    size = shape_text(shape)
    if dataset.words is not None:
        size, things = f"{size} words", "texts"
        if "review" in dataset.title.lower():
            things = "reviews"
    else:
        things = "images" if len(shape) > 1 else "samples"
        size = f"{size} values" if len(shape) == 1 else size
    density = dataset.density
    full = f"{theme.percent(density)} non-zero" if density < 0.995 else ""
    return f"{dataset.title}, {size}", f"{len(dataset.train):,} {things}", full


def _share(share: float) -> str:
    if share >= 0.995:
        return "> 99 %"
    return theme.percent(share, 0 if share >= 0.1 else 1)


def describe(face: Face, texts: Mapping[str, str] | None = None) -> str:
    """A card in one sentence, for a screen reader."""
    parts = [face.title, face.settings, face.left, face.right]
    if face.shape:
        parts.append(f"output {face.shape}")
    if face.problem is not None:
        parts.append(f"{face.problem.severity.value}: {face.problem.title}")
    if texts:
        parts.extend(texts.values())
    return ", ".join(part for part in parts if part)
