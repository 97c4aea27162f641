"""Changes of a worksheet that can be taken back."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QUndoCommand

from nnstudio.analysis.expression import Worksheet


class SheetEdit(QUndoCommand):
    """One change, kept as the worksheets before and after; a drag's many changes become one."""

    def __init__(
        self,
        label: str,
        before: Worksheet,
        after: Worksheet,
        take: Callable[[Worksheet], None],
        merge: str = "",
    ) -> None:
        super().__init__(label)
        self._before = before
        self._after = after
        self._take = take
        self._merge = merge

    def id(self) -> int:
        return 1 if self._merge else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, SheetEdit) or other._merge != self._merge:
            return False
        self._after = other._after
        return True

    def redo(self) -> None:
        self._take(self._after)

    def undo(self) -> None:
        self._take(self._before)
