"""A window that nobody sees looks at nothing, and at once again when it is seen."""

import pytest
from pytestqt.qtbot import QtBot

from synth.instrument.events import View
from tests.doubles.engine import FakeEngine
from ui.shell.main_window import MainWindow


def count_views(engine: FakeEngine, monkeypatch: pytest.MonkeyPatch) -> list[View]:
    """Every view that is asked for from now on."""
    views: list[View] = []
    look = engine.view

    def counted(*, hidden: bool = False) -> View:
        views.append(look(hidden=hidden))
        return views[-1]

    monkeypatch.setattr(engine, "view", counted)
    return views


@pytest.mark.parametrize("way", ["hide", "showMinimized"])
def test_a_window_that_cannot_be_seen_does_not_look(
    way: str, win: MainWindow, engine: FakeEngine, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert win.exposure.seen
    getattr(win, way)()
    qtbot.waitUntil(lambda: not win.exposure.seen)
    views = count_views(engine, monkeypatch)
    qtbot.wait(300)
    assert not views
    win.showNormal()
    qtbot.waitUntil(lambda: win.exposure.seen)
    qtbot.waitUntil(lambda: len(views) > 3, timeout=1000)


def test_news_reaches_a_window_that_cannot_be_seen(win: MainWindow, engine: FakeEngine, qtbot: QtBot) -> None:
    win.showMinimized()
    qtbot.waitUntil(lambda: not win.exposure.seen)
    engine.notify("The disk is full.", urgent=True)
    qtbot.waitUntil(lambda: "The disk is full." in win.banner.text, timeout=3000)


def test_a_resting_engine_is_looked_at_less_often_until_play_is_pressed(
    win: MainWindow, engine: FakeEngine, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    views = count_views(engine, monkeypatch)

    def per_second() -> float:
        before = len(views)
        qtbot.wait(500)
        return 2.0 * (len(views) - before)

    engine.rest(True)
    qtbot.wait(100)
    assert 5 < per_second() <= 22
    engine.rest(False)
    win.transport.play_asked.emit(True)
    assert per_second() > 40


def test_the_heads_stand_still_while_the_engine_rests(win: MainWindow, engine: FakeEngine) -> None:
    screen = win.culture
    first = engine.view()
    screen.show_view(first)
    later = View(**{**first.__dict__, "steps": first.steps + 1})
    screen.show_view(later)
    before = screen._overlay.playhead
    screen.move_on(0.5)
    assert screen._overlay.playhead == before == first.playhead


def test_a_closed_window_stays_still(win: MainWindow, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    win.close()
    views = count_views(engine, monkeypatch)
    win.exposure.changed.emit(True)
    assert not views
