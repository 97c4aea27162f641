"""The menu bar, and the menus behind the toolbar's Step and Reset buttons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMainWindow, QMenu

from nnstudio.ui import settings, theme
from nnstudio.ui.commands import MENUS, SUBMENUS, shown_keys
from nnstudio.ui.text import ampersand, shortened, tooltip

THEMES: tuple[tuple[theme.Mode, str, str], ...] = (
    ("system", "As the &system", "monitor"),
    ("light", "&Light", "sun"),
    ("dark", "&Dark", "moon"),
    ("contrast", "&High contrast", "contrast"),
)


class Menus(QObject):
    """The window's menu bar, filled from the table of commands as soon as there are actions.

    ``file_chosen`` carries a recent file, ``theme_chosen`` a theme's name.
    """

    file_chosen = Signal(object)
    theme_chosen = Signal(str)

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._actions: Mapping[str, QAction] = {}
        self._menus: list[QMenu] = []
        self.of_buttons: dict[str, QMenu] = {}
        bar = window.menuBar()
        bar.setAccessibleName("Menus")
        for title, _ in MENUS:
            self._menus.append(bar.addMenu(title))

    def fill(self, actions: Mapping[str, QAction]) -> None:
        """Put the actions into the menus, and make those of the toolbar's buttons."""
        self._actions = actions
        for menu, (_, names) in zip(tuple(self._menus), MENUS, strict=True):
            self._fill(menu, names)
        self.of_buttons = {
            "step": self._of_button(("step", "step_epoch", "step_back")),
            "reset": self._of_button(("reset", "reinitialise")),
        }

    def _fill(self, menu: QMenu, names: Sequence[str]) -> None:
        for name in names:
            if name == "-":
                menu.addSeparator()
            elif name == ">recent":
                self._add_recent(menu)
            elif name == ">theme":
                self._add_themes(menu)
            elif name.startswith(">"):
                title, inner = SUBMENUS[name[1:]]
                submenu = menu.addMenu(title)
                self._menus.append(submenu)
                self._fill(submenu, inner)
            else:
                menu.addAction(self._actions[name])

    def _add_recent(self, menu: QMenu) -> None:
        recent = menu.addMenu("Open &recent")
        self._menus.append(recent)
        recent.setIcon(theme.icon("clock"))
        recent.setToolTipsVisible(True)
        recent.aboutToShow.connect(lambda: self._fill_recent(recent))
        self._fill_recent(recent)

    def _fill_recent(self, menu: QMenu) -> None:
        menu.clear()
        files = settings.recent_files()
        for path in files:
            action = menu.addAction(ampersand(shortened(path.name)))
            action.setToolTip(tooltip(str(path)))
            action.triggered.connect(lambda _=False, path=path: self.file_chosen.emit(Path(path)))
        if files:
            menu.addSeparator()
            menu.addAction("Clear list").triggered.connect(lambda _=False: settings.forget_files())
        else:
            menu.addAction("No projects yet").setEnabled(False)

    def _add_themes(self, menu: QMenu) -> None:
        themes = menu.addMenu("&Theme")
        self._menus.append(themes)
        group = QActionGroup(self)
        for mode, title, icon in THEMES:
            action = themes.addAction(theme.icon(icon), title)
            action.setCheckable(True)
            action.setChecked(theme.mode() == mode)
            action.triggered.connect(lambda _=False, mode=mode: self.theme_chosen.emit(mode))
            group.addAction(action)

    def _of_button(self, names: Sequence[str]) -> QMenu:
        menu = QMenu(self._window)
        self._menus.append(menu)
        titles = {
            "step": "One batch",
            "step_epoch": "One epoch",
            "step_back": "Back one epoch",
            "reset": "Same initial weights",
            "reinitialise": "New initial weights",
        }
        for name in names:
            behind = self._actions[name]
            # The keys are only written here: a second action with the same shortcut disables both.
            keys = shown_keys(behind)
            action = menu.addAction(
                behind.icon(), f"{titles[name]}\t{keys}" if keys else titles[name]
            )
            action.setToolTip(behind.toolTip())
            action.setEnabled(behind.isEnabled())
            action.triggered.connect(lambda _=False, behind=behind: behind.trigger())
            behind.changed.connect(
                lambda action=action, behind=behind: action.setEnabled(behind.isEnabled())
            )
        return menu
