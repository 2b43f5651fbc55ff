"""Another rate while it plays: the culture, undo, controls and everything asked for meanwhile go on."""

import gc
import threading
import time
import weakref
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from synth.automaton.gestures import Gesture
from synth.culture.culture import LiveCulture
from synth.device.devices import Device
from synth.device.outputs import Output
from synth.device.sinks import Sink
from synth.engine.rate_change import ReopeningEngine
from synth.errors import AudioDeviceError
from synth.instrument.events import Touch, Undo, set_parameters
from synth.instrument.instrument import Instrument
from synth.instrument.note_events import ChannelExpression, NoteOff, NoteOn
from synth.instrument.parameters.values import ParameterValues
from synth.loading.prepare import ready_instrument
from tests.doubles.instruments import PRESET, RATE, ScriptedSink, wait_until

ANSWER_S = 60.0
LOUD = ParameterValues(volume_db=3.0, width=0.3, fade_in_s=0.005)


class Studio:
    """A reopening engine, its sinks in order, and a device that runs at 48 kHz of its own accord but not at 88.2."""

    def __init__(self) -> None:
        self.instrument: Instrument = ready_instrument(PRESET, RATE, LOUD, "spectral", dtype=torch.float32)[0]
        self.sinks: list[ScriptedSink] = []
        self.asked: list[tuple[str | None, int, float]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.engine = ReopeningEngine(
            self.instrument, Output(rate_hz=RATE), open_device=self._open, find=self._find, refusal=self._refusal
        )

    def _open(self, wanted: str | None, rate_hz: int, latency_s: float) -> Sink:
        self.asked.append((wanted, rate_hz, latency_s))
        assert self.gate.wait(5)
        self.sinks.append(ScriptedSink(rate_hz=rate_hz))
        return self.sinks[-1]

    def _find(self, wanted: str | None) -> Device:
        if wanted == "nowhere":
            raise AudioDeviceError("There is no output “nowhere”: choose one.")
        return Device(0, wanted or "default", "ALSA", 48000, wanted is None)

    def _refusal(self, device: Device, rate_hz: int) -> str:
        return f"{device.name} cannot run at {rate_hz}." if rate_hz == 88200 else ""

    def change(self, **wanted: object) -> str:
        return self.engine.set_output(Output(**wanted)).result(ANSWER_S)  # type: ignore[arg-type]

    def sounds(self, sink: int) -> None:
        wait_until(lambda: len(self.sinks) > sink and np.abs(self.sinks[sink].audio).max(initial=0) > 0.02)


@pytest.fixture
def studio() -> Iterator[Studio]:
    studio = Studio()
    studio.engine.start()
    studio.engine.play()
    studio.sounds(0)
    yield studio
    studio.gate.set()
    studio.engine.close()


def test_the_same_culture_plays_on_at_another_rate(studio: Studio) -> None:
    instrument, engine = studio.instrument, studio.engine
    engine.send(Touch(Gesture("erase", 40, 20)))
    wait_until(lambda: instrument.history.undos == 1)
    frame, culture = instrument.frame, instrument.culture
    assert studio.change(rate_hz=96000) == ""
    studio.sounds(1)
    status = engine.status()
    assert (status.rate_hz, status.playing, instrument.out_rate_hz) == (96000, True, 96000)
    assert instrument.culture is culture
    assert instrument.frame > frame
    assert instrument.controls == LOUD
    assert "96 kHz" in status.notices[-1].text
    engine.send(Undo())
    wait_until(lambda: instrument.history.undos == 0)


def test_effects_go_on_at_the_new_rate_as_their_controls_stand(studio: Studio) -> None:
    given = {"eq_on": True, "eq_low_cut_hz": 1000.0, "eq_high_cut_hz": 1000.0, "reverb_on": True, "reverb_place": 1.0}
    for event in set_parameters(given):
        studio.engine.send(event)
    wait_until(lambda: all(studio.instrument.controls[id] == value for id, value in given.items()))
    assert studio.change(rate_hz=48000) == ""
    studio.sounds(1)
    effects = studio.engine._engine._chain.effects
    assert {id: effects.values[id] for id in given} == given
    assert effects.engaged_for


def test_the_culture_lives_as_if_nothing_had_happened(studio: Studio) -> None:
    assert studio.change(rate_hz=48000) == ""
    studio.sounds(1)
    studio.engine.close()
    twin = LiveCulture(PRESET)
    with torch.no_grad():
        for _ in range(studio.instrument.culture.steps):
            twin.step()
    assert torch.equal(twin.cells(), studio.instrument.culture.cells())


def test_the_sound_fades_out_and_in(studio: Studio) -> None:
    wait_until(lambda: len(studio.sinks[0].audio) > 1.5 * RATE)
    assert studio.change(rate_hz=48000) == ""
    wait_until(lambda: len(studio.sinks) == 2 and len(studio.sinks[1].audio) > 1.5 * 48000)
    studio.engine.close()
    for sink in studio.sinks:
        heard = np.flatnonzero(np.abs(sink.audio).max(axis=1))
        audio = sink.audio[heard[0] : heard[-1] + 1]
        millisecond = sink.rate_hz // 1000
        inner = float(np.sqrt(np.mean(audio[50 * millisecond : -200 * millisecond] ** 2)))
        for edge in (audio[:millisecond], audio[-millisecond:]):
            assert np.sqrt(np.mean(edge**2)) < 0.2 * inner, "cut, not faded"


def test_a_long_fade_in_is_for_play_alone(studio: Studio) -> None:
    for event in set_parameters({"fade_in_s": 10.0, "fade_out_s": 10.0}):
        studio.engine.send(event)
    wait_until(lambda: studio.instrument.controls["fade_in_s"] == 10)
    wait_until(lambda: len(studio.sinks[0].audio) > RATE)
    assert studio.change(rate_hz=48000) == ""
    wait_until(lambda: len(studio.sinks) == 2 and len(studio.sinks[1].audio) > 48000)
    levels = [np.sqrt(np.mean(sink.audio[-RATE // 2 :] ** 2)) for sink in studio.sinks[1:]]
    before = np.sqrt(np.mean(studio.sinks[0].audio[RATE // 2 : RATE] ** 2))
    assert levels[0] > 0.5 * before


def test_pitch_is_the_same_at_both_rates(studio: Studio) -> None:
    wait_until(lambda: len(studio.sinks[0].audio) > RATE)
    assert studio.change(rate_hz=96000) == ""
    wait_until(lambda: len(studio.sinks) == 2 and len(studio.sinks[1].audio) > 1.5 * 96000)
    for sink in studio.sinks:
        n = sink.rate_hz // 2
        heard = sink.audio[np.flatnonzero(np.abs(sink.audio[:, 0]) > 0.01)[0] :][:n, 0]
        spectrum = np.abs(np.fft.rfft(heard * np.hanning(n)))
        # Half a second: two hertz from line to line.
        assert 2 * (90 + int(spectrum[90:140].argmax())) == pytest.approx(PRESET.root_hz, abs=4)


def test_what_is_asked_meanwhile_is_done_afterwards(studio: Studio, tmp_path: Path) -> None:
    engine = studio.engine
    studio.gate.clear()
    changed = engine.set_output(Output(rate_hz=96000))
    wait_until(lambda: len(studio.asked) == 2)
    for event in set_parameters(ParameterValues(width=0.0)):
        engine.send(event)
    captured = engine.capture()
    other = ready_instrument(PRESET, RATE, LOUD, "spectral", dtype=torch.float32)[0]
    engine.swap(other)
    engine.record(tmp_path / "take.wav")
    assert engine.status().rate_hz == 96000
    studio.gate.set()
    assert changed.result(ANSWER_S) == ""
    assert captured.result(ANSWER_S).preset is studio.instrument.preset
    wait_until(lambda: studio.instrument.controls == ParameterValues(width=0.0))
    wait_until(lambda: other.frame > 0)
    assert other.out_rate_hz == 96000
    # A take without a sample in it leaves no file, and what `other` makes is sent a moment later.
    wait_until(lambda: engine.status().recording_s > 0)
    engine.stop_recording()
    wait_until(lambda: engine.status().last_take is not None)
    assert soundfile.info(tmp_path / "take.wav").samplerate == 96000


def test_no_note_hangs_whose_end_was_on_its_way(studio: Studio) -> None:
    studio.engine.play_notes([NoteOn(1, 60, 1.0), ChannelExpression(0, "sustain", 1.0)], time.monotonic())
    wait_until(lambda: studio.instrument.voices.keys == (60,))
    studio.engine.play_notes([NoteOff(1)], time.monotonic() + 30)
    assert studio.change() == ""
    wait_until(lambda: studio.instrument.voices.keys == ())


def test_a_preset_prepared_for_the_rate_before_gets_what_is_sent_while_it_is_moved(studio: Studio) -> None:
    engine = studio.engine
    other = ready_instrument(PRESET, RATE, LOUD, "spectral", dtype=torch.float32)[0]
    assert studio.change(rate_hz=96000) == ""
    wanted = ParameterValues(width=0.0, volume_db=-3.0)
    engine.swap(other)
    for event in set_parameters(wanted):
        engine.send(event)
    wait_until(lambda: other.frame > 10)
    assert other.controls == wanted
    # Whoever is heard meanwhile obeys as well.
    assert studio.instrument.controls == wanted


def test_a_preset_prepared_for_the_rate_before_does_not_replace_one_that_was_asked_for_later(studio: Studio) -> None:
    engine = studio.engine
    earlier, later = (ready_instrument(PRESET, rate_hz, LOUD, "spectral")[0] for rate_hz in (RATE, 96000))
    assert studio.change(rate_hz=96000) == ""
    engine.swap(earlier)
    engine.swap(later)
    wait_until(lambda: later.frame > 0)
    # What the worker has to do comes in order: by now it is done with the one that was to be moved.
    assert studio.change(rate_hz=96000) == ""
    frame = later.frame
    wait_until(lambda: later.frame > frame + 60)
    assert earlier.frame == 0


def test_a_notice_keeps_its_remedy_on_its_way_to_the_window(studio: Studio) -> None:
    studio.engine.record(Path("/dev/null/nowhere.wav"))
    inside = studio.engine._engine.status().notices
    assert [notice.remedy for notice in inside] == ["folder"]
    assert studio.engine.status().notices == inside


def test_notices_and_counts_go_on(studio: Studio, tmp_path: Path) -> None:
    engine = studio.engine
    engine.record(tmp_path / "take.wav")
    # A take without a sample in it leaves no file.
    wait_until(lambda: engine.status().recording_s > 0)
    engine.stop_recording()
    wait_until(lambda: engine.status().last_take is not None)
    engine.record(Path("/dev/null/nowhere.wav"))
    before = engine.status()
    assert studio.change(rate_hz=96000) == ""
    engine.record(Path("/dev/null/nowhere.wav"))
    after = engine.status()
    serials = [notice.serial for notice in after.notices]
    assert serials == list(range(1, len(serials) + 1))
    assert len(after.notices) == len(before.notices) + 2
    assert after.underruns >= before.underruns
    assert after.last_take == before.last_take


def test_the_devices_own_rate_is_meant_where_none_is_named(studio: Studio) -> None:
    assert studio.change(device="HDMI") == ""
    assert studio.engine.status().rate_hz == 48000
    assert studio.asked[-1][:2] == ("HDMI", 48000)


def test_buffer_and_device_change_without_a_new_engine(studio: Studio) -> None:
    inside = studio.engine._engine
    assert studio.change(device="HDMI", rate_hz=RATE, buffer_s=0.15) == ""
    wait_until(lambda: len(studio.sinks) == 2)
    assert studio.asked[-1] == ("HDMI", RATE, 0.15)
    assert studio.engine._engine is inside


@pytest.mark.parametrize("wanted", [{"rate_hz": 88200}, {"device": "nowhere"}])
def test_what_a_device_cannot_do_is_one_sentence_and_changes_nothing(studio: Studio, wanted: dict[str, object]) -> None:
    sentence = studio.change(**wanted)
    assert "88200" in sentence or "nowhere" in sentence
    assert studio.engine.status().rate_hz == RATE
    assert len(studio.asked) == 1


def test_a_running_take_is_not_cut_in_two(studio: Studio, tmp_path: Path) -> None:
    studio.engine.record(tmp_path / "take.wav")
    assert "stop it" in studio.change(rate_hz=96000)
    assert studio.engine.status().recording is not None


def test_the_engine_before_a_change_of_rate_is_forgotten(studio: Studio) -> None:
    """It holds 33 MB or more."""
    assert studio.change(rate_hz=48000) == ""
    studio.sounds(1)
    second = weakref.ref(studio.engine._engine)
    assert studio.change(rate_hz=44100) == ""
    studio.sounds(2)
    gc.collect()
    assert second() is None
