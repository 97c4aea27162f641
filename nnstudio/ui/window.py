"""The main window: the welcome page at once, and behind it the studio of one session."""

from __future__ import annotations

import importlib
import os
import time
from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QByteArray, Qt, QTimer
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import QMainWindow, QStackedWidget, QToolButton, QWidget

from nnstudio.ui import dialogs, settings, theme
from nnstudio.ui.commands import make_actions, set_tip, shortcut_table
from nnstudio.ui.menus import Menus
from nnstudio.ui.reading import PAGES, inspectors, lower_floors, read_ahead
from nnstudio.ui.screen import LEAST, first_size
from nnstudio.ui.text import ampersand
from nnstudio.ui.welcome import Welcome

if TYPE_CHECKING:
    from nnstudio.ui.bridge import Bridge
    from nnstudio.ui.canvas.view import CanvasView
    from nnstudio.ui.documents import Documents
    from nnstudio.ui.panels.curves import CurvesPanel
    from nnstudio.ui.panels.problems import ProblemsPanel
    from nnstudio.ui.panels.properties import PropertiesPanel
    from nnstudio.ui.run_commands import RunCommands
    from nnstudio.ui.status import Status
    from nnstudio.ui.tabbed_dock import TabbedDock
    from nnstudio.ui.toolbar import Toolbar

STATE_VERSION = 1
ROOMY = 1200  # pixels from which the left dock stays beside an enlarged panel
WIDEST = 16_777_215  # Qt's own limit
BREATH = 30  # ms for the learner between two things that are made ready


