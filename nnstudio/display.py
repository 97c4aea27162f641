"""Whether a window can be seen, found out before one is opened.

Without a display that answers, or with a system library missing, Qt ends the whole process with a
text of its own. So on systems where that happens the usual display, an X server of this machine, is
looked at first; in any doubt a second process tries, while this one is still reading modules.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from nnstudio.spec import Problem, ProblemError

PATIENCE = 30.0  # seconds for the second process; a display that hangs would hang the app, too

#: What the second process does. A packaged app has no Python to give it to: it calls itself.
TRIAL = """
try:
    import resource
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
except (ImportError, OSError, ValueError):
    pass
from PySide6.QtGui import QGuiApplication
QGuiApplication([])
"""
TRIAL_OPTION = "--try-display"

_PACKAGES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libOpenGL.so.0": "libopengl0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libX11.so.6": "libx11-6",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb.so.1": "libxcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
}
_WAYLAND = {
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
}
_MISSING = re.compile(r"(lib[\w.+-]+?\.so[\d.]*): cannot open shared object file")
_NO_ANSWER = ("could not connect to display", "Failed to create wl_display")


def has_display() -> bool:
    """Whether a window could be seen, as far as the environment says."""
    platform = os.environ.get("QT_QPA_PLATFORM", "").split(":")[0]
    if platform in ("offscreen", "minimal"):
        return False
    if platform or sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


class NoAnswerError(Exception):
    """There is a display in the environment, but nothing behind it. Its text names the display."""


class Trial:
    """Tries to connect to the display, in a second process if in doubt; begins when it is made."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        if sys.platform in ("win32", "darwin"):
            return  # there is always a display, and Qt brings its libraries along
        if os.environ.get("QT_QPA_PLATFORM", "").startswith("vnc"):
            return  # it waits for a viewer, of which there is room for one
        if _x_server_answers():
            return
        frozen = getattr(sys, "frozen", False)
        arguments = [TRIAL_OPTION] if frozen else ["-c", TRIAL]
        with suppress(OSError):  # without a second process the app itself shows whether it can
            self._process = subprocess.Popen(
                [sys.executable, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=_environment(),
            )

    def end(self) -> None:
        """Wait for the outcome; returns if a window can be opened.

        Raises `NoAnswerError` if the display does not answer, and `ProblemError` with what to
        install or to do if Qt cannot use it.
        """
        if self._process is None:
            return
        try:
            _, written = self._process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
            raise NoAnswerError(_name()) from None
        if self._process.returncode == 0:
            return
        text = written.decode("utf-8", "replace")
        library = _library_missing(text)
        if library:
            raise ProblemError(missing_library(library))
        if any(words in text for words in _NO_ANSWER):
            raise NoAnswerError(_name())
        raise ProblemError(_cannot_open(text, self._process.returncode))


def try_display() -> int:
    """What a packaged app does when it is called to try the display."""
    exec(TRIAL, {})
    return 0


@contextmanager
def qt_or_advice() -> Iterator[None]:
    """Turn the failure to load Qt into a `ProblemError` that names the package to install."""
    try:
        yield
    except ImportError as error:
        if (error.name or "").startswith(("PySide6", "shiboken6")) or ".so" in str(error):
            raise ProblemError(missing_library(error)) from None
        raise


def missing_library(error: object) -> Problem:
    """What to install when Qt cannot be loaded; `error` begins with the library's file name."""
    library = str(error).split(":")[0].strip()
    known = _PACKAGES | _WAYLAND
    if library in known:
        packages = [known[library], *_others_missing(library)]
        return Problem(
            f"The system library {library} is missing, which the window needs",
            f"On Debian or Ubuntu: sudo apt-get install {' '.join(dict.fromkeys(packages))}",
        )
    if re.fullmatch(r"lib[\w.+-]+\.so[\d.]*", library):
        return Problem(
            f"The system library {library} is missing, which the window needs",
            "Install the package of your system that holds it.",
        )
    return Problem(
        "Qt, which draws the window, cannot be loaded",
        f"It says: {error}. Try: python -m pip install --force-reinstall nnstudio",
    )


def _x_server_answers() -> bool:
    """Whether an X server of this machine takes connections and Qt's plugin for it can be loaded.

    It takes a few milliseconds, where a second process takes a tenth of a second. False says that
    this is not known.
    """
    platform = os.environ.get("QT_QPA_PLATFORM", "xcb")
    if platform != "xcb" or not os.environ.get("DISPLAY", "").startswith(":"):
        return False
    import ctypes
    from importlib.util import find_spec

    found = find_spec("PySide6")
    if found is None or found.origin is None:
        return False
    plugin = Path(found.origin).parent / "Qt" / "plugins" / "platforms" / "libqxcb.so"
    try:
        if not plugin.is_file():
            return False
        xcb = ctypes.CDLL("libxcb.so.1")
        xcb.xcb_connect.restype = ctypes.c_void_p
        connection = ctypes.c_void_p(xcb.xcb_connect(None, None))
        answers = not xcb.xcb_connection_has_error(connection)
        xcb.xcb_disconnect(connection)
        if answers:
            ctypes.CDLL(str(plugin))
    except OSError:
        return False
    return answers


def _others_missing(first: str) -> list[str]:
    """The packages of the other libraries that are missing, so that all are installed at once."""
    import ctypes

    wayland = first in _WAYLAND or not os.environ.get("DISPLAY")
    found = []
    for name, package in (_WAYLAND if wayland else _PACKAGES).items():
        try:
            ctypes.CDLL(name)
        except OSError:
            found.append(package)
    return found


def _library_missing(text: str) -> str:
    """The library for which Qt's platform plugin, or Qt itself, could not be loaded; or empty."""
    found = [(line, match[1]) for line in text.splitlines() if (match := _MISSING.search(line))]
    own = [name for line, name in found if "qxcb" in line or "ImportError" in line]
    return next(iter(own or [name for _, name in found]), "")


def _environment() -> dict[str, str]:
    """That of the app, without what would make the trial be taken for the app."""
    apart = ("SESSION_MANAGER", "DESKTOP_STARTUP_ID", "XDG_ACTIVATION_TOKEN", "QT_LOGGING_RULES")
    kept = {name: value for name, value in os.environ.items() if name not in apart}
    return kept | {"QT_DEBUG_PLUGINS": "1", "LC_ALL": "C"}


def _name() -> str:
    """The display as the learner knows it."""
    x11, wayland = os.environ.get("DISPLAY", ""), os.environ.get("WAYLAND_DISPLAY", "")
    return x11 or wayland or os.environ.get("QT_QPA_PLATFORM", "")


def _cannot_open(text: str, code: int) -> Problem:
    chatter = ("qt.core.", "qt.qpa.plugin: From", "This application failed", "Available platform")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    told = [line for line in lines if not line.startswith(chatter)]
    said = told[-1].removeprefix("qt.qpa.plugin: ") if told else f"it ended with code {code}"
    return Problem(
        "No window can be opened on this display",
        f"Qt says: {said.rstrip('.')}. Without a window, “nnstudio --demo DIR” draws it into "
        "files, and “nnstudio train”, “evaluate” and “predict” need none.",
    )
