"""A morph as it is played: both ends are one preset alone, and nothing on the way clicks, is lost or forgotten."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from synth.automaton.gestures import Gesture
from synth.errors import UsageError
from synth.instrument.events import (
    EndMorph,
    Event,
    HoldDrone,
    Rescue,
    SetParameter,
    SetRoute,
    Touch,
    Undo,
)
from synth.instrument.instrument import Instrument, Setup
from synth.instrument.morph.partner import check_can_morph, make_partner
from synth.instrument.morph.share_map import ShareMap
from synth.instrument.note_events import NoteOff, NoteOn
from synth.instrument.parameters.values import ParameterValues
from synth.mel import FORMATS, LOG_MEL_FLOOR
from synth.presets.model import Preset
from synth.presets.routes import Route
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.samples import live_preset
from tests.doubles.siblings import RATE, ear, heard, morphing, same, siblings, strangers

PRESETS = FIRST, SECOND = siblings()
STRANGERS = strangers()
SMALL = siblings(n_frames=24)
SMALL_STRANGERS = strangers(n_frames=24)
SETUP = Setup(seed=3)
ROUTES = (("macro1", "fine_cents", 0.4), ("macro1", "tilt_db", 0.1), ("follower", "volume_db", 0.0))


def alone(preset: Preset, **controls: float) -> Instrument:
    return Instrument(preset, SpectralVocoder(preset.mel), RATE, ParameterValues(controls), SETUP)


@torch.inference_mode()
@pytest.mark.parametrize("pair", [PRESETS, STRANGERS])
def test_a_second_preset_without_a_share_changes_no_sample(pair: tuple[Preset, Preset]) -> None:
    plain, both = alone(FIRST), morphing(pair)
    for instrument in (plain, both):
        instrument.send(NoteOn(1, 64, 0.8))
    for _ in range(2):
        assert np.array_equal(plain.process(9), both.process(9))
        for instrument in (plain, both):
            instrument.send(NoteOff(1))
            instrument.send(Touch(Gesture("erase", 20, 20)))


@torch.inference_mode()
def test_the_whole_share_is_read_as_the_second_preset_reads_its_own_culture() -> None:
    both, other = (
        morphing(SMALL, ear(), morph=1.0, tilt_db=2.0, macro1=1.0),
        Instrument(SMALL[1], ear(), RATE, ParameterValues(tilt_db=2.0, macro1=1.0), SETUP),
    )
    for instrument in (both, other):
        for slot, (source, moved, depth) in enumerate(ROUTES, 1):
            instrument.send(SetRoute(slot, Route(source, moved, depth)))
    both.process(300)
    other.process(1)
    left = both.state()
    other.resume(replace(other.state(), culture=left.culture, place=left.place, motion=left.motion))
    for instrument in (both, other):
        instrument.send(NoteOn(1, 64, 0.8))
        instrument.process(1)
    for _ in range(3):
        mine, theirs = heard(both), heard(other)
        assert mine.second is not None
        # Every share is 1 to the last bit, so the columns are; the pitch has glided there, to a settled rounding.
        assert torch.equal(mine.second.columns, theirs.columns)
        assert torch.allclose(mine.second.pitch_ratio, theirs.pitch_ratio, atol=1e-6)
        assert torch.equal(mine.second.gain, theirs.gain)
        # Of the first nothing is left.
        assert mine.columns.max() < LOG_MEL_FLOOR + 0.1
    # Pitch and tilt were moved, by two fifths of ±100 cents and a tenth of ±12 dB, and what is heard is followed.
    assert float(theirs.pitch_ratio[0, 0]) == pytest.approx(2 ** (80 / 1200), rel=1e-4)
    assert other.values["tilt_db"] > 3
    assert both.motion.state.level == pytest.approx(other.motion.state.level, abs=1e-3)
    assert other.motion.state.level > 0.5


@torch.inference_mode()
def test_routes_move_the_share_as_a_hand_on_the_control_does() -> None:
    moved, by_hand = morphing(SMALL, ear(), lfo1_hz=3.0, morph_map=2.0), morphing(SMALL, ear(), morph_map=2.0)
    moved.do(SetRoute(1, Route("lfo1", "morph", 0.7)))
    values = []
    for _ in range(40):
        mine = heard(moved)
        values.append(moved.values["morph"])
        by_hand.do(SetParameter("morph", values[-1]))
        assert same(mine, heard(by_hand))
    assert moved.controls["morph"] == 0
    assert min(values) < 0.01
    assert max(values) == pytest.approx(0.7, abs=0.01)
    # A morph that was asked to end does so, whatever moves its control.
    moved.do(EndMorph())
    for _ in range(20):
        moved.process(10)
    assert moved.morph is None


@torch.inference_mode()
def test_half_a_share_gives_each_half_of_the_power_and_both_one_pitch() -> None:
    both = morphing(SMALL, ear(), morph=0.5)
    both.process(60)
    given = heard(both)
    assert given.second is not None
    reader, place = both.reader, both.playhead.ago(1)
    read = reader.read(both.played.heard(), place)
    half = 0.5 * float(np.log(0.5))
    assert torch.allclose(given.columns[0, :, :, 0], (read + half).clamp(min=LOG_MEL_FLOOR), atol=1e-5)
    one, other = SMALL[0].root_hz * given.pitch_ratio[0, 0], SMALL[1].root_hz * given.second.pitch_ratio[0, 0]
    assert float(one) == pytest.approx(float(other), rel=1e-5)
    assert float(one) == pytest.approx((SMALL[0].root_hz * SMALL[1].root_hz) ** 0.5, rel=1e-4)


@torch.inference_mode()
def test_a_note_sounds_at_its_key_in_both_presets() -> None:
    both = morphing(SMALL, ear(), morph=0.3)
    both.send(HoldDrone(False))
    both.send(NoteOn(1, 69, 0.8))
    both.process(8)
    given = heard(both)
    assert given.second is not None
    assert SMALL[0].root_hz * float(given.pitch_ratio[0, 0]) == pytest.approx(440.0, rel=1e-5)
    assert SMALL[1].root_hz * float(given.second.pitch_ratio[0, 0]) == pytest.approx(440.0, rel=1e-5)


@torch.inference_mode()
def test_a_vocoder_that_plays_one_preset_reads_the_blend_in_log_mel() -> None:
    both = morphing(SMALL, ear(two=False), morph=0.25)
    both.process(60)
    given = heard(both)
    assert given.second is None
    assert both.morph is not None
    place, grid = both.playhead.ago(1), both.played.heard()
    read, second = both.reader.read(grid, place), both.morph.partner.reader.read(grid, place)
    louder = second + (SMALL[1].gain_db - SMALL[0].gain_db) / 8.685889638 * (second - LOG_MEL_FLOOR).clamp(0, 1)
    assert torch.allclose(given.columns[0, :, :, 0], 0.75 * read + 0.25 * louder, atol=1e-5)


@torch.inference_mode()
def test_the_contour_of_notes_is_blended_by_the_same_share() -> None:
    both = morphing(SMALL, ear(), morph=0.5, velocity_level=0.0, steps_per_frame=0.0)
    both.send(HoldDrone(False))
    both.send(NoteOn(1, 60, 1.0))
    both.process(60)
    # The culture stands still, and the same column is read again after each loop of 24 frames.
    begun = heard(both).columns[0, 0, 8, 0]
    both.process(95)
    later = heard(both).columns[0, 0, 8, 0]
    # The second preset falls by 6 dB a second, the first one lasts: together by 3.
    assert float(begun - later) * 8.685889638 == pytest.approx(3.0 * 96 / 86.1328, abs=0.01)


@torch.inference_mode()
@pytest.mark.parametrize("pair", [PRESETS, STRANGERS])
def test_a_sweep_does_not_depend_on_block_size(pair: tuple[Preset, Preset]) -> None:
    def sweep(sizes: Sequence[int]) -> NDArray[np.float32]:
        instrument = morphing(pair, morph_map=2.0)
        instrument.schedule([Event(0, NoteOn(1, 60, 0.7), 0.3)])
        instrument.schedule([Event(4, SetParameter("morph", 0.8)), Event(14, SetParameter("morph", 0.1))])
        return np.concatenate([instrument.process(size) for size in sizes], axis=1)

    assert np.array_equal(sweep([24]), sweep([1, 3, 6, 2, 12]))


@torch.inference_mode()
def test_a_knob_thrown_from_end_to_end_makes_no_step() -> None:
    instrument = morphing(PRESETS, width=0.0)
    instrument.process(20)
    for knob in (1.0, 0.0):
        instrument.do(SetParameter("morph", knob))
        assert _largest_step(instrument.process(30)) < 1e-3


def _largest_step(sound: NDArray[np.float32]) -> float:
    """By how much a single second difference stands out of its neighbours: of a click the whole step, of waves and of
    noise nothing, whose samples stay within six standard deviations of the 7 ms around them."""
    found = np.abs(np.diff(sound[0].astype(np.float64), n=2))
    around = np.sqrt(np.convolve(np.square(found), np.ones(301) / 301, "same"))
    return float((found - 6 * around).max())


def test_a_click_would_be_seen() -> None:
    calm = np.stack([0.1 * np.sin(np.arange(5000) / 20)] * 2).astype(np.float32)
    assert _largest_step(calm) < 0
    calm[:, 2000:] += 1e-2
    assert _largest_step(calm) > 1e-3


@torch.inference_mode()
@pytest.mark.parametrize("pair", [SMALL, SMALL_STRANGERS])
def test_a_morph_that_ends_glides_back_and_leaves_the_first_preset_as_it_was(pair: tuple[Preset, Preset]) -> None:
    instrument = morphing(pair, morph=0.7)
    instrument.process(30)
    instrument.send(EndMorph())
    vocoder = instrument.vocoder
    for _ in range(20):
        instrument.process(10)
    assert instrument.morph is None
    assert instrument.vocoder is not vocoder
    assert isinstance(instrument.vocoder, SpectralVocoder)
    # The same culture, resumed by an instrument that never heard of a morph, goes on alike.
    fresh = Instrument(SMALL[0], ear(), RATE, setup=SETUP)
    fresh.resume(instrument.state())
    for _ in range(3):
        instrument.process(1)
        fresh.process(1)
    assert torch.equal(instrument.culture.cells(), fresh.culture.cells())


@torch.inference_mode()
def test_a_gesture_is_undone_and_an_ill_culture_reseeded_during_a_morph() -> None:
    instrument = morphing(SMALL, ear(), morph=0.5)
    instrument.process(20)
    before = instrument.culture.save()
    instrument.do(Touch(Gesture("erase", 9, 30)))
    instrument.process(3)
    instrument.do(Undo())
    assert torch.equal(instrument.culture.cells(), before.state)
    instrument.do(Rescue("dead"))
    instrument.process(200)
    assert instrument.culture.ailment() == ""
    assert instrument.morph is not None
    assert instrument.morph.share is not None


def test_presets_that_cannot_be_morphed_are_refused_in_one_sentence() -> None:
    large = replace(live_preset(fmt=FORMATS["44k128"], n_frames=24), name="Large")
    with pytest.raises(
        UsageError, match="has the format 22k80, “Large” 44k128: choose a second preset of the same format"
    ):
        check_can_morph(FIRST, large)
    with pytest.raises(UsageError, match="“Large” 44k128: choose"):
        make_partner(FIRST, large, RATE, SETUP)


def test_a_knob_that_turns_back_on_its_way_leads_the_shares_back() -> None:
    shares = ShareMap(torch.zeros(4, 6), 86.0)
    shares.advance(0.0, 0.0, torch.zeros(4, 6))
    shares.advance(1.0, 0.0, torch.zeros(4, 6))
    left = shares.mean
    assert left > 0
    for _ in range(200):
        shares.advance(0.0, 0.0, torch.zeros(4, 6))
    assert shares.mean == 0.0
