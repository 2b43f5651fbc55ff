"""The song's position: by the formula, exact after hours, through changes of tempo."""

from fractions import Fraction

import numpy as np
import pytest

from synth.errors import UsageError
from synth.instrument.events import Event, SetParameter
from synth.instrument.instrument import Instrument, Setup
from synth.instrument.parameters.note_lengths import NOTE_LENGTHS, beats_of, note_length, seconds_of
from synth.instrument.parameters.table import PARAMETERS
from synth.instrument.tempo.beat_clock import BeatClock, beats_per_frame
from tests.doubles.cultures import steady_preset
from tests.doubles.instruments import Echo

PRESET = steady_preset(n_frames=86)
FPS = Fraction(22050, 256)


def instrument(**controls: float) -> Instrument:
    made = Instrument(PRESET, Echo(PRESET.mel, 0), 44100, setup=Setup(seed=3))
    for id, value in controls.items():
        made.do(SetParameter(id, value))
    return made


def test_two_beats_pass_in_a_second_at_the_usual_tempo() -> None:
    played = instrument()
    assert played.beats == 0
    played.process(86)
    assert played.beats == pytest.approx(86 / 86.1328125 * 2, abs=1e-12)


def test_the_position_is_by_the_formula_through_changes_of_tempo_at_any_block_size() -> None:
    events = [Event(7, SetParameter("tempo_bpm", 90.5)), Event(20, SetParameter("tempo_bpm", 300.0))]
    # In fractions, which do not round.
    expected = float((7 * Fraction(120) + 13 * Fraction(181, 2) + 10 * Fraction(300)) / 60 / FPS)
    found = set()
    for block in (1, 4, 30):
        played = instrument()
        played.schedule(events)
        done = 0
        while done < 30:
            played.process(min(block, 30 - done))
            done += min(block, 30 - done)
        found.add(played.beats)
    assert len(found) == 1
    assert found.pop() == pytest.approx(expected, abs=1e-12)


def test_it_does_not_drift_in_two_days() -> None:
    frames = 48 * 3600 * 86
    clock = BeatClock(beats_per_frame(133.3, float(FPS)), 5.25, 0.1)
    exact = Fraction(0.1) + (frames - Fraction(21, 4)) * Fraction(133.3) / 60 / FPS
    # 3.8e5 beats in float64, whose step there is 6e-11, and one rounding of the tempo: 1e-16 of the whole.
    assert abs(Fraction(clock.at(frames)) - exact) < 3e-10
    assert clock.at(clock.moment_of(250_000.5)) == pytest.approx(250_000.5, abs=1e-9)


def test_a_tempo_that_stays_leaves_the_clock_as_it_is() -> None:
    clock = BeatClock(0.02, 3.0, 1.5)
    assert clock.with_tempo(0.02, 99.0) is clock
    moved = clock.with_tempo(0.04, 5.5)
    assert (moved.at(5.5), moved.at(6.5)) == pytest.approx((1.55, 1.59), abs=1e-15)


@pytest.mark.parametrize("bpm", [0.0, 19.9, 10_000.0, -120.0])
def test_a_tempo_that_cannot_be_is_refused_in_one_sentence(bpm: float) -> None:
    with pytest.raises(UsageError, match=r"^Tempo of .* bpm is outside its range: choose 20 to 300\.$"):
        SetParameter("tempo_bpm", bpm)


def test_lengths_of_notes_by_their_names() -> None:
    names = [length.name for length in NOTE_LENGTHS]
    assert len(set(names)) == len(names)
    beats = [beats_of(place) for place in range(len(names))]
    assert beats == sorted(beats)
    for name in ("1/32", "1/16", "1/8", "1/4", "1/2"):
        whole = Fraction(4) * Fraction(name)
        assert beats_of(note_length(name)) == whole
        assert beats_of(note_length(f"{name}T")) == pytest.approx(float(whole * Fraction(2, 3)), abs=1e-15)
        assert beats_of(note_length(f"{name}.")) == float(whole * Fraction(3, 2))
    assert [beats_of(note_length(name)) for name in ("1 bar", "2 bars", "4 bars")] == [4, 8, 16]
    assert seconds_of(note_length("1/8."), 90) == pytest.approx(0.5)
    with pytest.raises(ValueError, match="tuple"):
        note_length("1/3")


def test_nothing_sounds_otherwise_for_a_tempo() -> None:
    plain, hasty = instrument(), instrument(tempo_bpm=222.0)
    assert np.array_equal(plain.process(20), hasty.process(20))
    assert PARAMETERS["tempo_bpm"].owner == "player"
