"""How network mode's parts lie: the bar, the words of the step, its arrays, and the details."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QSplitter, QVBoxLayout, QWidget

from nnstudio.ui import theme

NARROW = 620
"""Pixels below which the words stand above the arrays, not beside them."""


class WorkedPage(QWidget):
    """The page while there is a pass to work; ``body`` is all of it below the bar."""

    def __init__(self, bar: QWidget, words: QWidget, arrays: QWidget, details: QWidget) -> None:
        super().__init__()
        self._words = words
        self.columns = QSplitter(Qt.Orientation.Horizontal)
        for widget in (words, arrays, details):
            self.columns.addWidget(widget)
        for place, share in enumerate((3, 5, 5)):
            self.columns.setStretchFactor(place, share)
        self.columns.setSizes([230, 330, 390])
        self.body = QSplitter(Qt.Orientation.Vertical)
        self.body.addWidget(self.columns)
        for splitter in (self.columns, self.body):
            splitter.setChildrenCollapsible(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        rule = QFrame()
        rule.setProperty("role", "rule")
        column.addWidget(bar)
        column.addWidget(rule)
        column.addWidget(self.body)
        column.setStretch(2, 1)

    def fit(self, width: int) -> None:
        """Where there is little room, the words stand above the arrays, not beside them."""
        narrow = width < NARROW * theme.scale()
        above = self.body.count() == 2
        if narrow and not above:
            self.body.insertWidget(0, self._words)
            self.body.setSizes([100, 240])
        elif above and not narrow:
            self.columns.insertWidget(0, self._words)
            self.columns.setSizes([230, 330, 390])
