"""Pictures wait while the sound is close to breaking, but not for long."""

import time

import pytest

import ui.shell.main_window
from tests.doubles.engine import FakeEngine
from ui.shell.main_window import _SHORTEST_S, MainWindow


def test_pictures_wait_while_the_engine_is_pressed_but_not_for_ever(
    win: MainWindow, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Longer than this machine can stumble.
    monkeypatch.setattr(ui.shell.main_window, "_PATIENCE_S", 60.0)
    win._timer.stop()

    def look_after(since_s: float) -> object:
        win._looked_at = time.perf_counter() - since_s
        win._look()
        return win.culture._shown

    shown = look_after(_SHORTEST_S)
    engine.pressed = True
    assert look_after(_SHORTEST_S) is shown
    late = look_after(60.0)
    assert late is not shown
    engine.pressed = False
    assert look_after(_SHORTEST_S) is not late
