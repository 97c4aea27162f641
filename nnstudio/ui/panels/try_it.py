"""Try it: give the network something new and see what it says, and what pushed it there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from nnstudio.data.dataset import Dataset
from nnstudio.data.words import BagOfWords
from nnstudio.engine.events import EpochFinished
from nnstudio.graph.plan import Signature
from nnstudio.project.provenance import INITIAL, Provenance
from nnstudio.session import readiness
from nnstudio.session.events import (
    DataLoaded,
    PredictionReady,
    ProblemFound,
    ResultReady,
    StateChanged,
)
from nnstudio.session.standing import Standing
from nnstudio.ui import missing_data, theme
from nnstudio.ui.bridge import Bridge
from nnstudio.ui.charts.bars import Bar, Bars
from nnstudio.ui.dialogs import plain_label
from nnstudio.ui.panels.common import EmptyState, Note, Page
from nnstudio.ui.panels.sample_preview import picture_shape
from nnstudio.ui.panels.try_inputs import DrawInput, Input, NumbersInput, TextInput

if TYPE_CHECKING:
    from nnstudio.analysis.prediction import Prediction

PAUSE = 120
WIDE = 640  # pixels from which there is room for the reasons too
MOST_PUSHES = 8
MOST_UNKNOWN = 6


class TryItPanel(QWidget):
    """An input made for the data at the left, the prediction at the right."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._ticket: int | None = None
        self._again = False
        self._made_for: tuple[object, ...] = ()  # what the input was made for
        self._signature: Signature | None = None
        self._target = ""
        self._provenance: Provenance | None = None
        self.input: Input | None = None
        self.prediction: Prediction | None = None
        self._words: BagOfWords | None = None
        self._shown: Dataset | None = None
        self.empty = EmptyState("try-it", "", "")
        self._stack = QStackedWidget()
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self._make_page())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self.note = Note("warning")
        self.note.pressed.connect(lambda: missing_data.locate(self, bridge))
        self._notice = QWidget()
        inset = QVBoxLayout(self._notice)
        inset.setContentsMargins(12, 10, 12, 0)
        inset.addWidget(self.note)
        layout.addWidget(self._notice)
        layout.addWidget(self._stack, 1)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE)
        self._pause.timeout.connect(self.ask)
        bridge.event.connect(self._heard)
        bridge.project_changed.connect(self._changed)
        bridge.check_changed.connect(lambda check: self._refresh())
        bridge.try_wanted.connect(self.take)
        theme.notifier.changed.connect(self._show_prediction)
        self._refresh()

    def ask(self) -> None:
        """Predict what the input holds now; one question at a time."""
        if self.input is None or not self.isVisible():
            return
        if self._ticket is not None:
            self._again = True
            return
        raw = self.input.value()
        if raw is None:
            self._clear()
            return
        self._ticket = self._bridge.session.predict(raw)

    def take(self, raw: Any) -> None:
        """Try this text, or these raw numbers."""
        self._refresh()
        if self.input is None or not self.input.fits(raw):
            self._bridge.message.emit("This sample is not of the data that the network reads now.")
            return
        self.input.take(raw)
        self.ask()

    def showEvent(self, event: Any) -> None:
        super().showEvent(event)
        self._refresh()
        self.ask()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_prediction()

    def _make_page(self) -> QWidget:
        page = QWidget()
        row = QHBoxLayout(page)
        row.setContentsMargins(16, 12, 16, 12)
        row.setSpacing(24)
        self._left = QVBoxLayout()
        row.addLayout(self._left, 5)
        shares = Page("Prediction", part=True)
        self.words = plain_label("", "hint")
        self.verdict = plain_label("", "heading")
        self.detail = plain_label("", "hint")
        self.bars = Bars("Class probabilities", 22)
        self.bars.set_opens("Click a probability to see where it comes from")
        self.bars.opened.connect(self._open_share)
        for widget in (self.words, self.verdict, self.detail, self.bars):
            shares.body.addWidget(widget)
        row.addWidget(shares, 4)
        self.reasons = Page("Reasons", part=True)
        self.pushes_title = plain_label("", "caption")
        self.pushes = Bars("What pushed the prediction", 22)
        for widget in (self.pushes_title, self.pushes):
            self.reasons.body.addWidget(widget)
        row.addWidget(self.reasons, 4)
        for part in (shares, self.reasons):
            part.body.setContentsMargins(0, 0, 6, 0)
            part.body.setSpacing(8)
            part.body.addStretch(1)
        return page

    def _refresh(self) -> None:
        """The input that suits the network as it stands, or what to do first."""
        standing = self._bridge.session.origins.standing
        self._show_note()
        if standing is None:
            obstacle = self._bridge.session.obstacle
            text = str(obstacle) if obstacle is not None else "The data is being loaded."
            self.empty.say("Nothing to try yet", text, "")
            self._stack.setCurrentIndex(0)
            return
        self._stack.setCurrentIndex(1)
        fitted = standing.fitted
        self._signature, self._target = standing.plan.signature, fitted.target_name
        made_for = (standing.dataset, fitted if standing.trained is not None else None)
        if len(self._made_for) != 2 or any(
            a is not b for a, b in zip(made_for, self._made_for, strict=True)
        ):
            same_words = self.input is not None and fitted.words == self._words
            self._made_for = made_for
            if not same_words or fitted.words is None or standing.dataset is not self._shown:
                self._make_input(standing)

    def _make_input(self, standing: Standing) -> None:
        kept = self.input.value() if isinstance(self.input, TextInput) else None
        if self.input is not None:
            self._left.removeWidget(self.input)
            self.input.blockSignals(True)
            self.input.hide()
            self.input.deleteLater()
        self.prediction = None
        fitted, dataset = standing.fitted, standing.dataset
        self._words, self._shown = fitted.words, dataset
        shape = picture_shape(standing.plan.signature)
        if fitted.words is not None:
            self.input = TextInput(dataset)
            if isinstance(kept, str) and kept:
                self.input.take(kept)
        elif shape is not None:
            self.input = DrawInput(fitted, dataset, shape)
        else:
            self.input = NumbersInput(fitted, dataset)
        self._left.addWidget(self.input, 1)
        self.input.changed.connect(self._pause.start)
        self._clear()
        self.ask()

    def _show_note(self) -> None:
        self._say_note()
        self._notice.setVisible(not self.note.isHidden())

    def _say_note(self) -> None:
        """What is to be known about where the answers come from."""
        bridge = self._bridge
        session = bridge.session
        standing = session.origins.standing
        changed = readiness.changed_data(bridge.project, bridge.dataset)
        if session.state == "running" and (behind := session.origins.behind):
            text = f"From before your change: training began before {behind} changed."
            self.note.say(text, "")
        elif standing is None or standing.trained is None:
            self.note.hide()
        elif bridge.dataset is None and session.state != "loading":
            action = missing_data.LOCATE if missing_data.missing_path(bridge) else ""
            self.note.say(*missing_data.told(bridge), action)
        elif changed is not None:
            self.note.say(changed.title, changed.explain)
        elif what := session.origins.begins_anew:
            text = f"From before your change: the weights were trained before {what} changed."
            self.note.say(text, "")
        else:
            self.note.hide()

    def _heard(self, event: object) -> None:
        if isinstance(event, PredictionReady) and event.ticket == self._ticket:
            self._ticket = None
            self.prediction, self._provenance = event.prediction, event.provenance
            self._show_prediction()
            self._ask_again()
        elif isinstance(event, ProblemFound) and event.ticket == self._ticket is not None:
            self._ticket = None
            self._clear()
            self.verdict.setText(event.problem.title)
            self.detail.setText(event.problem.explain)
            self._ask_again()
        elif isinstance(event, DataLoaded | StateChanged):
            self._refresh()
        elif isinstance(event, EpochFinished | ResultReady):
            self._pause.start()

    def _changed(self, change: Any) -> None:
        if change.way == "open":
            self._made_for = ()
        self._refresh()
        if change.kinds & {"trained", "graph", "data"}:
            self._pause.start()

    def _ask_again(self) -> None:
        if self._again:
            self._again = False
            self.ask()

    def _clear(self) -> None:
        self.prediction = None
        self.words.hide()
        self.verdict.setText("")
        self.detail.setText("")
        self.bars.show_bars([])
        self.reasons.hide()
        if isinstance(self.input, Input):
            self.input.show_prediction(None)
            self.verdict.setText(self.input.invitation)

    def _show_prediction(self) -> None:
        prediction = self.prediction
        if prediction is None:
            return
        if self.input is not None:
            self.input.show_prediction(prediction)
        winner = None if prediction.groundless else prediction.winner
        self._show_words(prediction)
        if prediction.groundless:
            self.verdict.setText("The network has nothing to go on")
            self._show_shares(prediction, None)
        elif winner is None:
            name = self._target
            value = theme.number(float(prediction.outputs[0]))
            self.verdict.setText(f"{name}: {value}" if name else value)
            self.bars.show_bars([])
        else:
            self.verdict.setText(prediction.class_names[winner])
            self._show_shares(prediction, winner)
        notes = []
        if prediction.groundless:
            notes.append("This is what it gives for an empty text.")
        weights = self._provenance.weights if self._provenance is not None else ""
        if weights == INITIAL:
            notes.append(
                "The network has not been trained: this is a guess of its initial weights."
            )
        elif weights:
            notes.append(f"With the {weights}{self._reliability()}.")
        self.detail.setText(" ".join(notes))
        self.detail.setVisible(bool(notes))
        self._show_pushes(prediction, winner)

    def _show_words(self, prediction: Prediction) -> None:
        """Which words of a text the network knows: all that its answer can rest on."""
        self.words.setVisible(isinstance(prediction.raw, str))
        if not prediction.words:
            self.words.setText("There is no word in this text.")
            return
        count, unknown = len(prediction.words), prediction.unknown
        told = f"Known words: {prediction.known} of {count}."
        if unknown:
            told += f" Not in the vocabulary: {', '.join(unknown[:MOST_UNKNOWN])}"
            rest = len(unknown) - MOST_UNKNOWN
            told += f" and {rest} more." if rest > 0 else "."
        self.words.setText(told)

    def _reliability(self) -> str:
        """How often such an answer is right, as far as it was measured, beside guessing."""
        source = self._provenance
        record = source.trained.record if source is not None and source.trained else None
        if source is None or record is None or source.dataset is None or source.step:
            return ""
        known = source.dataset.baselines
        for title, part, accuracy in (
            ("validation", "validation", record.validation_accuracy),
            ("training", "train", record.accuracy),
        ):
            if accuracy is not None and part in known:
                guessed = known[part].text(theme.three_digits)
                return f": {title} accuracy {theme.number(accuracy, 3)}, {guessed}"
        return ""

    def _show_shares(self, prediction: Prediction, winner: int | None) -> None:
        values = prediction.shares if prediction.shares is not None else prediction.outputs
        largest = float(np.abs(values).max()) or 1.0
        bars = []
        for k, value in enumerate(values):
            share = float(value) if prediction.shares is not None else float(value) / largest
            text = (
                theme.percent(float(value))
                if prediction.shares is not None
                else theme.number(float(value))
            )
            name = prediction.class_names[k] if k < len(prediction.class_names) else str(k)
            colour = theme.current().accent if k == winner else theme.current().border_strong
            bars.append(Bar(name, share, text, colour, strong=k == winner))
        self.bars.set_row(24 if len(bars) <= 6 else 19)
        self.bars.show_bars(bars)

    def _open_share(self, place: int) -> None:
        """Where does this probability come from?"""
        from nnstudio.analysis.references import OwnPrediction

        if self.prediction is not None and self._bridge.dataset is not None:
            output = min(place, len(self.prediction.outputs) - 1)
            self._bridge.open_number(OwnPrediction(self.prediction.raw, output))

    def _show_pushes(self, prediction: Prediction, winner: int | None) -> None:
        drawn = self._signature is not None and picture_shape(self._signature) is not None
        shown = not drawn and bool(prediction.pushes)
        self.reasons.setVisible(shown and self.width() >= WIDE * theme.scale())
        if not shown:
            return
        index = winner if winner is not None else 0
        pushes = [p for p in prediction.pushes if index < len(p.by)][:MOST_PUSHES]
        largest = max((abs(float(p.by[index])) for p in pushes), default=0.0) or 1.0
        target = prediction.class_names[winner] if winner is not None else "the prediction"
        self.pushes_title.setText(f"What pushed it to “{target}” (blue) or away (orange)")
        shares = prediction.shares is not None
        bars = []
        for push in pushes:
            by = float(push.by[index])
            text = f"{100 * by:+.1f} %" if shares else f"{by:+.3g}"
            bars.append(Bar(push.name, by / largest, text.replace("-", "−")))
        self.pushes.show_bars(bars)
