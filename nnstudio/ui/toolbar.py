"""The toolbar: files and history, the training buttons, and how far training is."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QAction, QFont, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolBar, QToolButton, QWidget

from nnstudio.data.baselines import Baseline
from nnstudio.engine.events import EpochFinished, TrainingFinished, TrainingStarted
from nnstudio.project.model import EpochRecord
from nnstudio.session.events import BatchesFinished, DataLoaded, ResultReady, StateChanged
from nnstudio.ui import theme
from nnstudio.ui.bridge import Bridge
from nnstudio.ui.text import duration, tooltip

GAP = 20.0
BAR_WIDTH, LEAST_BAR = 150.0, 40.0
FIGURES = (
    ("training loss", "loss", 3),
    ("val. loss", "validation_loss", 5),
    ("training accuracy", "accuracy", 4),
    ("val. accuracy", "validation_accuracy", 2),
)
"""Caption, figure of an epoch, rank; the accuracies come last."""

SETS = {
    "loss": "Mean loss of the training batches of {epoch}, dropout on",
    "validation_loss": "Loss on the validation set after {epoch}, dropout off",
    "accuracy": "Accuracy over the training batches of {epoch}, dropout on",
    "validation_accuracy": "Accuracy on the validation set after {epoch}, dropout off",
}
BATCH = "Of the latest batch alone, before its update, dropout on"


class Piece(NamedTuple):
    """Caption, value, what follows it, and its rank: the highest is left out first.

    ``figure`` names the figure of an epoch that the value is, ``tip`` says more about others.
    """

    caption: str
    value: str
    rest: str
    rank: int
    figure: str = ""
    tip: str = ""


class Readout(QWidget):
    """Epoch, progress, the figures of the epoch and of the latest batch, and time, right-aligned.

    At rest the figures are those of the epoch that the weights are from, and it is said which; they
    go when the network or the data is no more what was trained. The figures of a batch have places
    of their own, in the middle of an epoch only. What does not fit is left out, the least important
    first. It paints itself, because it changes ten times a second while training.
    """

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._record: EpochRecord | None = None
        self._batch: tuple[float, float | None] | None = None  # loss and accuracy
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
        return " · ".join(f"{p.caption} {p.value}{p.rest}" for p in self._pieces())

    def figure_at(self, x: float) -> str:
        """Which figure of an epoch stands at this x, empty for none."""
        piece = self._piece_at(x)
        return piece.figure if piece is not None else ""

    def _piece_at(self, x: float) -> Piece | None:
        for piece, left, width in self._placed()[0]:
            if left - GAP / 2 <= x <= left + width + GAP / 2:
                return piece
        return None

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
        piece = self._piece_at(event.position().x())
        self.setToolTip(tooltip(*self._help(piece)) if piece is not None else "")
        opens = piece is not None and self._opens(piece)
        shape = Qt.CursorShape.PointingHandCursor if opens else Qt.CursorShape.ArrowCursor
        self.setCursor(shape)

    def _opens(self, piece: Piece) -> bool:
        return bool(piece.figure) and self._bridge.project.trained is not None

    def _help(self, piece: Piece) -> list[str]:
        """What a figure is of, what guessing would reach, and what a click does."""
        told = [piece.tip]
        if piece.figure and self._record is not None:
            told.append(SETS[piece.figure].format(epoch=f"epoch {self._record.epoch:,}") + ".")
            if (guessed := self._guessed(piece.figure)) is not None:
                told.append(guessed.sentence)
        return [*told, "Click: where this number comes from"] if self._opens(piece) else told

    def _guessed(self, figure: str) -> Baseline | None:
        """What guessing reaches on the set that a figure is of; None for a loss."""
        dataset = self._bridge.session.origins.measured_on
        if dataset is None or not figure.endswith("accuracy"):
            return None
        return dataset.baselines.get("validation" if figure.startswith("validation") else "train")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if figure := self.figure_at(event.position().x()):
            self.open_figure(figure)

    @theme.painting
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
        while pieces and sum(widths) + GAP * (len(pieces) - 1) > self.width() - GAP:
            worst = max(range(len(pieces)), key=lambda index: pieces[index].rank)
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
            return [Piece("", f"not trained since {gone} changed", "", 0)]
        progress, running = session.progress, session.state == "running"
        pieces: list[Piece] = []
        if progress is not None:
            pieces.append(Piece("epoch", f"{progress.epoch:,}", f" / {progress.epochs:,}", 0))
        elif trained is not None and trained.history:
            epochs = self._bridge.project.training.epochs
            pieces.append(Piece("epoch", f"{trained.history[-1].epoch:,}", f" / {epochs:,}", 0))
        if not pieces:
            return []
        if not running and trained is not None:
            more = f" + {trained.step:,} steps" if trained.step else ""
            more = " (best)" if trained.restored else more
            pieces.append(Piece("weights:", f"epoch {trained.weights_epoch:,}", more, 1))
        elif behind := session.origins.behind:
            pieces.append(Piece("", f"from before {behind} changed", "", 1))
        stepping = not running and trained is not None and trained.step > 0
        if running or stepping:
            pieces += self._of_the_batch(2 if stepping else 7)
        pieces += self._of_the_epoch(stepping)
        if progress is not None:
            if running and progress.seconds_left is not None:
                pieces.append(Piece("", duration(progress.seconds_left) + " left", "", 9))
            else:
                pieces.append(Piece("", duration(progress.seconds), "", 9))
        return pieces

    def _of_the_batch(self, rank: int) -> list[Piece]:
        if self._batch is None:
            return []
        loss, accuracy = self._batch
        pieces = [Piece("batch loss", theme.number(loss), "", rank, tip=BATCH)]
        if accuracy is not None:
            pieces.append(Piece("batch accuracy", theme.number(accuracy), "", rank + 1, tip=BATCH))
        return pieces

    def _of_the_epoch(self, stepping: bool) -> list[Piece]:
        """The figures of the last finished epoch, or at rest of the epoch of the weights."""
        record = self._record
        if record is None:
            return []
        shown = [
            Piece(caption, theme.number(value), "", rank, figure)
            for caption, figure, rank in FIGURES
            if (value := getattr(record, figure)) is not None
        ]
        if stepping:  # the weights have seen a part of the next epoch too
            after = f" after epoch {record.epoch:,}"
            shown = [piece._replace(rest=after, rank=piece.rank + 1) for piece in shown]
        last = shown[-1]
        if (guessed := self._guessed(last.figure)) is not None:
            beside = f"{last.rest} ({guessed.text(theme.three_digits)})"
            shown[-1] = last._replace(rest=beside, rank=3 if stepping else 2)
        return shown

    def _heard(self, event: object) -> None:
        if isinstance(event, BatchesFinished) and len(event):
            accuracies = event.accuracies
            accuracy = float(accuracies[-1]) if accuracies is not None else None
            self._batch = float(event.losses[-1]), accuracy
        elif isinstance(event, EpochFinished):
            self._record = event.record
        elif isinstance(event, TrainingStarted):
            if event.first_epoch == 1:
                self._record = self._batch = None
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
        if getattr(change, "way", "do") != "do":
            self._batch = None  # whatever is shown now, the latest batch has no part in it
        if "trained" in kinds and self._bridge.session.state != "running":
            self._from_history()
        elif kinds & {"graph", "training", "data"}:
            self._due = True

    def _from_history(self) -> None:
        trained = self._bridge.project.trained
        self._record = trained.record if trained is not None else None
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
    caption, value, rest = piece[:3]
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
