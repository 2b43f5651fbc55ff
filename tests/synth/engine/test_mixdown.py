"""Frames by quarters and as a whole: the same samples, and the pace that a device asks for."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from synth.engine.mixdown import CALM, QUARTERS, QUICK, Mixdown, pace_for
from synth.engine.preset_cross_fade import PresetCrossFade
from synth.engine.transport import Transport
from synth.instrument.events import Event, SetParameter
from synth.instrument.instrument import Instrument, Setup
from synth.instrument.note_events import AllSoundOff, ChannelExpression, NoteOff, NoteOn, SongPosition
from synth.instrument.parameters.values import ParameterValues
from synth.output.chain import Chain
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.cultures import steady_preset

PRESET = steady_preset(n_frames=86)
N_FRAMES = 40


def song(seed: int) -> list[list[Event]]:
    """Notes by frame, at any share of each, in order."""
    rng = np.random.default_rng(seed)
    frames: list[list[Event]] = [[] for _ in range(N_FRAMES)]
    for note in range(40):
        frame = int(rng.integers(4, N_FRAMES))
        what = rng.integers(6)
        action = {0: NoteOff(note // 2), 1: AllSoundOff(), 2: ChannelExpression(0, "bend", 1.5)}.get(
            int(what), NoteOn(note, int(rng.integers(40, 80)), 0.7)
        )
        frames[frame].append(Event(frame, action, float(rng.random())))
    return [sorted(frame, key=lambda event: event.share) for frame in frames]


def played(
    notes: Sequence[Sequence[Event]], step: int, rate_hz: int, held: bool, **controls: float
) -> NDArray[np.float32]:
    """Every frame in pieces of so many quarters."""
    values = ParameterValues(controls)
    instrument = Instrument(PRESET, SpectralVocoder(PRESET.mel), rate_hz, values, Setup(seed=2))
    chain, cross_fade = Chain(rate_hz, instrument.controls, playing=False), PresetCrossFade(instrument)
    transport = Transport(chain.master, held)
    mixdown = Mixdown(cross_fade, transport, chain, rate_hz)
    parts = []
    with torch.inference_mode():
        for frame, coming in enumerate(notes):
            if frame == 20:
                instrument.send(SetParameter("voice_limit", 3.0))
            if frame == 25 and held:
                transport.stop(instrument)
            mixdown.begin(cross_fade.begin)
            for until in range(step, QUARTERS + 1, step):
                mine = [note for note in coming if until - step <= note.share * QUARTERS < until]
                parts.append(mixdown.finish(mine, cross_fade.take, until))
    return np.concatenate(parts, axis=1)


@pytest.mark.parametrize("rate_hz", [44100, 48000, 22050])
@pytest.mark.parametrize("held", [False, True])
def test_quarters_give_the_samples_of_whole_frames(rate_hz: int, held: bool) -> None:
    notes = song(1 + held)
    whole = played(notes, QUARTERS, rate_hz, held)
    assert np.abs(whole).max() > 0.05
    for step in (1, 2):
        np.testing.assert_array_equal(whole, played(notes, step, rate_hz, held))


@pytest.mark.parametrize("rate_hz", [44100, 48000])
def test_quarters_of_an_arpeggio_give_the_samples_of_whole_frames(rate_hz: int) -> None:
    arpeggio = {"arp_on": True, "tempo_bpm": 271.0, "arp_rate": 1.0, "arp_gate": 0.4, "release_s": 0.01}
    notes = song(3)
    notes[12].insert(0, Event(12, SongPosition(2.1, runs=True), 0.0))
    whole = played(notes, QUARTERS, rate_hz, False, **arpeggio)
    assert np.abs(whole).max() > 0.05
    for step in (1, 2):
        np.testing.assert_array_equal(whole, played(notes, step, rate_hz, False, **arpeggio))


def test_a_step_is_heard_from_its_first_sample_although_its_key_was_played_frames_before() -> None:
    """Nothing sounds until the song's next beat, and the master is closed until then."""
    notes: list[list[Event]] = [[] for _ in range(20)]
    notes[2] = [Event(2, SongPosition(0.9, runs=True), 0.0), Event(2, NoteOn(1, 60, 1.0), 0.5)]
    sound = played(notes, 1, 44100, held=False, arp_on=True, arp_rate=10.0, attack_s=0.001)
    onset = int(np.flatnonzero(np.abs(sound[0]) > 1e-4)[0])
    beat = 2 * 512 + 0.1 * 44100 / 2
    assert 0 <= onset - beat - Chain(44100, ParameterValues(), playing=True).delay_samples < 12


def test_a_note_is_heard_within_its_own_quarter_although_nothing_was_playing() -> None:
    notes: list[list[Event]] = [[] for _ in range(6)]
    notes[5] = [Event(5, NoteOn(1, 60, 1.0), 0.8)]
    sound = played(notes, 1, 44100, held=False)
    onset = int(np.flatnonzero(np.abs(sound[0]) > 1e-4)[0])
    # After the limiter's delay.
    assert 0 <= onset - (5 * 512 + int(0.8 * 512)) - Chain(44100, ParameterValues(), playing=True).delay_samples < 12


@pytest.mark.parametrize(("full_s", "pace"), [(0.0, CALM), (0.0058, QUICK), (0.02, QUICK), (0.03, CALM), (0.056, CALM)])
def test_a_device_that_queues_little_is_given_quarters(full_s: float, pace: object) -> None:
    assert pace_for(full_s) is pace
