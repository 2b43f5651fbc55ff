"""Routes from what belongs to a note: each voice is moved by its own, from its first sample on."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from synth.instrument.events import Event, HoldDrone, SetRoute
from synth.instrument.instrument import Instrument
from synth.instrument.modulation.routes import Route, Routes
from synth.instrument.modulation.sources import SOURCES
from synth.instrument.note_events import ChannelExpression, NoteExpression, NoteOff, NoteOn
from synth.instrument.parameters.table import PARAMETERS
from synth.instrument.parameters.values import ParameterValues
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.instruments import Echo
from tests.synth.instrument.modulation.moved import FPS, PRESET, RATE, STILL, silent, told
from tests.synth.instrument.test_state import TINY


def gains(instrument: Instrument) -> NDArray[np.float64]:
    """Left gain of every voice of the next frame, by slot."""
    vocoder = instrument.vocoder
    assert isinstance(vocoder, Keeping)
    instrument.process(1)
    return vocoder.gains


class Keeping(Echo):
    """Keeps the gains it is given last, (V,)."""

    gains: NDArray[np.float64] = np.zeros(0)

    def process_voices(self, voices, spread=0.0):  # type: ignore[no-untyped-def]
        self.gains = voices.gain[:, 0, -1].double().numpy()
        return super().process_voices(voices, spread)


def two_notes(run: float) -> NDArray[np.float64]:
    """The levels of two notes, of which the second begins five frames later, for 40 frames: (40, 2)."""
    preset = replace(TINY, routes=Routes(((1, Route("lfo1", "voice_level_db", 0.2, "bipolar")),)))
    controls = ParameterValues(lfo1_hz=4.0, lfo1_run=run, attack_s=0.001, contour_attack=0, contour_decay=0)
    instrument = Instrument(preset, Keeping(preset.mel, 0), RATE, controls)
    instrument.do(HoldDrone(False))
    instrument.schedule([Event(0, NoteOn(1, 60, 0.8)), Event(5, NoteOn(2, 60, 0.8))])
    instrument.process(7)
    return np.array([gains(instrument) for _ in range(40)])


def test_an_lfo_is_one_for_all_or_one_for_each_note() -> None:
    first, second = two_notes(0.0).T
    assert np.allclose(first, second, rtol=1e-6)
    first, second = two_notes(1.0).T
    # The same five frames later.
    assert np.allclose(first[:-5], second[5:], rtol=1e-6)
    assert first.max() > 2 * first.min()
    assert not np.allclose(first, second, rtol=0.1)


def test_sources_of_notes_are_theirs() -> None:
    instrument = silent(
        ParameterValues(weather_depth=0.0, envelope2_attack_s=0.001, envelope2_sustain=0.5, envelope2_decay_s=0.001),
    )
    instrument.do(HoldDrone(False))
    for action in (
        NoteOn(1, 90, 0.25, 2), ChannelExpression(2, "wheel", 0.7), ChannelExpression(2, "bend", 1.0),
        NoteExpression(1, "pressure", 0.3), NoteExpression(1, "timbre", 0.9),
    ):  # fmt: skip
        instrument.send(action)
    instrument.process(6)
    seen = instrument.view().motion.sources
    assert seen.keys() == SOURCES.keys()
    wanted = {"velocity": 0.25, "key": 0.75, "wheel": 0.7, "bend": 0.75, "pressure": 0.3, "timbre": 0.9}
    assert {id: seen[id] for id in wanted} == pytest.approx(wanted)
    assert seen["envelope2"] == pytest.approx(0.5)
    drawn = seen["random"]
    instrument.send(NoteOff(1))
    instrument.process(60)
    seen = instrument.view().motion.sources
    # The note that began last is over: what it was struck with stays, what it is held with ends.
    assert (seen["velocity"], seen["envelope2"], seen["pressure"], seen["random"]) == (0.25, 0.0, 0.0, drawn)
    instrument.send(NoteOn(2, 90, 0.25))
    instrument.process(1)
    assert instrument.view().motion.sources["random"] != drawn


def test_the_second_envelope_rises_stays_and_falls_with_the_note() -> None:
    """Against its stages: a straight attack, then the default curve of decays, (1 − e^(−3u)) / (1 − e^(−3))."""
    controls = ParameterValues(
        envelope2_delay_s=0.1, envelope2_attack_s=0.2, envelope2_decay_s=0.3, envelope2_sustain=0.4,
        envelope2_release_s=0.25, release_s=2.0, weather_depth=0.0,
    )  # fmt: skip
    instrument = silent(controls, Route("envelope2", "weather_depth", 0.5))
    instrument.do(HoldDrone(False))
    instrument.process(1)
    # In the middle of a frame: the next one is the first that knows of it, and in its middle it is a frame old.
    instrument.schedule([Event(1, NoteOn(1, 60, 0.8), 0.5), Event(101, NoteOff(1), 0.5)])

    def bent(u: float) -> float:
        return float(np.expm1(-3 * min(u, 1.0)) / np.expm1(-3))

    def level(age_s: float) -> float:
        if age_s < 0.3:
            return max(0.0, (age_s - 0.1) / 0.2)
        return 1 - 0.6 * bent((age_s - 0.3) / 0.3)

    ages_s = np.arange(1, 141) / FPS
    released_s = ages_s - 100 / FPS
    expected = [
        0.4 * (1 - bent(since / 0.25)) if since >= 0 else level(age)
        for age, since in zip(ages_s, released_s, strict=True)
    ]
    assert told(instrument, 141, "weather_depth")[1:] == pytest.approx(expected, abs=1e-9)


def test_a_source_of_a_voice_moves_what_all_share_by_the_last_note() -> None:
    instrument = silent(ParameterValues(weather_depth=0.0), Route("velocity", "weather_depth", 0.5))
    assert told(instrument, 1, "weather_depth") == [0.0]
    instrument.send(NoteOn(1, 60, 0.4))
    instrument.process(2)
    instrument.send(NoteOn(2, 62, 0.8))
    assert told(instrument, 2, "weather_depth") == pytest.approx([0.4, 0.8])


def test_times_are_each_voices_own_as_it_begins() -> None:
    """Two notes of one frame, struck softly and strongly: each has its attack and its place from its own velocity."""
    routes = (Route("velocity", "attack_s", -0.5), Route("velocity", "voice_place", 0.5))
    instrument = silent(ParameterValues(attack_s=1.0, voice_start=1, release_s=1.0), *routes)
    instrument.send(NoteOn(1, 60, 0.3))
    instrument.send(NoteOn(2, 62, 1.0))
    instrument.process(1)
    bank = instrument.voices.state
    # Half of 1 ms … 10 s by ratio is two decades.
    assert bank.envelope.attack_s[:2] == pytest.approx([10**-0.6, 10**-2.0])
    start = bank.playheads.distance[:2]
    assert (start[1] - start[0]) % TINY.n_frames == pytest.approx(0.35 * TINY.n_frames)
    instrument.send(SetRoute(3, Route("velocity", "release_s", -0.5)))
    instrument.process(1)
    instrument.send(NoteOff(2))
    instrument.process(1)
    row = PARAMETERS["release_s"]
    assert bank.envelope.release_s[1] == pytest.approx(row.from_normalised(row.to_normalised(1.0) - 0.5))


def test_a_note_has_what_routes_make_of_it_from_its_first_sample() -> None:
    """A strong note that its velocity silences is silent, though a soft one of the same frame sounds."""
    preset = replace(PRESET, routes=Routes(((1, Route("velocity", "voice_level_db", -1.0, curve="exponential")),)))
    sounds = []
    for velocity in (1.0, 0.1):
        instrument = Instrument(preset, SpectralVocoder(preset.mel), RATE, STILL)
        instrument.do(HoldDrone(False))
        instrument.schedule([Event(0, NoteOn(1, 57, velocity), 0.25)])
        with torch.inference_mode():
            sounds.append(np.abs(instrument.process(6)).max())
    assert sounds[0] == 0.0
    assert sounds[1] > 1e-4
