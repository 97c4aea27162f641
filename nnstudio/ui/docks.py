"""The docks around the canvas: which pages each has. A page is built when it is first shown.

Its module is read at that moment too, so the window is there sooner and a learner who never looks
into a panel never waits for it.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QWidget

from nnstudio.ui.bridge import Bridge
from nnstudio.ui.panels.curves import CurvesPanel
from nnstudio.ui.panels.problems import ProblemsPanel
from nnstudio.ui.panels.properties import PropertiesPanel
from nnstudio.ui.tabbed_dock import TabbedDock

if TYPE_CHECKING:
    from nnstudio.ui.window import MainWindow

SIZES = {"left": 236, "right": 296, "bottom": 300}
SETTLED = 20  # milliseconds after which the docks stand where they were put
SHOWN_PAGES = (
    *("layers", "data", "outline", "properties", "training"),
    *("curves", "backprop", "evaluate", "try_it", "problems"),
)


def make_docks(window: MainWindow, bridge: Bridge) -> dict[str, TabbedDock]:
    """The three docks, hidden, in their places."""
    left = TabbedDock("left", "Layers and data", window)
    right = TabbedDock("right", "Properties and training", window)
    bottom = TabbedDock("bottom", "Curves, backprop and results", window)
    left.setMinimumWidth(220)
    right.setMinimumWidth(244)
    docks = {"left": left, "right": right, "bottom": bottom}
    area, corner = Qt.DockWidgetArea, Qt.Corner
    areas = (area.LeftDockWidgetArea, area.RightDockWidgetArea, area.BottomDockWidgetArea)
    for dock, where in zip(docks.values(), areas, strict=True):
        dock.hide()
        window.addDockWidget(where, dock)
    for place in (corner.TopLeftCorner, corner.BottomLeftCorner):
        window.setCorner(place, area.LeftDockWidgetArea)
    for place in (corner.TopRightCorner, corner.BottomRightCorner):
        window.setCorner(place, area.RightDockWidgetArea)
    properties, problems = PropertiesPanel(bridge), ProblemsPanel(bridge)
    left.add("layers", "Layers", partial(_layers, bridge))
    left.add("data", "Data", partial(_data, bridge))
    left.add("outline", "Outline", partial(_outline, bridge))
    right.add("properties", properties.title, lambda: properties)
    right.add("training", "Training", partial(_training, bridge))
    bottom.add("curves", "Curves", partial(CurvesPanel, bridge))
    bottom.add("backprop", "Backprop", partial(_backprop, window, bottom, bridge))
    bottom.add("evaluate", "Evaluate", partial(_evaluate, bridge))
    bottom.add("try_it", "Try it", partial(_try_it, bridge))
    bottom.add("problems", problems.title, lambda: problems)
    for dock, name in ((right, "properties"), (bottom, "curves"), (bottom, "problems")):
        dock.page(name)  # these listen from the beginning
    properties.title_changed.connect(partial(right.set_title, "properties"))
    problems.title_changed.connect(partial(bottom.set_title, "problems"))
    bridge.number_wanted.connect(partial(_number_wanted, bottom, bridge))
    bridge.try_wanted.connect(partial(_try_wanted, bottom, bridge))
    return docks


def _number_wanted(dock: TabbedDock, bridge: Bridge, reference: object) -> None:
    """The Backprop page opens numbers; the first one asks for the page to be built."""
    if not dock.is_built("backprop"):
        dock.page("backprop")
        bridge.open_number(reference)


def _try_wanted(dock: TabbedDock, bridge: Bridge, raw: object) -> None:
    """The Try it page takes inputs; the first one asks for the page to be built."""
    if not dock.is_built("try_it"):
        dock.page("try_it")
        bridge.try_wanted.emit(raw)


class _Height(QObject):
    """Makes a lower dock higher for as long as a page wants it."""

    def __init__(self, window: MainWindow, dock: TabbedDock) -> None:
        super().__init__(dock)
        self._window = window
        self._dock = dock
        self._before = self._given = self._wanted = 0
        # The window may just be giving the canvas its place back: that has to settle first.
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(SETTLED)
        self._settled.timeout.connect(self._grow)

    def ask(self, wanted: int) -> None:
        """At least so many pixels, though never more than half the window; 0: as it was before.

        A height that was changed by hand in between stays.
        """
        self._wanted = wanted
        if wanted:
            self._settled.start()
            return
        self._settled.stop()
        if self._given and abs(self._dock.height() - self._given) < 8:
            self._resize(self._before)
        self._given = 0

    def _grow(self) -> None:
        height = self._dock.height()
        self._before = self._before if self._given else height
        self._given = min(max(height, self._wanted), self._window.height() // 2)
        self._resize(self._given)

    def _resize(self, height: int) -> None:
        self._window.resizeDocks([self._dock], [height], Qt.Orientation.Vertical)
        if (layout := self._window.layout()) is not None:
            layout.activate()  # at once: whoever asks for the height next must see this one


def _layers(bridge: Bridge) -> QWidget:
    from nnstudio.ui.canvas.palette import LayerPalette

    return LayerPalette(bridge)


def _data(bridge: Bridge) -> QWidget:
    from nnstudio.ui.panels.data import DataPanel

    return DataPanel(bridge)


def _outline(bridge: Bridge) -> QWidget:
    from nnstudio.ui.canvas.outline import Outline

    return Outline(bridge)


def _training(bridge: Bridge) -> QWidget:
    from nnstudio.ui.panels.training import TrainingPanel

    return TrainingPanel(bridge)


def _backprop(window: MainWindow, dock: TabbedDock, bridge: Bridge) -> QWidget:
    from nnstudio.ui.backprop.panel import BackpropPanel

    panel = BackpropPanel(bridge)
    panel.wants_room.connect(window.enlarge)
    panel.wants_height.connect(_Height(window, dock).ask)
    return panel


def _evaluate(bridge: Bridge) -> QWidget:
    from nnstudio.ui.panels.evaluate import EvaluatePanel

    return EvaluatePanel(bridge)


def _try_it(bridge: Bridge) -> QWidget:
    from nnstudio.ui.panels.try_it import TryItPanel

    return TryItPanel(bridge)
