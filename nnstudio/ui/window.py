"""The main window: canvas in the middle, docks around it, one table of commands for all."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QMainWindow, QStackedWidget, QToolButton, QWidget

from nnstudio.ui import dialogs, settings, theme
from nnstudio.ui.bridge import Bridge
from nnstudio.ui.canvas.palette import LayerPalette
from nnstudio.ui.canvas.view import CanvasView
from nnstudio.ui.commands import make_actions, set_tip, shortcut_table
from nnstudio.ui.documents import SUFFIX, Documents
from nnstudio.ui.menus import Menus
from nnstudio.ui.panels.curves import CurvesPanel
from nnstudio.ui.panels.problems import ProblemsPanel
from nnstudio.ui.panels.properties import PropertiesPanel
from nnstudio.ui.panels.training import TrainingPanel
from nnstudio.ui.run_commands import RunCommands
from nnstudio.ui.status import Status
from nnstudio.ui.tabbed_dock import TabbedDock
from nnstudio.ui.toolbar import Toolbar
from nnstudio.ui.welcome import Welcome

SIZES = {"left": 236, "right": 296, "bottom": 300}
STATE_VERSION = 1
SHOWN_PAGES = (
    *("layers", "data", "outline", "properties", "training"),
    *("curves", "backprop", "evaluate", "try_it", "problems"),
)


class MainWindow(QMainWindow):
    """Shows one session. Closing it asks what has to be asked and closes the session."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self.bridge = bridge
        self._before_welcome: QByteArray | None = None
        self._before_large: QByteArray | None = None
        self.setObjectName("window")
        self.setAcceptDrops(True)
        self.setDockNestingEnabled(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.documents = Documents(bridge, self)
        self.canvas = CanvasView(bridge)
        self.welcome = Welcome()
        self.pages = QStackedWidget()
        self.pages.addWidget(self.canvas)
        self.pages.addWidget(self.welcome)
        self.setCentralWidget(self.pages)
        self.docks: dict[str, TabbedDock] = {}
        self._make_docks()
        self.run_commands = RunCommands(bridge, self)
        self.actions_by_name = make_actions(self, self._handlers())
        canvas_actions = {f"canvas:{n}": a for n, a in self.canvas.actions_by_name.items()}
        self.actions_by_name.update(canvas_actions)
        self.run_commands.attach(self.actions_by_name)
        self.menus = Menus(self, self.actions_by_name)
        self.toolbar = Toolbar(bridge, self.actions_by_name, self.menus.of_buttons)
        self.addToolBar(self.toolbar)
        self.status = Status(bridge)
        self.setStatusBar(self.status)
        self._connect()
        self._restore()
        self._show_name()
        self._show_history()

    # ---- what is shown --------------------------------------------------------------------------

    def show_welcome(self) -> None:
        """The first page alone: there is nothing to arrange yet, so the docks wait."""
        if self.pages.currentWidget() is self.welcome:
            return
        self.enlarge(False)
        self._before_welcome = self.saveState(STATE_VERSION)
        for dock in self.docks.values():
            dock.hide()
        self.toolbar.hide()
        self.status.hide()
        self.welcome.refresh()
        self.pages.setCurrentWidget(self.welcome)
        self.welcome.cards[0].setFocus(Qt.FocusReason.OtherFocusReason)
        self._show_name()

    def show_studio(self) -> None:
        """Canvas and docks as they were."""
        if self.pages.currentWidget() is self.canvas:
            return
        self.pages.setCurrentWidget(self.canvas)
        self.toolbar.show()
        self.status.show()
        for dock in self.docks.values():
            dock.show()
        if self._before_welcome is not None:
            self.restoreState(self._before_welcome, STATE_VERSION)
            self._before_welcome = None
        self.canvas.setFocus(Qt.FocusReason.OtherFocusReason)
        self._show_name()

    def show_panel(self, name: str) -> None:
        """Bring a page of a dock to the front, showing the dock if it was closed."""
        self.show_studio()
        for key, dock in self.docks.items():
            if name in dock.pages():
                if key != "bottom":
                    self.enlarge(False)
                dock.show()
                dock.show_page(name)
                dock.raise_()

    def panel(self, name: str) -> QWidget:
        """The widget of a panel, such as ``"evaluate"``; raises KeyError if there is none."""
        for dock in self.docks.values():
            if name in dock.pages():
                return dock.page(name)
        raise KeyError(name)

    def enlarge(self, on: bool) -> None:
        """Give the lower panel the middle of the window, or give the canvas its place back."""
        if on == (self._before_large is not None):
            return
        if on:
            self.show_studio()
            self._before_large = self.saveState(STATE_VERSION)
            self.docks["bottom"].show()
            self.docks["right"].hide()
            self.pages.hide()
        else:
            self.pages.show()
            assert self._before_large is not None
            self.restoreState(self._before_large, STATE_VERSION)
            self._before_large = None
        self.actions_by_name["enlarge"].setChecked(on)
        self._enlarge_button.setIcon(theme.icon("fullscreen" if not on else "chevron-down"))

    def set_theme(self, mode: theme.Mode) -> None:
        """Take a palette and remember it."""
        settings.put("theme", mode)
        theme.set_mode(mode)

    def set_text_scale(self, factor: float) -> None:
        """Take another text size and remember it."""
        theme.set_scale(factor)
        settings.put("text_scale", theme.scale())

    # ---- how it is built ------------------------------------------------------------------------

    def _make_docks(self) -> None:
        area, bridge = Qt.DockWidgetArea, self.bridge
        self.properties = PropertiesPanel(bridge)
        self.curves = CurvesPanel(bridge)
        self.problems = ProblemsPanel(bridge)
        left = TabbedDock("left", "Layers and data", self)
        left.add("layers", "Layers", partial(LayerPalette, bridge))
        left.add("data", "Data", self._make_data)
        left.add("outline", "Outline", self._make_outline)
        right = TabbedDock("right", "Properties and training", self)
        right.add("properties", self.properties.title, lambda: self.properties)
        right.add("training", "Training", partial(TrainingPanel, bridge))
        bottom = TabbedDock("bottom", "Curves, backprop and results", self)
        bottom.add("curves", "Curves", lambda: self.curves)
        bottom.add("backprop", "Backprop", self._make_backprop)
        bottom.add("evaluate", "Evaluate", self._make_evaluate)
        bottom.add("try_it", "Try it", self._make_try_it)
        bottom.add("problems", self.problems.title, lambda: self.problems)
        for dock, name in ((right, "properties"), (bottom, "curves"), (bottom, "problems")):
            dock.page(name)  # these listen from the beginning
        self.properties.title_changed.connect(lambda t: right.set_title("properties", t))
        self.problems.title_changed.connect(lambda t: bottom.set_title("problems", t))
        self._enlarge_button = QToolButton()
        self._enlarge_button.setIcon(theme.icon("fullscreen"))
        self._enlarge_button.setAccessibleName("Enlarge the lower panel")
        bottom.strip.add_button(self._enlarge_button)
        self.docks = {"left": left, "right": right, "bottom": bottom}
        self.addDockWidget(area.LeftDockWidgetArea, left)
        self.addDockWidget(area.RightDockWidgetArea, right)
        self.addDockWidget(area.BottomDockWidgetArea, bottom)
        self.setCorner(Qt.Corner.BottomLeftCorner, area.LeftDockWidgetArea)
        self.setCorner(Qt.Corner.BottomRightCorner, area.RightDockWidgetArea)
        self.setCorner(Qt.Corner.TopLeftCorner, area.LeftDockWidgetArea)
        self.setCorner(Qt.Corner.TopRightCorner, area.RightDockWidgetArea)

    # A panel is built, and its module read, when it is first shown: the window is there sooner.

    def _make_data(self) -> QWidget:
        from nnstudio.ui.panels.data import DataPanel

        return DataPanel(self.bridge)

    def _make_outline(self) -> QWidget:
        from nnstudio.ui.canvas.outline import Outline

        return Outline(self.bridge)

    def _make_backprop(self) -> QWidget:
        from nnstudio.ui.backprop.panel import BackpropPanel

        return BackpropPanel(self.bridge)

    def _make_evaluate(self) -> QWidget:
        from nnstudio.ui.panels.evaluate import EvaluatePanel

        return EvaluatePanel(self.bridge)

    def _make_try_it(self) -> QWidget:
        from nnstudio.ui.panels.try_it import TryItPanel

        return TryItPanel(self.bridge)

    def _handlers(self) -> dict[str, Callable[[], object]]:
        documents = self.documents
        handlers: dict[str, Callable[[], object]] = {
            "new": self._begin,
            "open": documents.open,
            "save": documents.save,
            "save_as": documents.save_as,
            "export_model": self._export_model,
            "export_curves": self._export_curves,
            "quit": self.close,
            "undo": lambda: self.bridge.store.undo(),
            "redo": lambda: self.bridge.store.redo(),
            "enlarge": lambda: self.enlarge(self._before_large is None),
            "larger_text": lambda: self.set_text_scale(theme.scale() * 1.15),
            "smaller_text": lambda: self.set_text_scale(theme.scale() / 1.15),
            "normal_text": lambda: self.set_text_scale(1.0),
            "reduce_motion": self._toggle_motion,
            "show_canvas": self._show_canvas,
            "shortcuts": self._show_shortcuts,
            "welcome": self.show_welcome,
            "about": lambda: dialogs.show_about(self),
        }
        for name in SHOWN_PAGES:
            handlers[f"show_{name}"] = partial(self._show_and_focus, name)
        handlers.update(self.run_commands.handlers())
        return handlers

    def _connect(self) -> None:
        bridge = self.bridge
        self.menus.file_chosen.connect(self.documents.open)
        self.menus.theme_chosen.connect(self.set_theme)
        self.welcome.began.connect(self.documents.new)
        self.welcome.opened.connect(self.documents.open)
        self.documents.changed.connect(self._show_name)
        self.documents.entered.connect(self.show_studio)
        bridge.project_changed.connect(self._show_history)
        bridge.panel_wanted.connect(self.show_panel)
        enlarge = self.actions_by_name["enlarge"]
        self._enlarge_button.setToolTip(enlarge.toolTip())
        self._enlarge_button.clicked.connect(lambda: enlarge.trigger())
        self.actions_by_name["reduce_motion"].setChecked(theme.reduced_motion())

    # ---- commands -------------------------------------------------------------------------------

    def _begin(self) -> None:
        if self.documents.may_leave():
            self.show_welcome()

    def _export_model(self) -> None:
        folder = self.documents.path.parent if self.documents.path else Path.home()
        suggestion = str(folder / f"{self.documents.name}.npz")
        chosen = dialogs.choose_save(
            self, "Export the model", suggestion, [("NumPy archive", ".npz")]
        )
        if chosen:
            self.run_commands.export(Path(chosen))

    def _export_curves(self) -> None:
        self.show_panel("curves")
        self.curves.export(self.documents.name)

    def _toggle_motion(self) -> None:
        reduced = self.actions_by_name["reduce_motion"].isChecked()
        theme.set_reduced_motion(reduced)
        settings.put("reduce_motion", reduced)

    def _show_canvas(self) -> None:
        self.enlarge(False)
        self.show_studio()
        self.canvas.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _show_and_focus(self, name: str) -> None:
        self.show_panel(name)
        for dock in self.docks.values():
            if name in dock.pages():
                dock.strip.bar.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _show_shortcuts(self) -> None:
        dialogs.show_shortcuts(self, shortcut_table(self.actions_by_name))

    # ---- what the documents and the history say -------------------------------------------------

    def _show_name(self) -> None:
        if self.pages.currentWidget() is self.welcome:
            self.setWindowTitle("NN Studio")
            self.setWindowModified(False)
        else:
            self.setWindowTitle(f"{self.documents.name}[*] – NN Studio")
            self.setWindowModified(self.bridge.store.unsaved)
        self.status.refresh()

    def _show_history(self) -> None:
        store = self.bridge.store
        for name, label, word in (
            ("undo", store.undo_label, "Undo"),
            ("redo", store.redo_label, "Redo"),
        ):
            action = self.actions_by_name[name]
            action.setEnabled(label is not None)
            set_tip(action, f"{word}: {label}" if label else f"Nothing to {word.lower()}")
            action.setText(f"&{word} {label}" if label else f"&{word}")

    # ---- geometry, drops, closing ---------------------------------------------------------------

    def _restore(self) -> None:
        self.resize(1440, 900)
        self.setMinimumSize(1000, 640)
        sizes = [round(size * theme.scale()) for size in SIZES.values()]
        docks = list(self.docks.values())
        self.resizeDocks(docks[:2], sizes[:2], Qt.Orientation.Horizontal)
        self.resizeDocks(docks[2:], sizes[2:], Qt.Orientation.Vertical)
        remembered = settings.settings()
        geometry, state = remembered.value("geometry"), remembered.value("docks")
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)
        if isinstance(state, QByteArray):
            self.restoreState(state, STATE_VERSION)

    def _remember(self) -> None:
        self.enlarge(False)
        state = self._before_welcome
        settings.put("geometry", self.saveGeometry())
        settings.put("docks", state if state is not None else self.saveState(STATE_VERSION))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _dropped_project(event) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        if (path := _dropped_project(event)) is not None:
            event.acceptProposedAction()
            self.documents.open(path)

    def closeEvent(self, event: QCloseEvent) -> None:
        running = self.bridge.session.state == "running"
        if running and not dialogs.ask_stop(self):
            event.ignore()
            return
        if running:
            self.run_commands.stop_and_wait()
        if not self.documents.may_leave():
            event.ignore()
            return
        self._remember()
        self.documents.close()
        self.bridge.close(timeout=2.0)
        event.accept()


def _dropped_project(event: QDropEvent) -> Path | None:
    for url in event.mimeData().urls():
        path = Path(url.toLocalFile())
        if path.suffix.lower() == SUFFIX and path.is_file():
            return path
    return None
