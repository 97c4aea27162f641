"""Network mode in pictures: one full pass through the sentiment network at all granularities."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from nnstudio.analysis.network_pass import Number
from nnstudio.project import commands as edit

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from nnstudio.ui.backprop.network.view import NetworkMode
    from tests.gallery.camera import Camera, State

STEPS = 30
"""Operations of a pass through the sentiment network, at layer granularity."""


def network(camera: Camera, template: str = "sentiment", epochs: int = 3) -> NetworkMode:
    """The window with network mode in it, after a little training."""
    camera.open(template)
    bridge = camera.window.bridge
    bridge.do("Epochs", edit.configure_training, epochs=epochs, early_stopping=None)
    bridge.session.train()
    camera.wait(lambda: bridge.project.trained is not None)
    camera.window.show_panel("backprop")
    camera.spin(0.1)
    panel: Any = camera.panel("backprop")
    panel.show_mode("Network")
    shown: NetworkMode = panel.network
    camera.wait(lambda: shown.walk is not None)
    return shown


def _step(camera: Camera, position: int) -> None:
    network(camera).go_to(position)


def _fine(camera: Camera, *, granularity: int, phase: str, on: int) -> None:
    shown = network(camera)
    shown.bar.granularity.setCurrentIndex(granularity)
    assert shown.walk is not None
    shown.go_to(shown.walk.begin_of(phase) + on)  # type: ignore[arg-type]


def _batch(camera: Camera) -> None:
    shown = network(camera)
    shown.bar.scope.setCurrentIndex(1)
    camera.wait(lambda: shown.walk is not None and shown.walk.values.passed().count > 1)
    shown.go_to(1)


def _large(camera: Camera, position: int) -> None:
    shown = network(camera)
    camera.window.enlarge(True)
    camera.spin(0.2)
    shown.go_to(position)


def _other(camera: Camera, template: str, position: int) -> None:
    network(camera, template, epochs=20).go_to(position)


def _derivation(camera: Camera, *, depth: int) -> QWidget:
    shown = network(camera)
    assert shown.walk is not None
    shown.open_number(Number(shown.walk.values.plan.output, "y", (0, 2)))
    window = shown.opener.window
    for _ in range(depth):
        operands = window.view.operands
        place = next(n for n, one in enumerate(operands.lines()) if one.opens is not None)
        operands.itemClicked.emit(operands.item(place))
    return window


def _check(camera: Camera) -> QWidget:
    shown = network(camera)
    shown.check_gradients()
    camera.wait(lambda: shown.bar.check.isEnabled())
    return shown.check_window


NETWORK_STATES: dict[str, State] = {
    **{f"network_step_{n:02d}": partial(_step, position=n) for n in range(STEPS)},
    "network_neuron_forward": partial(_fine, granularity=1, phase="forward", on=820),
    "network_neuron_backward": partial(_fine, granularity=1, phase="backward", on=40),
    "network_neuron_update": partial(_fine, granularity=1, phase="update", on=8),
    "network_term_forward": partial(_fine, granularity=2, phase="forward", on=900),
    "network_term_backward": partial(_fine, granularity=2, phase="backward", on=300),
    "network_term_update": partial(_fine, granularity=2, phase="update", on=3),
    "network_batch": _batch,
    "network_large_forward": partial(_large, position=4),
    "network_large_loss": partial(_large, position=9),
    "network_large_gradient": partial(_large, position=16),
    "network_large_update": partial(_large, position=25),
    "network_spiral": partial(_other, template="spiral", position=3),
    "network_digits": partial(_other, template="digits", position=0),
    "network_derivation": partial(_derivation, depth=0),
    "network_derivation_deep": partial(_derivation, depth=1),
    "network_gradient_check": _check,
}
