"""Every question is answered at once, at random: a dialog is shown, drawn, answered and closed."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtGui import QDesktopServices, QDrag
from PySide6.QtWidgets import QAbstractButton, QDialog, QFileDialog, QMenu


class Answers:
    """Takes the place of whoever sits before the dialogs.

    ``staying`` makes every question about leaving come back with "cancel"; ``files`` are chosen
    where a file is asked for, and what is saved goes into ``folder``.
    """

    def __init__(self, chance: random.Random, folder: Path) -> None:
        self.chance = chance
        self.folder = folder
        self.files: list[Path] = []
        self.staying = False
        self.leaving = False
        self.asked = 0
        self._before: list[tuple[Any, str, Any]] = []

    def install(self) -> None:
        """Answer from now on; `remove` ends it."""
        self._put(QDialog, "exec", lambda dialog: self._accept_or_not(dialog))
        self._put(QMenu, "exec", _returns(None))
        self._put(QDrag, "exec", _returns(None))
        self._put(QDesktopServices, "openUrl", _returns(True))
        self._put(QFileDialog, "getOpenFileName", staticmethod(self._open))
        self._put(QFileDialog, "getExistingDirectory", staticmethod(self._choose_folder))
        self._put(QFileDialog, "getSaveFileName", staticmethod(self._save))

    def remove(self) -> None:
        """Everything as it was."""
        for owner, name, value in reversed(self._before):
            setattr(owner, name, value)
        self._before.clear()

    def _put(self, owner: Any, name: str, value: Any) -> None:
        self._before.append((owner, name, getattr(owner, name)))
        setattr(owner, name, value)

    def _accept_or_not(self, dialog: QDialog) -> int:
        self.asked += 1
        dialog.show()
        dialog.grab()
        buttons = [b for b in dialog.findChildren(QAbstractButton) if b.isEnabled()]
        wanted = {"cancel", "go on training"} if self.staying else None
        if self.leaving:
            wanted = {"do not save", "don't save", "discard", "stop and close", "close", "stop"}
        fitting = [b for b in buttons if wanted and b.text().replace("&", "").lower() in wanted]
        named = [b for b in buttons if b.text()]
        if fitting or (named and wanted is None):
            self.chance.choice(fitting or named).click()
        if dialog.isVisible():
            (dialog.reject if self.staying or self.chance.random() < 0.5 else dialog.accept)()
        result = dialog.result()
        dialog.hide()
        return int(result)

    def _open(self, *_: Any, **__: Any) -> tuple[str, str]:
        chosen = self.chance.choice([Path(), *self.files])
        return ("" if chosen == Path() else str(chosen)), ""

    def _choose_folder(self, *_: Any, **__: Any) -> str:
        return str(self.folder) if self.chance.random() < 0.7 else ""

    def _save(self, *_: Any, **__: Any) -> tuple[str, str]:
        if self.staying or self.chance.random() < 0.2:
            return "", ""
        suffix = self.chance.choice(["", ".nns", ".npz", ".png", ".csv"])
        return str(self.folder / f"saved-{self.chance.randrange(3)}{suffix}"), ""


def _returns(value: Any) -> Callable[..., Any]:
    return lambda *_, **__: value
