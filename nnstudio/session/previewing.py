"""Looking into a learner's file beside the window, which lives on meanwhile.

However large a file is, the window does not wait for it: a thread reads, and whoever asked comes
back for what it found.
"""

from __future__ import annotations

import threading

from nnstudio.data.interrupting import InterruptedReadingError, interruptible
from nnstudio.data.preview import Preview, preview
from nnstudio.data.text_files import TextFile, TextFolder


class Previewer:
    """Looks into one file or folder at a time; a newer wish makes an older one void."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._number = 0
        self._found: Preview | None = None
        self._last: Preview | None = None
        self._thread: threading.Thread | None = None

    def look(self, source: TextFile | TextFolder) -> None:
        """Begin to look into this source; what was looked into before is given up."""
        with self._lock:
            self._number += 1
            self._found = None
            self._thread = threading.Thread(
                target=self._look, args=(source, self._number), name="preview", daemon=True
            )
            self._thread.start()

    def take(self, wait: float = 0.0) -> Preview | None:
        """What was found, once; None while reading goes on, after `wait` seconds at most."""
        if wait and self._thread is not None:
            self._thread.join(wait)
        with self._lock:
            found, self._found = self._found, None
            return found

    def forget(self) -> None:
        """Nobody wants to know any more; reading ends soon."""
        with self._lock:
            self._number += 1
            self._found = self._last = None

    def _look(self, source: TextFile | TextFolder, number: int) -> None:
        try:
            with interruptible(lambda: self._number != number):
                found = preview(source, self._last)
        except InterruptedReadingError:
            return
        with self._lock:
            if self._number == number:
                self._found = self._last = found
