"""Expression mode: the field, the graph, the step's details, and what binds them together."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent, QShowEvent, QUndoStack
from PySide6.QtWidgets import QFrame, QSplitter, QVBoxLayout, QWidget

from nnstudio.analysis.expression import (
    EXAMPLES,
    FIRST,
    Check,
    Descent,
    ExpressionError,
    Walk,
    Worksheet,
    descend,
    read,
    significant,
    start,
)
from nnstudio.analysis.expression.gates import Match
from nnstudio.analysis.expression.telling import name_of, tell
from nnstudio.ui import theme
from nnstudio.ui.backprop.expression.bar import ExpressionBar
from nnstudio.ui.backprop.expression.card_menu import card_menu
from nnstudio.ui.backprop.expression.detail import DetailPane
from nnstudio.ui.backprop.expression.exporting import ExportMenu
from nnstudio.ui.backprop.expression.history import SheetEdit
from nnstudio.ui.backprop.expression.measuring import check_of, curve_of, measure, subject
from nnstudio.ui.backprop.expression.note import Note
from nnstudio.ui.backprop.expression.predict import question_of
from nnstudio.ui.backprop.expression.scene import ExpressionScene, Showing
from nnstudio.ui.backprop.expression.view import ExpressionView
from nnstudio.ui.bridge import Bridge

LOW = 420
"""A panel less high than this has no room for details below the graph."""

DETAIL_SIZE = (380, 196)
"""Width of the details beside the graph, height of those below it, in pixels."""


class ExpressionMode(QWidget):
    """Holds one worksheet and one position in its pass; everything on screen follows from them."""

    walked = Signal(object)

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self.bridge = bridge
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.walk: Walk = start(FIRST.worksheet())
        self.selected = ""
        self.concealed = False
        self.error: ExpressionError | None = None
        self.history = QUndoStack(self)
        self.bar = ExpressionBar()
        self.scene = ExpressionScene()
        self.view = ExpressionView(self.scene)
        self.detail = DetailPane()
        self.note = Note(self.view)
        self.exports = ExportMenu(self)
        self.bar.more.setMenu(self.exports)
        self._gesture = 0  # the drag or turn of the wheel whose edits become one
        self._sized = False
        self._verdict = ""
        self._checks: dict[str, Check] = {}
        self._arrange()
        self._connect()
        self._show_text(self.sheet.text)
        self._refresh()

    @property
    def sheet(self) -> Worksheet:
        return self.walk.of.sheet

    @property
    def digits(self) -> int:
        return self.bar.shown_digits

    def open_worksheet(self, sheet: Worksheet, *, position: int = 0) -> None:
        """Show another worksheet, such as a neuron handed over by the network mode."""
        self.bar.transport.stop()
        self.selected = ""
        self.error = None
        self.history.clear()
        self.walk = start(sheet, position)
        self._show_text(sheet.text or f"{sheet.graph.name} = {self._in_words(sheet)}")
        self.view.following = True
        self._reconsider()

    def open_example(self, number: int) -> None:
        """Show an expression of the gallery."""
        self.open_worksheet(EXAMPLES[number].worksheet())
        self.bridge.message.emit(EXAMPLES[number].look)
        self.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def step(self, steps: int) -> None:
        """So many steps on or back. While a question is open, a step on reveals the answer."""
        if self.concealed and steps > 0:
            self.detail.predict.give_up()
            return
        self.go_to(self.walk.position + steps)

    def jump(self, direction: int) -> None:
        """To the beginning (-1) or to the end (1)."""
        self.bar.transport.stop()
        self.go_to(0 if direction < 0 else self.walk.of.last, ask=False)

    def go_to(self, position: int, *, ask: bool = True) -> None:
        """To a position of the pass; when predicting, one that is new asks first."""
        before = self.walk.position
        self.walk = self.walk.to(position)
        self._verdict = ""
        new = self.walk.position == before + 1
        self.concealed = bool(ask and new and self.bar.predict.isChecked() and self._ask())
        if self.concealed:
            self.bar.transport.stop()
        self._refresh()
        if self.walk.active is not None:
            self.view.reveal(self.walk.active)

    def set_value(self, name: str, value: float, going_on: bool = False) -> None:
        """Give a leaf another value; the pass is worked anew and stays at its position."""
        sheet = self.sheet.with_value(name, value)
        if sheet is not self.sheet:
            self._edit(f"Change {name}", sheet, f"{name} {self._gesture}" if going_on else "")
        if not going_on:
            self._gesture += 1

    def take_step(self) -> None:
        """Put the descent step's new values on the leaves and stay at the update."""
        descent = self._descent()
        if descent is not None and descent.after is not None:
            self._edit("Descent step", self.sheet.with_values(descent.worksheet_values))

    def _arrange(self) -> None:
        self.split = QSplitter(Qt.Orientation.Vertical)
        self.split.addWidget(self.view)
        self.split.addWidget(self.detail)
        self.split.setStretchFactor(0, 1)
        self.split.setStretchFactor(1, 0)
        self.split.setChildrenCollapsible(False)
        rule = QFrame()
        rule.setProperty("role", "rule")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.bar)
        outer.addWidget(rule)
        outer.addWidget(self.split, 1)

    def _connect(self) -> None:
        bar, view, detail = self.bar, self.view, self.detail
        bar.field.textEdited.connect(self._typed)
        bar.field.left_with_return.connect(lambda: view.setFocus(Qt.FocusReason.OtherFocusReason))
        bar.example_chosen.connect(self.open_example)
        bar.collapse_wanted.connect(self.collapse)
        bar.expand_wanted.connect(self.open_card)
        bar.digits_changed.connect(lambda _: self._refresh())
        bar.predict_changed.connect(self._predict_switched)
        bar.transport.moved.connect(self._play_or_move)
        bar.transport.jumped.connect(self.jump)
        bar.phases.chosen.connect(self._phase_chosen)
        view.value_wanted.connect(self.set_value)
        view.selected.connect(self._select)
        view.knob_wanted.connect(self.open_card)
        view.fix_wanted.connect(lambda name: self.hold(name, False))
        view.menu_wanted.connect(self._menu)
        view.key_pressed.connect(self._key)
        self.note.repair_wanted.connect(self._repair)
        detail.check.epsilon_changed.connect(lambda _: self._reconsider(moved=False))
        detail.predict.answered.connect(self._answered)
        detail.update_pane.rate_changed.connect(lambda _: self._show_update())
        detail.update_pane.fix_wanted.connect(self.hold)
        detail.update_pane.taken.connect(self.take_step)
        theme.notifier.changed.connect(self._refresh)

    def _show_text(self, text: str) -> None:
        if self.bar.field.text() != text:
            self.bar.field.setText(text)
            self.bar.field.setCursorPosition(0)
        self.bar.field.set_wrong(None)

    def _in_words(self, sheet: Worksheet) -> str:
        return sheet.graph.written(sheet.graph.output, limit=300)

    def _typed(self, text: str) -> None:
        """Every keystroke: a good text takes over, an unfinished one keeps the last good graph."""
        self.bar.transport.stop()
        try:
            sheet = read(text, self.sheet)
        except ExpressionError as error:
            self.error = error
            self.bar.field.set_wrong((error.start, min(error.end, max(1, len(text)))))
            self._show_note()
            return
        self.error = None
        self.history.clear()  # the field takes back its own text
        self.bar.field.set_wrong(None)
        same = sheet.graph == self.sheet.graph
        if not same:
            self.selected = ""
        self.walk = start(sheet, self.walk.position if same else 0)
        self.view.following = True
        self._reconsider()

    def _edit(self, label: str, sheet: Worksheet, merge: str = "") -> None:
        """A change one can take back."""
        self.history.push(SheetEdit(label, self.sheet, sheet, self.take_sheet, merge))

    def take_sheet(self, sheet: Worksheet) -> None:
        """Go on with an edited worksheet at the same place of the pass, as far as there is one."""
        phase, active = self.walk.phase, self.walk.active
        walk = start(sheet, self.walk.position)
        if phase == "update":
            walk = walk.to(walk.of.last)
        elif active is not None and active in sheet.graph:
            steps = walk.of.step_of_forward if phase == "forward" else walk.of.step_of_backward
            if phase in ("forward", "backward") and active in steps:
                walk = walk.to(steps[active])
        elif phase == "backward":
            walk = walk.to(len(walk.of.forward_steps) + 1)
        if self.selected not in sheet.graph:
            self.selected = ""
        self.walk = walk
        if sheet.text and self.error is None:
            self._show_text(sheet.text)
        self._reconsider()
        if walk.active is not None:
            self.view.reveal(walk.active)

    def _reconsider(self, *, moved: bool = True) -> None:
        """The pass or ε has changed: measure the gradients again, then show."""
        if moved:
            self.concealed = False
            self._verdict = ""
            self.detail.predict.forget()
        self._checks = {}
        self._refresh()

    def _refresh(self) -> None:
        """Show the present position everywhere."""
        walk = self.walk
        self._checks = self._checks or measure(walk.of, self.detail.check.epsilon)
        showing = Showing(walk, self.digits, self.concealed, self.selected, self._checks)
        self.scene.show(showing)
        self.bar.show_walk(walk)
        graph = self.sheet.graph
        self.bar.show_gates(
            walk.of.matches,
            [(id, graph.node(id).symbol) for id in walk.of.gates],
        )
        self.detail.show_walk(walk, self.digits, asking=self.concealed, verdict=self._verdict)
        if walk.phase == "update":
            self._show_update()
        self._show_check(showing.known)
        active = walk.active
        editable = bool(self.sheet.spans) and self.error is None
        self.bar.field.set_lit(self.sheet.spans.get(active) if active and editable else None)
        self._show_note()
        self._describe()
        self.walked.emit(walk)

    def _describe(self) -> None:
        """Tell a screen reader, and the status bar, what the step says."""
        telling = tell(self.walk, lambda value: significant(value, self.digits))
        lines = [telling.heading]
        if self.concealed:
            lines.append("Predict the number first.")
        elif telling.calculation:
            lines.append(f"{telling.calculation} = {telling.result}")
        else:
            lines += [
                f"{p.upstream} × {p.local} = {p.downstream} into {p.into}" for p in telling.products
            ]
        self.view.setAccessibleDescription(". ".join(lines))

    def _show_check(self, known: Walk) -> None:
        graph, pane = self.sheet.graph, self.detail.check
        id = subject(known, self.selected)
        if not id:
            pane.show_check("", None, (), self.digits, graph.name)
            return
        check = self._checks.get(id) or check_of(known.of, id, pane.epsilon)
        pane.show_check(name_of(graph, id), check, curve_of(known.of, id), self.digits, graph.name)

    def _descent(self) -> Descent | None:
        passed = self.walk.of
        output = passed.forward.values.get(self.sheet.graph.output)
        if output is None:
            return None
        return descend(self.sheet, output, passed.backward, self.detail.update_pane.rate)

    def _show_update(self) -> None:
        descent = self._descent()
        if descent is not None:
            self.detail.update_pane.show_descent(descent, self.digits, self.sheet.graph.name)

    def _show_note(self) -> None:
        """A sentence over the graph: what is wrong with the text, or with a calculation."""
        failure = self.walk.of.forward.failure if self.walk.of.broken_forward else None
        text = repair = ""
        if self.error is not None:
            repair = f"Write {self.error.instead}" if self.error.instead else ""
            text = f"{self.error.title}. {self.error.explain}  The last complete expression stays."
        elif failure is not None and self.walk.failure is None:
            text = f"{failure.title} on the way: step forward to where it arises."
        self.note.say(text, repair)

    def _repair(self) -> None:
        """Write what the note offers into the text, and go on typing."""
        if self.error is not None:
            field = self.bar.field
            text = self.error.repaired(field.text())
            field.setText(text)
            self._typed(text)
            field.setFocus(Qt.FocusReason.OtherFocusReason)

    def _ask(self) -> bool:
        """Open the question of the present step; whether there is one."""
        question = question_of(self.walk)
        if question is not None:
            self.detail.predict.start(question)
        return question is not None

    def _answered(self) -> None:
        self.concealed = False
        predict = self.detail.predict
        self._verdict = "  ".join(part for part in (predict.verdict, predict.score()) if part)
        self._refresh()
        self.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def _predict_switched(self, on: bool) -> None:
        self.detail.predict.forget()
        self.concealed = False
        self._verdict = "Step on: you are asked before a number is shown." if on else ""
        self._refresh()

    def _play_or_move(self, steps: int) -> None:
        playing = self.bar.transport.playing
        if playing and self.walk.at_end:
            self.bar.transport.stop()
        elif not (playing and self.concealed):
            self.step(steps)

    def _phase_chosen(self, name: str) -> None:
        """A click on a phase goes to its first step; on Update to the end."""
        self.bar.transport.stop()
        forward = len(self.walk.of.forward_steps)
        target = {"forward": 1, "backward": forward + 1}.get(name, self.walk.of.last)
        self.go_to(target, ask=False)

    def _select(self, id: str) -> None:
        self.selected = id
        self._refresh()

    def collapse(self, match: Match) -> None:
        """Replace a pattern's cards by one gate."""
        self._edit(f"Collapse to {match.symbol}", self.sheet.collapsed(match))

    def open_card(self, id: str) -> None:
        """Open or close a group, or expand a gate."""
        graph = self.sheet.graph
        if graph.group(id) is not None:
            self._edit("Open or close", self.sheet.toggled(id))
        elif id in self.walk.of.gates:
            self._edit(f"Expand {graph.node(id).symbol}", self.sheet.expanded(id))

    def hold(self, name: str, fixed: bool) -> None:
        """Whether a descent step leaves this leaf as it is."""
        label = f"{'Fix' if fixed else 'Update'} {name}"
        self._edit(label, self.sheet.with_fixed(name, fixed))

    def _menu(self, id: str, at: QPoint) -> None:
        card_menu(self, id).popup(at)

    def _key(self, event: QKeyEvent) -> None:
        """Keys pressed in the graph."""
        if self.concealed and self.detail.predict.take_key(event):
            event.accept()
            return
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        key, keys = event.key(), Qt.Key
        if event.matches(QKeySequence.StandardKey.Undo):
            self.history.undo()
        elif event.matches(QKeySequence.StandardKey.Redo):
            self.history.redo()
        elif control and key == keys.Key_C:
            self.exports.copy(self.selected)
        elif control and key == keys.Key_0:
            self.view.fit()
        elif control:
            return
        elif key == keys.Key_Right:
            self.step(1)
        elif key == keys.Key_Left:
            self.step(-1)
        elif key == keys.Key_Home:
            self.jump(-1)
        elif key == keys.Key_End:
            self.jump(1)
        elif key == keys.Key_Space:
            self.bar.transport.toggle()
        elif key in (keys.Key_Up, keys.Key_Down):
            self._walk_selection(1 if key == keys.Key_Down else -1)
        elif key in (keys.Key_Return, keys.Key_Enter, keys.Key_F2):
            self._enter()
        elif event.text() in ("+", "-") and self.selected:
            self.view.nudge(self.selected, 1.0 if event.text() == "+" else -1.0)
        elif key == keys.Key_Escape and self.selected:
            self._select("")
        else:
            return
        event.accept()

    def _enter(self) -> None:
        if self.selected and self.sheet.leaf_value(self.selected) is not None:
            self.view.edit(self.selected)
        elif self.selected:
            self.open_card(self.selected)
        elif self.walk.phase == "update":
            self.take_step()

    def _walk_selection(self, step: int) -> None:
        cards = list(self.walk.of.visible)
        at = cards.index(self.selected) + step if self.selected in cards else 0
        self._select(cards[at % len(cards)])
        self.view.reveal(self.selected)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys that no child wanted, so that stepping works from everywhere in the panel."""
        self._key(event)
        if not event.isAccepted():
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A low panel puts the details beside the graph instead of below it."""
        super().resizeEvent(event)
        low = event.size().height() < LOW
        way = Qt.Orientation.Horizontal if low else Qt.Orientation.Vertical
        if self.split.orientation() != way or not self._sized:
            self.split.setOrientation(way)
            self._share_room()
        self._show_note()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._sized:
            self._share_room()
            self._sized = True

    def _share_room(self) -> None:
        """The details get what they need, the graph the rest; later the learner's drag rules."""
        if (layout := self.layout()) is not None:
            layout.activate()
        low = self.split.orientation() == Qt.Orientation.Horizontal
        room = self.split.width() if low else self.split.height()
        details = round(DETAIL_SIZE[0 if low else 1] * theme.scale())
        self.detail.set_compact(low)
        self.split.setSizes([max(100, room - details), details])
