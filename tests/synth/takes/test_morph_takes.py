"""A take of a morph holds both presets: it is rendered to the bit, gone back into and continued."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from synth.automaton.gestures import Gesture
from synth.engine.kept_culture import bring_back, save_culture
from synth.engine.protocol import Capture
from synth.engine.takes.replay import Replay
from synth.errors import RecordingError
from synth.instrument.events import EndMorph, PaintShare, SetParameter, SetRoute, Touch, Undo
from synth.instrument.instrument import Instrument, Setup
from synth.instrument.morph.partner import make_partner
from synth.instrument.note_events import NoteOn
from synth.instrument.state import InstrumentState
from synth.presets.model import Preset
from synth.presets.routes import Route
from synth.takes.branch import instrument_at
from synth.takes.companion import beginning_of, load_beginning, save_beginning
from synth.takes.performance import load_performance
from synth.takes.steps import MorphBegun
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.performances import OfflineTake
from tests.doubles.siblings import RATE, morphing, siblings, strangers

PRESETS = siblings(n_frames=24)
STRANGERS = strangers(n_frames=24)
COMPANION = "a.petrichord.safetensors"


def rendered(take: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    performance = load_performance(take)
    assert performance.whole
    return np.concatenate(list(Replay(performance, lambda name, preset: SpectralVocoder(preset.mel)).sound()))


def test_a_take_that_began_in_a_morph_and_begins_another_is_rendered_to_the_bit(tmp_path: Path) -> None:
    with torch.no_grad():
        playing = morphing(PRESETS, morph=0.6)
        playing.process(9)
        again = make_partner(*PRESETS, RATE, playing.setup)
    offline = OfflineTake(tmp_path / "a.wav", playing)
    place = Gesture("paint", 9, 30, 5, 20)
    offline.play(3, [SetParameter("morph_map", 3.0), PaintShare(place, True), Touch(place)])
    offline.play(2, [Undo(), NoteOn(1, 60, 0.8), SetRoute(1, Route("lfo1", "morph", 0.4, "bipolar"))])
    offline.playing.morph(again)
    offline.play(115, [SetParameter("morph", 0.9)])
    offline.play(3, [EndMorph()])
    sound = offline.end()
    performance = load_performance(tmp_path / "a.wav")
    begun = [step for step in performance.steps if isinstance(step, MorphBegun)]
    assert [step.preset.name for step in begun] == [PRESETS[1].name]
    assert np.array_equal(rendered(tmp_path / "a.wav"), sound)
    assert np.abs(sound[-1000:]).max() > 1e-3


@pytest.mark.parametrize("begins", ["before", "within"])
def test_a_take_of_two_cultures_is_rendered_to_the_bit(begins: str, tmp_path: Path) -> None:
    with torch.no_grad():
        playing = Instrument(STRANGERS[0], SpectralVocoder(STRANGERS[0].mel), RATE, setup=Setup(seed=3))
        partner = make_partner(*STRANGERS, RATE, playing.setup)
        if begins == "before":
            playing.begin_morph(partner)
            playing.do(SetParameter("morph", 0.5))
        playing.do(Touch(Gesture("erase", 9, 60)))
        playing.process(9)
    offline = OfflineTake(tmp_path / "a.wav", playing)
    offline.play(2)
    if begins == "within":
        offline.playing.morph(partner)
    offline.play(4, [SetParameter("morph", 0.7), Touch(Gesture("paint", 9, 30)), NoteOn(1, 60, 0.8)])
    # The second takes back what lies before the take.
    offline.play(6, [Undo(), Undo()])
    sound = offline.end()
    assert np.array_equal(rendered(tmp_path / "a.wav"), sound)
    assert np.abs(sound[-1000:]).max() > 1e-3


@pytest.mark.parametrize("pair", [PRESETS, STRANGERS])
def test_a_moment_of_a_take_is_gone_back_to_with_its_morph(pair: tuple[Preset, Preset], tmp_path: Path) -> None:
    with torch.no_grad():
        playing = Instrument(pair[0], SpectralVocoder(pair[0].mel), RATE, setup=Setup(seed=3))
        partner = make_partner(*pair, RATE, playing.setup)
    offline = OfflineTake(tmp_path / "a.wav", playing)
    offline.play(2)
    offline.playing.morph(partner)
    offline.play(10, [SetParameter("morph", 0.7)])
    seconds = offline.n_samples / RATE
    expected = playing.state()
    offline.play(4, [SetParameter("morph", 0.1)])
    offline.end()
    beginning, found, _ = instrument_at(tmp_path / "a.wav", seconds, RATE)
    assert beginning.partner is not None
    assert found.morph is not None
    assert expected.morph is not None
    assert torch.equal(found.state().culture.state, expected.culture.state)
    plates = found.state().culture.second, expected.culture.second
    assert (plates[1] is not None) == (pair is STRANGERS)
    if plates[0] is not None and plates[1] is not None:
        assert torch.equal(plates[0].state, plates[1].state)
    assert torch.equal(found.morph.save().map.share, expected.morph.map.share)
    assert found.morph.save().level == expected.morph.level


def companion(folder: Path) -> Path:
    """What a morph under way is kept as."""
    with torch.no_grad():
        playing = morphing(PRESETS, morph=0.6)
        playing.process(9)
        save_beginning(beginning_of(playing), folder / COMPANION)
    return folder / COMPANION


def damaged(path: Path, **arrays: np.ndarray[tuple[int, ...], np.dtype[np.uint8]] | None) -> None:
    """Replace or drop arrays of the file."""
    with safe_open(path, "np") as file:
        metadata = file.metadata()
    kept = {**load_file(path), **arrays}
    save_file({name: array for name, array in kept.items() if array is not None}, path, metadata)


def test_a_companion_keeps_both_presets_and_the_morph(tmp_path: Path) -> None:
    beginning = load_beginning(companion(tmp_path))
    assert beginning.partner is not None
    assert (beginning.preset.name, beginning.partner.name) == (PRESETS[0].name, PRESETS[1].name)
    assert beginning.state.morph is not None
    assert 0.3 < float(beginning.state.morph.map.share.mean()) < 0.6


def test_a_second_preset_that_is_gone_damaged_or_of_a_later_version_is_one_sentence(tmp_path: Path) -> None:
    path = companion(tmp_path)
    whole, bytes_of_partner = path.read_bytes(), load_file(path)["partner"]
    for wrong in (None, bytes_of_partner[: len(bytes_of_partner) // 2].copy()):
        damaged(path, partner=wrong)
        with pytest.raises(RecordingError, match=r"^a\.petrichord\.safetensors is .*\.$"):
            load_beginning(path)
        path.write_bytes(whole)
    raw = bytes_of_partner.tobytes()
    assert raw.count(b'\\"schema_version\\": 2') == 1
    later = raw.replace(b'\\"schema_version\\": 2', b'\\"schema_version\\": 9')
    damaged(path, partner=np.frombuffer(later, np.uint8))
    with pytest.raises(RecordingError, match="this Petrichord reads 2; update Petrichord"):
        load_beginning(path)


def test_maps_that_cannot_be_shares_are_refused(tmp_path: Path) -> None:
    path = companion(tmp_path)
    share = load_file(path)["morph.share"]
    for wrong in (share[:, :-1].copy(), share - 1, np.full_like(share, np.nan)):
        damaged(path, **{"morph.share": wrong})
        with pytest.raises(RecordingError, match="is damaged"):
            load_beginning(path)


@pytest.mark.parametrize("pair", [PRESETS, STRANGERS])
def test_the_culture_of_a_closed_window_comes_back_with_its_second_preset(
    pair: tuple[Preset, Preset], tmp_path: Path
) -> None:
    with torch.no_grad():
        playing = morphing(pair, morph=0.6)
        playing.process(9)
        state = playing.state()
        save_culture(Capture(pair[0], state.culture, state, pair[1]), tmp_path / "culture")
        fresh = Instrument(pair[0], SpectralVocoder(pair[0].mel), RATE, setup=Setup(seed=3))
        assert bring_back(fresh, tmp_path / "culture")
    assert fresh.morph is not None
    assert state.morph is not None
    assert torch.equal(fresh.morph.save().map.share, state.morph.map.share)
    assert cells(fresh.state()) == cells(state)


def cells(state: InstrumentState) -> list[list[float]]:
    """Of every culture that there is."""
    plates = [state.culture] if state.culture.second is None else [state.culture, state.culture.second]
    return [plate.state.flatten().tolist() for plate in plates]


@pytest.mark.parametrize("pair", [PRESETS, STRANGERS])
def test_an_instrument_that_moves_to_another_rate_takes_its_morph_along(pair: tuple[Preset, Preset]) -> None:
    with torch.no_grad():
        playing = morphing(pair, morph=0.6)
        playing.process(9)
        playing.do(Touch(Gesture("erase", 9, 30)))
        before = playing.state(with_history=True)
        vocoder = SpectralVocoder(PRESETS[0].mel)
        vocoder.prepare(PRESETS[0], 48000, n_heads=2, seed=3)
        playing.move_to_rate(48000, vocoder, None)
        after = playing.state(with_history=True)
        assert cells(after) == cells(before)
        assert before.history is not None
        assert after.history is not None
        assert [state.second is None for state in after.history.past] == [pair is PRESETS]
        assert before.morph is not None
        assert after.morph is not None
        assert torch.equal(after.morph.map.share, before.morph.map.share)
        assert playing.vocoder.plays_two
        assert playing.process(20).shape[1] == 20 * 256 * 48000 // 22050


def test_a_take_whose_second_culture_is_missing_or_cannot_be_one_is_refused(tmp_path: Path) -> None:
    with torch.no_grad():
        playing = morphing(STRANGERS, morph=0.6)
        playing.process(2)
        beginning = beginning_of(playing)
    path = tmp_path / COMPANION
    save_beginning(beginning, path)
    whole = path.read_bytes()
    cells = load_file(path)["second_plate.state"]
    for wrong in (None, cells[:, :-1].copy(), np.full_like(cells, np.nan)):
        damaged(path, **{"second_plate.state": wrong})
        with pytest.raises(RecordingError, match="is damaged"):
            load_beginning(path)
        path.write_bytes(whole)
    assert beginning.state.culture.second is not None
    alone = replace(beginning.state, culture=replace(beginning.state.culture, second=None))
    save_beginning(replace(beginning, state=alone), path)
    with pytest.raises(RecordingError, match=r"^a\.petrichord\.safetensors.*\.$"):
        load_beginning(path)
