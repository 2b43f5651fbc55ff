"""Routes in an instrument: what is heard of them, whatever the block size, from the frame on that they are moved in."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from synth.engine.notices import Noticeboard
from synth.engine.playing import Playing
from synth.instrument.events import Action, Event, HoldDrone, SetParameter, SetRoute
from synth.instrument.instrument import Instrument, Setup
from synth.instrument.modulation.routes import Route, Routes
from synth.instrument.note_events import NoteExpression, NoteOff, NoteOn
from synth.instrument.parameters.table import PARAMETERS
from synth.instrument.parameters.values import ParameterValues
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.instruments import Echo
from tests.synth.instrument.modulation.moved import FPS, PRESET, RATE, STILL, silent, told
from tests.synth.instrument.test_events import ROUTES
from tests.synth.instrument.test_state import TINY, WEB


def test_an_lfo_moves_a_control_by_its_formula_in_the_middle_of_each_frame() -> None:
    controls = ParameterValues(lfo1_hz=3.0, lfo1_phase=0.25, weather_depth=1.0)
    instrument = silent(controls, Route("lfo1", "weather_depth", 0.25, "bipolar"))
    moments = (np.arange(200) + 0.5) / FPS
    # Depth ¼ of a range of 2.
    expected = 1.0 + 0.5 * np.sin(2 * np.pi * (3.0 * moments + 0.25))
    assert told(instrument, 200, "weather_depth") == pytest.approx(expected.tolist(), abs=1e-9)


def test_an_lfo_in_time_follows_the_song() -> None:
    controls = ParameterValues(lfo2_shape=2, lfo2_sync=1, lfo2_length=13.0, tempo_bpm=90.0, weather_depth=0.0)
    instrument = silent(controls, Route("lfo2", "weather_depth", 1.0))
    beats = (np.arange(150) + 0.5) / FPS * 1.5
    # A saw over two beats, which is half a note; the range is 2.
    assert told(instrument, 150, "weather_depth") == pytest.approx((2 * (beats / 2 % 1)).tolist(), abs=1e-9)


def test_a_circle_of_routes_uses_the_frame_before() -> None:
    """An LFO that moves its own rate, against a loop that does the same one frame at a time."""
    instrument = silent(ParameterValues(lfo1_hz=2.0), Route("lfo1", "lfo1_hz", 0.4, "bipolar"))
    row, rate, cycles, expected = PARAMETERS["lfo1_hz"], 2.0, 0.0, []
    for _ in range(120):
        source = np.sin(2 * np.pi * (cycles + 0.5 * rate / FPS))
        rate = row.from_normalised(row.to_normalised(2.0) + 0.4 * source)
        cycles += rate / FPS
        expected.append(rate)
    assert told(instrument, 120, "lfo1_hz") == pytest.approx(expected, rel=1e-9)
    assert max(expected) > 2 * min(expected)


def web() -> Instrument:
    """Every kind of source moves something, in circles as well."""
    controls = ParameterValues(lfo1_hz=7.0, lfo2_run=1, lfo2_shape=4, lfo3_sync=1, macro1=0.6, voice_start=2, unison=2)
    routes = tuple(enumerate((Route(source, to, 0.4, "bipolar") for source, to in WEB), start=1))
    preset = replace(PRESET, routes=Routes(routes))
    return Instrument(preset, SpectralVocoder(preset.mel), RATE, controls, Setup(seed=5))


NOTES = (
    Event(2, NoteOn(1, 60, 0.4), 0.3),
    Event(3, NoteOn(2, 67, 0.9), 0.7),
    Event(5, NoteExpression(1, "pressure", 0.8)),
    Event(6, SetParameter("macro1", 0.1)),
    Event(9, NoteOff(2), 0.1),
    Event(11, NoteOn(3, 64, 1.0), 0.99),
)


@settings(max_examples=5, deadline=None)
@given(st.lists(st.integers(1, 8), min_size=1, max_size=10))
def test_the_sound_does_not_depend_on_blocks(blocks: list[int]) -> None:
    with torch.inference_mode():
        whole, cut = web(), web()
        for instrument in (whole, cut):
            instrument.schedule(NOTES)
        expected = whole.process(16)
        parts, done = [], 0
        for n in [*blocks, *[1] * 16]:
            n = min(n, 16 - done)
            parts.append(cut.process(n) if n else expected[:, :0])
            done += n
    assert np.array_equal(np.concatenate(parts, axis=1), expected)
    assert whole.motion.state.moved == cut.motion.state.moved


def centroid_hz(sound: NDArray[np.float32]) -> float:
    """The mean frequency of a sound's amplitude spectrum."""
    spectrum = np.abs(np.fft.rfft(sound.mean(0) * np.hanning(sound.shape[1])))
    return float((spectrum * np.fft.rfftfreq(sound.shape[1], 1 / RATE)).sum() / spectrum.sum())


def test_velocity_moves_the_brightness_of_each_note() -> None:
    """A soft and a strong note, alone: with a route from velocity to tilt the strong one is brighter."""

    def note(velocity: float, *routes: Route) -> float:
        preset = replace(PRESET, routes=Routes(tuple(enumerate(routes, start=1))))
        controls = STILL.with_values({"velocity_tilt_db": 0.0, "velocity_level": 0.0})
        instrument = Instrument(preset, SpectralVocoder(preset.mel), RATE, controls)
        instrument.do(HoldDrone(False))
        instrument.schedule([Event(0, NoteOn(1, 57, velocity))])
        with torch.inference_mode():
            return centroid_hz(instrument.process(40)[:, 8192:])

    plain = note(0.2), note(1.0)
    assert plain[0] == pytest.approx(plain[1], rel=1e-6)
    route = Route("velocity", "tilt_db", 0.5)
    soft, strong = note(0.2, route), note(1.0, route)
    # Depth ½ of 12 dB: 1.2 and 6 dB per octave brighter.
    assert plain[0] < soft < 0.8 * strong


