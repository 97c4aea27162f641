"""The words that appear when the pointer rests on something, and what a screen reader is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF

from nnstudio.spec import Problem
from nnstudio.ui import theme
from nnstudio.ui.canvas import faces
from nnstudio.ui.canvas.geometry import LOSS
from nnstudio.ui.text import titled_tooltip

if TYPE_CHECKING:
    from nnstudio.ui.canvas.card import CardItem
    from nnstudio.ui.canvas.picking import PortHit
    from nnstudio.ui.canvas.scene import CanvasScene
    from nnstudio.ui.canvas.wire import WireItem


def tip(scene: CanvasScene, at: QPointF) -> str:
    """Rich text for what is under the pointer, its own words escaped; empty for the ground."""
    chip = scene.chip_at(at)
    if chip is not None:
        fix = chip.problem.fix
        if fix is None or not chip.button_rect().contains(at):
            return ""
        return titled_tooltip(fix.label)
    port = scene.port_at(at)
    if port is not None:
        return titled_tooltip(*_port(scene, port))
    card = scene.card_at(at)
    if card is not None:
        if card.face.problem is not None and card.badge_rect().contains(at):
            return titled_tooltip(*_problem(card.face.problem))
        return titled_tooltip(*_card(scene, card))
    wire = scene.wire_at(at)
    return titled_tooltip(*_wire(scene, wire)) if wire is not None else ""


def spoken(scene: CanvasScene) -> str:
    """The whole network in a few sentences, for a screen reader."""
    graph = scene.project.graph
    if not graph.nodes:
        return "The canvas is empty. Press Tab to add a layer."
    count = len(graph.nodes)
    words = [f"{count} layer{'s' if count > 1 else ''}, {len(graph.edges)} wires."]
    for node in graph.nodes:
        face = scene.cards[node.id].face
        targets = [graph.node(e.target).title for e in graph.outgoing[node.id]]
        leads = f", to {' and '.join(targets)}" if targets else ""
        words.append(f"{faces.describe(face)}{leads}.")
    return " ".join(words)


def _card(scene: CanvasScene, card: CardItem) -> list[str]:
    graph, face = scene.project.graph, card.face
    if card.id == LOSS:
        lines = [f"Loss: {face.settings}", type(scene.project.training.loss).sentence()]
    else:
        layer = graph.node(card.id).layer
        lines = [f"{face.title}: {face.settings}", type(layer).sentence()]
        if layer.formula:
            lines.append(layer.formula)
        if face.shape:
            lines.append(f"Output of one sample: {face.shape}")
    if face.left:
        lines.append(face.left.replace("par.", "parameters"))
    if face.right:
        lines.append(f"{face.right} {f'({face.right_help})' if face.right_help else ''}".strip())
    if card.picture is not None:
        picture = card.picture.thumbnail
        lines.append(f"Picture: {picture.title.lower()}.")
        if picture.kind == "heat" and picture.limit:
            most = theme.number(picture.limit, 2)
            low = f"−{most} or less is orange, " if (picture.values < 0).any() else ""
            lines.append(f"Colours: {low}0 is the ground, {most} or more is blue.")
        if card.picture.thumbnail.what:
            lines.append("Double-click a cell to see where its number comes from.")
    if face.problem is not None:
        lines += _problem(face.problem)
    return lines


def _port(scene: CanvasScene, port: PortHit) -> list[str]:
    card = scene.cards[port.card]
    if port.side == "out":
        shape = f" ({card.face.shape})" if card.face.shape else ""
        return [f"Output of {card.face.title}{shape}", "Drag to another card to connect it."]
    if port.port in card.wired_in:
        return [f"Input of {card.face.title}", "Drag the end off to re-plug or remove the wire."]
    return [f"Input of {card.face.title}", "Drag to the card whose output comes in here."]


def _wire(scene: CanvasScene, wire: WireItem) -> list[str]:
    source, target = scene.cards[wire.source].face.title, scene.cards[wire.target].face.title
    lines = [f"{source} → {target}"]
    if wire.label:
        lines.append(f"Shape of one sample: {wire.label}")
    if wire.problem is not None:
        lines += _problem(wire.problem)
    return lines


def _problem(problem: Problem) -> list[str]:
    lines = [f"{problem.severity.value.capitalize()}: {problem.title}", problem.explain]
    if problem.fix is not None:
        lines.append(f"To fix it: {problem.fix.label}")
    return lines
