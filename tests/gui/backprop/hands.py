"""What a learner's hands and eyes do in expression mode."""

from PySide6.QtTest import QTest


def press(mode, key, times=1):
    for _ in range(times):
        QTest.keyClick(mode.view, key)


def screen(mode):
    """What stands on the cards: expression → (value, gradient)."""
    graph = mode.sheet.graph
    return {
        graph.written(id): (card.face.value, card.face.gradient)
        for id, card in mode.scene.cards.items()
    }
