"""The tempo: by taps, typed, dragged, and by a MIDI clock."""

import itertools
from dataclasses import dataclass

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from synth.instrument.events import SetParameter
from tests.doubles.engine import FakeEngine
from ui.perform.tap_tempo import TapTempo
from ui.shell.main_window import MainWindow


def tapped(*at_s: float) -> list[float | None]:
    taps = TapTempo()
    return [taps.tap(now_s) for now_s in at_s]


def test_two_taps_are_a_tempo_and_a_clumsy_one_moves_nothing() -> None:
    assert tapped(10.0, 10.5) == [None, pytest.approx(120)]
    # Eight in time, one of them a tenth of a second late.
    times = list(np.arange(8) * 0.5)
    times[5] += 0.1
    assert tapped(*times)[1:] == [pytest.approx(120)] * 7


def test_a_pause_begins_anew() -> None:
    times = [0.0, 0.5, 1.0, 5.0, 5.25, 5.5]
    assert tapped(*times) == [
        None,
        pytest.approx(120),
        pytest.approx(120),
        None,
        pytest.approx(240),
        pytest.approx(240),
    ]
    # So does one that is short beside the slowest tempo, and long beside the taps before.
    assert tapped(0.0, 0.25, 0.5, 1.5, 2.5)[-2:] == [None, pytest.approx(60)]


@pytest.mark.parametrize(("interval_s", "bpm"), [(0.05, 300), (0.0, 300), (3.0, 20), (3.2, 20)])
def test_taps_stay_within_the_range_of_tempos(interval_s: float, bpm: float) -> None:
    assert tapped(*(interval_s * k for k in range(6)))[-1] == pytest.approx(bpm)


@dataclass
class Clock:
    """Half a second on at each look."""

    ticks: "itertools.count[int]"

    def __call__(self) -> float:
        return next(self.ticks) / 2


def last_tempo(engine: FakeEngine) -> float:
    action = [a for a in engine.sent(SetParameter) if isinstance(a, SetParameter) and a.id == "tempo_bpm"][-1]
    assert isinstance(action, SetParameter)
    return action.value


def test_it_is_tapped_by_button_and_key(win: MainWindow, engine: FakeEngine) -> None:
    box = win.dock.tempo
    box._now_s = Clock(itertools.count(0, 3))
    QTest.mouseClick(box.tap, Qt.MouseButton.LeftButton)
    assert not engine.sent(SetParameter)
    QTest.keyClick(win, Qt.Key.Key_M)
    assert last_tempo(engine) == pytest.approx(40)
    assert win.controls.controls["tempo_bpm"] == pytest.approx(40) and "40.0 bpm" in box.tempo.accessibleDescription()
    win.control_desk.undo()
    assert last_tempo(engine) == pytest.approx(120)


def test_it_is_typed_and_what_cannot_be_is_the_ranges_end(win: MainWindow, engine: FakeEngine) -> None:
    tempo = win.dock.tempo.tempo
    assert (tempo.accessibleName(), win.dock.tempo.tap.accessibleName()) == ("Tempo", "Tap the tempo")
    for typed, bpm in (("93.5", 93.5), ("10000", 300.0), ("0", 20.0)):
        tempo.setFocus(Qt.FocusReason.TabFocusReason)
        QTest.keyClick(tempo, Qt.Key.Key_Return)
        editor = tempo.findChild(QLineEdit)
        assert editor is not None
        editor.setText(typed)
        QTest.keyClick(editor, Qt.Key.Key_Return)
        assert last_tempo(engine) == pytest.approx(bpm)


def test_a_midi_clock_moves_it_and_there_is_nothing_to_undo(
    win: MainWindow, engine: FakeEngine, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = win.dock.tempo
    assert box.follow.accessibleName() == "MIDI clock" and box.follow.accessibleDescription() == "internal clock"
    box.follow.click()
    qtbot.waitUntil(lambda: not box.tempo.isEnabled())
    assert box.follow.accessibleDescription() == "MIDI clock, waiting for a MIDI clock" and not box.tap.isEnabled()
    engine.send(SetParameter("tempo_bpm", 87.4))
    monkeypatch.setattr(type(win.midi), "clock_port", "drums")
    qtbot.waitUntil(lambda: "87.4 bpm" in box.tempo.accessibleDescription())
    assert box.follow.accessibleDescription() == "MIDI clock, from “drums”" and box.follow.text() == "MIDI"
    win.control_desk.undo()
    qtbot.waitUntil(box.tempo.isEnabled)
    assert win.controls.controls["tempo_bpm"] == pytest.approx(87.4), "only the switch was taken back"
