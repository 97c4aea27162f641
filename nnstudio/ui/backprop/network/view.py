"""Network mode: one tape, one position in its pass; everything on screen follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from time import monotonic
from typing import Any

import numpy as np
from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from nnstudio.analysis.network_pass import Number, Step, Values, Walk
from nnstudio.analysis.network_pass.values import LOSS, UPDATE
from nnstudio.analysis.tape import ProbeRequest, Tape
from nnstudio.engine.events import EpochFinished
from nnstudio.project.provenance import Provenance
from nnstudio.project.start import Start, listed
from nnstudio.session.events import (
    DataLoaded,
    GradientCheckReady,
    ProbeReady,
    ProblemFound,
    ResultReady,
)
from nnstudio.ui import theme
from nnstudio.ui.backprop.derivation import NumberOpener
from nnstudio.ui.backprop.network.attention import Attention
from nnstudio.ui.backprop.network.bar import NetworkBar
from nnstudio.ui.backprop.network.check_window import CheckWindow
from nnstudio.ui.backprop.network.exporting import ExportMenu
from nnstudio.ui.backprop.network.handing_over import worksheet_of
from nnstudio.ui.backprop.network.layer_pane import LayerPane
from nnstudio.ui.backprop.network.loss_pane import LossPane
from nnstudio.ui.backprop.network.matrices import MatrixStrip, signs_of
from nnstudio.ui.backprop.network.neuron_pane import NeuronPane
from nnstudio.ui.backprop.network.overlay import overlay
from nnstudio.ui.backprop.network.page import WorkedPage
from nnstudio.ui.backprop.network.sheet import sheet_of
from nnstudio.ui.backprop.network.step_pane import StepPane
from nnstudio.ui.backprop.network.update_pane import UpdatePane
from nnstudio.ui.bridge import Bridge
from nnstudio.ui.panels.common import EmptyState

ROOMY = 64
"""Pixels an array needs in order to be worth showing among many."""

REFRESH = 0.5
"""Seconds between two tapes while training goes on."""


class NetworkMode(QWidget):
    """``expression_requested`` carries a worksheet for expression mode; ``stepped`` the `Step`."""

    expression_requested = Signal(object)
    stepped = Signal(object)

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self.bridge = bridge
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("The network, step by step")
        self.walk: Walk | None = None
        self.step: Step | None = None
        self.weights: Mapping[tuple[str, str], np.ndarray[Any, Any]] | None = None
        self.attention = Attention()
        self._ticket: int | None = None
        self._check_ticket: int | None = None
        self._check_window: CheckWindow | None = None
        self._asked = 0.0
        self._again = False
        self._due = QTimer(self)
        self._due.setSingleShot(True)
        self._due.setInterval(0)
        self._due.timeout.connect(self._ask)
        self._stale = True
        self.opener = NumberOpener(bridge, self)
        self.bar = NetworkBar()
        self.step_pane = StepPane()
        self.strip = MatrixStrip()
        self.neuron = NeuronPane()
        self.loss = LossPane()
        self.update_pane = UpdatePane()
        self.layer = LayerPane()
        self.details = QStackedWidget()
        self.exports = ExportMenu(self)
        self.bar.more.setMenu(self.exports)
        self.empty = EmptyState("backprop", "", "")
        self._arrange()
        self._connect()
        self.bar.show_dataset(bridge.dataset)
        self._show_empty()

    @property
    def digits(self) -> int:
        return self.bar.shown_digits

    @property
    def values(self) -> Values | None:
        return None if self.walk is None else self.walk.values

    # ---- which pass ------------------------------------------------------------------------------

    def show_weights(self, weights: Mapping[tuple[str, str], np.ndarray[Any, Any]] | None) -> None:
        """Work with these weights, such as those of an earlier epoch; None: the present ones."""
        self.weights = weights
        self.refresh()

    def show_sample(self, part: str, row: int) -> None:
        """Work another sample; rows count from 0."""
        bar = self.bar
        blocked = bar.part.blockSignals(True)
        bar.part.setCurrentIndex(max(0, bar.part.findData(part)))
        bar.part.blockSignals(blocked)
        bar.show_dataset(self.bridge.dataset)
        bar.row.set_value(row + 1)
        self.refresh()

    def refresh(self) -> None:
        """Ask for a new tape of the chosen samples; the place in the pass is kept."""
        if not self.isVisible():
            self._stale = True
            return
        self._stale = False
        if self.request() is None:
            self.walk = None
            self._show_empty()
        else:
            self._due.start()

    def _ask(self) -> None:
        """One question at a time; what is asked for meanwhile waits for the answer."""
        self._again = self._ticket is not None
        request = self.request()
        if request is None or self._again:
            return
        self._asked = monotonic()
        self._ticket = self.bridge.session.probe(request)

    def request(self) -> ProbeRequest | None:
        """What the bar asks for; None without data or a network that can run."""
        bridge = self.bridge
        if bridge.dataset is None or bridge.check.plan is None:
            return None
        batch = bridge.project.training.batch_size
        return self.bar.request(bridge.dataset, batch, self.weights)

    def show_tape(self, tape: Tape) -> None:
        """Work this tape, at the place where the former one stood."""
        values = Values(tape)
        row = self.bar.row.value - 1
        sample = tape.chosen.rows.index(row) if row in tape.chosen.rows else 0
        before, step = self.walk, self.step
        self.walk = Walk(values, self.bar.granularity.currentData(), sample)
        position = 0
        if before is not None and step is not None:
            same = [o.result for o in before.operations] == [o.result for o in self.walk.operations]
            if same and len(before) == len(self.walk):
                position = step.index
            elif same:
                position = self.walk.same_place(before, step)
        self.details.show()
        self.stack.setCurrentIndex(1)
        self.go_to(position)

    # ---- walking ---------------------------------------------------------------------------------

    def go_to(self, position: int) -> None:
        """To a step of the pass."""
        if self.walk is None:
            return
        self.step = self.walk.step(min(max(position, 0), len(self.walk) - 1))
        self._show()
        self.stepped.emit(self.step)

    def step_by(self, steps: int) -> None:
        """So many steps on, or back."""
        if self.step is not None:
            self.go_to(self.step.index + steps)

    def jump(self, direction: int) -> None:
        """To the beginning (-1) or the end (1)."""
        self.bar.transport.stop()
        if self.walk is not None:
            self.go_to(0 if direction < 0 else len(self.walk) - 1)

    def _choose_phase(self, name: str) -> None:
        if self.walk is not None:
            self.go_to(self.walk.begin_of(name))  # type: ignore[arg-type]

    def _choose_granularity(self, name: str) -> None:
        if self.walk is None or self.step is None:
            return
        walk = Walk(self.walk.values, name, self.walk.sample)  # type: ignore[arg-type]
        position = walk.same_place(self.walk, self.step)
        unit = self.attention.units.get(self.step.operation.node)
        if self.step.unit is None and unit is not None:
            position = walk.position(self.step.place, unit)
        self.walk = walk
        self.go_to(position)

    def _choose_node(self, ids: frozenset[str]) -> None:
        """A card was selected on the canvas: go to what happens there in the present phase."""
        if self.walk is None or self.step is None or len(ids) != 1 or not self.isVisible():
            return
        (id,) = ids
        if id == self.step.operation.node:
            return
        phase = "loss" if id == LOSS else self.step.phase
        place = self.walk.place_of(id, phase)
        if place is None:
            place = self.walk.place_of(id, "forward")
        if place is not None:
            self.go_to(self.walk.position(place))

    # ---- showing ---------------------------------------------------------------------------------

    def _show(self) -> None:
        walk, step = self.walk, self.step
        if walk is None or step is None:
            return
        self.bar.show_step(walk, step)
        self.step_pane.show_step(walk, step, self.digits)
        self._show_strip(walk, step)
        self._show_detail(walk, step)
        if self.isVisible():
            self.bridge.values_shown.emit(overlay(walk, step, min(self.digits, 6)))

    def _show_strip(self, walk: Walk, step: Step) -> None:
        operation = step.operation
        whole = self.bar.whole_batch
        shown = [*operation.operands, operation.result]
        if step.phase == "update" and self.strip.width() < ROOMY * len(shown):
            shown = [one for one in shown if not one.what.startswith("after:")]
        sheets = [sheet_of(walk.values, operation, one, walk.sample, whole) for one in shown]
        marked = step.number or self.attention.number_of(walk, operation)
        signs = signs_of([one.symbol for one in shown], operation.formula)
        self.strip.show_sheets(sheets, signs, marked, self.digits)

    def _show_detail(self, walk: Walk, step: Step) -> None:
        operation, values = step.operation, walk.values
        node, backward = operation.node, step.phase == "backward"
        if step.phase == "update":
            number = step.number or self.attention.number_of(walk, operation)
            self.update_pane.show_update(values, None if node == UPDATE else number, self.digits)
            self.details.setCurrentWidget(self.update_pane)
            return
        fused = backward and node == values.plan.output and operation.result.what in ("dz", "dy")
        if step.phase == "loss" or fused:
            self.loss.show_loss(values, walk.sample, self.digits)
            self.details.setCurrentWidget(self.loss)
            return
        unit = self.attention.unit_of(walk, step)
        if self.neuron.show_neuron(values, node, unit, walk.sample, self.digits, backward):
            self.details.setCurrentWidget(self.neuron)
        else:
            self.layer.show_layer(values, node, walk.sample, self.digits, backward)
            self.details.setCurrentWidget(self.layer)

    def _show_empty(self) -> None:
        obstacle = self.bridge.session.obstacle
        if obstacle is not None:
            self.empty.say(obstacle.title, obstacle.explain)
        elif self.bridge.dataset is None:
            self.empty.say("The data is on its way", "Then a sample goes through the network here.")
        else:
            self.empty.say("Preparing the pass", "The network runs once over the chosen sample.")
        self.stack.setCurrentIndex(0)
        self.bridge.values_shown.emit(None)

    # ---- what happens ----------------------------------------------------------------------------

    def _heard(self, event: object) -> None:
        if isinstance(event, ProbeReady) and event.ticket == self._ticket:
            self._ticket = None
            if self.request() is not None:
                self.step_pane.show_weights(self._weights_of(event.provenance))
                self.show_tape(event.tape)
            if self._again:
                self._ask()
        elif isinstance(event, ProblemFound) and event.ticket is not None:
            self._heard_problem(event)
        elif isinstance(event, GradientCheckReady) and event.ticket == self._check_ticket:
            self._check_ticket = None
            self.bar.check.setEnabled(True)
            self.check_window.show_result(event.result)
        elif isinstance(event, DataLoaded):
            self.bar.show_dataset(event.dataset)
            self.refresh()
        elif isinstance(event, ResultReady) or self._is_due(event):
            self.refresh()

    def _weights_of(self, source: Provenance) -> str:
        """Which weights a tape was made with, and if the network was another one then."""
        if self.weights is not None:
            return ""
        changed = listed(source.start.changes(Start.of(self.bridge.project)))
        before = f", before {changed} changed" if changed else ""
        return f"With the {source.weights}{before}."

    def _is_due(self, event: object) -> bool:
        """Whether an epoch is over and the last tape is old enough."""
        ended = isinstance(event, EpochFinished)
        return ended and self._ticket is None and monotonic() - self._asked >= REFRESH

    def _heard_problem(self, event: ProblemFound) -> None:
        if event.ticket == self._ticket:
            self._ticket = None
            self.walk = None
            self._show_empty()
            self.empty.say(event.problem.title, event.problem.explain)
        elif event.ticket == self._check_ticket:
            self._check_ticket = None
            self.bar.check.setEnabled(True)
            self.bridge.message.emit(str(event.problem))

    def _project_changed(self, change: Any) -> None:
        if change.way == "open":
            self.walk = self.step = None
            self.weights = None
            self.attention.units.clear()
        if "data" in change.kinds:
            self.bar.show_dataset(self.bridge.dataset)
        if change.kinds & {"graph", "training", "data", "trained"} or change.way == "open":
            self.refresh()

    def check_gradients(self) -> None:
        """Ask for the gradient check of the present network."""
        self.bar.check.setEnabled(False)
        self._check_ticket = self.bridge.session.gradient_check()

    @property
    def check_window(self) -> CheckWindow:
        """The one window, made when it is first needed."""
        if self._check_window is None:
            self._check_window = CheckWindow(self.window())
            self._check_window.opened.connect(self.open_number)
        return self._check_window

    def open_number(self, number: Number) -> None:
        """Open a number of the present tape."""
        if self.walk is not None:
            self.opener.open_number(self.walk.values, number)

    def _choose_unit(self, unit: int) -> None:
        if self.walk is None or self.step is None:
            return
        self.attention.units[self.step.operation.node] = unit
        if self.step.unit is not None and not self.step.operation.result.what.startswith("dx"):
            self.go_to(self.walk.position(self.step.place, unit))
        else:
            self._show()

    def _pointed(self, number: Number) -> None:
        """A cell was clicked: its neuron becomes the one in work."""
        if self.walk is not None and self.step is not None:
            unit = self.attention.unit_at(self.walk, self.step.operation, number)
            if unit is not None:
                self._choose_unit(unit)

    def _hand_over(self, view: Any) -> None:
        if self.walk is not None:
            sheet = worksheet_of(self.walk.values, view)
            if sheet is not None:
                self.expression_requested.emit(sheet)

    # ---- how it is built -------------------------------------------------------------------------

    def _arrange(self) -> None:
        for pane in (self.neuron, self.loss, self.update_pane, self.layer):
            self.details.addWidget(pane)
        self.page = WorkedPage(self.bar, self.step_pane, self.strip, self.details)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.empty)
        self.stack.addWidget(self.page)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.stack)

    def _connect(self) -> None:
        bridge, bar = self.bridge, self.bar
        bar.samples_chosen.connect(self.refresh)
        bar.granularity_chosen.connect(self._choose_granularity)
        bar.digits_changed.connect(lambda _: self._show())
        bar.check_wanted.connect(self.check_gradients)
        bar.phases.chosen.connect(lambda name: self._choose_phase(name))
        bar.transport.moved.connect(self.step_by)
        bar.transport.jumped.connect(self.jump)
        panes = (self.step_pane, self.strip, self.neuron, self.loss, self.update_pane, self.layer)
        for pane in panes:
            pane.opened.connect(self.open_number)
        self.strip.unit_chosen.connect(self._pointed)
        self.neuron.unit_chosen.connect(self._choose_unit)
        self.neuron.worked.connect(self._hand_over)
        bridge.event.connect(self._heard)
        bridge.project_changed.connect(self._project_changed)
        bridge.check_changed.connect(lambda _: self._checked())
        bridge.selection_changed.connect(self._choose_node)
        theme.notifier.changed.connect(self._show)

    def _checked(self) -> None:
        if self.walk is None or self.bridge.check.plan is None:
            self.refresh()

    def minimumSizeHint(self) -> QSize:
        return QSize(420, 160)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.page.fit(event.size().width())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale or self.walk is None:
            QTimer.singleShot(0, self.refresh)
        else:
            self._show()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.bar.transport.stop()
        self.bridge.values_shown.emit(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        jumps = {Qt.Key.Key_Home: -1, Qt.Key.Key_End: 1}
        key = Qt.Key(event.key())
        if key in moves:
            self.step_by(moves[key])
        elif key in jumps:
            self.jump(jumps[key])
        elif key == Qt.Key.Key_Space:
            self.bar.transport.toggle()
        else:
            super().keyPressEvent(event)
