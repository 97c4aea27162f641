"""What stands on the canvas at a step: values going forward →, gradients coming back ←."""

from __future__ import annotations

import numpy as np

from nnstudio.analysis.expression.numbers import significant
from nnstudio.analysis.network_pass import Step, Values, Walk
from nnstudio.analysis.network_pass.operations import PHASES
from nnstudio.analysis.network_pass.values import LOSS, UPDATE
from nnstudio.ui.canvas.values import Shown, ShownValues

MOST_WRITTEN = 2  # a row of more numbers is told by its length


def overlay(walk: Walk, step: Step, digits: int) -> ShownValues:
    """The values of everything that has been computed up to this step."""
    values, sample = walk.values, walk.sample
    nodes: dict[str, Shown] = {}
    edges: dict[str, Shown] = {}
    forward: dict[str, str] = {}
    backward: dict[str, str] = {}
    for operation in walk.operations[: step.place + 1]:
        node, what = operation.node, operation.result.what
        if node in (LOSS, UPDATE):
            continue
        if operation.phase == "forward":
            text = _text(values, node, what, sample, digits, "a" if what == "y" else what)
            forward[node] = text
        elif operation.phase == "backward" and what in ("dz", "dy"):
            backward[node] = _text(values, node, what, sample, digits, "δ" if what == "dz" else "d")
    number = step.number
    if number is not None and number.node in forward:
        told = significant(values.value(number), digits)
        if step.phase == "forward":
            forward[number.node] = told
        elif ":" not in number.what:
            backward[number.node] = told
    for node in {*forward, *backward}:
        nodes[node] = (forward.get(node, ""), backward.get(node, ""))
    if PHASES.index(step.phase) >= 1:
        loss = float(np.reshape(values.array(LOSS, "l")[sample], -1)[0])
        nodes[LOSS] = (f"L {significant(loss, digits)}", "")
    _fill_edges(walk, step, forward, edges, digits)
    active = frozenset({step.operation.node if step.operation.node != UPDATE else LOSS})
    return ShownValues(nodes, edges, active | frozenset(step.operation.edges), step.phase)


def _fill_edges(
    walk: Walk, step: Step, forward: dict[str, str], edges: dict[str, Shown], digits: int
) -> None:
    """A wire carries what its source has put out, and what came back along it."""
    values, sample = walk.values, walk.sample
    came_back = {
        edge
        for operation in walk.operations[: step.place + 1]
        if operation.phase == "backward" and operation.result.what.startswith("dx")
        for edge in operation.edges
    }
    for target in values.plan.steps:
        for port, source in enumerate(target.sources):
            if source not in forward:
                continue
            edge = f"{source}>{target.id}:{port}"
            out = _text(values, source, "y", sample, 3, "")
            back = ""
            if edge in came_back and values.has(target.id, f"dx{port}"):
                back = _text(values, target.id, f"dx{port}", sample, 3, "")
            edges[edge] = (out, back)
    output = values.plan.output
    if output in forward:
        edges[f"{output}>{LOSS}:0"] = (_text(values, output, "y", sample, 3, ""), "")


def _text(values: Values, node: str, what: str, sample: int, digits: int, symbol: str) -> str:
    """A number, two, or the length of the vector."""
    array = values.array(node, what)
    row = np.asarray(array[sample] if values.per_sample(node, what) else array, np.float64)
    flat = row.reshape(-1)
    head = f"{symbol} " if symbol else ""
    if flat.size <= MOST_WRITTEN:
        return head + "  ".join(significant(float(v), digits) for v in flat)
    length = significant(float(np.linalg.norm(flat)), digits)
    return f"‖{symbol}‖ {length}" if symbol else length
