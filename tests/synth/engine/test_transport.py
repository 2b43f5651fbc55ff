"""Play, Stop and notes: the drone fades as it always did, and notes are heard whether or not it is held."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from synth.engine.transport import Transport
from synth.instrument.events import Event, SetParameter
from synth.instrument.instrument import Instrument, Setup
from synth.instrument.note_events import NoteOff, NoteOn
from synth.output.master import Master
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.cultures import steady_preset

RATE, BLOCK = 44100, 2
PRESET = steady_preset(n_frames=86)
Audio = NDArray[np.float32]


class Desk:
    """What the engine does with each block, without a device."""

    def __init__(self, held: bool = False) -> None:
        self.instrument = Instrument(PRESET, SpectralVocoder(PRESET.mel), RATE, setup=Setup(seed=1))
        self.master = Master(RATE, self.instrument.controls, playing=False)
        self.transport = Transport(self.master, held)

    def run(self, n_blocks: int, until: Callable[[], bool] = lambda: False) -> Audio:
        parts = [np.zeros((2, 0), np.float32)]
        with torch.inference_mode():
            for _ in range(n_blocks):
                self.transport.before(self.instrument)
                sound = self.instrument.process(BLOCK)
                self.transport.after(self.instrument, sound.shape[1] / RATE)
                parts.append(self.master.process(sound))
                if until():
                    break
        return np.concatenate(parts, axis=1)

    def note(self, note_id: int = 1, share: float = 0.0) -> None:
        self.instrument.schedule([Event(self.instrument.frame, NoteOn(note_id, 60, 0.8), share)])

    def lift(self, note_id: int = 1) -> None:
        self.instrument.send(NoteOff(note_id))


def loud(x: Audio) -> float:
    return float(np.abs(x).max(initial=0))


def test_the_drone_fades_in_and_out_and_is_at_rest_while_nothing_is_held() -> None:
    desk = Desk()
    assert loud(desk.run(10)) == 0
    assert not desk.instrument.drone
    desk.transport.play()
    assert loud(desk.run(20)[:, 10000:]) > 0.02
    desk.transport.stop(desk.instrument)
    ending = desk.run(20)
    assert loud(ending[:, :3000]) > 0.02 and loud(ending[:, -5000:]) == 0
    assert not desk.instrument.drone


def test_a_note_is_heard_from_its_first_sample_although_nothing_was_playing() -> None:
    desk = Desk()
    desk.run(10)
    bare = Instrument(PRESET, SpectralVocoder(PRESET.mel), RATE, setup=Setup(seed=1))
    desk.note(share=0.5)
    x = desk.run(10)
    onset = int(np.flatnonzero(np.abs(x[0]) > 0.002)[0]) - desk.master.delay_samples
    # Half a frame in, and the ramp's first samples; the master adds no fade of its own.
    assert 200 <= onset < 256 + 60
    assert not desk.instrument.drone and bare.drone
    assert not desk.transport.held


def test_after_the_last_note_it_is_silent_and_ready_for_the_next() -> None:
    desk = Desk()
    desk.run(5)
    for note in range(3):
        desk.note(note)
        assert loud(desk.run(12)) > 0.02
        desk.lift(note)
        desk.run(40, until=lambda: desk.instrument.voices.silent)
        assert loud(desk.run(10)[:, 3000:]) == 0


def test_long_after_the_last_note_the_master_closes_and_the_next_note_opens_it() -> None:
    desk = Desk()
    desk.run(5)
    desk.note()
    desk.run(5)
    desk.lift()
    desk.run(400)
    assert desk.master.playing
    desk.run(90)
    assert desk.master.silent
    desk.note(2)
    assert loud(desk.run(10)) > 0.02


def test_stop_fades_the_drone_out_beside_a_note_and_play_fades_it_in() -> None:
    """Over the time of the fade and not within a frame: the note is too soft to be seen."""

    def levels(x: Audio) -> NDArray[np.float64]:
        frames = x[0, : x.shape[1] // 512 * 512].astype(np.float64).reshape(-1, 512)
        return np.sqrt(np.square(frames).mean(axis=1))

    desk = Desk()
    for id, value in (("frozen", 1.0), ("playhead_speed", 0.0)):
        desk.instrument.do(SetParameter(id, value))
    desk.master.obey({"fade_out_s": 0.25, "fade_in_s": 0.25})
    desk.transport.play()
    desk.run(16)
    desk.instrument.schedule([Event(desk.instrument.frame, NoteOn(1, 60, 0.01))])
    steady = levels(desk.run(10))[-5:].mean()
    desk.transport.stop(desk.instrument)
    falling = levels(desk.run(15)) / steady
    # A frame and a half pass until the fade is heard, which takes 21.5 frames; levels are those of single frames.
    assert falling[12] == pytest.approx(0.5, abs=0.1) and falling[4] == pytest.approx(0.87, abs=0.1)
    assert falling[26:].max() < 0.1 and not desk.instrument.drone
    desk.transport.play()
    rising = levels(desk.run(15)) / steady
    assert rising[12] == pytest.approx(0.5, abs=0.1) and rising[26:].mean() == pytest.approx(1, abs=0.1)


def test_stop_ends_the_drone_and_leaves_the_notes() -> None:
    desk = Desk(held=True)
    desk.run(20)
    desk.note()
    desk.run(10)
    desk.transport.stop(desk.instrument)
    assert loud(desk.run(30)[:, -5000:]) > 0.02
    assert not desk.instrument.drone
    desk.lift()
    desk.run(40, until=lambda: desk.instrument.voices.silent)
    assert loud(desk.run(10)[:, 3000:]) == 0


def test_a_note_during_the_fade_out_is_heard_and_the_drone_is_not() -> None:
    desk = Desk(held=True)
    desk.run(20)
    desk.transport.stop(desk.instrument)
    desk.run(1)
    desk.note()
    desk.run(12)
    assert not desk.instrument.drone and desk.master.playing
    assert loud(desk.run(10)) > 0.02


def test_a_farewell_silences_notes_and_drone() -> None:
    desk = Desk(held=True)
    desk.note()
    desk.run(20)
    desk.transport.farewell()
    desk.run(12)
    assert desk.master.silent
    assert loud(desk.run(5)) == 0
