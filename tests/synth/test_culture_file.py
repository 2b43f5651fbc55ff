"""A culture that was kept lives on as if the program had never ended; a file that is not its own costs nothing else."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synth.controls import Controls
from synth.culture_file import SavedCulture, bring_back, load_culture, save_culture
from synth.gestures import Gesture
from synth.instrument import Instrument
from synth.messages import Touch
from synth.preset import Preset
from synth.preset_file import load_preset, save_preset
from synth.vocoder.spectral import SpectralVocoder
from tests.cultures import steady_preset
from tests.samples import notebook_preset

RATE = 44100


@pytest.fixture(params=["live", "notebook"])
def preset(request: pytest.FixtureRequest, tmp_path: Path) -> Preset:
    made = steady_preset() if request.param == "live" else notebook_preset()
    return load_preset(save_preset(made, tmp_path / "steady.safetensors"))


def instrument(preset: Preset) -> Instrument:
    return Instrument(preset, SpectralVocoder(preset.mel), RATE, Controls(playhead_speed=0.7))


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
    saved = SavedCulture(played.culture.save(), played.playhead.position)
    save_culture(saved, Path(played.preset.source_path), path)


def test_the_culture_goes_on_exactly_where_it_was(preset: Preset, tmp_path: Path) -> None:
    before, path = played(preset), tmp_path / "state" / "culture.safetensors"
    kept(before, path)
    after = instrument(preset)
    saved = load_culture(Path(preset.source_path), path)
    assert saved is not None
    assert bring_back(after, saved)
    assert after.playhead.position == pytest.approx(before.playhead.position)
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
    saved = load_culture(Path(preset.source_path), path)
    assert saved is not None
    bring_back(after, saved)
    with torch.no_grad():
        torch.testing.assert_close(after._read(), before._read(), rtol=0, atol=1e-4)


def test_another_preset_or_a_changed_one_starts_afresh(preset: Preset, tmp_path: Path) -> None:
    path, own = tmp_path / "culture.safetensors", Path(preset.source_path)
    kept(played(preset, 1), path)
    assert load_culture(own, path) is not None
    save_preset(replace(preset, name="another"), own)
    assert load_culture(own, path) is None
    assert load_culture(tmp_path / "gone.safetensors", path) is None


def test_another_kind_of_culture_is_not_forced_in(tmp_path: Path) -> None:
    live, notebook = (
        load_preset(save_preset(made, tmp_path / f"{i}.safetensors"))
        for i, made in enumerate((steady_preset(), notebook_preset()))
    )
    other = instrument(notebook)
    before = other.culture.cells().clone()
    assert not bring_back(other, SavedCulture(played(live, 1).culture.save(), 0.0))
    assert torch.equal(other.culture.cells(), before)


def test_an_ill_culture_is_not_brought_back(tmp_path: Path) -> None:
    preset = steady_preset()
    ill = played(preset, 1).culture.save()
    ill.state[0] = 50.0
    after = instrument(preset)
    assert not bring_back(after, SavedCulture(ill, 0.0))
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
    saved = load_culture(Path(preset.source_path), path)
    after = instrument(preset)
    if saved is not None:
        bring_back(after, saved)
    with torch.no_grad():
        sound = after.process(2)
    assert bool(torch.from_numpy(sound).isfinite().all())
    assert after.culture.ailment() == ""