def test_a_common_source_moves_the_drones_brightness_and_pitch() -> None:
    def drone(*routes: Route) -> tuple[float, list[float]]:
        preset = replace(PRESET, routes=Routes(tuple(enumerate(routes, start=1))))
        controls = STILL.with_value("macro1", 1.0)
        heard = Instrument(preset, SpectralVocoder(preset.mel), RATE, controls)
        noted = Instrument(preset, Echo(preset.mel, 0), RATE, controls)
        noted.process(60)
        assert isinstance(noted.vocoder, Echo)
        with torch.inference_mode():
            return centroid_hz(heard.process(60)[:, 16_384:]), noted.vocoder.ratios[-1:]

    plain, ratio = drone()
    assert ratio == [1.0]
    bright, ratio = drone(Route("macro1", "tilt_db", 0.3), Route("macro1", "fine_cents", 0.25))
    # A quarter of 200 cents.
    assert ratio == pytest.approx([2 ** (50 / 1200)], rel=1e-6)
    assert bright > 1.2 * plain


def moved_within_a_block(route: Route, action: Action) -> None:
    preset = replace(PRESET, routes=Routes(((1, route),)))
    one, other = (Instrument(preset, SpectralVocoder(preset.mel), RATE, STILL) for _ in range(2))
    with torch.inference_mode():
        assert np.array_equal(one.process(8), other.process(8))
        one.send(action)
        assert not np.array_equal(one.process(1), other.process(1))


def test_a_gesture_on_a_control_is_heard_within_a_block() -> None:
    """Both on a control that a route moves, and on a macro that moves one."""
    moved_within_a_block(Route("lfo1", "tilt_db", 0.2), SetParameter("tilt_db", 4.0))
    moved_within_a_block(Route("macro1", "voice_level_db", -0.3), SetParameter("macro1", 1.0))


def test_what_is_seen_is_what_is_played_and_ends_with_the_route() -> None:
    instrument = silent(ParameterValues(macro2=1.0, weather_depth=0.5), Route("macro2", "weather_depth", 0.5))
    instrument.process(200)
    view = instrument.view().motion
    assert view.sources["macro2"] == 1.0
    assert view.values == {"weather_depth": pytest.approx(1.5)}
    assert instrument.values["weather_depth"] == view.values["weather_depth"]
    off = replace(Route("macro2", "weather_depth", 0.5), enabled=False)
    instrument.send(SetRoute(1, off))
    instrument.process(1)
    assert instrument.values is instrument.controls
    assert instrument.view().motion.values == {}


def test_without_a_route_that_is_played_nothing_is_another() -> None:
    """Not one bit, with sources that move and routes that are off or a later version's."""
    controls = ParameterValues(lfo1_hz=9.0, macro1=0.7)
    inert = (
        Route("lfo1", "tilt_db", 1.0, enabled=False), Route("a source to come", "tilt_db", 1.0),
        Route("lfo1", "a_control_to_come", 1.0), Route("lfo1", "latch", 1.0),
    )  # fmt: skip
    sounds = []
    for routes in ((), inert):
        preset = replace(PRESET, routes=Routes(tuple(enumerate(routes, start=1))))
        instrument = Instrument(preset, SpectralVocoder(preset.mel), RATE, controls, Setup(seed=5))
        instrument.schedule(NOTES)
        with torch.inference_mode():
            sounds.append(instrument.process(16))
    assert np.array_equal(*sounds)


def test_routes_of_a_later_version_are_told_once() -> None:
    preset = replace(TINY, routes=Routes(((3, Route("a source to come", "tilt_db")),)))
    notices = Noticeboard()
    playing = Playing(Instrument(preset, Echo(preset.mel, 0), RATE), "", notices)
    playing.process(3, 1.0)
    playing.process(3, 1.0)
    assert [notice.text for notice in notices.latest] == [
        f"“{preset.name}”: The route at place 3 is of a later Petrichord: it is kept as it is and has no effect here."
    ]
    assert playing.current.state().routes == preset.routes


@settings(max_examples=15, deadline=None)
@given(
    st.lists(ROUTES, min_size=4, max_size=32),
    st.lists(st.tuples(st.integers(0, 30), st.integers(1, 32), st.none() | ROUTES), max_size=10),
    st.dictionaries(st.sampled_from([p for p in PARAMETERS if "lfo" in p or "envelope2" in p]), st.floats(0, 1)),
)
def test_sixteen_voices_stay_numbers_under_any_routes(
    routes: list[Route], later: list[tuple[int, int, Route | None]], turned: dict[str, float]
) -> None:
    preset = replace(TINY, routes=Routes(tuple(enumerate(routes, start=1))))
    controls = ParameterValues({id: PARAMETERS[id].from_normalised(share) for id, share in turned.items()})
    instrument = Instrument(preset, Echo(preset.mel, 0), RATE, controls.with_value("voice_limit", 16))
    instrument.schedule(Event(i, NoteOn(i, 40 + 3 * i, 0.1 + 0.05 * i)) for i in range(18))
    instrument.schedule(Event(frame, SetRoute(place, route)) for frame, place, route in later)
    with torch.inference_mode():
        assert np.isfinite(instrument.process(40)).all()
    for id, value in instrument.values.items():
        assert PARAMETERS[id].holds(value), id
