"""A culture that was kept lives on as if the program had never ended; a file that is not its own costs nothing else."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synth.automaton.gestures import Gesture
from synth.engine.kept_culture import bring_back, save_culture
from synth.engine.protocol import Capture
from synth.instrument.events import Touch
from synth.instrument.instrument import Instrument
from synth.instrument.parameters.values import ParameterValues
from synth.presets.file import load_preset, save_preset
from synth.presets.model import Preset
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.cultures import steady_preset
from tests.doubles.samples import notebook_preset

RATE = 44100


@pytest.fixture(params=["live", "notebook"])
def preset(request: pytest.FixtureRequest, tmp_path: Path) -> Preset:
    made = steady_preset(64) if request.param == "live" else notebook_preset(n_frames=64)
    return load_preset(save_preset(made, tmp_path / "steady.safetensors"))


def instrument(preset: Preset) -> Instrument:
    return Instrument(preset, SpectralVocoder(preset.mel), RATE, ParameterValues(playhead_speed=0.7))


def played(preset: Preset, blocks: int = 20) -> Instrument:
    """Touched, frozen in places, and some way into its life."""
    made = instrument(preset)
    with torch.no_grad():
        made.send(Touch(Gesture("erase", 40, 20)))
        made.send(Touch(Gesture("freeze", 100, 30)))
        for _ in range(blocks):
            made.process(2)
    return made


def kept(played: Instrument, path: Path) -> None:
    state = played.state()
    save_culture(Capture(played.preset, state.culture, state), path)


def test_the_culture_goes_on_exactly_where_it_was(preset: Preset, tmp_path: Path) -> None:
    before, path = played(preset), tmp_path / "state" / "culture.safetensors"
    kept(before, path)
    after = instrument(preset)
    assert bring_back(after, path)
    assert after.playhead.place.position == before.playhead.place.position
    with torch.no_grad():
        for _ in range(30):
            before.process(2)
            after.process(2)
    assert torch.equal(after.culture.cells(), before.culture.cells())
    assert torch.equal(after.culture.frozen(), before.culture.frozen())
    assert torch.equal(after.culture.grid(), before.culture.grid())
    assert after.culture.steps == before.culture.steps


def test_its_first_sound_is_the_column_under_the_playhead(preset: Preset, tmp_path: Path) -> None:
    before, path = played(preset), tmp_path / "culture.safetensors"
    kept(before, path)
    after = instrument(preset)
    assert bring_back(after, path)
    spectra = [np.abs(np.fft.rfft(sound.process(16)[0][-4096:] * np.hanning(4096))) for sound in (before, after)]
    assert np.corrcoef(*[np.log(spectrum + 1e-4) for spectrum in spectra])[0, 1] > 0.9


def test_another_preset_or_a_changed_one_starts_afresh(preset: Preset, tmp_path: Path) -> None:
    path = tmp_path / "culture.safetensors"
    assert not bring_back(instrument(preset), path)
    kept(played(preset, 1), path)
    assert bring_back(instrument(preset), path)
    changed = instrument(replace(preset, name="another"))
    before = changed.culture.cells().clone()
    assert not bring_back(changed, path)
    assert torch.equal(changed.culture.cells(), before)


def test_an_ill_culture_is_not_brought_back(tmp_path: Path) -> None:
    preset = steady_preset(64)
    ill, path = played(preset, 1), tmp_path / "culture.safetensors"
    state = ill.culture.save()
    state.state[0] = 50.0
    ill.culture.restore(state)
    kept(ill, path)
    after = instrument(preset)
    assert not bring_back(after, path)
    assert after.culture.ailment() == ""


SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)


@SHARED
@given(st.data())
def test_no_damage_to_the_file_is_more_than_a_fresh_start(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("damage")
    preset = load_preset(save_preset(steady_preset(16), folder / "steady.safetensors"))
    path = folder / "culture.safetensors"
    kept(played(preset, 1), path)
    raw = bytearray(path.read_bytes())
    if data.draw(st.booleans()):
        raw = raw[: data.draw(st.integers(0, len(raw) - 1))]
    for _ in range(data.draw(st.integers(1, 4))):
        if raw:
            raw[data.draw(st.integers(0, min(len(raw), 1200) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(raw))
    after = instrument(preset)
    bring_back(after, path)
    with torch.no_grad():
        sound = after.process(2)
    assert bool(torch.from_numpy(sound).isfinite().all())
    assert after.culture.ailment() == ""
