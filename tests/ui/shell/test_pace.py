"""The picture follows the engine's own pace: what is new is shown at once, and in between the heads go on."""

import time
from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from synth.instrument.events import Touch, View
from tests.doubles.engine import FakeEngine
from tests.ui.hands.mouse_and_keys import LEFT, move, press, release
from ui.shell.main_window import _LONGEST_S, _SHORTEST_S, MainWindow


class PacedEngine:
    """Gives a double's views only when told to, as an engine does that makes one per block."""

    def __init__(self, engine: FakeEngine) -> None:
        self._make = engine.view
        self.latest: View = self._make()
        engine.view = self._view  # type: ignore[method-assign]

    def _view(self, *, hidden: bool = False) -> View:
        return self.latest

    def make(self) -> None:
        self.latest = self._make()


def test_a_new_view_is_shown_at_the_next_tick(win: MainWindow, engine: FakeEngine) -> None:
    win._timer.stop()
    paced = PacedEngine(engine)
    win._looked_at = time.perf_counter() - _SHORTEST_S
    win._look()
    assert win.culture._shown is paced.latest
    first = paced.latest
    paced.make()
    # As if the last look were only now, however slow this machine is.
    win._looked_at = time.perf_counter() + 1
    win._look()
    assert win.culture._shown is first, "two looks in a moment are a waste"
    win._looked_at = time.perf_counter() - _SHORTEST_S
    win._look()
    assert win.culture._shown is paced.latest


def test_while_nothing_is_new_the_heads_go_on_at_their_speed(win: MainWindow, engine: FakeEngine) -> None:
    win._timer.stop()
    paced, overlay = PacedEngine(engine), win.culture._overlay
    for frame in (100, 102):
        paced.latest = _at(paced.latest, frame)
        win._looked_at -= _SHORTEST_S
        win._look()
    shown = overlay.playhead
    win._looked_at = time.perf_counter() + 1
    win._look()
    assert overlay.playhead == shown, "before its time nothing is drawn again"
    win._looked_at = time.perf_counter() - _LONGEST_S
    win._viewed_at = time.perf_counter() - 0.05
    win._look()
    # 50 ms at 86.13 columns per second are 4.3 columns, and what the test itself took.
    assert shown is not None
    assert overlay.playhead == pytest.approx(shown + 4.3, abs=1.5)
    assert overlay.heads[1] - overlay.heads[0] == pytest.approx(paced.latest.heads[1] - paced.latest.heads[0])


def test_looks_go_on_when_the_engine_makes_nothing_new(win: MainWindow, engine: FakeEngine, qtbot: QtBot) -> None:
    PacedEngine(engine)
    before = win._looks
    qtbot.wait(1000)
    # On a machine that computes other things too, at least half of the 37 that are due.
    assert win._looks - before >= 18


def _at(view: View, frame: int) -> View:
    column = frame % view.grid.shape[1]
    return replace(view, frame=frame, playhead=float(column), heads=(column - 6.0, column + 6.0))


def test_a_stroke_waits_for_the_next_picture_to_be_painted(win: MainWindow, engine: FakeEngine, qtbot: QtBot) -> None:
    """A mouse moves more often than the culture is shown, and every painting of it costs the sound."""
    win._timer.stop()
    paced = PacedEngine(engine)
    win._looked_at = 0.0
    win._look()
    view, painted = win.culture.viewport(), []

    class Watcher(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            painted.extend([event] if event.type() == QEvent.Type.Paint else [])
            return False

    watcher = Watcher()
    view.installEventFilter(watcher)
    here = win.culture.position_of(60, 30).toPoint()
    press(view, here)
    qtbot.waitUntil(lambda: win.culture.hand.down, timeout=2000)
    QApplication.processEvents()
    painted.clear()
    for step in range(1, 8):
        move(view, here + QPoint(30 * step, 2 * step), LEFT)
        QApplication.processEvents()
    qtbot.waitUntil(lambda: win.culture.hand._touched == win.culture.hand._at, timeout=2000)
    assert len(engine.sent(Touch)) > 3, "the stroke is under way"
    assert painted == []
    paced.make()
    win._looked_at = 0.0
    win._look()
    QApplication.processEvents()
    assert len(painted) == 1 and win.culture._overlay.cursor == pytest.approx((60 + 210 / cell_width(win), 30), abs=4)
    release(view, here)
    QApplication.processEvents()


def cell_width(win: MainWindow) -> float:
    """Of a column, in pixels."""
    return win.culture.position_of(1, 0).x() - win.culture.position_of(0, 0).x()
