"""Frozen cells stay as they are while others live; brushes have shapes; hidden channels can be seen."""

import numpy as np
import pytest
import torch

from synth.automaton.gestures import WAKE_STEPS, Gesture, footprint
from synth.automaton.rules import NOTEBOOK_STEPS
from synth.culture.culture import Culture, LiveCulture
from synth.culture.hidden_channels import HiddenChannels
from synth.culture.regrowth import FADE_STEPS, RegrowingCulture
from synth.errors import UsageError
from synth.instrument.events import Event, ThawAll, Touch, Undo
from synth.instrument.instrument import Instrument, Setup
from synth.instrument.notation import parse_gesture
from synth.mel import FORMATS
from synth.presets.model import LOOP_FRAMES
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.cultures import steady_preset
from tests.doubles.samples import live_preset, notebook_preset

FRAMES = 48
FREEZE = Gesture("freeze", 24, 40, 8, 12)


def held_cells(n_mels: int = 80, n_frames: int = FRAMES) -> torch.Tensor:
    return footprint(FREEZE, n_mels, n_frames) == 1


def live(fmt: str = "22k80") -> LiveCulture:
    return LiveCulture(live_preset(fmt=FORMATS[fmt], n_frames=FRAMES, activity=0.2), 3)


def regrowing() -> RegrowingCulture:
    return RegrowingCulture(notebook_preset(n_frames=FRAMES), 3)


def life(culture: Culture, steps: int) -> torch.Tensor:
    with torch.inference_mode():
        for _ in range(steps):
            culture.step()
        return culture.grid().clone()


@pytest.mark.parametrize("fmt", ["22k80", "44k128"])
def test_frozen_cells_hold_every_channel_exactly_while_the_others_live(fmt: str) -> None:
    culture = live(fmt)
    before = culture.cells().clone()
    culture.touch(FREEZE)
    life(culture, 20)
    held = held_cells(FORMATS[fmt].n_mels)
    assert torch.equal(culture.cells()[:, held], before[:, held])
    moved = (culture.cells() != before).any(0)
    # Of 20 coin flips per cell, all against it: one cell in a million.
    assert moved[footprint(FREEZE, *moved.shape) == 0].float().mean() > 0.999


def test_the_notebook_rule_holds_what_is_heard_over_a_whole_regrowth() -> None:
    culture, other = regrowing(), regrowing()
    culture.touch(FREEZE)
    before = culture.grid().clone()
    after, free = (life(c, NOTEBOOK_STEPS + FADE_STEPS + 5) for c in (culture, other))
    held, untouched = held_cells(), footprint(FREEZE, 80, FRAMES) == 0
    assert torch.equal(after[held], before[held])
    assert torch.equal(after[untouched], free[untouched])
    assert (after != before)[untouched].any()


@pytest.mark.parametrize("make", [live, regrowing])
def test_thawed_cells_live_again(make) -> None:  # type: ignore[no-untyped-def]
    brushed, cleared = make(), make()
    for culture in (brushed, cleared):
        culture.touch(FREEZE)
    brushed.touch(Gesture("thaw", 24, 40))
    cleared.thaw()
    for culture in (brushed, cleared):
        assert not culture.frozen()[held_cells()].any()
        before = culture.grid().clone()
        assert (life(culture, NOTEBOOK_STEPS + FADE_STEPS) != before)[held_cells()].all()
    assert not cleared.frozen().any()


@pytest.mark.parametrize("make", [live, regrowing])
def test_the_hand_may_change_what_is_frozen_and_reseeding_frees_it(make) -> None:  # type: ignore[no-untyped-def]
    culture = make()
    culture.touch(FREEZE)
    culture.touch(Gesture("erase", 24, 40))
    assert float(culture.grid()[40, 24]) < -0.9
    assert float(life(culture, 10)[40, 24]) == float(culture.grid()[40, 24])
    assert float(culture.frozen()[40, 24]) == 1
    culture.touch(Gesture("reseed", 24, 40))
    assert float(culture.frozen()[40, 24]) == 0
    culture.touch(FREEZE)
    culture.reseed()
    assert not culture.frozen().any()


def test_half_strength_holds_half_as_firmly() -> None:
    culture = live()
    culture.touch(Gesture("freeze", 24, 40, 8, 12, 0.5))
    free = live()
    before = free.grid().clone()
    slow, fast = life(culture, 1) - before, life(free, 1) - before
    torch.testing.assert_close(slow[held_cells()], 0.5 * fast[held_cells()], atol=1e-6, rtol=0)


