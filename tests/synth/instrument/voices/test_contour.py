"""The recording's contour, as its knobs scale it: against a made-up recording whose levels are known at any time."""

import numpy as np
import pytest
from numpy.typing import NDArray

from synth.instrument.voices.contour import Contour, ContourAmounts
from synth.mel import DB_PER_NEPER

FPS = 22050 / 256
M, A = 4, 40
RNG = np.random.default_rng(0)
ATTACK_DB = RNG.normal(0, 10, (A, M)).astype(np.float16)
DECAY = np.array([-30.0, -3.0, 0.0, 2.0], np.float32)
RELEASE = np.array([-200.0, -50.0, 0.0, -1.0], np.float32)
FULL, NONE = ContourAmounts(), ContourAmounts(0.0, 0.0, 0.0)
WHOLE = Contour(M, FPS, ATTACK_DB, DECAY, RELEASE)
Rows = NDArray[np.float64]


def db(contour: Contour, age: float, release_age: float = -1.0, amounts: ContourAmounts = FULL) -> Rows:
    offsets: Rows = contour.offsets(np.array([age]), np.array([release_age]), amounts)[0] * DB_PER_NEPER
    return offsets


def test_at_the_middle_of_each_frame_the_attack_is_as_recorded_and_between_them_a_straight_line() -> None:
    for a in range(A - 1):
        np.testing.assert_allclose(db(WHOLE, a + 0.5), ATTACK_DB[a].astype(float), rtol=1e-12)
        between = 0.75 * ATTACK_DB[a].astype(float) + 0.25 * ATTACK_DB[a + 1].astype(float)
        np.testing.assert_allclose(db(WHOLE, a + 0.75), between, rtol=1e-12, atol=1e-12)


def test_after_the_attack_fading_rows_go_on_from_its_end_and_lasting_ones_return_to_the_culture() -> None:
    seconds = 2.0
    expected = np.where(DECAY < 0, ATTACK_DB[-1].astype(float) + DECAY * seconds, 0.0)
    np.testing.assert_allclose(db(WHOLE, A + seconds * FPS), expected, rtol=1e-6, atol=1e-6)


def test_a_struck_note_falls_in_one_line_through_its_attack_and_after_it() -> None:
    """A culture holds the level a string had one second after its stroke; a note begins where the string began."""
    slopes = np.array([-20.0, -6.0], np.float32)
    since_stroke = (np.arange(60) + 0.5) / FPS
    struck = Contour(2, FPS, slopes * (since_stroke[:, None] - 1.0), slopes)
    for seconds in (0.1, 0.5, 0.69, 0.72, 1.0, 1.5, 4.0):
        level = struck.offsets(np.array([seconds * FPS]), np.array([-1.0]), FULL)[0] * DB_PER_NEPER
        # Half a frame of slope: the last frame's level is that of its middle.
        np.testing.assert_allclose(level, slopes * (seconds - 1.0), atol=0.5 / FPS * 20 + 1e-6)


def test_without_the_attack_they_fade_from_the_beginning() -> None:
    amounts = ContourAmounts(0.0, 1.0, 1.0)
    for seconds in (0.0, 0.1, 1.0):
        np.testing.assert_allclose(
            db(WHOLE, seconds * FPS, amounts=amounts), np.minimum(DECAY, 0) * seconds, rtol=1e-6, atol=1e-9
        )


def test_what_is_let_go_dies_away_by_its_own_slopes() -> None:
    amounts = ContourAmounts(0.0, 0.0, 1.0)
    np.testing.assert_allclose(db(WHOLE, 50.0, 0.2 * FPS, amounts), np.minimum(RELEASE, 0) * 0.2, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_each_knob_scales_its_part(share: float) -> None:
    only_attack = db(WHOLE, 10.2, 5.0, ContourAmounts(share, 0.0, 0.0))
    np.testing.assert_allclose(only_attack, share * db(WHOLE, 10.2, 5.0, ContourAmounts(1.0, 0.0, 0.0)), atol=1e-12)
    decay = db(WHOLE, 90.0, 5.0, ContourAmounts(0.0, share, 0.0))
    np.testing.assert_allclose(decay, share * np.minimum(DECAY, 0) * 90 / FPS, rtol=1e-6, atol=1e-12)
    release = db(WHOLE, 90.0, 5.0, ContourAmounts(0.0, 0.0, share))
    np.testing.assert_allclose(release, share * np.minimum(RELEASE, 0) * 5 / FPS, rtol=1e-6, atol=1e-12)


def test_no_knob_no_offset_and_no_contour_no_offset() -> None:
    assert not db(WHOLE, 33.3, 12.0, NONE).any()
    empty = Contour(M, FPS)
    assert empty.empty and not WHOLE.empty
    assert not db(empty, 33.3, 12.0).any()
    assert not Contour(M, FPS, np.zeros((0, M), np.float16), None, RELEASE).empty


def test_the_attack_hands_over_without_a_jump() -> None:
    ages = np.arange(A - 3, A + 80, 0.01)
    held = np.full(len(ages), -1.0)
    path = WHOLE.offsets(ages, held, ContourAmounts(1.0, 0.0, 0.0)) * DB_PER_NEPER
    # A frame's steepest change is that between two frames of the attack, in steps of a hundredth.
    steepest = np.abs(np.diff(ATTACK_DB[-5:].astype(float), axis=0)).max() * 0.01
    assert np.abs(np.diff(path, axis=0)).max() <= steepest * 1.01
    assert not path[-1][DECAY >= 0].any()


def test_voices_have_ages_and_knobs_of_their_own() -> None:
    ages, releases = np.array([0.0, 5.5, 80.0]), np.array([-1.0, 3.0, -1.0])
    amounts = ContourAmounts(np.array([1.0, 0.5, 0.0]), np.array([0.0, 1.0, 0.5]), np.array([1.0, 1.0, 1.0]))
    together = WHOLE.offsets(ages, releases, amounts)
    assert together.shape == (3, M)
    for i in range(3):
        one = ContourAmounts(*(float(getattr(amounts, n)[i]) for n in ("attack", "decay", "release")))
        np.testing.assert_array_equal(together[i], WHOLE.offsets(ages[i : i + 1], releases[i : i + 1], one)[0])


def test_a_slope_that_rises_is_none_and_an_hour_is_finite() -> None:
    assert db(WHOLE, A + 3600 * FPS)[3] == 0.0
    offsets = WHOLE.offsets(np.array([1e9]), np.array([1e9]), FULL)
    assert np.isfinite(offsets).all() and offsets.min() >= -12
    assert not np.isnan(WHOLE.offsets(np.array([-5.0]), np.array([-np.inf]), FULL)).any()