class MainWindow(QMainWindow):
    """Shows the welcome page at once; the studio behind it is built when there is time or need.

    `furnish_when_idle` builds in slices between which the window lives; `furnish` builds what is
    left at once, and whatever needs the studio calls it first. Closing the window asks what has to
    be asked and closes the session.
    """

    bridge: Bridge
    documents: Documents
    canvas: CanvasView
    properties: PropertiesPanel
    curves: CurvesPanel
    problems: ProblemsPanel
    run_commands: RunCommands
    toolbar: Toolbar
    status: Status

    def __init__(self, make_bridge: Callable[[], Bridge]) -> None:
        """`make_bridge` is called when the studio is built."""
        super().__init__()
        self.furnished = False
        self.docks: dict[str, TabbedDock] = {}
        self.actions_by_name: dict[str, QAction] = {}
        self._before_welcome: QByteArray | None = None
        self._before_large: QByteArray | None = None
        self._height_before = 0
        self._furnishing = self._build(make_bridge)
        self._idle = QTimer(self)
        self._idle.setSingleShot(True)
        self._idle.timeout.connect(self._build_a_slice)
        self.setObjectName("window")
        self.setAcceptDrops(True)
        self.setDockNestingEnabled(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.menus = Menus(self)
        self.welcome = Welcome()
        self.welcome.began.connect(self._new)
        self.welcome.opened.connect(self.open)
        self.welcome.returned.connect(self.show_studio)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.welcome)
        self.setCentralWidget(self.pages)
        self.setMinimumSize(LEAST)
        self.resize(first_size(self.screen().availableGeometry().size()))
        geometry = settings.get("geometry", None)
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)
        self.setWindowTitle("NN Studio")
        self.welcome.cards[0].setFocus(Qt.FocusReason.OtherFocusReason)

    # ---- how the studio is built ----------------------------------------------------------------

    def furnish(self) -> None:
        """Build what is left of the studio."""
        if not self.furnished:
            for pause in self._furnishing:
                time.sleep(pause / 1000)

    def furnish_when_idle(self, then: Callable[[], object]) -> None:
        """Build the studio in the moments when nothing else is to be done, and then do this."""

        def slices() -> Generator[int]:
            yield from self._furnishing
            then()
            yield from self._rehearse()

        self._slices = slices()
        self._idle.start(0)

    def _build_a_slice(self) -> None:
        pause = next(self._slices, None)
        if pause is not None:
            self._idle.start(pause)

    def _build(self, make_bridge: Callable[[], Bridge]) -> Generator[int]:
        """Every step yields the milliseconds that the next one should wait."""
        yield from read_ahead(lower_floors)
        from nnstudio.ui.documents import Documents
        from nnstudio.ui.run_commands import RunCommands

        self.bridge = bridge = make_bridge()
        self.documents = Documents(bridge, self)
        self.run_commands = RunCommands(bridge, self)
        yield 0
        from nnstudio.ui.canvas.view import CanvasView

        yield 0
        self.canvas = CanvasView(bridge)
        self.pages.addWidget(self.canvas)
        yield 0
        from nnstudio.ui.docks import make_docks

        yield 0
        self.docks = make_docks(self, bridge)
        self.properties = cast("PropertiesPanel", self.docks["right"].page("properties"))
        self.curves = cast("CurvesPanel", self.docks["bottom"].page("curves"))
        self.problems = cast("ProblemsPanel", self.docks["bottom"].page("problems"))
        yield 0
        from nnstudio.ui.status import Status
        from nnstudio.ui.toolbar import Toolbar

        self.actions_by_name.update(make_actions(self, self._handlers()))
        for name, action in self.canvas.actions_by_name.items():
            self.actions_by_name[f"canvas:{name}"] = action
        self.run_commands.attach(self.actions_by_name)
        self.menus.fill(self.actions_by_name)
        yield 0
        self.toolbar = Toolbar(bridge, self.actions_by_name, self.menus.of_buttons)
        self.toolbar.hide()
        self.addToolBar(self.toolbar)
        self.status = Status(bridge)
        self.status.hide()
        self.setStatusBar(self.status)
        self._connect()
        self._show_history()
        self.furnished = True

    def _rehearse(self) -> Generator[int]:
        """Make ready what the first clicks would wait for, while the welcome page is read."""
        for widget in (self.canvas, self.toolbar, *self.docks.values()):
            if self.pages.currentWidget() is self.welcome:
                widget.grab()  # drawn once unseen, its styles, icons and letters are at hand
                yield BREATH
        yield from read_ahead(inspectors)
        for name in PAGES:
            importlib.import_module(name)
            yield BREATH

    def _connect(self) -> None:
        bridge = self.bridge
        self.menus.file_chosen.connect(self.documents.open)
        self.menus.theme_chosen.connect(self.set_theme)
        self.documents.changed.connect(self._show_name)
        self.documents.entered.connect(self._entered)
        bridge.project_changed.connect(self._show_history)
        bridge.panel_wanted.connect(self.show_panel)
        enlarge = self.actions_by_name["enlarge"]
        self._enlarge_button = QToolButton()
        self._enlarge_button.setIcon(theme.icon("fullscreen"))
        self._enlarge_button.setAccessibleName("Enlarge the lower panel")
        self._enlarge_button.setToolTip(enlarge.toolTip())
        self._enlarge_button.clicked.connect(lambda: enlarge.trigger())
        self.docks["bottom"].strip.add_button(self._enlarge_button)
        self.actions_by_name["reduce_motion"].setChecked(theme.reduced_motion())

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
        self.welcome.refresh(self.documents.name if self.documents.begun else "")
        self.pages.setCurrentWidget(self.welcome)
        self.welcome.cards[0].setFocus(Qt.FocusReason.OtherFocusReason)
        self._show_name()

    def show_studio(self) -> None:
        """Canvas and docks as they were."""
        self.furnish()
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
        else:
            self._arrange()
        self.canvas.setFocus(Qt.FocusReason.OtherFocusReason)
        self._show_name()

    def _entered(self) -> None:
        """A project has come: its canvas is what is looked at, not a panel over it."""
        if self._before_large is not None:
            self.docks["bottom"].show_page("curves")
            self.enlarge(False)
        self.show_studio()

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
            self._height_before = self.docks["bottom"].height()
            self.docks["bottom"].show()
            self.docks["right"].hide()
            self.pages.setMaximumHeight(0)  # hidden, the docks at the sides would take its room
            self._give_room()
        else:
            self.pages.setMaximumHeight(WIDEST)
            assert self._before_large is not None
            self.restoreState(self._before_large, STATE_VERSION)
            self._before_large = None
            if (layout := self.layout()) is not None:
                layout.activate()  # before the new limit counts, no dock would give way
            bottom, height = self.docks["bottom"], self._height_before
            self.resizeDocks([bottom], [height], Qt.Orientation.Vertical)
        self.actions_by_name["enlarge"].setChecked(on)
        self._enlarge_button.setIcon(theme.icon("fullscreen" if not on else "chevron-down"))

    def _give_room(self) -> None:
        """A narrow window is left to the enlarged panel alone."""
        if self._before_large is not None:
            self.docks["left"].setVisible(self.width() >= ROOMY)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._give_room()

    def open(self, path: Path | str | None) -> None:
        """Open a project file; None asks which."""
        self.furnish()
        self.documents.open(path)

    def offer_recovery(self) -> None:
        """Offer what crashed sessions left behind, if there is anything."""
        self.furnish()
        self.documents.offer_recovery()

    def set_theme(self, mode: theme.Mode) -> None:
        """Take a palette and remember it."""
        settings.put("theme", mode)
        theme.set_mode(mode)

    def set_text_scale(self, factor: float) -> None:
        """Take another text size and remember it."""
        theme.set_scale(factor)
        settings.put("text_scale", theme.scale())

    # ---- commands -------------------------------------------------------------------------------

    def _handlers(self) -> dict[str, Callable[[], object]]:
        from nnstudio.ui.docks import SHOWN_PAGES

        documents = self.documents
        handlers: dict[str, Callable[[], object]] = {
            "new": self.show_welcome,
            "open": documents.open,
            "save": documents.save,
            "save_as": documents.save_as,
            "export_model": self._export_model,
            "export_curves": self._export_curves,
            "recover": documents.recover,
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

    def _new(self, template: str) -> None:
        self.furnish()
        self.documents.new(template)

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
            action.setText(f"&{word} {ampersand(label)}" if label else f"&{word}")

    # ---- geometry, drops, closing ---------------------------------------------------------------

    def _arrange(self) -> None:
        """The docks in their sizes, or as they were when the app was last closed."""
        from nnstudio.ui.docks import SIZES

        sizes = [round(size * theme.scale()) for size in SIZES.values()]
        docks = list(self.docks.values())
        self.resizeDocks(docks[:2], sizes[:2], Qt.Orientation.Horizontal)
        self.resizeDocks(docks[2:], sizes[2:], Qt.Orientation.Vertical)
        state = settings.get("docks", None)
        if isinstance(state, QByteArray):
            self.restoreState(state, STATE_VERSION)

    def _remember(self) -> None:
        self.enlarge(False)
        settings.put("geometry", self.saveGeometry())
        if self.pages.currentWidget() is not self.welcome:
            settings.put("docks", self.saveState(STATE_VERSION))
        elif self._before_welcome is not None:
            settings.put("docks", self._before_welcome)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _dropped_project(event) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        if (path := _dropped_project(event)) is not None:
            event.acceptProposedAction()
            self.open(path)

    def secure(self) -> None:
        """What is unsaved is on the disk when this returns, should the app be ended now."""
        if self.furnished:
            self.documents.secure()

    def closeEvent(self, event: QCloseEvent) -> None:
        event.ignore()  # whatever goes wrong on the way, the work does not go with the window
        if self.furnished and not self.documents.may_leave():
            return
        event.accept()
        self._idle.stop()
        if not self.furnished:
            self._furnishing.close()
            return
        self._remember()
        self.documents.close()
        self.bridge.close(timeout=2.0)


def _dropped_project(event: QDropEvent) -> Path | None:
    for url in event.mimeData().urls():
        path = Path(url.toLocalFile())
        if path.suffix.lower() == ".nns" and os.path.isfile(path):  # noqa: PTH113 - never raises
            return path
    return None
