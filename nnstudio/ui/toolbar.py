"""The toolbar: files and history, the training buttons, and how far training is."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QAction, QFont, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolBar, QToolButton, QWidget

from nnstudio.engine.events import EpochFinished, TrainingFinished, TrainingStarted
from nnstudio.session.events import BatchesFinished, DataLoaded, ResultReady, StateChanged
from nnstudio.session.origins import have_changed
from nnstudio.ui import theme
from nnstudio.ui.bridge import Bridge
from nnstudio.ui.text import duration, tooltip

GAP = 20.0
BAR_WIDTH, LEAST_BAR = 150.0, 40.0
FIGURES = {
    "training loss": "loss",
    "val. loss": "validation_loss",
    "training accuracy": "accuracy",
}
SETS = {
    "loss": "Mean loss of the training batches of the epoch, dropout on",
    "validation_loss": "Loss on the validation set after the epoch, dropout off",
    "accuracy": "Accuracy over the training batches of the epoch, dropout on",
}

Piece = tuple[str, str, str, int]
"""Caption, value, what follows it, and its rank: the highest is left out first."""


class Readout(QWidget):
    """Epoch, progress, loss, validation loss, accuracy and time, right-aligned.

    At rest the figures are those of the epoch that the weights are from, and it is said which; they
    go when the network or the data is no more what was trained. What does not fit is left out, the
    least important first. It paints itself, because it changes ten times a second while training.
    """

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._loss: float | None = None
        self._accuracy: float | None = None
        self._validation_loss: float | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setAccessibleName("Training progress")
        self.setMouseTracking(True)
        self._due = False
        bridge.event.connect(self._heard)
        bridge.ticked.connect(self._ticked)
        bridge.project_changed.connect(self._changed)
        theme.notifier.changed.connect(self.update)
        self._from_history()

    def sizeHint(self) -> QSize:
        return QSize(200, 30)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, 24)

    def text(self) -> str:
        """What stands there, as one line."""
        return " · ".join(f"{caption} {value}{rest}" for caption, value, rest, _ in self._pieces())

    def figure_at(self, x: float) -> str:
        """Which figure of the last epoch stands at this x, empty for none."""
        placed, _ = self._placed()
        for piece, left, width in placed:
            if left - GAP / 2 <= x <= left + width + GAP / 2:
                return FIGURES.get(piece[0], "")
        return ""

    def open_figure(self, figure: str) -> None:
        """Where does this figure come from? It is opened for the epoch of the weights."""
        from nnstudio.analysis.references import CurvePoint

        bridge = self._bridge
        trained, dataset = bridge.project.trained, bridge.dataset
        if trained is None or trained.record is None or dataset is None:
            return
        record = trained.record
        samples = dataset.validation if figure.startswith("validation") else dataset.train
        if samples is None or getattr(record, figure) is None:
            return
        at_rest = bridge.session.state != "running"
        present = at_rest and not trained.step
        steps = record.updates // max(1, record.epoch)
        bridge.open_number(CurvePoint(figure, record, len(samples), steps, present))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        figure = self.figure_at(event.position().x())
        opens = bool(figure) and self._bridge.project.trained is not None
        what = f"{SETS[figure]}. " if figure else ""
        how = "Click: where this number comes from" if opens else ""
        self.setToolTip(tooltip(what + how))
        shape = Qt.CursorShape.PointingHandCursor if opens else Qt.CursorShape.ArrowCursor
        self.setCursor(shape)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if figure := self.figure_at(event.position().x()):
            self.open_figure(figure)

    def paintEvent(self, event: QPaintEvent) -> None:
        placed, bar = self._placed()
        if not placed:
            return
        plain, bold = theme.font(13), theme.font(13, 600)
        progress = self._bridge.session.progress
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for piece, x, _ in placed:
            self._paint_piece(painter, x, piece, plain, bold)
        if bar and progress is not None:
            _, x, width = placed[0]
            box = QRectF(x + width + GAP, self.height() / 2 - 2.5, bar, 5)
            _paint_bar(painter, box, progress.fraction)
        painter.end()

    def _placed(self) -> tuple[list[tuple[Piece, float, float]], float]:
        """The pieces there is room for, each with its left edge and width; the bar's width."""
        pieces = self._pieces()
        plain, bold = theme.font(13), theme.font(13, 600)
        widths = [_width(piece, plain, bold) for piece in pieces]
        while pieces and sum(widths) + GAP * (len(pieces) - 1) > self.width():
            worst = max(range(len(pieces)), key=lambda index: pieces[index][3])
            del pieces[worst], widths[worst]
        taken = sum(widths) + GAP * len(pieces)
        bar = min(BAR_WIDTH, self.width() - taken)
        if self._bridge.session.progress is None or bar < LEAST_BAR or self._gone:
            bar = 0.0
        x = self.width() - sum(widths) - GAP * (len(pieces) - 1) - (bar + GAP if bar else 0.0)
        placed = []
        for n, (piece, width) in enumerate(zip(pieces, widths, strict=True)):
            placed.append((piece, x, width))
            x += width + GAP
            if n == 0 and bar:
                x += bar + GAP
        return placed, bar

    def _paint_piece(
        self,
        painter: QPainter,
        x: float,
        piece: Piece,
        plain: QFont,
        bold: QFont,
    ) -> None:
        colours = theme.current()
        for text, font, colour in (
            (f"{piece[0]} " if piece[0] else "", plain, colours.secondary),
            (
                piece[1],
                bold if piece[0] else plain,
                colours.text if piece[0] else colours.secondary,
            ),
            (piece[2], plain, colours.secondary),
        ):
            if not text:
                continue
            painter.setFont(font)
            painter.setPen(colour)
            width = QFontMetricsF(font).horizontalAdvance(text)
            box = QRectF(x, 0, width + 2, self.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
            x += width

    @property
    def _gone(self) -> str:
        """What has changed since the figures were measured and training ended, in words."""
        session = self._bridge.session
        return "" if session.state == "running" else session.origins.behind

    def _pieces(self) -> list[Piece]:
        session, trained = self._bridge.session, self._bridge.project.trained
        if gone := self._gone:
            return [("", f"not trained since {have_changed(gone)}", "", 0)]
        progress, running = session.progress, session.state == "running"
        pieces: list[Piece] = []
        if progress is not None:
            pieces.append(("epoch", f"{progress.epoch:,}", f" / {progress.epochs:,}", 0))
        elif trained is not None and trained.history:
            epochs = self._bridge.project.training.epochs
            pieces.append(("epoch", f"{trained.history[-1].epoch:,}", f" / {epochs:,}", 0))
        if not pieces:
            return []
        if not running and trained is not None:
            more = f" + {trained.step:,} steps" if trained.step else ""
            more = " (best)" if trained.restored else more
            pieces.append(("weights:", f"epoch {trained.weights_epoch:,}", more, 1))
        elif behind := session.origins.behind:
            pieces.append(("", f"before {have_changed(behind)}", "", 1))
        figures = (self._loss, self._validation_loss, self._accuracy)
        for caption, value, rank in zip(FIGURES, figures, (2, 4, 3), strict=True):
            if value is not None:
                pieces.append((caption, theme.number(value), "", rank))
        if progress is not None:
            if running and progress.seconds_left is not None:
                pieces.append(("", duration(progress.seconds_left) + " left", "", 5))
            else:
                pieces.append(("", duration(progress.seconds), "", 5))
        return pieces

    def _heard(self, event: object) -> None:
        if isinstance(event, BatchesFinished) and len(event):
            self._loss = float(event.losses[-1])
            if event.accuracies is not None:
                self._accuracy = float(event.accuracies[-1])
        elif isinstance(event, EpochFinished):
            record = event.record
            self._loss, self._accuracy = record.loss, record.accuracy
            self._validation_loss = record.validation_loss
        elif isinstance(event, TrainingStarted):
            if event.first_epoch == 1:
                self._loss = self._accuracy = self._validation_loss = None
        elif isinstance(event, ResultReady):
            self._from_history()  # after the last epoch: the weights may be those of an earlier one
        elif not isinstance(event, TrainingFinished | DataLoaded | StateChanged):
            return
        self._due = True

    def _ticked(self, tick: int) -> None:
        """Show what is new, ten times a second: faster than that nobody reads."""
        if self._due and (tick % 3 == 2 or self._bridge.session.state != "running"):
            self._due = False
            self.setAccessibleDescription(self.text())
            self.update()

    def _changed(self, change: object) -> None:
        kinds: frozenset[str] = getattr(change, "kinds", frozenset())
        if "trained" in kinds and self._bridge.session.state != "running":
            self._from_history()
        elif kinds & {"graph", "training", "data"}:
            self._due = True

    def _from_history(self) -> None:
        trained = self._bridge.project.trained
        record = trained.record if trained is not None else None
        self._loss = record.loss if record else None
        self._accuracy = record.accuracy if record else None
        self._validation_loss = record.validation_loss if record else None
        self.update()


class ActionButton(QToolButton):
    """A labelled toolbar button for an action."""

    def __init__(self, action: QAction, *, text: bool = True, menu: QMenu | None = None) -> None:
        super().__init__()
        self.setDefaultAction(action)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._labelled = text
        if menu is not None:
            self.setMenu(menu)
            self.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        self.set_labelled(text)
        action.changed.connect(self._named)
        self._named()

    @property
    def wants_label(self) -> bool:
        return self._labelled

    def set_labelled(self, labelled: bool) -> None:
        """Show the text beside the icon, or the icon alone."""
        style = Qt.ToolButtonStyle
        wanted = style.ToolButtonTextBesideIcon if labelled else style.ToolButtonIconOnly
        self.setToolButtonStyle(wanted)

    def _named(self) -> None:
        self.setAccessibleName(self.defaultAction().text().replace("&", ""))


class Toolbar(QToolBar):
    """Built from the window's actions; labels fold away when the window is narrow."""

    def __init__(
        self, bridge: Bridge, actions: dict[str, QAction], menus: dict[str, QMenu]
    ) -> None:
        super().__init__("Toolbar")
        self.setObjectName("toolbar")
        self.setMovable(False)
        self.setIconSize(QSize(17, 17))
        self.setFloatable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.buttons: dict[str, ActionButton] = {}
        for name, labelled in (("open", True), ("save", True), ("", False), ("undo", False)):
            self._add(name, actions, menus, labelled)
        for name in ("redo", "", "train", "pause", "step", "stop", "reset"):
            self._add(name, actions, menus, name not in ("redo",))
        self.train_button = self.buttons["train"]
        self.train_button.setProperty("role", "primary")
        self.readout = Readout(bridge)
        self.addWidget(self.readout)
        theme.notifier.changed.connect(self._restyled)
        self._restyled()

    def _add(
        self, name: str, actions: dict[str, QAction], menus: dict[str, QMenu], labelled: bool
    ) -> None:
        if not name:
            self.addSeparator()
            return
        button = ActionButton(actions[name], text=labelled, menu=menus.get(name))
        self.buttons[name] = button
        self.addWidget(button)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._fold()
        return super().event(event)

    def _fold(self) -> None:
        narrow = self.width() < round(1180 * theme.scale())
        for name, button in self.buttons.items():
            keeps = button.wants_label and (name == "train" or not narrow)
            button.set_labelled(keeps)

    def _restyled(self) -> None:
        self.buttons["train"].defaultAction().setIcon(theme.icon("play", theme.current().on_accent))
        self._fold()


def _width(piece: Piece, plain: QFont, bold: QFont) -> float:
    caption, value, rest, _ = piece
    metrics = QFontMetricsF(plain)
    before = metrics.horizontalAdvance(f"{caption} ") if caption else 0.0
    middle = QFontMetricsF(bold) if caption else metrics
    return before + middle.horizontalAdvance(value) + metrics.horizontalAdvance(rest)


def _paint_bar(painter: QPainter, track: QRectF, fraction: float) -> None:
    colours = theme.current()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colours.border)
    painter.drawRoundedRect(track, 2.5, 2.5)
    if fraction > 0:
        painter.setBrush(colours.accent)
        done = QRectF(track)
        done.setWidth(max(5.0, track.width() * min(1.0, fraction)))
        painter.drawRoundedRect(done, 2.5, 2.5)