def test_a_silent_culture_under_ice_is_not_dead() -> None:
    culture = LiveCulture(live_preset(activity=0.0, n_frames=FRAMES))
    everything = {"radius_frames": 200.0, "radius_rows": 200.0}
    culture.touch(Gesture("erase", 0, 0, **everything))
    culture.touch(Gesture("freeze", 0, 0, **everything))
    life(culture, FRAMES + WAKE_STEPS + 10)
    assert culture.ailment() == ""
    culture.thaw()
    assert culture.ailment() == "dead"


@pytest.mark.parametrize("preset", [steady_preset(FRAMES), notebook_preset(n_frames=FRAMES)])
def test_undo_of_a_freeze_thaws_and_undo_of_a_thaw_freezes(preset) -> None:  # type: ignore[no-untyped-def]
    instrument = Instrument(preset, SpectralVocoder(preset.mel), 44100, setup=Setup(seed=1))
    instrument.schedule([Event(1, Touch(FREEZE)), Event(3, ThawAll()), Event(5, Undo()), Event(7, Undo())])
    counts = []
    for _ in range(8):
        instrument.process(1)
        counts.append(int((instrument.view().frozen == 1).sum()))
    assert counts[1] > 100
    assert counts == [0, counts[1], counts[1], 0, 0, counts[1], counts[1], 0]


@pytest.mark.parametrize("n_mels", [80, 128])
def test_stripes_reach_over_all_pitches_and_lines_over_all_of_time(n_mels: int) -> None:
    reach = footprint(Gesture("erase", 100, 30, 10, 5), n_mels, 172)
    stripe = footprint(Gesture("erase", 100, 30, 10, 5, shape="stripe"), n_mels, 172)
    line = footprint(Gesture("erase", 100, 30, 10, 5, shape="line"), n_mels, 172)
    assert torch.equal(stripe, reach[30].expand(n_mels, 172))
    assert torch.equal(line, reach[:, 100:101].expand(n_mels, 172))


def test_shapes_are_read_from_the_command_line_and_others_refused() -> None:
    action = parse_gesture("1:erase:hz=440,shape=line", FORMATS["22k80"], 172).action
    assert isinstance(action, Touch)
    assert action.gesture.shape == "line"
    for text in ("1:erase:shape=star", "1:erase:shape"):
        with pytest.raises(UsageError, match="round or stripe or line"):
            parse_gesture(text, FORMATS["22k80"], 172)
    with pytest.raises(UsageError, match="no brush shape “star”"):
        Gesture("erase", 0, 0, shape="star")  # type: ignore[arg-type]


@pytest.mark.parametrize("fmt", ["22k80", "44k128"])
def test_hidden_channels_are_carried_only_when_asked_for(fmt: str) -> None:
    preset = live_preset(fmt=FORMATS[fmt], n_frames=LOOP_FRAMES)
    instrument = Instrument(preset, SpectralVocoder(preset.mel), 44100)
    assert instrument.view().hidden is None
    hidden = instrument.view(hidden=True).hidden
    assert hidden is not None
    assert hidden.shape == (preset.mel.n_mels, 172, 3)
    assert hidden.dtype == np.float32


def test_hidden_colours_are_the_main_directions_of_the_grown_cells() -> None:
    rng = np.random.default_rng(0)
    mixing = rng.normal(size=(15, 3)) * [3.0, 2.0, 1.0]
    sources = rng.normal(size=(3, 40 * 50))
    state = np.concatenate([rng.normal(size=(1, 2000)), mixing @ sources + rng.normal(size=(15, 1))])
    cells = torch.from_numpy(state.reshape(16, 40, 50)).float()
    shown = np.arctanh(
        HiddenChannels(cells).project(cells).numpy().reshape(-1, 3).astype(float).clip(-0.999999, 0.999999)
    )
    hidden = state[1:] - state[1:].mean(1, keepdims=True)
    _, _, expected = np.linalg.svd(hidden, full_matrices=False)
    for k in range(3):
        assert abs(np.corrcoef(shown[:, k], expected[k])[0, 1]) > 0.999
        assert shown[:, k].std() == pytest.approx(0.5, rel=0.02)
    # Channel 0 has a picture of its own.
    louder = cells.clone()
    louder[0] += 1
    assert torch.equal(HiddenChannels(cells).project(louder), HiddenChannels(cells).project(cells))
