"""Training ends with an error: the learner can go on at once, and nothing is lost."""

import pytest

from nnstudio.app import open_window
from nnstudio.engine.updating import Updater
from nnstudio.ui import dialogs


@pytest.mark.parametrize("error", [MemoryError(), SystemExit(1)], ids=["memory", "exit"])
def test_after_an_error_in_training_the_result_can_be_saved_and_training_resumed(
    qtbot, monkeypatch, tmp_path, error
):
    monkeypatch.setattr(dialogs, "ask_unsaved", lambda *_: "discard")
    window = open_window()
    qtbot.addWidget(window)
    window.show()
    window.documents.new("spiral")
    session = window.bridge.session
    qtbot.waitUntil(lambda: session.state == "ready", timeout=20_000)
    compute, calls = Updater.compute, []

    def failing(self, program):
        calls.append(1)
        if len(calls) == 60:
            raise error
        return compute(self, program)

    monkeypatch.setattr(Updater, "compute", failing)
    window.actions_by_name["train"].trigger()
    qtbot.waitUntil(lambda: len(calls) >= 60 and session.state == "ready", timeout=20_000)
    trained = window.bridge.project.trained
    assert trained.history
    assert window.isWindowModified()
    assert window.actions_by_name["train"].isEnabled()
    told = window.status.state.text()
    assert "memory" in told or "went wrong" in told
    window.status._message_over.stop()
    window.status._show_state()  # what follows the passing message
    assert "what it had learned is kept" in window.status.state.text()
    monkeypatch.setattr(dialogs, "choose_save", lambda *_, **__: str(tmp_path / "kept.nns"))
    window.actions_by_name["save"].trigger()
    assert (tmp_path / "kept.nns").is_file()
    window.actions_by_name["train"].trigger()
    qtbot.waitUntil(lambda: len(calls) > 200, timeout=20_000)
    window.actions_by_name["pause"].trigger()
    qtbot.waitUntil(lambda: session.state == "paused", timeout=20_000)
    assert len(window.bridge.project.trained.history) > len(trained.history)
    window.close()
