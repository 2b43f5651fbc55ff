"""What every engine does, the real one, the one that changes its rate, and the window's double."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from synth.automaton.gestures import Gesture
from synth.device.outputs import Output
from synth.engine.protocol import EngineControl
from synth.instrument.events import SetParameter, Touch, Undo
from synth.instrument.note_events import AllSoundOff, NoteOff, NoteOn
from synth.loading.prepare import ready_vocoder
from tests.doubles.engines import ENGINES, MISSING, Candidate, instrument
from tests.doubles.instruments import PRESET, wait_until

ANSWER_S = 30.0


@pytest.fixture(params=list(ENGINES))
def candidate(request: pytest.FixtureRequest) -> Iterator[Candidate]:
    made = ENGINES[request.param]()
    made.engine.start()
    yield made
    made.engine.close()


@pytest.fixture
def engine(candidate: Candidate) -> EngineControl:
    return candidate.engine


def test_play_and_stop_are_told(engine: EngineControl) -> None:
    assert not engine.status().playing
    engine.play()
    wait_until(lambda: engine.status().playing)
    engine.stop()
    wait_until(lambda: not engine.status().playing)


def test_looking_changes_nothing(engine: EngineControl) -> None:
    engine.play()
    wait_until(lambda: max(engine.status().peak_db) > -60)
    # As many as poll it in the program, at once: each used to take the peaks from the others.
    assert all(max(engine.status().peak_db) > -60 for _ in range(15))
    before = engine.status()
    engine.sound(1000)
    engine.view()
    assert engine.status().notices == before.notices


def test_nothing_is_counted_before_the_first_play(engine: EngineControl) -> None:
    assert (engine.status().underruns, engine.status().rescues) == (0, 0)
    assert max(engine.status().peak_db) <= -100


def test_a_notice_comes_with_its_remedy_and_the_next_number(candidate: Candidate) -> None:
    engine = candidate.engine
    already = engine.status().notices
    candidate.complain()
    candidate.complain()
    wait_until(lambda: len(engine.status().notices) == len(already) + 2)
    first, second = engine.status().notices[-2:]
    assert (first.urgent, first.remedy) == (True, "folder")
    assert second == replace(first, serial=first.serial + 1)


def test_a_gesture_and_its_undo_are_seen(engine: EngineControl) -> None:
    def undos_redos() -> tuple[int, int] | None:
        view = engine.view()
        return None if view is None else (view.undos, view.redos)

    wait_until(lambda: undos_redos() == (0, 0))
    engine.send(Touch(Gesture("erase", 40, 20)))
    wait_until(lambda: undos_redos() == (1, 0))
    engine.send(Undo())
    wait_until(lambda: undos_redos() == (0, 1))


def test_controls_are_told_once_they_are_moved(engine: EngineControl) -> None:
    engine.send(SetParameter("width", 0.25))
    wait_until(lambda: engine.controls["width"] == 0.25)


def test_notes_are_taken_from_any_source(engine: EngineControl) -> None:
    engine.play_notes([NoteOn(1, 60, 1.0), NoteOff(1)], time.monotonic(), "keyboard")
    engine.play_notes([AllSoundOff()], time.monotonic() + 0.05)


def test_a_preset_is_told_and_captured(engine: EngineControl) -> None:
    other = instrument()
    other.preset = replace(PRESET, name="another")
    engine.swap(other, "asked for")
    wait_until(lambda: engine.status().preset == "another")
    assert engine.capture().result(ANSWER_S).preset is other.preset


def test_a_vocoder_for_another_preset_is_left_alone(engine: EngineControl) -> None:
    playing = instrument()
    engine.swap(playing)
    wait_until(lambda: engine.status().preset == playing.preset.name)
    vocoder = ready_vocoder(PRESET, playing.out_rate_hz)[0]
    engine.change_vocoder(vocoder, "for another", preset="another")
    engine.change_vocoder(vocoder, "for this", preset=playing.preset.name)
    wait_until(lambda: "for this" in engine.status().vocoder)
    assert engine.status().vocoder.startswith(vocoder.name)


def test_a_take_is_told_while_it_is_recorded_and_afterwards(engine: EngineControl, tmp_path: Path) -> None:
    path = tmp_path / "take.wav"
    engine.play()
    wait_until(lambda: max(engine.status().peak_db) > -60)
    engine.record(path)
    wait_until(lambda: engine.status().recording == path and engine.status().recording_s > 0)
    engine.stop_recording()
    wait_until(lambda: engine.status().last_take == path)
    assert engine.status().recording is None


def test_a_take_that_waits_for_sound_says_so(engine: EngineControl, tmp_path: Path) -> None:
    engine.record(tmp_path / "take.wav", wait=True)
    wait_until(lambda: engine.status().armed)
    assert engine.status().recording is None
    engine.stop_recording()
    wait_until(lambda: not engine.status().armed)


def test_a_played_take_is_told(engine: EngineControl, tmp_path: Path) -> None:
    path = tmp_path / "played.wav"
    soundfile.write(path, np.zeros((400_000, 2)), engine.status().rate_hz)
    engine.play_take(path)
    wait_until(lambda: engine.status().take == path and engine.status().take_s[1] > 0)
    engine.stop_take()
    wait_until(lambda: engine.status().take is None)


def test_an_output_is_changed_or_refused_in_a_sentence(engine: EngineControl) -> None:
    rate_hz = engine.status().rate_hz
    refused = engine.set_output(Output(MISSING, rate_hz)).result(ANSWER_S)
    assert MISSING in refused
    assert refused.endswith(".")
    assert engine.set_output(Output("HDMI", rate_hz, 0.09)).result(ANSWER_S) == ""
    assert engine.status().rate_hz == rate_hz


def test_the_rate_told_is_the_rate_that_was_answered_for(engine: EngineControl) -> None:
    before = engine.status().rate_hz
    answer = engine.set_output(Output(rate_hz=96000)).result(ANSWER_S)
    assert engine.status().rate_hz == (before if answer else 96000)
    assert answer == "" or "kHz" in answer


def test_what_is_laid_over_the_sound_has_its_rate(engine: EngineControl) -> None:
    assert engine.audition.rate_hz == engine.status().rate_hz
    assert engine.audition.at_s is None
    assert not engine.pressed


def test_the_latest_sound_is_a_copy(engine: EngineControl) -> None:
    sound = engine.sound(1000)
    assert sound.shape == (1000, 2)
    assert sound.dtype == np.float32
    sound[:] = 1
    assert not engine.sound(1000).all()


def test_small_requests_return_at_once(engine: EngineControl) -> None:
    engine.test_tone()
    engine.set_device("HDMI")
    engine.set_device(None)


@pytest.mark.parametrize("name", list(ENGINES))
def test_closing_ends_every_thread(name: str) -> None:
    before = set(threading.enumerate())
    engine = ENGINES[name]().engine
    engine.start()
    engine.play()
    engine.close()
    wait_until(lambda: set(threading.enumerate()) <= before)
