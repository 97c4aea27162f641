"""Phases and transport: where one is in a pass, and the buttons that move through it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from nnstudio.ui import theme
from nnstudio.ui.text import tooltip

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
PACE = 1100  # milliseconds a step takes at speed 1


@dataclass(frozen=True)
class PhaseShown:
    """One phase of the bar: its name, what to write, and whether it is over, present or ahead."""

    name: str
    text: str
    state: Literal["done", "now", "ahead"]


class PhaseBar(QWidget):
    """Forward ✓ → Backward: step 4 of 8 → Update; a click goes to the start of a phase."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(6)
        self._row.addStretch(1)
        self._phases: tuple[PhaseShown, ...] = ()
        self._buttons: dict[str, QPushButton] = {}
        self.setAccessibleName("Phases")
        theme.notifier.changed.connect(self._restyle)

    def show_phases(self, phases: Sequence[PhaseShown]) -> None:
        """Show these phases from left to right."""
        names = [phase.name for phase in phases]
        if names != list(self._buttons):
            self._make(names)
        if tuple(phases) == self._phases:
            return
        self._phases = tuple(phases)
        self._restyle()

    def text(self) -> str:
        """All that is written in the bar."""
        return " → ".join(button.text() for button in self._buttons.values())

    def button(self, name: str) -> QPushButton:
        return self._buttons[name]

    def _make(self, names: Sequence[str]) -> None:
        while self._row.count() > 1:
            item = self._row.takeAt(0)
            if item is not None and (widget := item.widget()) is not None:
                widget.deleteLater()
        self._buttons = {}
        for number, name in enumerate(names):
            if number:
                arrow = QLabel("→")
                arrow.setProperty("role", "secondary")
                self._row.insertWidget(self._row.count() - 1, arrow)
            button = QPushButton()
            button.setFlat(True)
            button.clicked.connect(lambda _=False, name=name: self.chosen.emit(name))
            self._buttons[name] = button
            self._row.insertWidget(self._row.count() - 1, button)

    def _restyle(self) -> None:
        colours = theme.current()
        size = round(13 * theme.scale())
        for phase in self._phases:
            button = self._buttons[phase.name]
            ahead, now = phase.state == "ahead", phase.state == "now"
            colour = colours.secondary if ahead else colours.text
            line = (colours.accent if now else colours.border).name()
            ground = (colours.selection if now else colours.panel).name()
            button.setText(phase.text + (" ✓" if phase.state == "done" else ""))
            said = {"done": "done", "now": "present phase", "ahead": "to come"}[phase.state]
            button.setAccessibleName(f"{phase.text}, {said}")
            button.setStyleSheet(
                f"QPushButton {{ border: 1px solid {line}; border-radius: 6px;"
                f" background: {ground}; padding: 2px 7px;"
                f" color: {colour.name()}; font-size: {size}px;"
                f" font-weight: {500 if ahead else 600}; }}"
                f" QPushButton:hover {{ color: {colours.text.name()}; }}"
                f" QPushButton:focus {{ border-color: {colours.accent.name()}; }}"
            )
            button.setToolTip(tooltip(f"Go to {phase.name}"))


class Transport(QWidget):
    """First, back, play, on, last, and the speed of playing.

    ``moved`` carries a number of steps, ``jumped`` ±1 for the end or the beginning. Playing sends
    ``moved`` by itself until it is stopped.
    """

    moved = Signal(int)
    jumped = Signal(int)
    speed_changed = Signal(float)

    def __init__(self, speed: float = 1.0) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        self._timer = QTimer(self)
        self._timer.timeout.connect(lambda: self.moved.emit(1))
        self.first = self._button("first", "To the beginning", "Home")
        self.back = self._button("previous", "One step back", "←")
        self.play_button = self._button("play", "Play", "Space")
        self.on = self._button("next", "One step on", "→")
        self.last = self._button("last", "To the end", "End")
        for button in (self.first, self.back, self.play_button, self.on, self.last):
            row.addWidget(button)
        self.first.clicked.connect(lambda: self.jumped.emit(-1))
        self.back.clicked.connect(lambda: self.moved.emit(-1))
        self.on.clicked.connect(lambda: self.moved.emit(1))
        self.last.clicked.connect(lambda: self.jumped.emit(1))
        self.play_button.clicked.connect(self.toggle)
        self.speed = QComboBox()
        self.speed.setAccessibleName("Speed of playing")
        self.speed.setToolTip(tooltip("How fast playing goes: steps per second, about."))
        for factor in SPEEDS:
            self.speed.addItem(f"speed {factor:g}×", factor)
        self.speed.setCurrentIndex(SPEEDS.index(speed) if speed in SPEEDS else 2)
        self.speed.currentIndexChanged.connect(self._speed_changed)
        row.addSpacing(6)
        row.addWidget(self.speed)

    @property
    def playing(self) -> bool:
        return self._timer.isActive()

    @property
    def factor(self) -> float:
        return float(self.speed.currentData())

    def set_narrow(self, narrow: bool) -> None:
        """With little room the speed is written without its name."""
        for number, factor in enumerate(SPEEDS):
            self.speed.setItemText(number, f"{factor:g}×" if narrow else f"speed {factor:g}×")

    def toggle(self) -> None:
        """Play, or stop playing."""
        self.stop() if self.playing else self.play()

    def play(self) -> None:
        self._timer.start(round(PACE / self.factor))
        self._show_playing()

    def stop(self) -> None:
        self._timer.stop()
        self._show_playing()

    def show_ends(self, *, at_start: bool, at_end: bool) -> None:
        """What cannot be done at the beginning or at the end."""
        self.first.setEnabled(not at_start)
        self.back.setEnabled(not at_start)
        self.on.setEnabled(not at_end)
        self.last.setEnabled(not at_end)
        if at_end and self.playing:
            self.stop()

    def _show_playing(self) -> None:
        name, title = ("pause", "Pause") if self.playing else ("play", "Play")
        self.play_button.setIcon(theme.icon(name))
        self.play_button.setToolTip(tooltip(f"{title} (Space)"))
        self.play_button.setAccessibleName(title)

    def _speed_changed(self) -> None:
        if self.playing:
            self._timer.setInterval(round(PACE / self.factor))
        self.speed_changed.emit(self.factor)

    def _button(self, icon: str, title: str, key: str) -> QToolButton:
        button = QToolButton()
        button.setIcon(theme.icon(icon))
        button.setToolTip(tooltip(f"{title} ({key})"))
        button.setAccessibleName(title)
        return button
