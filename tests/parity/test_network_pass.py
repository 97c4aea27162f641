"""The numbers of a worked pass through the bundled projects are those of PyTorch's autograd."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnstudio.analysis.network_pass import Values
from nnstudio.analysis.tape import ProbeRequest, record
from nnstudio.graph.check import check
from nnstudio.project import templates
from nnstudio.project.model import Fitted
from nnstudio.project.start import Start
from nnstudio.session.order import Order
from nnstudio.session.run import Run

torch = pytest.importorskip("torch")
F = torch.nn.functional

pytestmark = pytest.mark.peer

ACTIVATIONS = {
    "relu": torch.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "linear": lambda z: z,
}


def tensor(array: Any) -> Any:
    return torch.tensor(np.asarray(array), dtype=torch.float64)


@pytest.mark.parametrize("name", ["sentiment", "spiral", "digits"])
@pytest.mark.parametrize("rows", [(3,), (0, 1, 2, 5, 8)], ids=["one sample", "batch"])
def test_forward_backward_and_update_agree_with_autograd(name: str, rows: tuple[int, ...]) -> None:
    project = templates.new(name)
    assert project.data is not None
    dataset = project.data.load()
    plan = check(project.graph, dataset.signature, project.training.loss).plan
    assert plan is not None
    run = Run(Order(plan, project.training, Start.of(project), dataset, Fitted.of(dataset), None))
    tape = record(run.network, dataset, project.training, ProbeRequest(rows))
    values = Values(tape)
    weights: dict[tuple[str, str], Any] = {}
    kept: dict[tuple[str, str], Any] = {}
    x = tensor(tape.chosen.x)
    outputs: dict[str, Any] = {}
    for step in plan.steps:
        layer = step.layer
        inputs = [outputs[source] for source in step.sources] or [x]
        (y,) = inputs
        if layer.name == "flatten":
            y = y.reshape(len(rows), -1)
        elif layer.name == "dropout":
            y = y * tensor(values.array(step.id, "mask"))
        elif layer.name == "dense":
            for spec in step.parameters:
                w = tensor(values.array(step.id, f"w:{spec.name}")).requires_grad_()
                weights[step.id, spec.name] = w
            z = y @ weights[step.id, "kernel"] + weights[step.id, "bias"]
            z.retain_grad()
            kept[step.id, "z"] = z
            activation = layer.activation.name  # type: ignore[attr-defined]
            y = z if activation == "softmax" else ACTIVATIONS[activation](z)
        outputs[step.id] = y
    target = torch.tensor(np.asarray(tape.chosen.y))
    loss = F.cross_entropy(outputs[plan.output], target)
    loss.backward()
    assert tape.chosen.loss == pytest.approx(float(loss.detach()), rel=1e-5)
    for (node, what), z in kept.items():
        assert np.allclose(values.array(node, what), z.detach().numpy(), atol=1e-5)
        assert np.allclose(values.array(node, "dz"), z.grad.numpy(), atol=1e-6)
    for (node, spec), w in weights.items():
        assert np.allclose(values.array(node, f"dw:{spec}"), w.grad.numpy(), atol=1e-6)
    optimizer: Any = project.training.optimizer
    assert optimizer.name == "adam"
    peer = torch.optim.Adam(
        list(weights.values()),
        optimizer.learning_rate,
        (optimizer.beta_1, optimizer.beta_2),
        optimizer.epsilon,
    )
    peer.step()
    for (node, spec), w in weights.items():
        expected = w.detach().numpy()
        # Adam divides a gradient by its own size: where that is mere rounding, so is the step.
        certain = np.abs(values.array(node, f"g:{spec}")) > 1e-6
        found = values.array(node, f"new:{spec}")
        assert np.allclose(found[certain], expected[certain], atol=2e-6)
