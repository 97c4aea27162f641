"""The number under the pointer: a cell of a card's picture, as something that can be opened."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF

from nnstudio.analysis.references import Measured, Weight
from nnstudio.analysis.thumbnails import Thumbnail, rows_to_look_at
from nnstudio.data.dataset import Dataset
from nnstudio.ui.canvas.card import CardItem
from nnstudio.ui.canvas.thumbnails import BARS_INSET


def number_at(card: CardItem, at: QPointF, dataset: Dataset | None) -> Weight | Measured | None:
    """What the cell at this point of the scene opens; None where there is no number."""
    rect = card.picture_rect()
    if card.picture is None or dataset is None or not rect.contains(at):
        return None
    thumbnail = card.picture.thumbnail
    found = thumbnail.number_at(*_cell(thumbnail, rect, at))
    if found is None:
        return None
    what, index = found
    rows = tuple(rows_to_look_at(dataset).tolist())
    if what.startswith("w:"):
        return Weight(card.id, what[2:], index, rows)
    return Measured(card.id, what, rows, index)


def _cell(thumbnail: Thumbnail, rect: QRectF, at: QPointF) -> tuple[int, int]:
    rows, columns = (1, *thumbnail.values.shape)[-2:]
    if thumbnail.kind == "bars":
        rect = rect.adjusted(BARS_INSET, 0, -BARS_INSET, 0)
    down = (at.y() - rect.top()) / rect.height() * rows
    across = (at.x() - rect.left()) / rect.width() * columns
    return min(int(down), rows - 1), max(0, min(int(across), columns - 1))
