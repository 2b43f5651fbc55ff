"""Notes that grow a culture of their own: from seed, in any block size, as many as may be, and until they end."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.culture.sown import SOWN_FRAMES
from synth.instrument.events import Action, Event, LimitEvolution, SetParameter
from synth.instrument.instrument import Instrument
from synth.instrument.note_events import AllSoundOff, NoteOff, NoteOn
from synth.instrument.playing.sown_notes import SHARED, SownNotesState
from synth.presets.library import load
from synth.presets.model import Preset
from tests.doubles.samples import cropped, notebook_preset
from tests.synth.instrument.played_notes import BLOCKS, RATE, SPF, Audio, Timed, instrument, level_db, sound
from tests.synth.instrument.test_events import NOTE_EVENTS

VIOLIN = cropped(load("violin"), 48)


def after(played: Instrument, n_frames: int, *actions: Action) -> Instrument:
    """Do this, then play so many frames."""
    for action in actions:
        played.do(action)
    with torch.inference_mode():
        played.process(n_frames)
    return played


def ready(**controls: float) -> Instrument:
    """The violin, which knows by its first frame how many voices its vocoder plays."""
    return after(instrument(VIOLIN, **controls), 1)


def sown(played: Instrument) -> SownNotesState:
    state = played.state().sown
    assert state is not None
    return state


def owners(played: Instrument) -> list[int]:
    """Numbers of the notes that own a culture, ascending."""
    state = played.state().sown
    return [] if state is None else sorted(int(n) for n in state.cultures.number if n > 0)


def spectrum_db(x: Audio) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Level in third-octave bands from 200 Hz to 6 kHz."""
    power = np.square(np.abs(np.fft.rfft(x[0] * np.hanning(x.shape[1]))))
    hz = np.fft.rfftfreq(x.shape[1], 1 / RATE)
    edges = 200 * 2 ** (np.arange(16) / 3)
    return np.array([10 * np.log10(power[(hz >= a) & (hz < b)].sum() + 1e-9) for a, b in pairwise(edges)])


def test_without_growth_nothing_is_sown_and_not_a_bit_differs() -> None:
    notes: list[Timed] = [(700, NoteOn(1, 60, 0.8)), (9000, NoteOn(2, 64, 0.5)), (20000, NoteOff(1))]
    played = instrument(VIOLIN, unison=2)
    plain = sound(played, notes, 60)
    assert played.state().sown is None
    without = instrument(VIOLIN, unison=2)
    without.voices._sown = None
    assert np.array_equal(plain, sound(without, notes, 60))
    grown = sound(instrument(VIOLIN, unison=2, growth=0.01), notes, 60)
    assert np.abs(plain - grown).max() > 1e-4


def test_a_note_grows_from_silence_into_the_timbre_it_has_without() -> None:
    key = [(0, NoteOn(1, 69, 0.8))]
    flat = {"contour_attack": 0.0, "contour_decay": 0.0, "velocity_tilt_db": 0.0}
    shared, grown = (sound(instrument(VIOLIN, growth=g, **flat), key, 320) for g in (0.0, 1.0))
    first, second = slice(SPF, 4 * SPF), slice(8 * SPF, 11 * SPF)
    assert level_db(grown[:, first]) < level_db(shared[:, first]) - 12
    # Its rows do not come in together: what there is of it first has another spectrum.
    way = spectrum_db(grown[:, second]) - spectrum_db(shared[:, second])
    assert way.std() > 2
    # Three seconds of two cultures of one rule: each is as far from their common average as slow weather takes it.
    late = slice(60 * SPF, 320 * SPF)
    assert np.abs(spectrum_db(grown[:, late]) - spectrum_db(shared[:, late])).mean() < 3
    assert level_db(grown[:, late]) == pytest.approx(level_db(shared[:, late]), abs=2)


def test_growth_between_none_and_all_mixes_both() -> None:
    columns = {}
    for growth in (0.0, 0.25, 1.0):
        played = after(instrument(VIOLIN, growth=growth, contour_attack=0.0), 2, NoteOn(1, 60, 0.8))
        state = played.voices._sown
        assert state is not None
        columns[growth] = float(state._state.share[0])
    assert columns == {0.0: 0.0, 0.25: 0.25, 1.0: 1.0}


@settings(max_examples=6, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40 * SPF), NOTE_EVENTS), max_size=14), BLOCKS)
def test_growing_notes_are_the_same_samples_for_any_block_size(events: list[Timed], blocks: list[int]) -> None:
    one, other = (
        sound(instrument(growth=0.8, growth_limit=2, unison=2, release_s=0.1), events, 48, b) for b in ((48,), blocks)
    )
    assert np.isfinite(one).all()
    np.testing.assert_allclose(one, other, atol=3e-6)


def test_the_same_note_grows_alike_whatever_other_notes_there_are() -> None:
    def cells(*after_it: Action) -> torch.Tensor:
        played = after(ready(growth=1.0), 1, NoteOn(1, 40, 0.8))
        cultures = sown(after(played, 12, NoteOn(2, 69, 0.8), *after_it)).cultures
        return cultures.cells[cultures.number.tolist().index(2)]

    others = [NoteOn(3, 70, 0.8), NoteOff(1), NoteOn(4, 71, 0.8)]
    torch.testing.assert_close(cells(), cells(*others), atol=1e-5, rtol=0)


def test_unison_voices_of_a_note_share_its_culture() -> None:
    played = after(ready(growth=1.0, unison=4), 3, NoteOn(1, 60, 0.8), NoteOn(2, 64, 0.8))
    state = sown(played)
    assert sorted(state.index[state.index != SHARED].tolist()) == [0] * 4 + [1] * 4
    assert owners(played) == [1, 2]


