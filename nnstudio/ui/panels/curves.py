"""The curves: loss and accuracy, training solid, validation dashed, single updates faint."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QActionGroup, QImage, QPainter
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMenu,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnstudio.engine.events import Diverged
from nnstudio.project import monitoring
from nnstudio.project.model import Trained
from nnstudio.session.events import DataLoaded, ResultReady, StateChanged
from nnstudio.ui import dialogs, theme
from nnstudio.ui.bridge import Bridge
from nnstudio.ui.charts import Chart, Figure, Line, Marker
from nnstudio.ui.charts.chart import Break, paint_figure
from nnstudio.ui.charts.decimate import thinned
from nnstudio.ui.panels.common import EmptyState, Note
from nnstudio.ui.panels.history import Against, RunHistory

AXES: tuple[tuple[Against, str], ...] = (
    ("epoch", "epoch"),
    ("update", "update"),
    ("seconds", "time (s)"),
)
EXPORT_SIZE = QSize(1200, 420)


class CurvesPanel(QWidget):
    """Two charts with one crosshair. ``corner`` holds the choices for the tab strip."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self.history = RunHistory()
        self.against: Against = "epoch"
        self.log = False
        self._due: set[str] = set()
        self.loss_chart = Chart("Loss curves")
        self.accuracy_chart = Chart("Accuracy curves")
        self.note = Note("warning")
        self.note.pressed.connect(self._halve)
        self._behind = ""
        self.stale = Note("warning")
        self.stale.pressed.connect(lambda: bridge.session.train())
        self.empty = EmptyState(
            "curves",
            "No training yet",
            "Press Train: the loss of every batch and epoch appears here as it is measured.",
            "Train",
            lambda: bridge.session.train(),
        )
        self._stack = QStackedWidget()
        charts = QWidget()
        row = QHBoxLayout(charts)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        row.addWidget(self.loss_chart, 1)
        row.addWidget(self.accuracy_chart, 1)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(charts)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 4)
        layout.setSpacing(8)
        layout.addWidget(self.note)
        layout.addWidget(self.stale)
        layout.addWidget(self._stack, 1)
        self.corner = self._make_corner()
        for chart, figure in ((self.loss_chart, "loss"), (self.accuracy_chart, "accuracy")):
            chart.pointed.connect(self._point)
            chart.setCursor(Qt.CursorShape.PointingHandCursor)
            chart.clicked.connect(lambda x, line, figure=figure: self._open(figure, x, line))
        bridge.event.connect(self._heard)
        bridge.ticked.connect(self._ticked)
        bridge.project_changed.connect(self._changed)
        theme.notifier.changed.connect(self.refresh)
        self.history.take(bridge.project.trained)
        self.refresh()

    def refresh(self) -> None:
        """Show what the history holds now."""
        history = self.history
        self._due.clear()
        self._stack.setCurrentIndex(0 if history.empty else 1)
        self._show_empty_state()
        self._show_stale()
        if history.empty:
            return
        self.loss_chart.show_figure(self.figure("loss"))
        has_accuracy = history.has_accuracy
        self.accuracy_chart.setVisible(has_accuracy)
        if has_accuracy:
            self.accuracy_chart.show_figure(self.figure("accuracy"))

    def figure(self, name: str) -> Figure:
        """What the chart of ``loss`` or ``accuracy`` shows."""
        history, against = self.history, self.against
        accuracy = name == "accuracy"
        x = history.epochs(against)
        colour = theme.current().positive
        breaks = self._breaks(x)
        lines = [
            Line(
                "batch",
                lambda low, high, pixels: history.batches(accuracy, against, low, high, pixels),
                history.batch_extremes(accuracy),
                colour,
                faint=True,
            )
        ]
        for title, key, dashed in (
            ("training", name, False),
            ("validation", f"validation_{name}", True),
        ):
            y = history.figures(key)
            if np.isfinite(y).any():
                lines.append(_line(title, x, y, dashed, [found.x for found in breaks]))
        if accuracy:
            lines += self._guessing()
        return Figure(
            title="Accuracy" if accuracy else "Loss",
            lines=tuple(lines),
            x_range=history.x_range(against),
            x_name="time (s)" if against == "seconds" else against,
            whole=against != "seconds",
            log=self.log and not accuracy,
            marker=self._marker(name, x),
            breaks=breaks,
            read_x=self._read_x,
        )

    def _guessing(self) -> list[Line]:
        """What guessing reaches on the set that is watched: level lines to compare with."""
        dataset = self._bridge.session.origins.measured_on
        known = dataset.baselines if dataset is not None else {}
        guessed = known.get("validation") or known.get("train")
        if guessed is None:
            return []
        levels = [_level("chance", guessed.chance)]
        if guessed.uneven:
            levels.append(_level("majority class", guessed.majority))
        return levels

    def export(self, name: str) -> None:
        """Ask where to, and write the curves as PNG, SVG or CSV."""
        chosen = dialogs.choose_save(
            self,
            "Export the curves",
            str(Path.home() / f"{name}-curves.png"),
            [("PNG picture", ".png"), ("SVG drawing", ".svg"), ("Table (CSV)", ".csv")],
        )
        if chosen:
            self.write(Path(chosen))

    def write(self, path: Path) -> None:
        """Write the curves; the suffix says as what. A failure is told in the status bar."""
        try:
            if path.suffix == ".csv":
                path.write_text(self.table(), encoding="utf-8")
            elif path.suffix == ".svg":
                self._write_svg(path)
            else:
                image = self.image()
                if not image.save(str(path)):
                    raise OSError("the picture could not be written")
        except OSError as error:
            self._bridge.message.emit(f"{path.name} could not be written: {error}")
            return
        self._bridge.message.emit(f"Exported {path.name}")

    @theme.painting
    def image(self, ratio: float = 2.0) -> QImage:
        """Both charts as a picture."""
        image = QImage(EXPORT_SIZE * ratio, QImage.Format.Format_ARGB32)
        image.setDevicePixelRatio(ratio)
        image.fill(theme.current().panel)
        painter = QPainter(image)
        self._paint(painter, QRectF(0, 0, EXPORT_SIZE.width(), EXPORT_SIZE.height()))
        painter.end()
        return image

    def table(self) -> str:
        """The finished epochs as CSV."""
        names: tuple[str, ...] = (
            *("epoch", "updates", "seconds", "learning_rate", "loss", "accuracy"),
            *("validation_loss", "validation_accuracy"),
        )
        metrics = tuple({name: None for r in self.history.records for name in r.metrics})
        names += metrics
        rows = [",".join(names)]
        for record in self.history.records:
            values = [
                record.figure(name) if name in metrics else getattr(record, name) for name in names
            ]
            rows.append(",".join("" if value is None else repr(value) for value in values))
        return "\n".join(rows) + "\n"

    @theme.painting
    def _write_svg(self, path: Path) -> None:
        from PySide6.QtSvg import QSvgGenerator

        generator = QSvgGenerator()
        generator.setFileName(str(path))
        generator.setSize(EXPORT_SIZE)
        generator.setViewBox(QRectF(0, 0, EXPORT_SIZE.width(), EXPORT_SIZE.height()))
        generator.setTitle("NN Studio: curves")
        painter = QPainter()
        if not painter.begin(generator):
            raise OSError("the file cannot be opened for writing")
        self._paint(painter, QRectF(0, 0, EXPORT_SIZE.width(), EXPORT_SIZE.height()))
        painter.end()

    def _paint(self, painter: QPainter, box: QRectF) -> None:
        painter.fillRect(box, theme.current().panel)
        inner = box.adjusted(8, 12, -8, -4)
        if not self.history.has_accuracy:
            paint_figure(painter, inner, self.figure("loss"))
            return
        half = (inner.width() - 16) / 2
        left = QRectF(inner.left(), inner.top(), half, inner.height())
        paint_figure(painter, left, self.figure("loss"))
        paint_figure(painter, left.translated(half + 16, 0), self.figure("accuracy"))

    def _make_corner(self) -> QWidget:
        corner = QWidget()
        row = QHBoxLayout(corner)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        self.axis_button = QToolButton()
        self.axis_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.axis_button.setAccessibleName("Quantity on the x axis")
        menu = QMenu(self.axis_button)
        group = QActionGroup(menu)
        for against, title in AXES:
            action = menu.addAction(title)
            action.setCheckable(True)
            action.setChecked(against == self.against)
            group.addAction(action)
            action.triggered.connect(lambda _=False, value=against: self.set_against(value))
        self.axis_button.setMenu(menu)
        self.log_button = QToolButton()
        self.log_button.setText("log")
        self.log_button.setCheckable(True)
        self.log_button.setAccessibleName("Logarithmic loss axis")
        self.log_button.setToolTip("Loss on a logarithmic axis")
        self.log_button.toggled.connect(self.set_log)
        self.export_button = QToolButton()
        self.export_button.setText("export")
        self.export_button.setAccessibleName("Export the curves")
        self.export_button.setToolTip("Write the curves as PNG, SVG or CSV")
        self.export_button.clicked.connect(lambda: self.export(self._bridge.project.name))
        for button in (self.axis_button, self.log_button, self.export_button):
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
            button.setProperty("role", "button")
            row.addWidget(button)
        self.axis_button.setText(f"x: {dict(AXES)[self.against]}")
        return corner

    def set_against(self, against: Against) -> None:
        """Put epochs, updates or seconds on the x axis."""
        self.against = against
        self.axis_button.setText(f"x: {dict(AXES)[against]}")
        self.refresh()

    def set_log(self, on: bool) -> None:
        """Loss on a logarithmic axis or not."""
        self.log = on
        self.refresh()

    def _heard(self, event: object) -> None:
        if self.history.hear(event):
            if self._bridge.session.diverged is None:
                self.note.hide()
            self._due = {"loss", "accuracy"}
        elif isinstance(event, Diverged):
            self._show_diverged(event)
        elif isinstance(event, ResultReady):
            self._take(event.trained)  # after the last epoch was heard of
        elif isinstance(event, StateChanged | DataLoaded):
            self._show_empty_state()
            self._show_stale()

    def _ticked(self, tick: int) -> None:
        """Show what is new, ten times a second and one chart at a time: each takes its while."""
        if not self._due or not self.isVisible():
            return
        if self._stack.currentIndex() == 0 or self._bridge.session.state != "running":
            self.refresh()
        elif tick % 3 == 0 and "loss" in self._due:
            self._due.discard("loss")
            self.loss_chart.show_figure(self.figure("loss"))
        elif tick % 3 == 1 and "accuracy" in self._due:
            self._due.discard("accuracy")
            if self.history.has_accuracy:
                self.accuracy_chart.show_figure(self.figure("accuracy"))

    def showEvent(self, event: Any) -> None:
        super().showEvent(event)
        self.refresh()

    def _changed(self, change: Any) -> None:
        if "trained" in change.kinds and self._bridge.session.state != "running":
            self._take(change.after.trained)
        else:
            self._show_stale()
        if self._bridge.session.diverged is None:
            self.note.hide()

    def _take(self, trained: Trained | None) -> None:
        self.history.take(trained)
        self.refresh()

    def _show_stale(self) -> None:
        """Say in plain sight that these curves are not those of the network as it is now."""
        session = self._bridge.session
        behind = session.origins.behind
        if behind != self._behind:
            self._behind = behind
            self._due |= {"accuracy"}  # the level of guessing is of the data that was trained on
        if self.history.empty or not behind:
            self.stale.hide()
            return
        running = session.state == "running"
        ready = not running and session.obstacle is None
        after = "Training goes on as it began." if running else "Train begins anew."
        text = f"From before your change: measured before {behind} changed. {after}"
        self.stale.say(text, "", "Train anew" if ready else "")

    def _show_diverged(self, event: Diverged) -> None:
        again = event.last_good_epoch
        text = event.problem.explain or event.what
        where = f"the last good epoch, {again}" if again else "the initial weights"
        self.note.say(event.problem.title, text, f"Halve the learning rate and go on from {where}")

    def _halve(self) -> None:
        self.note.hide()
        self._bridge.session.halve_and_go_on()

    def _show_empty_state(self) -> None:
        obstacle = self._bridge.session.obstacle
        if obstacle is not None:
            self.empty.say("Nothing to train yet", str(obstacle), "")
        else:
            self.empty.say(
                "No training yet",
                "Press Train: the loss of every batch and epoch appears here as it is measured.",
                "Train",
            )

    def _open(self, figure: str, x: float, line: str) -> None:
        """Where does this point of a curve come from?"""
        from nnstudio.analysis.references import CurvePoint

        records, dataset = self.history.records, self._bridge.dataset
        if not records or line not in ("training", "validation") or dataset is None:
            return
        if behind := self._bridge.session.origins.behind:
            self._bridge.message.emit(f"These curves are from before {behind} changed.")
            return
        record = records[int(np.abs(self.history.epochs(self.against) - x).argmin())]
        name = f"validation_{figure}" if line == "validation" else figure
        samples = dataset.validation if line == "validation" else dataset.train
        if getattr(record, name) is None or samples is None:
            return
        trained = self._bridge.project.trained
        at_rest = self._bridge.session.state != "running"
        present = at_rest and trained is not None and trained.weights_epoch == record.epoch
        steps = record.updates // max(1, record.epoch)
        point = CurvePoint(name, record, len(samples), steps, present)
        self._bridge.open_number(point)

    def _point(self, x: float | None) -> None:
        """Put the crosshair on the measured epoch that is nearest to the pointer."""
        measured = self.history.epochs(self.against)
        if not len(measured):
            x = None
        elif x is not None:
            x = float(measured[int(np.abs(measured - x).argmin())])
        self.loss_chart.point_at(x)
        self.accuracy_chart.point_at(x)

    def _read_x(self, x: float) -> str:
        if self.against == "seconds":
            return f"{theme.number(x)} s"
        return f"{self.against} {round(x):,}"

    def _breaks(self, x: np.ndarray[Any, Any]) -> tuple[Break, ...]:
        """Where training went on from the weights of an earlier epoch than the one before."""
        return tuple(
            Break(float(x[k - 1] + x[k]) / 2, _goes_on(record.from_epoch))
            for k, record in enumerate(self.history.records)
            if k and record.from_epoch is not None
        )

    def _marker(self, name: str, x: np.ndarray[Any, Any]) -> Marker | None:
        """The early-stopping marker: best epoch, patience, and what was trained beyond it."""
        history = self.history
        stopping = self._bridge.project.training.early_stopping
        if history.best_epoch is None or stopping is None or not history.records:
            return None
        index = int(np.searchsorted(history.epochs("epoch"), history.best_epoch))
        record = history.records[min(index, len(history.records) - 1)]
        if record.epoch != history.best_epoch:
            return None
        value = getattr(record, f"validation_{name}")
        where = "validation"
        if value is None:
            value, where = getattr(record, name), "training"
        waited = min(history.waited or 0, stopping.patience)
        patience = f"patience {waited} of {stopping.patience}"
        shown = f"{where} {name} {theme.number(value)}"
        if name == "accuracy":
            title = f"weights restored: {shown}" if history.restored else f"at best: {shown}"
        else:
            monitor = history.monitor or stopping.monitor
            figure = record.figure(monitor)
            if figure is not None and figure != value:
                shown = f"{monitoring.title(monitor)} {theme.number(figure)}"
            title = f"best: epoch {history.best_epoch}, {shown}"
        return Marker(float(x[index]), value, float(x[-1]), title, patience)


def _level(title: str, value: float) -> Line:
    """A figure that does not change, over the whole width."""
    return Line(
        title,
        lambda low, high, pixels: (np.array([low, high]), np.array([value, value])),
        (value, value),
        theme.current().secondary,
        thin=True,
        read=lambda x: value,
    )


def _goes_on(epoch: int) -> str:
    return f"goes on from epoch {epoch:,}'s weights" if epoch else "goes on from initial weights"


def _line(title: str, x: Any, y: Any, dashed: bool, breaks: Sequence[float]) -> Line:
    finite = y[np.isfinite(y)]

    def points(low: float, high: float, pixels: int) -> tuple[Any, Any]:
        """The line with a gap at every break."""
        thin_x, thin_y = thinned(x, y, max(100, pixels // 2))
        at = np.searchsorted(thin_x, breaks)
        return np.insert(thin_x, at, breaks), np.insert(thin_y, at, np.nan)

    def read(at: float) -> float | None:
        """The value at the epoch nearest to the pointer."""
        return float(y[int(np.abs(x - at).argmin())])

    return Line(
        title,
        points,
        (float(finite.min()), float(finite.max())) if finite.size else None,
        theme.current().positive,
        dashed=dashed,
        read=read,
    )
