"""A morph between presets of different parents: two cultures, each under its own rule, heard by the share of each."""

import pytest
import torch
from torch import Tensor

from synth.automaton.gestures import Gesture, GestureKind
from synth.culture.culture import Culture
from synth.culture.two_plates import TwoPlates
from synth.culture.undo_states import History
from synth.instrument.events import EndMorph, HoldDrone, Rescue, ReseedAll, SetParameter, SetRoute, ThawAll, Touch, Undo
from synth.instrument.instrument import Instrument, Setup
from synth.instrument.morph.levelling import Weights, estimated_power
from synth.instrument.morph.partner import make_partner
from synth.instrument.note_events import NoteOn
from synth.instrument.parameters.values import ParameterValues
from synth.mel import LOG_MEL_FLOOR
from synth.presets.routes import Route
from synth.vocoder.contract import VoiceFrames
from tests.doubles.samples import notebook_preset
from tests.doubles.siblings import RATE, ear, heard, morphing, siblings, strangers

PAIR = FIRST, SECOND = strangers(n_frames=24)


def second_of(instrument: Instrument) -> Culture:
    assert isinstance(instrument.culture, TwoPlates)
    return instrument.culture.second


@torch.inference_mode()
def test_at_the_whole_share_it_is_the_second_preset_alone() -> None:
    """Same seed, same gestures, same steps: its plate is to the bit the culture that it has when it plays alone."""
    both = morphing(PAIR, ear(), morph=1.0)
    other = Instrument(SECOND, ear(), RATE, ParameterValues(), Setup(seed=3))
    for instrument in (both, other):
        instrument.do(Touch(Gesture("erase", 9, 30)))
        instrument.process(120)
        instrument.do(Touch(Gesture("noise", 3, 40)))
        instrument.do(Touch(Gesture("freeze", 15, 20)))
        instrument.do(SetParameter("weather_depth", 1.7))
        instrument.process(180)
        instrument.send(NoteOn(1, 64, 0.8))
    assert torch.equal(second_of(both).cells(), other.culture.cells())
    for _ in range(3):
        mine, theirs = heard(both), heard(other)
        assert mine.second is not None
        assert torch.equal(mine.second.columns, theirs.columns)
        assert torch.allclose(mine.second.pitch_ratio, theirs.pitch_ratio, atol=1e-6)
        assert torch.equal(mine.second.gain, theirs.gain)
        assert mine.columns.max() < LOG_MEL_FLOOR + 0.1


