"""One click changes the vocoder: the choice is stored and the engine is handed one that is ready."""

import pytest
from pytestqt.qtbot import QtBot

from synth.vocoder.choice import Choice, read_choice
from tests.doubles.engine import FakeEngine
from ui.shell.main_window import MainWindow


def test_choosing_spectral_stores_it_and_changes_what_plays(
    win: MainWindow, engine: FakeEngine, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    menu = win.status_line.vocoders
    menu.refresh()
    offered = {action.text(): action for action in menu.choices.actions()}
    assert list(offered) == ["auto", "spectral"]
    assert offered["auto"].isChecked()
    with qtbot.waitSignal(win.loader.voiced, timeout=20_000):
        offered["spectral"].trigger()
    assert read_choice()[0] == Choice("spectral")
    qtbot.waitUntil(lambda: len(engine.changed) == 1)
    assert engine.changed[0][:2] == ("spectral", "your choice")
    menu.refresh()
    assert [action.text() for action in menu.choices.actions() if action.isChecked()] == ["spectral"]
