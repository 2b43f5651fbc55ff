"""When an arpeggiator plays its steps: onsets and ends against the formula in beats, and the song's clock."""

from dataclasses import replace

import pytest

from synth.instrument.note_events import (
    NoteOff,
    NoteOn,
)
from tests.synth.instrument.tempo.played import ON, Played


@pytest.mark.parametrize("beats", [1 / 12, 0.25, 1 / 3, 16.0])
@pytest.mark.parametrize("swing", [0.5, 0.6, 2 / 3, 0.75])
@pytest.mark.parametrize("gate", [0.05, 0.5, 1.0, 1.7])
def test_onsets_and_ends_are_by_the_formula(beats: float, swing: float, gate: float) -> None:
    start, n = 3.2, 40
    played = Played(replace(ON, beats=beats, swing=swing, gate=gate), beats=start)
    played.do(start, NoteOn(1, 60, 0.5))
    played.until(start + (n + 4) * beats)
    onsets = [start + (2 * (k // 2) + (k % 2) * 2 * swing) * beats for k in range(n + 1)]
    assert [at for at, _ in played.onsets[:n]] == pytest.approx(onsets[:n], abs=1e-12 * start * n)
    ends = [onsets[k] + gate * (onsets[k + 1] - onsets[k]) for k in range(n)]
    assert sorted(played.ends)[: n - 3] == pytest.approx(sorted(ends)[: n - 3], abs=1e-11)


def test_a_full_gate_ends_a_note_just_before_the_next_one() -> None:
    played = Played(replace(ON, beats=1 / 3, gate=1.0), beats=0.1)
    played.do(0.1, NoteOn(1, 60, 0.5), NoteOn(2, 64, 0.5))
    played.until(5)
    kinds = [type(event) for _, event in played.heard]
    assert kinds == [NoteOn] + [NoteOff, NoteOn] * (len(kinds) // 2)


def test_with_the_songs_clock_steps_fall_on_the_songs_beats() -> None:
    played = Played(replace(ON, beats=0.5, swing=0.6), song_runs=True, beats=7.3)
    played.do(7.3, NoteOn(1, 60, 0.5))
    played.until(9.3)
    # On the beat straight, off the beat late by 0.1 of a pair of one beat.
    assert [at for at, _ in played.onsets] == pytest.approx([7.6, 8.0, 8.6, 9.0])
    again = Played(replace(ON, beats=0.5), song_runs=True, beats=8.0)
    again.do(8.0, NoteOn(1, 60, 0.5))
    again.until(8.2)
    assert again.onsets == [(8.0, 60)]


@pytest.mark.parametrize("by", [0.01, -0.01, 0.06, -0.06])
def test_a_correction_of_the_song_plays_no_step_twice_and_leaves_none_out(by: float) -> None:
    """Just before and just after steps, where a corrected one lies on the other side."""
    for moment in (7.0 - 1e-3, 7.0 + 1e-3, 7.12, 7.2):
        played = Played(song_runs=True, beats=6.0)
        played.do(6.0, NoteOn(1, 60, 0.5))
        played.until(moment)
        n = len(played.onsets)
        steps_done = round((played.onsets[-1][0] - 6.0) / 0.25) + 1
        assert n == steps_done
        played.beats += by
        played.arpeggiator.move_song(by, played.beats, song_runs=True)
        played.until(9.1)
        later = [at for at, _ in played.onsets[n:]]
        assert [round(at / 0.25) for at in later] == list(range(24 + steps_done, 37))
        assert all(at == pytest.approx(round(at / 0.25) * 0.25, abs=0.06 + 1e-9) for at in later)
        assert later[1:] == pytest.approx([round(at / 0.25) * 0.25 for at in later[1:]], abs=1e-9)
        assert len(played.sounding) <= 1


@pytest.mark.parametrize("to", [0.0, 1000.3, -3.0])
def test_a_jump_of_the_song_goes_on_with_the_next_step_there(to: float) -> None:
    played = Played(song_runs=True, beats=6.0)
    played.do(6.0, NoteOn(1, 60, 0.5))
    played.until(7.1)
    assert len(played.sounding) == 1
    n = len(played.onsets)
    played.beats = to
    played.arpeggiator.move_song(to - 7.1, to, song_runs=True)
    played.until(to + 1.0)
    first = played.onsets[n][0]
    assert first % 0.25 == pytest.approx(0, abs=1e-9) or first == to
    assert -0.0626 < first - to < 0.32
    assert len(played.onsets) - n in (3, 4, 5)


def test_a_step_that_the_song_has_passed_by_far_is_not_played_late() -> None:
    """The next step was due after 0.01 beats; at 100.1 the nearest of the song's lies 0.1 beats back."""
    played = Played(song_runs=True, beats=6.0)
    played.do(6.0, NoteOn(1, 60, 0.5))
    played.until(7.24)
    n, played.beats = len(played.onsets), 100.1
    played.arpeggiator.move_song(100.1 - 7.24, 100.1, song_runs=True)
    played.until(100.6)
    assert [at for at, _ in played.onsets[n:]] == pytest.approx([100.25, 100.5])


def test_the_songs_clock_begins_and_ends_under_held_keys() -> None:
    played = Played(beats=1.1)
    played.do(1.1, NoteOn(1, 60, 0.5))
    played.until(2.0)
    played.beats, played.song_runs = 40.0, True
    played.arpeggiator.move_song(38.0, 40.0, song_runs=True)
    played.until(41.0)
    assert [at for at, _ in played.onsets[-4:]] == pytest.approx([40.0, 40.25, 40.5, 40.75], abs=0.0626)
    played.arpeggiator.move_song(0.0, 41.0, song_runs=False)
    played.until(42.0)
    assert [at for at, _ in played.onsets[-4:]] == pytest.approx([41.0, 41.25, 41.5, 41.75])


def test_another_rate_goes_on_from_the_last_step() -> None:
    played = Played(replace(ON, beats=4.0), beats=0.5)
    played.do(0.5, NoteOn(1, 60, 0.5))
    played.obey(2.0, replace(ON, beats=0.5))
    played.until(3.4)
    assert [at for at, _ in played.onsets] == pytest.approx([0.5, 2.0, 2.5, 3.0])
    played.obey(3.4, replace(ON, beats=2.0))
    played.until(7.2)
    assert [at for at, _ in played.onsets][4:] == pytest.approx([5.0, 7.0])
