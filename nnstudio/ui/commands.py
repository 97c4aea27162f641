"""Every command of the window as an action: its text, icon, shortcut and what it does.

The menus, the toolbar, the list of shortcuts and the key bindings all read this one table. What
belongs to the canvas is declared there and only named here, in the menus.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from nnstudio.ui import theme
from nnstudio.ui.text import tooltip

Standard = QKeySequence.StandardKey


@dataclass(frozen=True)
class Command:
    """One row of the table. ``keys`` are Qt's standard key or a text such as ``Ctrl+E``."""

    name: str
    text: str
    keys: QKeySequence.StandardKey | str | None = None
    icon: str = ""
    help: str = ""
    checkable: bool = False


COMMANDS = (
    Command("new", "&New…", Standard.New, "new", "Start a new project"),
    Command("open", "&Open", Standard.Open, "open", "Open a project"),
    Command("save", "&Save", Standard.Save, "save", "Save the project"),
    Command("save_as", "Save &as…", "Ctrl+Shift+S", "", "Save under another name"),
    Command(
        "recover",
        "&Recover unsaved work…",
        None,
        "reset",
        "What was not saved when the app ended without closing",
    ),
    Command(
        "export_model",
        "&Export model (.npz)…",
        "Ctrl+E",
        "export",
        "Write the trained network so that plain NumPy can use it",
    ),
    Command("export_curves", "Export &curves…", None, "curves", "As PNG, SVG or CSV"),
    Command("quit", "&Quit", "Ctrl+Q", "quit", "Close the app"),
    Command("undo", "&Undo", Standard.Undo, "undo", "Undo the last change"),
    Command("redo", "&Redo", "Ctrl+Shift+Z", "redo", "Redo the last undone change"),
    Command("enlarge", "&Enlarge the lower panel", "F11", "fullscreen", "", True),
    Command(
        "larger_text",
        "&Larger text",
        "Ctrl+Alt++",
        "text-size",
        "Enlarge all text, for a projector",
    ),
    Command("smaller_text", "&Smaller text", "Ctrl+Alt+-"),
    Command("normal_text", "&Normal text", "Ctrl+Alt+0"),
    Command("reduce_motion", "&Reduce motion", None, "", "Turn animations off", True),
    Command("train", "&Train", "F5", "play", "Train the network"),
    Command("pause", "&Pause", "F6", "pause", "Pause after the current batch"),
    Command("step", "&Step", "F10", "step", "Train one batch"),
    Command("step_epoch", "One &epoch", "Shift+F10", "step-epoch", "Train one epoch"),
    Command("step_back", "Step &back one epoch", "Ctrl+F10", "epoch-back", "Undo the last epoch"),
    Command("stop", "St&op", "Shift+F5", "stop", "End this run"),
    Command("reset", "&Reset", "Ctrl+R", "reset", "Back to the same initial weights"),
    Command("reinitialise", "&New weights", "Ctrl+Shift+R", "shuffle", "Draw new initial weights"),
    Command("evaluate", "E&valuate on the test set", "Ctrl+T", "evaluate"),
    Command("show_layers", "&Layers", "Ctrl+1", "layers"),
    Command("show_data", "&Data", "Ctrl+2", "data"),
    Command("show_outline", "&Outline", "Ctrl+Shift+L", "outline"),
    Command("show_properties", "&Properties", "Ctrl+3", "properties"),
    Command("show_training", "&Training set-up", "Ctrl+4", "training"),
    Command("show_curves", "&Curves", "Ctrl+5", "curves"),
    Command("show_backprop", "&Backprop", "Ctrl+6", "backprop"),
    Command("show_evaluate", "&Evaluate", "Ctrl+7", "evaluate"),
    Command("show_try_it", "Tr&y it", "Ctrl+8", "try-it"),
    Command("show_problems", "&Problems", "Ctrl+9", "problems"),
    Command("show_canvas", "The can&vas", "Ctrl+0"),
    Command("shortcuts", "Keyboard &shortcuts", "Ctrl+/", "keyboard"),
    Command("welcome", "&Welcome page", None, "hint"),
    Command("about", "&About NN Studio", None, "info"),
)

