"""The status bar: what the worker does, how large and fast the network is, what is saved."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QStatusBar, QWidget

from nnstudio.engine.events import TrainingFinished, TrainingStarted
from nnstudio.session.events import BegunAnew, RunStale, StateChanged
from nnstudio.ui import theme
from nnstudio.ui.bridge import Bridge
from nnstudio.ui.text import memory

MESSAGE_TIME = 8000
BYTES_PER_PARAMETER = 4


class Dot(QWidget):
    """A dot whose colour and form say what the worker does: filled while it works."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(18, 12)
        self._state = "idle"
        theme.notifier.changed.connect(self.update)

    def show_state(self, state: str) -> None:
        self._state = state
        self.setAccessibleName(f"Worker: {state}")
        self.update()

    @theme.painting
    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.current()
        colour = {
            "running": colours.accent,
            "loading": colours.accent,
            "busy": colours.accent,
            "paused": colours.warning,
            "ready": colours.secondary,
        }.get(self._state, colours.border_strong)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(colour))
        painter.setBrush(QColor(0, 0, 0, 0) if self._state == "idle" else QColor(colour))
        painter.drawEllipse(8, 2, 8, 8)
        painter.end()


class Status(QStatusBar):
    """Left: the worker's state or a passing message. Right: network, device, saved or not."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._speed = 0.0
        self.setSizeGripEnabled(False)
        self.dot = Dot()
        self.addWidget(self.dot)
        self.state = self._label("What the worker is doing")
        self.state.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.addWidget(self.state, 1)
        self.network = self._label("Size of the network")
        self.device = self._label("Device and speed")
        self.saved = self._label("Saved or not")
        for label in (self.network, self.device, self.saved):
            self.addPermanentWidget(label)
        self._message_over = QTimer(self)
        self._message_over.setSingleShot(True)
        self._message_over.timeout.connect(self._show_state)
        bridge.event.connect(self._heard)
        bridge.ticked.connect(self._ticked)
        bridge.check_changed.connect(self._show_network)
        bridge.project_changed.connect(self._changed)
        bridge.message.connect(self.tell)
        self._show_state()
        self._show_network()
        self._show_device()
        self._show_saved()

    def tell(self, text: str) -> None:
        """Show a passing message in place of the worker's state."""
        self.state.setText(text)
        self.state.setToolTip("")
        self._message_over.start(MESSAGE_TIME)

    def refresh(self) -> None:
        """Show again whether the project is saved; it was just written."""
        self._show_saved()

    def _label(self, name: str) -> QLabel:
        label = QLabel()
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setAccessibleName(name)
        label.setContentsMargins(0, 0, 10, 0)
        return label

    def _changed(self, change: object) -> None:
        if getattr(change, "way", "") == "open":
            self._speed = 0.0
        self._show_saved()
        self._show_device()

    def _heard(self, event: object) -> None:
        if isinstance(event, StateChanged):
            if not self._message_over.isActive():
                self._show_state()
            self.dot.show_state(event.state)
            self._show_device()
        elif isinstance(event, RunStale | BegunAnew):
            self.tell(event.text)
        elif isinstance(event, TrainingStarted):
            if event.from_epoch is not None:
                self.tell(f"Training goes on from the weights of epoch {event.from_epoch:,}")
        elif isinstance(event, TrainingFinished):
            self._speed = event.samples_per_second
            self._show_device()

    def _ticked(self, tick: int) -> None:
        """While training: how far it is and how fast, twice a second."""
        if tick % 15 == 5 and self._bridge.session.state == "running":
            if not self._message_over.isActive():
                self._show_state()
            self._show_device()

    def _show_state(self) -> None:
        session = self._bridge.session
        self.state.setText(session.text or "Ready")
        self.dot.show_state(session.state)

    def _show_network(self, check: object = None) -> None:
        counts = self._bridge.check.parameter_counts
        total = sum(counts.values())
        if not self._bridge.project.graph.nodes:
            self.network.setText("")
            return
        size = memory(total * BYTES_PER_PARAMETER)
        self.network.setText(f"{total:,} parameters · {size}")

    def _show_device(self) -> None:
        session = self._bridge.session
        device = session.device
        name = "CPU · NumPy" if device == "cpu" else f"GPU {device} · CuPy"
        progress = session.progress
        speed = progress.samples_per_second if progress is not None else self._speed
        if session.origins.behind and session.state != "running":
            speed = 0.0  # it was another network's, or other data's
        text = f"{name} · {_rounded(speed):,} samples/s" if speed > 0 else name
        self.device.setText(text)

    def _show_saved(self, change: object = None) -> None:
        self.saved.setText("unsaved changes" if self._bridge.store.unsaved else "saved")


def _rounded(value: float) -> int:
    """Three significant digits are all that a speed deserves."""
    return int(float(f"{value:.3g}"))
