"""Play and Record ask once for each press, however late the window's look at the engine is."""

from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.doubles.engine import FakeEngine
from ui.perform import asking_button
from ui.perform.transport import Transport


@pytest.fixture
def transport(qtbot: QtBot) -> Transport:
    transport = Transport()
    qtbot.addWidget(transport)
    return transport


def test_record_pressed_twice_ends_a_take_and_asks_for_the_next(transport: Transport, tmp_path: Path) -> None:
    recording = replace(FakeEngine().status(), recording=tmp_path / "take.wav", recording_s=2.0)
    asked: list[bool] = []
    transport.record_asked.connect(asked.append)
    transport.show_status(recording)
    transport.record.click()
    # Seen before the press reached the engine.
    transport.show_status(recording)
    transport.record.click()
    assert asked == [False, True]


def test_play_pressed_twice_stops_and_plays_on(transport: Transport) -> None:
    playing = replace(FakeEngine().status(), playing=True)
    asked: list[bool] = []
    transport.play_asked.connect(asked.append)
    transport.show_status(playing)
    transport.play.click()
    transport.show_status(playing)
    transport.play.click()
    assert asked == [False, True]


def test_what_the_engine_did_not_do_is_shown_a_moment_later(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    idle = FakeEngine().status()
    clock = [100.0]
    monkeypatch.setattr(asking_button.time, "monotonic", lambda: clock[0])
    transport.record.click()
    transport.show_status(idle)
    assert transport.record.isChecked()
    clock[0] += 2.0
    transport.show_status(idle)
    assert not transport.record.isChecked()
