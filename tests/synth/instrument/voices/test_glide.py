"""Glides: straight lines in semitones that last as long as they should and begin where the voice is."""

import numpy as np
import pytest

from synth.instrument.voices.glide import (
    Glide,
    GlideSettings,
    ratio,
    unison_detune,
    unison_gain,
    unison_positions,
)

SLOT = np.array([5])
FRAME_S = 256 / 22050


def path(glide: Glide, times: list[float]) -> list[float]:
    return [round(float(p), 9) for p in glide.pitches(np.array(times))[5]]


def test_without_a_glide_a_note_is_at_once_at_its_pitch() -> None:
    glide = Glide()
    glide.start(SLOT, 60.0, GlideSettings(), legato=False)
    glide.move(SLOT, 72.0, GlideSettings(), legato=True, at_s=0.004)
    assert path(glide, [0.004, 0.005, 9.0]) == [72.0, 72.0, 72.0]


def test_a_glide_by_time_takes_as_long_for_every_interval() -> None:
    for interval in (1.0, -7.0, 24.0):
        glide = Glide()
        how = GlideSettings(0.2, "legato")
        glide.start(SLOT, 60.0, how, legato=False)
        glide.move(SLOT, 60.0 + interval, how, legato=True)
        assert path(glide, [0.0, 0.05, 0.1, 0.2, 0.3]) == [60 + interval * share for share in (0, 0.25, 0.5, 1, 1)]


def test_a_glide_by_rate_takes_so_long_per_octave() -> None:
    glide = Glide()
    how = GlideSettings(0.2, "legato", "rate")
    glide.start(SLOT, 60.0, how, legato=False)
    glide.move(SLOT, 66.0, how, legato=True)
    assert path(glide, [0.0, 0.05, 0.1, 0.15]) == [60.0, 63.0, 66.0, 66.0]


@pytest.mark.parametrize(
    ("when", "legato", "first"), [("always", False, 60), ("legato", False, 72), ("legato", True, 60)]
)
def test_it_glides_always_or_only_while_another_note_is_held(when: str, legato: bool, first: float) -> None:
    how = GlideSettings(0.1, when)  # type: ignore[arg-type]
    for begin in ("start", "move"):
        glide = Glide()
        glide.start(np.array([5 if begin == "move" else 0]), 60.0, how, legato=False)
        getattr(glide, begin)(SLOT, 72.0, how, legato=legato)
        assert path(glide, [0.0, 0.1]) == [first, 72.0]


def test_the_very_first_note_has_nowhere_to_glide_from() -> None:
    glide = Glide()
    glide.start(SLOT, 72.0, GlideSettings(0.5, "always"), legato=False)
    assert path(glide, [0.0]) == [72.0]


def test_a_glide_that_is_interrupted_goes_on_from_where_it_is_without_a_jump() -> None:
    glide, how = Glide(), GlideSettings(0.1)
    glide.start(SLOT, 60.0, how, legato=False)
    glide.move(SLOT, 72.0, how, legato=True)
    glide.advance(0.04)
    before = glide.pitches(np.array([0.01]))[5, 0]
    assert before == pytest.approx(66.0)
    glide.move(SLOT, 48.0, how, legato=True, at_s=0.01)
    assert path(glide, [0.01, 0.06, 0.11]) == [66.0, 57.0, 48.0]


def test_it_does_not_matter_how_time_is_cut() -> None:
    whole, parts = Glide(), Glide()
    how = GlideSettings(1.0, "always")
    for glide in (whole, parts):
        glide.start(SLOT, 60.0, how, legato=False)
        glide.move(SLOT, 67.0, how, legato=False, at_s=0.003)
    for _ in range(30):
        parts.advance(FRAME_S)
    assert parts.pitches(np.array([0.0]))[5, 0] == pytest.approx(
        whole.pitches(np.array([30 * FRAME_S]))[5, 0], abs=1e-9
    )


def test_another_tuning_moves_voices_that_sound_and_glides_go_on_towards_it() -> None:
    glide, how = Glide(), GlideSettings(0.1)
    glide.start(SLOT, 60.0, how, legato=False)
    glide.move(SLOT, 72.0, how, legato=True)
    glide.retune(SLOT, np.array([72.5]))
    assert path(glide, [0.0, 0.05, 0.1]) == [60.5, 66.5, 72.5]


def test_semitones_become_a_ratio_to_the_root() -> None:
    np.testing.assert_allclose(ratio(np.array([69.0, 81.0, 57.0, 70.0]), 440.0), [1, 2, 0.5, 2 ** (1 / 12)], rtol=1e-15)
    assert ratio(np.array([60.0]), 261.6255653005986)[0] == pytest.approx(1.0, rel=1e-12)


def test_unison_is_spread_evenly_about_the_note_and_keeps_its_power() -> None:
    assert unison_positions(1).tolist() == [0.0]
    assert unison_positions(3).tolist() == [-1.0, 0.0, 1.0]
    for n in range(1, 9):
        detune = unison_detune(n, 20.0)
        assert detune.sum() == pytest.approx(0.0, abs=1e-15)
        assert n == 1 or np.ptp(detune) == pytest.approx(0.2)
        assert n * unison_gain(n) ** 2 == pytest.approx(1.0)


def test_a_saved_state_goes_on_the_same() -> None:
    glide, how = Glide(), GlideSettings(0.3, "always")
    glide.start(SLOT, 60.0, how, legato=False)
    glide.start(np.array([6]), 70.0, how, legato=False)
    glide.advance(0.1)
    again = Glide(glide.state.copy())
    for each in (glide, again):
        each.advance(0.05)
        each.start(np.array([7]), 50.0, how, legato=False)
    np.testing.assert_array_equal(glide.pitches(np.linspace(0, 1, 20)), again.pitches(np.linspace(0, 1, 20)))
