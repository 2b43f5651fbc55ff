"""A MIDI file dropped on the window plays on the preset that plays, shows where it is, and can be stopped."""

import itertools
from pathlib import Path

import mido
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from synth.instrument.note_events import AllSoundOff, NoteOff, NoteOn
from tests.doubles.engine import FakeEngine
from tests.ui.hands.mouse_and_keys import drop
from tests.ui.perform.hands import begun, down, held
from ui.shell import midi_file_desk
from ui.shell.main_window import MainWindow

TICKS_PER_S = 960
"""At 120 beats a minute and 480 ticks to a beat."""


def song(path: Path, keys: tuple[int, ...] = (60, 64, 67), seconds_each: float = 0.1) -> Path:
    """One note after the other, after a program change that asks for another preset."""
    track = mido.MidiTrack([mido.Message("program_change", program=2)])
    for key in keys:
        track.append(mido.Message("note_on", note=key, velocity=80))
        track.append(mido.Message("note_off", note=key, time=round(seconds_each * TICKS_PER_S)))
    mido.MidiFile(tracks=[track]).save(path)
    return path


def test_a_dropped_file_plays_to_its_end_on_the_preset_that_plays(
    win: MainWindow, engine: FakeEngine, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(midi_file_desk, "_RINGS_S", 0.3)
    playing = win.desk.preset
    strip = win.midi_file.strip
    assert not strip.isVisible()
    assert drop(win, song(tmp_path / "a song.mid"))
    qtbot.waitUntil(strip.isVisible, timeout=5000)
    assert strip.name.text() == "a song.mid" and strip.time.text() == "0:00 of 0:00"
    qtbot.waitUntil(lambda: begun(engine) == [60, 64, 67] and held(engine) == [], timeout=5000)
    notes = [(event, at_s) for event, at_s, _ in engine.notes if isinstance(event, NoteOn | NoteOff)]
    gaps = [later - earlier for (_, earlier), (_, later) in itertools.pairwise(notes)]
    assert gaps == pytest.approx([0.1, 0, 0.1, 0, 0.1], abs=1e-3), "at the file's times"
    assert len({event.note_id for event, _ in notes}) == 3
    qtbot.waitUntil(lambda: not strip.isVisible(), timeout=5000)
    qtbot.waitUntil(lambda: win.midi_file._player is None, timeout=5000)
    assert win.desk.preset is playing, "programs of a file are not followed"
    assert not win.banner.texts


def test_it_is_lit_as_it_sounds_shows_its_time_and_is_stopped_by_its_button(
    win: MainWindow, engine: FakeEngine, tmp_path: Path, qtbot: QtBot
) -> None:
    assert drop(win, song(tmp_path / "long.mid", tuple(range(40, 100)), seconds_each=2.0))
    strip = win.midi_file.strip
    qtbot.waitUntil(lambda: win.keys.is_lit(40), timeout=5000)
    qtbot.waitUntil(lambda: strip.time.text() == "0:01 of 2:00", timeout=5000)
    picture = strip.grab().toImage()
    strip.show_position(60.0, 120.0)
    assert strip.grab().toImage() != picture, "the line grows"
    strip.stop.click()
    assert engine.notes[-1][0] == AllSoundOff()
    assert not strip.isVisible() and win.midi_file.playing is None
    qtbot.waitUntil(lambda: not win.keys.is_lit(40), timeout=5000)


@pytest.mark.parametrize("way", ["key", "panic", "close"])
def test_it_is_stopped_by_its_key_by_silence_and_with_the_window(
    way: str, win: MainWindow, engine: FakeEngine, tmp_path: Path, qtbot: QtBot
) -> None:
    assert drop(win, song(tmp_path / "long.mid", tuple(range(40, 100)), seconds_each=2.0))
    qtbot.waitUntil(win.midi_file.strip.isVisible, timeout=5000)
    player = win.midi_file._player
    assert player is not None
    if way == "key":
        QTest.keyClick(win, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    elif way == "panic":
        win.dock.panic.click()
    else:
        win.close()
    assert player.done and win.midi_file.playing is None
    assert engine.notes[-1][0] == AllSoundOff()


def test_another_file_takes_its_place_and_several_are_a_sentence(
    win: MainWindow, engine: FakeEngine, tmp_path: Path, qtbot: QtBot
) -> None:
    first, second = (song(tmp_path / f"{name}.mid", (key,), 20.0) for name, key in (("one", 50), ("two", 70)))
    assert drop(win, first)
    qtbot.waitUntil(lambda: begun(engine) == [50], timeout=5000)
    assert drop(win, second, first)
    qtbot.waitUntil(lambda: begun(engine) == [50, 70], timeout=5000)
    assert held(engine) == [70]
    assert win.banner.text == "One MIDI file plays at a time, “two.mid” now: drop the others one by one."
    down(win, "A")
    assert held(engine) == [60, 70], "one plays along"
    win.midi_file.stop()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is not a MIDI file: choose a file that ends in .mid or .midi"),
        (b"MThd\0\0\0\6\0\0\0\1\1\xe0MTrk\0\0\0\x40\0\x90", "ends in the middle of track 1 of 1"),
        (b"MThd\0\0\0\6\0\2\0\1\1\xe0", "type 2, a set of patterns: save it as type 0 or 1"),
        (b"MThd\0\0\0\6\0\0\0\0\1\xe0", "has no notes: choose another MIDI file"),
    ],
)
def test_a_bad_file_is_one_sentence_and_what_plays_goes_on(
    content: bytes, words: str, win: MainWindow, engine: FakeEngine, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "bad.MID"
    path.write_bytes(content)
    assert drop(win, path)
    qtbot.waitUntil(lambda: bool(win.banner.texts), timeout=5000)
    assert len(win.banner.texts) == 1 and words in win.banner.text and "bad.MID" in win.banner.text
    assert not win.midi_file.strip.isVisible() and begun(engine) == []


def test_a_file_that_is_gone_does_not_hinder_the_next(
    win: MainWindow, engine: FakeEngine, tmp_path: Path, qtbot: QtBot
) -> None:
    win.midi_file.play(tmp_path / "gone.mid")
    win.midi_file.play(song(tmp_path / "there.mid"))
    qtbot.waitUntil(lambda: begun(engine) == [60, 64, 67], timeout=5000)
    assert "gone.mid cannot be read" in win.banner.text
    win.midi_file.stop()