@torch.inference_mode()
@pytest.mark.parametrize("knob", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("kind", ["erase", "paint"])
def test_what_a_hand_does_is_heard_at_any_share(knob: float, kind: GestureKind) -> None:
    touched, left = (morphing(PAIR, ear(), morph=knob, steps_per_frame=0.0) for _ in range(2))
    for instrument in (touched, left):
        instrument.process(100)
    touched.do(Touch(Gesture(kind, 12, 40, 40, 12)))
    mine, theirs = powers(heard(touched)), powers(heard(left))
    away = (mine[0, 36:44] / theirs[0, 36:44]).log10() * 10
    # Paint makes what lies there louder, up to what it may be; a wound leaves nothing.
    assert (away < -10).all() if kind == "erase" else (away > 3).any()


def powers(frames: VoiceFrames) -> Tensor:
    """(2, M) what is read of both presets together."""
    power = frames.columns[0, :, :, 0].mul(2).exp()
    return power if frames.second is None else power + frames.second.columns[0, :, :, 0].mul(2).exp()


@torch.inference_mode()
def test_both_cultures_live_in_a_sweep_and_take_the_same_steps() -> None:
    instrument = morphing(PAIR, ear(), steps_per_frame=1.0, morph_map=2.0)
    before = [plate.cells().clone() for plate in (instrument.culture, second_of(instrument))]
    for i in range(30):
        instrument.do(SetParameter("morph", 1 - abs(1 - i / 15)))
        instrument.process(8)
        assert instrument.culture.ailment() == ""
    assert instrument.culture.steps == second_of(instrument).steps == 240
    for plate, was in zip((instrument.culture, second_of(instrument)), before, strict=True):
        assert 0.01 < (plate.cells()[0] - was[0]).abs().mean() < 1


@torch.inference_mode()
def test_an_undo_brings_both_cultures_back_and_fades_both() -> None:
    instrument = morphing(PAIR, ear(), morph=0.5, steps_per_frame=0.0, playhead_speed=0.0)
    instrument.process(60)
    before, was_heard = instrument.culture.save(), heard(instrument)
    assert before.second is not None
    instrument.do(Touch(Gesture("erase", 9, 30)))
    instrument.do(ReseedAll())
    instrument.process(4)
    for action in (Undo(), Undo()):
        instrument.do(action)
    assert torch.equal(instrument.culture.cells(), before.state)
    assert torch.equal(second_of(instrument).cells(), before.second.state)
    # What is heard comes back within the frames of a fade, of both.
    first = heard(instrument)
    assert first.second is not None
    assert was_heard.second is not None
    assert not torch.equal(first.second.columns, was_heard.second.columns)
    instrument.process(4)
    later = heard(instrument)
    assert later.second is not None
    assert torch.allclose(later.second.columns, was_heard.second.columns, atol=1e-5)
    assert torch.allclose(later.columns, was_heard.columns, atol=1e-5)


@torch.inference_mode()
def test_a_state_from_before_the_morph_leaves_the_second_culture_as_it_is() -> None:
    instrument = Instrument(FIRST, ear(), RATE, ParameterValues(), Setup(seed=3))
    instrument.do(Touch(Gesture("erase", 9, 30)))
    instrument.begin_morph(make_partner(*PAIR, RATE, instrument.setup, n_vocoders=0))
    instrument.process(3)
    instrument.do(Touch(Gesture("erase", 19, 50)))
    instrument.do(Undo())
    second = second_of(instrument).cells().clone()
    instrument.do(Undo())
    assert torch.equal(second_of(instrument).cells(), second)
    assert torch.equal(instrument.culture.cells(), FIRST.state)
    # Once the morph is over nothing of it is kept.
    instrument.do(Touch(Gesture("erase", 19, 50)))
    instrument.do(EndMorph())
    for _ in range(20):
        instrument.process(10)
    assert instrument.morph is None
    assert all(state.second is None for state in instrument.history.save().past)


@torch.inference_mode()
def test_undo_keeps_as_much_memory_as_without_a_second_culture() -> None:
    first, second = morphing(PAIR, ear()), Instrument(SECOND, ear(), RATE, ParameterValues(), Setup())
    both = TwoPlates(first.culture, second.culture)
    history = History(second.culture, limit_bytes=6 * second.culture.save().n_bytes)
    for _ in range(20):
        history.remember(both)
    assert history.undos == 3
    assert sum(state.n_bytes for state in history.save().past) == 6 * second.culture.save().n_bytes


@torch.inference_mode()
def test_only_the_culture_that_is_ill_is_reseeded() -> None:
    instrument = morphing(PAIR, ear(), morph=0.5)
    instrument.process(5)
    first = instrument.culture.cells().clone()
    second_of(instrument).cells().mul_(1e4)
    assert instrument.culture.ailment() == "saturated"
    assert instrument.rescue() == "saturated"
    assert torch.equal(instrument.culture.cells(), first)
    assert instrument.culture.ailment() == ""
    assert second_of(instrument).cells().abs().max() < 10
    # A sound that fell ill while both are well begins anew with both.
    instrument.do(Rescue("not finite"))
    assert not torch.equal(instrument.culture.cells(), first)


@torch.inference_mode()
def test_thawing_and_reseeding_reach_both() -> None:
    instrument = morphing(PAIR, ear())
    instrument.do(Touch(Gesture("freeze", 9, 30)))
    assert second_of(instrument).frozen().max() == 1
    instrument.do(ThawAll())
    assert second_of(instrument).frozen().max() == 0
    before = second_of(instrument).cells().clone()
    instrument.do(ReseedAll())
    assert not torch.equal(second_of(instrument).cells(), before)


@torch.inference_mode()
def test_a_vocoder_that_plays_one_preset_reads_the_power_of_both() -> None:
    both = morphing(PAIR, ear(two=False), morph=0.5)
    both.process(60)
    given = heard(both)
    assert given.second is None
    assert both.morph is not None
    place = both.playhead.ago(1)
    read = both.reader.read(both.played.heard(), place)
    second = both.morph.partner.reader.read(second_of(both).grid(), place)
    louder = second + (SECOND.gain_db - FIRST.gain_db) / 8.685889638 * (second - LOG_MEL_FLOOR).clamp(0, 1)
    expected = 0.5 * (0.5 * (2 * read).exp() + 0.5 * (2 * louder).exp()).log()
    assert torch.allclose(given.columns[0, :, :, 0], expected, atol=1e-5)


def test_half_of_each_is_as_loud_as_either_alone() -> None:
    weights, grids = (Weights(FIRST), Weights(SECOND)), (FIRST.state[0], SECOND.state[0])
    levels = [weight.levels(grid) for weight, grid in zip(weights, grids, strict=True)]
    for share in (0.0, 0.3, 0.5, 1.0):
        power = estimated_power(*levels, torch.full_like(grids[0], share), apart=True)
        assert power == pytest.approx(1.0, abs=1e-3)


@torch.inference_mode()
def test_both_are_seen_and_followed_by_their_shares() -> None:
    instrument = morphing(PAIR, ear(), morph=1.0, steps_per_frame=0.0)
    assert torch.equal(torch.from_numpy(instrument.view().grid), instrument.culture.grid())
    instrument.process(100)
    seen = instrument.view(hidden=True)
    assert seen.hidden is not None
    second = second_of(instrument).grid()
    assert torch.allclose(torch.from_numpy(seen.grid), second.clamp(-1, 1), atol=1e-4)
    instrument.do(SetParameter("morph", 0.5))
    instrument.process(100)
    expected = (0.5 * 10 ** (4 * instrument.culture.grid()) + 0.5 * 10 ** (4 * second)).log10() / 4
    between = torch.from_numpy(instrument.view().grid)
    assert torch.allclose(between, expected, atol=1e-4)
    instrument.do(SetRoute(1, Route("culture_strength", "fine_cents", 0.5)))
    instrument.process(1)
    assert instrument.motion.state.seen is not None
    assert torch.equal(torch.from_numpy(instrument.motion.state.seen), between)


@torch.inference_mode()
@pytest.mark.parametrize("of", ["notebook", "longer"])
def test_a_rule_without_a_steady_state_and_a_culture_of_another_length_are_played_too(of: str) -> None:
    second = notebook_preset(n_frames=24) if of == "notebook" else siblings(n_frames=30)[1]
    instrument = morphing((FIRST, second), ear(), morph=0.5)
    instrument.send(NoteOn(1, 64, 0.8))
    instrument.do(Touch(Gesture("erase", 9, 30)))
    instrument.process(150)
    assert instrument.culture.ailment() == ""
    given = heard(instrument)
    assert given.second is not None
    assert torch.isfinite(given.second.columns).all()
    assert second_of(instrument).grid().shape == FIRST.state[0].shape
    again = morphing((FIRST, second), ear(), morph=0.5)
    again.resume(instrument.state())
    for _ in range(3):
        one, other = heard(instrument).second, heard(again).second
        assert one is not None
        assert other is not None
        assert torch.equal(one.columns, other.columns)


@torch.inference_mode()
def test_what_a_note_grows_is_not_read_with_the_second_presets_tables() -> None:
    grown, shared = (morphing(PAIR, ear(), morph=1.0, growth=growth) for growth in (1.0, 0.0))
    for instrument in (grown, shared):
        instrument.process(100)
        instrument.send(HoldDrone(False))
        instrument.send(NoteOn(1, 64, 0.8))
        instrument.process(4)
    mine, theirs = heard(grown).second, heard(shared).second
    assert mine is not None
    assert theirs is not None
    assert torch.equal(mine.columns, theirs.columns)