def test_beyond_the_limit_a_released_note_s_culture_is_taken_and_else_the_oldest() -> None:
    played = ready(growth=1.0, growth_limit=3, release_s=2.0)
    after(played, 20, *(NoteOn(i, 60 + i, 0.8) for i in (1, 2, 3)))
    assert owners(played) == [1, 2, 3]
    after(played, 5, NoteOff(2))
    after(played, 5, NoteOn(4, 70, 0.8))
    assert owners(played) == [1, 3, 4]
    after(played, 5, NoteOn(5, 71, 0.8))
    assert owners(played) == [3, 4, 5]
    after(played, 2, SetParameter("growth_limit", 1.0))
    assert owners(played) == [5]


def test_a_note_whose_culture_was_taken_goes_over_to_the_shared_one_without_a_gap() -> None:
    notes: list[Timed] = [(0, NoteOn(1, 69, 0.8)), (60 * SPF, SetParameter("growth_limit", 1.0))]
    # The second note is inaudible: what is heard is the first one, before and after.
    notes.append((80 * SPF, NoteOn(2, 69, 1e-4)))
    played = instrument(VIOLIN, growth=1.0, velocity_level=1.0)
    x = sound(played, notes, 160)
    assert owners(played) == [2] and not sown(played).left
    levels = [level_db(x[:, i * SPF : (i + 2) * SPF]) for i in range(50, 158)]
    assert min(levels) > np.median(levels) - 6
    # From then on it reads what a note without growth reads.
    shared = sound(instrument(VIOLIN, velocity_level=1.0), [(0, NoteOn(1, 69, 0.8))], 160)
    difference = x[:, 130 * SPF : 160 * SPF] - shared[:, 130 * SPF : 160 * SPF]
    assert level_db(difference) < level_db(shared[:, 130 * SPF :]) - 20


def test_what_the_machine_cannot_afford_is_not_sown() -> None:
    played = ready(growth=1.0, growth_limit=4)
    after(played, 4, *(NoteOn(i, 60 + i, 0.8) for i in (1, 2, 3, 4)))
    after(played, 4, LimitEvolution(0.5))
    assert owners(played) == [3, 4]
    after(played, 2, LimitEvolution(0.1), NoteOn(5, 69, 0.8))
    assert owners(played) == [5]
    # A preset that fades out: its notes keep what they have, as it stands.
    before = sown(after(played, 1, LimitEvolution(0.0), NoteOn(6, 69, 0.8))).cultures.cells
    assert owners(played) == [5] and torch.equal(sown(after(played, 9)).cultures.cells, before)
    after(played, 2, LimitEvolution(1.0), NoteOn(7, 69, 0.8))
    assert owners(played) == [5, 7]


def test_a_held_culture_lets_notes_grow_and_then_holds_them_still() -> None:
    played = after(instrument(VIOLIN, growth=1.0, frozen=True), 80, NoteOn(1, 60, 0.8))
    before = sown(played).cultures
    assert before.steps[0] == 32
    assert before.cells[0, :, :, 0].mean() > -0.9
    assert torch.equal(sown(after(played, 10)).cultures.cells, before.cells)
    assert sown(after(played, 10, SetParameter("frozen", False))).cultures.steps[0] == 42


@pytest.mark.parametrize("end", ["release", "cut"])
def test_a_note_that_ends_leaves_silence_and_no_culture(end: str) -> None:
    ends: Timed = (30 * SPF, NoteOff(1) if end == "release" else AllSoundOff())
    played = instrument(VIOLIN, growth=1.0, release_s=0.2)
    x = sound(played, [(0, NoteOn(1, 60, 0.8)), ends], 80)
    assert level_db(x[:, 20 * SPF : 30 * SPF]) > -50
    assert not x[:, 60 * SPF :].any()
    assert owners(played) == [] and (sown(played).index == SHARED).all()


def test_a_note_that_is_let_go_starves_before_its_envelope_has_ended() -> None:
    played = instrument(VIOLIN, growth=1.0, release_s=2.0)
    held = sown(after(played, 60, NoteOn(1, 60, 0.8))).cultures.cells[0, :, :, 0].mean()
    late = sown(after(played, 130, NoteOff(1))).cultures.cells[0, :, :, 0].mean()
    assert late < held - 0.2


def test_own_cultures_are_read_without_a_jump_where_the_shared_loop_ends() -> None:
    played = after(instrument(growth=1.0, playhead_speed=1.5), 1, NoteOn(1, 60, 0.8))
    travels = [sown(after(played, 1)).travel for _ in range(120)]
    # The loop of 43 frames is passed four times; a jump there would be of 43 mod 48 frames.
    steps = np.diff(travels) % SOWN_FRAMES
    np.testing.assert_allclose(steps, 1.5, atol=1e-9)


def test_a_preset_of_the_notebook_s_rule_plays_its_shared_culture() -> None:
    preset: Preset = replace(notebook_preset(), partials=VIOLIN.partials)
    notes: Sequence[Timed] = [(0, NoteOn(1, 60, 0.8))]
    assert np.array_equal(
        sound(instrument(preset, growth=1.0), notes, 20), sound(instrument(preset, growth=0.0), notes, 20)
    )


def test_events_that_come_between_frames_and_scheduled_ones_give_the_same_notes() -> None:
    direct, planned = (instrument(VIOLIN, growth=1.0) for _ in range(2))
    planned.schedule([Event(5, NoteOn(1, 60, 0.8))])
    after(direct, 5)
    after(direct, 10, NoteOn(1, 60, 0.8))
    after(planned, 15)
    assert torch.equal(sown(direct).cultures.cells, sown(planned).cultures.cells)
