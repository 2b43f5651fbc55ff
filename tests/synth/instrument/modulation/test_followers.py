"""The culture and the level as sources: cut as a region says, moved by wounds and by how loud it is."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from synth.automaton.gestures import Gesture
from synth.instrument.events import HoldDrone, ReseedAll, SetParameter, Touch
from synth.instrument.instrument import Instrument
from synth.instrument.modulation.culture_followers import change, cut, strength, strength_source
from synth.instrument.modulation.level_follower import followed, level_source
from synth.instrument.modulation.routes import Region, Route, Routes
from synth.instrument.note_events import NoteOn
from synth.instrument.parameters.values import ParameterValues
from synth.presets.file import load_preset
from tests.doubles.instruments import Echo
from tests.doubles.samples import live_preset
from tests.synth.instrument.test_events import REGIONS

PRESETS = Path(__file__).parents[4] / "presets"
GRID = np.random.default_rng(1).uniform(-1, 1, (8, 20)).astype(np.float32)


@given(REGIONS)
def test_a_region_has_every_cell_that_it_touches(region: Region) -> None:
    """Cell by cell: rows and columns that lie in the region at least in part; round the end where left is right of
    right."""
    rows = [m for m in range(8) if m / 8 < region.high and (m + 1) / 8 > region.low]

    def lies_in(t: int) -> bool:
        begin, end = t / 20, (t + 1) / 20
        if region.left < region.right:
            return begin < region.right and end > region.left
        return begin < region.right or end > region.left

    columns = [t for t in range(20) if lies_in(t)]
    found = cut(GRID, region)
    # A side that lies on a cell's border to rounding may take the cell beside it.
    assert abs(found.shape[0] - max(1, len(rows))) <= 1
    assert abs(found.shape[1] - max(1, len(columns))) <= 2
    assert set(found.ravel().tolist()) <= set(GRID.ravel().tolist())


def test_a_region_is_cut_where_it_lies() -> None:
    assert np.array_equal(cut(GRID, Region()), GRID)
    assert np.array_equal(cut(GRID, Region(0.5, 0.75, 0.25, 0.5)), GRID[2:4, 10:15])
    assert np.array_equal(cut(GRID, Region(0.9, 0.1)), np.concatenate([GRID[:, 18:], GRID[:, :2]], axis=1))
    moved = GRID.copy()
    moved[3, 12] += 0.5
    assert change(GRID, moved, Region(0.5, 0.75, 0.25, 0.5)) == pytest.approx(0.5 / 10)
    assert change(GRID, moved, Region(0.0, 0.5)) == 0.0


def test_strength_goes_from_silence_to_twice_as_strong() -> None:
    silence, usual = np.full((4, 4), -1.0, np.float32), np.full((4, 4), -0.475, np.float32)
    # A quarter of the way from −1 to 1.1.
    assert (strength(silence, Region()), strength(usual, Region())) == (0.0, pytest.approx(0.25))
    assert strength_source(0.25, 0.25) == 0.5
    assert strength_source(0.0, 0.25) == 0.0
    assert strength_source(0.6, 0.25) == 1.0


@pytest.mark.parametrize("name", ["violin", "piano"])
def test_a_wound_in_a_real_culture_is_felt_until_it_has_healed(name: str) -> None:
    """Its region becomes weak at once and strong again as it heals; the activity rises as it is cut and as it grows
    back, and falls to what it was. Elsewhere little is felt."""
    preset = load_preset(PRESETS / f"{name}.safetensors")
    routes = Routes(((1, Route("culture_activity", "width", 0.1)), (2, Route("culture_strength", "width", 0.1))))
    region = Region(0.2, 0.4, 0.0, 0.5)
    M, T = preset.mel.n_mels, preset.n_frames
    instrument = Instrument(replace(preset, routes=routes, region=region), Echo(preset.mel, 0), 44100)

    def seen(n_frames: int) -> list[tuple[float, float]]:
        found = []
        for _ in range(n_frames):
            instrument.process(1)
            sources = instrument.view().motion.sources
            found.append((sources["culture_activity"], sources["culture_strength"]))
        return found

    with torch.inference_mode():
        calm = np.array(seen(60))[30:]
        instrument.send(Touch(Gesture("erase", 0.3 * T, 0.25 * M, 0.12 * T, 0.3 * M)))
        cut_now = np.array(seen(4))
        healing = np.array(seen(2 * T))
        healed = np.array(seen(60))
    usual_activity, usual_strength = calm.mean(axis=0)
    # Within four frames, which is 46 ms.
    assert cut_now[-1, 0] > usual_activity + 0.2
    assert cut_now[-1, 1] < 0.5 * usual_strength
    # While it rests less moves than before, and as it grows back more.
    assert healing[40 : T // 2, 0].mean() < usual_activity
    assert healing[T // 2 :, 0].max() > usual_activity + 0.1
    assert healed[:, 0].mean() == pytest.approx(usual_activity, abs=0.1)
    assert healed[:, 1].mean() == pytest.approx(usual_strength, abs=0.1)


def test_nothing_is_followed_while_no_route_uses_it() -> None:
    preset = live_preset()
    instrument = Instrument(preset, Echo(preset.mel, 0), 44100)
    instrument.process(3)
    assert (instrument.motion.state.seen, instrument.motion.state.level) == (None, 0.0)


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_a_larger_power_is_no_smaller_level(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 0 <= level_source(low) <= level_source(high) <= 1


def test_the_follower_rises_at_once_and_falls_by_and_by() -> None:
    # The preset's usual level is 48 dB above the lowest of 60.
    assert level_source(1.0) == pytest.approx(0.8)
    assert (level_source(0.0), level_source(10**1.2)) == (0.0, 1.0)
    assert followed(0.2, 0.9) == 0.9
    level = 1.0
    for _ in range(8):
        level = followed(level, 0.0)
    # A time constant of eight frames.
    assert level == pytest.approx(np.exp(-1), abs=0.03)


def test_the_follower_tells_how_loud_drone_and_notes_are() -> None:
    preset = replace(live_preset(), routes=Routes(((1, Route("follower", "weather_depth", 0.01)),)))
    still = ParameterValues(frozen=True, weather_depth=0.0, contour_attack=0.0, velocity_level=0.5)
    instrument = Instrument(preset, Echo(preset.mel, 0), 44100, still)

    def level(n_frames: int = 60) -> float:
        instrument.process(n_frames)
        return instrument.motion.state.level

    drone = level()
    assert drone == pytest.approx(0.8, abs=0.03)
    instrument.send(SetParameter("voice_level_db", -12.0))
    # Twelve of sixty decibels.
    assert level() == pytest.approx(drone - 0.2, abs=0.01)
    instrument.send(HoldDrone(False, 2.0))
    # Half way to silence in a straight line: 6 dB, which it follows 8 frames later.
    gain = 1 - (86 - 8) / (2 * preset.mel.frames_per_second)
    assert level(86) == pytest.approx(drone - 0.2 + 20 * np.log10(gain) / 60, abs=0.01)
    instrument.send(HoldDrone(False))
    assert level(120) < 0.001
    instrument.send(NoteOn(1, 57, 100 / 127))
    note = level()
    assert note == pytest.approx(drone - 0.2, abs=0.02)
    # One octave lower in velocity is 6 dB at this setting.
    instrument.send(NoteOn(2, 57, 100 / 127))
    assert level() == pytest.approx(note + 3.01 / 60, abs=0.01)
    instrument.send(ReseedAll())
    assert level(1) <= 1
