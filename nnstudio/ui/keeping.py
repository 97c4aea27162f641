"""A list, table or tree that is filled anew with the same rows keeps the place one was at in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QItemSelectionModel, QModelIndex
from PySide6.QtWidgets import QAbstractItemView

_Path = tuple[tuple[int, int], ...]


@contextmanager
def place_kept(*views: QAbstractItemView) -> Iterator[None]:
    """Current row, selection and scroll position of the views are the same after the block.

    No signal tells of it: nothing was chosen anew.
    """
    before = [(view, _path(view.currentIndex()), _selected(view), _bars(view)) for view in views]
    yield
    for view, current, selected, bars in before:
        view.blockSignals(True)
        selection = view.selectionModel()
        flags = QItemSelectionModel.SelectionFlag
        for path in selected:
            selection.select(_index(view, path), flags.Select)
        if current and (index := _index(view, current)).isValid():
            selection.setCurrentIndex(index, flags.NoUpdate)
        view.blockSignals(False)
        view.doItemsLayout()
        for bar, value in zip(
            (view.verticalScrollBar(), view.horizontalScrollBar()), bars, strict=True
        ):
            bar.setValue(value)
        view.viewport().update()


def _path(index: QModelIndex) -> _Path:
    steps: list[tuple[int, int]] = []
    while index.isValid():
        steps.append((index.row(), index.column()))
        index = index.parent()
    return tuple(reversed(steps))


def _index(view: QAbstractItemView, path: _Path) -> QModelIndex:
    found = view.rootIndex()
    for row, column in path:
        found = view.model().index(row, column, found)
    return found


def _selected(view: QAbstractItemView) -> list[_Path]:
    return [_path(index) for index in view.selectionModel().selectedIndexes()]


def _bars(view: QAbstractItemView) -> tuple[int, int]:
    return view.verticalScrollBar().value(), view.horizontalScrollBar().value()