# Names of commands; "-" is a separator, "canvas:" an action of the canvas, ">" a submenu.
MENUS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "&File",
        (
            *("new", "open", ">recent", "-", "save", "save_as", "recover", "-"),
            *("export_model", "export_curves", "-", "quit"),
        ),
    ),
    (
        "&Edit",
        (
            *("undo", "redo", "-", "canvas:cut", "canvas:copy", "canvas:paste"),
            *("canvas:duplicate", "canvas:delete", "canvas:select_all", "-"),
            *("canvas:quick_add", "canvas:rename", "canvas:connect", ">align", "canvas:tidy"),
        ),
    ),
    (
        "&View",
        (
            *("canvas:zoom_in", "canvas:zoom_out", "canvas:actual_size", "canvas:fit", "-"),
            *(">panels", "enlarge", "-", ">theme", ">text_size", "reduce_motion"),
        ),
    ),
    (
        "&Train",
        (
            *("train", "pause", "step", "step_epoch", "step_back", "stop", "-"),
            *("reset", "reinitialise", "-", "evaluate"),
        ),
    ),
    ("&Help", ("welcome", "shortcuts", "-", "about")),
)
SUBMENUS: dict[str, tuple[str, tuple[str, ...]]] = {
    "align": (
        "A&lign",
        (
            *("canvas:align_left", "canvas:align_top", "-"),
            *("canvas:spread_across", "canvas:spread_down"),
        ),
    ),
    "panels": (
        "&Panels",
        (
            *("show_canvas", "show_layers", "show_data", "show_outline", "-"),
            *("show_properties", "show_training", "-"),
            *("show_curves", "show_backprop", "show_evaluate", "show_try_it", "show_problems"),
        ),
    ),
    "text_size": ("&Text size", ("larger_text", "smaller_text", "normal_text")),
}


def make_actions(
    window: QWidget, handlers: Mapping[str, Callable[[], object]]
) -> dict[str, QAction]:
    """An action for each command; raises KeyError if one has no handler."""
    actions: dict[str, QAction] = {}
    for command in COMMANDS:
        action = QAction(command.text, window)
        action.setObjectName(command.name)
        action.setCheckable(command.checkable)
        if command.icon:
            action.setIcon(theme.icon(command.icon))
        if command.keys is not None:
            bound = (
                [QKeySequence(command.keys)]
                if isinstance(command.keys, str)
                else QKeySequence.keyBindings(command.keys)
            )
            action.setShortcuts(bound)
        action.setToolTip(_tip(command.help or plain(command.text), action))
        handler = handlers[command.name]
        action.triggered.connect(lambda _=False, call=handler: call())
        window.addAction(action)
        actions[command.name] = action
    return actions


def shortcut_table(
    actions: Mapping[str, QAction],
) -> list[tuple[str, list[tuple[str, str]]]]:
    """(menu, [(text, keys)]) of every action in the menus that has a shortcut.

    `actions` holds the canvas's under names such as ``canvas:fit``.
    """
    table = []
    for menu, names in MENUS:
        rows = []
        for name in names:
            inner = SUBMENUS.get(name[1:], ("", ()))[1] if name.startswith(">") else (name,)
            for each in inner:
                action = actions.get(each)
                if action is not None and (keys := shown_keys(action)):
                    rows.append((plain(action.text()), keys))
        table.append((plain(menu), rows))
    return table


def shown_keys(action: QAction) -> str:
    """The action's first shortcut as it is written on this system."""
    return action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)


def plain(text: str) -> str:
    """An action's text without its mnemonic and dots."""
    return text.replace("&", "").removesuffix("…").rstrip(" …")


def set_tip(action: QAction, text: str) -> None:
    """Another tooltip for an action, with its keys behind it."""
    action.setToolTip(_tip(text, action))


def _tip(text: str, action: QAction) -> str:
    keys = shown_keys(action)
    return tooltip(f"{text} ({keys})" if keys else text)
