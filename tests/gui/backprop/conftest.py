"""Expression mode by itself, as large as the mock-up shows it."""

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, Signal

from nnstudio.ui import settings
from nnstudio.ui.backprop.expression.mode import ExpressionMode


class FakeBridge(QObject):
    """All that expression mode needs of the bridge."""

    message = Signal(str)


@pytest.fixture
def mode(qtbot):
    settings.put("backprop/digits", 4)
    made = ExpressionMode(FakeBridge())
    made.resize(1210, 800)
    made.show()
    qtbot.waitExposed(made)
    made.view.setFocus()
    yield made
    made.close()
    made.deleteLater()
    # At once: a hundred closed panels would all be styled anew for the next test.
    QCoreApplication.sendPostedEvents(made, QEvent.Type.DeferredDelete)
