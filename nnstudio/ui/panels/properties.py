"""The properties of what is selected: a layer's settings, its figures now, and the training."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal

from nnstudio.analysis.references import Measured
from nnstudio.analysis.thumbnails import rows_to_look_at
from nnstudio.graph.model import Node
from nnstudio.nn.layer import Layer
from nnstudio.project import commands
from nnstudio.session.events import PictureReady
from nnstudio.spec import Severity
from nnstudio.ui import theme
from nnstudio.ui.bridge import LOSS, Bridge
from nnstudio.ui.dialogs import plain_label
from nnstudio.ui.forms import PartForm
from nnstudio.ui.panels.common import Figures, Page, Section
from nnstudio.ui.panels.training import TrainingForm
from nnstudio.ui.text import shape


class PropertiesPanel(Page):
    """``title`` is the text of its tab: what is selected. ``title_changed`` tells another one."""

    title_changed = Signal(str)

    def __init__(self, bridge: Bridge) -> None:
        super().__init__("Properties")
        self._bridge = bridge
        self.title = "Properties"
        self._form: PartForm | None = None
        self._shown: tuple[str, ...] | None = None
        self._figures: dict[str, tuple[Any, Any]] = {}  # what they are made of, and they
        self._rows: tuple[Any, tuple[int, ...]] = (None, ())
        self.settings = Section(ruled=False)
        self.now = Section("This layer now")
        self.now_figures = Figures()
        self.now_figures.opened.connect(bridge.open_number)
        self.now.body.addWidget(self.now_figures)
        self.training = Section("Training")
        self.training_form = TrainingForm(bridge, essentials=True)
        self.training.body.addWidget(self.training_form)
        for section in (self.settings, self.now, self.training):
            self.body.addWidget(section)
        self.body.addStretch(1)
        bridge.selection_changed.connect(lambda ids: self._rebuild())
        bridge.project_changed.connect(self._changed)
        bridge.check_changed.connect(lambda check: self._show_check())
        bridge.event.connect(self._heard)
        bridge.place_wanted.connect(self._show_place)
        self._rebuild()

    @property
    def form(self) -> PartForm | None:
        """The form of the selected layer, or None."""
        return self._form

    def _rebuild(self) -> None:
        """Another selection: another form."""
        project, selection = self._bridge.project, self._bridge.selection
        nodes = [node for node in project.graph.nodes if node.id in selection]
        self._form = None
        self._clear_settings()
        if len(nodes) == 1:
            self._show_layer(nodes[0])
        elif len(nodes) > 1:
            self._show_several(nodes)
        elif LOSS in selection:
            self._show_loss()
        else:
            self._show_project()
        self._shown = tuple(sorted(selection))
        self.training.setVisible(LOSS not in selection)
        self._show_check()
        self._show_now()
        self._set_title(nodes)
        self.verticalScrollBar().setValue(0)

    def _clear_settings(self) -> None:
        body = self.settings.body
        while (item := body.takeAt(1)) is not None:
            if (widget := item.widget()) is not None:
                widget.blockSignals(True)  # hiding may end an edit, which no longer counts
                widget.hide()
                widget.deleteLater()

    def _show_layer(self, node: Node) -> None:
        layer = node.layer
        self.settings.set_caption(layer.sentence().rstrip("."))
        self.settings.caption.setToolTip("")
        self._form = PartForm(layer)
        self._form.changed.connect(self._edited)
        self._form.settled.connect(lambda: self._bridge.store.settle())
        self.settings.body.addWidget(self._form)
        if not layer.fields():
            self.settings.body.addWidget(plain_label("This layer has no settings.", "secondary"))

    def _show_several(self, nodes: list[Node]) -> None:
        self.settings.set_caption(f"{len(nodes)} layers are selected")
        counts = self._bridge.check.parameter_counts
        figures = Figures(120)
        figures.show_rows(
            [(node.title, f"{counts.get(node.id, 0):,} parameters", "", "") for node in nodes[:12]]
        )
        self.settings.body.addWidget(figures)
        if len(nodes) > 12:
            self.settings.body.addWidget(plain_label(f"and {len(nodes) - 12} more", "hint"))

    def _show_loss(self) -> None:
        self.settings.set_caption("The number that training makes smaller")
        form = PartForm(self._bridge.project.training, only=("loss",))
        form.changed.connect(
            lambda setup, name: self._bridge.do(
                "Change loss", commands.change_training, setup, merge="training.loss"
            )
        )
        form.settled.connect(lambda: self._bridge.store.settle())
        self._form = form
        self.settings.body.addWidget(form)

    def _show_project(self) -> None:
        graph = self._bridge.project.graph
        self.settings.set_caption("Nothing is selected")
        text = (
            "Click a layer to see its settings."
            if graph.nodes
            else "Drag layers from the left onto the canvas, or double-click them."
        )
        self.settings.body.addWidget(plain_label(text, "secondary"))
        if not graph.nodes:
            return
        check = self._bridge.check
        figures = Figures()
        self.settings.body.addWidget(figures)
        total = sum(check.parameter_counts.values())
        figures.show_rows(
            [
                ("Layers", f"{len(graph.nodes):,}", "", ""),
                ("Parameters", f"{total:,}", "", "All trainable numbers of the network"),
            ]
        )

    def _edited(self, layer: Layer, name: str) -> None:
        ids = [id for id in self._bridge.selection if id != LOSS]
        if len(ids) != 1 or self._form is None:
            return
        label = f"Change {self._form.row(name).spec.label.lower()}"
        self._bridge.do(label, commands.change_layer, ids[0], layer, merge=f"layer.{ids[0]}.{name}")

    def _changed(self, change: Any) -> None:
        if change.way == "open":
            self._figures = {}
            self._rebuild()
            return
        if "data" in change.kinds:
            self._show_now()
        if "graph" not in change.kinds and not (
            "training" in change.kinds and LOSS in self._bridge.selection
        ):
            return
        part = self._selected_part()
        if self._form is not None and part is not None and self._form.fits(part):
            self._form.show_part(part)
            self._show_check()
            graph = self._bridge.project.graph
            self._set_title([n for n in graph.nodes if n.id in self._bridge.selection])
        else:
            self._rebuild()

    def _selected_part(self) -> Any:
        selection, project = self._bridge.selection, self._bridge.project
        if selection == {LOSS}:
            return project.training
        if len(selection) == 1 and (id := next(iter(selection))) in project.graph:
            return project.graph.node(id).layer
        return None

    def _show_check(self) -> None:
        """Problems that have a field stand below it; shapes stand among the figures."""
        if self._form is not None:
            found: dict[str, str] = {}
            for problem in self._bridge.check.problems:
                card = self._bridge.card_of(problem.where)
                mine = problem.where.kind in ("node", "edge") and card in self._bridge.selection
                mine |= problem.where.kind == "training" and LOSS in self._bridge.selection
                if mine and problem.where.field and problem.severity is Severity.ERROR:
                    found[problem.where.field] = str(problem)
            self._form.show_problems(found)
        elif self._shown == ():
            self._clear_settings()
            self._show_project()
        self._show_now()

    def _show_now(self) -> None:
        ids = [id for id in self._bridge.selection if id != LOSS]
        if len(ids) != 1 or ids[0] not in self._bridge.project.graph:
            self.now.hide()
            return
        made_of, figures = self._figures.get(ids[0], ((), None))
        if made_of != self._bridge.session.origins.made_of(ids[0]):
            figures = None  # of the layer, or the data, as it was
        rows = self._shape_rows(ids[0]) + _figure_rows(figures)
        self.now_figures.show_rows(rows, _openings(ids[0], figures, self._looked_at()))
        self.now.setVisible(bool(rows))

    def _looked_at(self) -> tuple[int, ...]:
        """The samples that the figures are about."""
        dataset = self._bridge.dataset
        if dataset is not self._rows[0]:
            rows = () if dataset is None else tuple(rows_to_look_at(dataset).tolist())
            self._rows = (dataset, rows)
        return self._rows[1]

    def _shape_rows(self, id: str) -> list[tuple[str, str, str, str]]:
        check = self._bridge.check
        rows = []
        if id in check.shapes:
            help_ = "The shape of the output for one sample"
            rows.append(("Output", shape(check.shapes[id]), "", help_))
        if count := check.parameter_counts.get(id, 0):
            rows.append(("Parameters", f"{count:,}", "", "Trainable numbers of this layer"))
        return rows

    def _set_title(self, nodes: list[Node]) -> None:
        if len(nodes) == 1:
            title = nodes[0].title
        elif nodes:
            title = f"{len(nodes)} layers"
        else:
            title = "Loss" if LOSS in self._bridge.selection else "Properties"
        title = title if len(title) <= 18 else title[:17] + "…"
        if title != self.title:
            self.title = title
            self.title_changed.emit(title)

    def _heard(self, event: object) -> None:
        if isinstance(event, PictureReady):
            self._figures = {
                id: (event.made_of(id), figures) for id, figures in event.figures.items()
            }
            if self.isVisible():
                self._show_now()

    def _show_place(self, place: Any) -> None:
        if place.kind in ("node", "edge") and place.field and self._form is not None:
            self._form.focus(place.field)


def _openings(
    node: str, figures: Any, rows: tuple[int, ...]
) -> dict[str, tuple[tuple[str, Any], ...]]:
    """For the name of a figure the pieces of its text, the numbers with what they open."""
    if figures is None or not rows:
        return {}
    found: dict[str, tuple[tuple[str, Any], ...]] = {}

    def opening(text: str, what: str) -> tuple[str, Any]:
        return text, Measured(node, what, rows)

    if figures.dead is not None:
        found["Dead neurons"] = (
            opening(f"{figures.dead:,}", "dead"), (f" of {figures.units:,}", None)
        )  # fmt: skip
    if figures.saturated is not None:
        found["Saturated"] = (opening(theme.percent(figures.saturated), "saturated"),)
    if figures.weights_rms is not None:
        found["Weights RMS"] = (opening(theme.number(figures.weights_rms), "weights rms"),)
    if figures.gradient_rms is not None:
        found["Gradient RMS"] = (opening(theme.number(figures.gradient_rms), "gradient rms"),)
    if figures.output_mean is not None and figures.output_deviation is not None:
        found["Outputs"] = (
            opening(theme.number(figures.output_mean), "output mean"), (" ± ", None),
            opening(theme.number(figures.output_deviation), "output deviation"),
        )  # fmt: skip
    return found


def _figure_rows(figures: Any) -> list[tuple[str, str, str, str]]:
    """The layer's figures of the moment as (name, value, role, tooltip)."""
    if figures is None:
        return []
    rows: list[tuple[str, str, str, str]] = []
    if figures.dead is not None:
        help_ = "Neurons whose output is 0 for every sample measured; they get no gradient"
        role = "warning" if figures.dead else ""
        rows.append(("Dead neurons", f"{figures.dead:,} of {figures.units:,}", role, help_))
    if figures.saturated is not None:
        help_ = "Activations on a flat end of their function, where hardly any gradient passes"
        rows.append(("Saturated", theme.percent(figures.saturated), "", help_))
    if figures.weights_rms is not None:
        help_ = "Root mean square of the weights"
        rows.append(("Weights RMS", theme.number(figures.weights_rms), "", help_))
    if figures.gradient_rms is not None:
        help_ = "Root mean square of the gradient of the loss"
        rows.append(("Gradient RMS", theme.number(figures.gradient_rms), "", help_))
    if figures.output_mean is not None and figures.output_deviation is not None:
        help_ = "Mean and standard deviation of the outputs"
        text = f"{theme.number(figures.output_mean)} ± {theme.number(figures.output_deviation)}"
        rows.append(("Outputs", text, "", help_))
    return rows
