"""The rack: off it changes nothing, in any pieces it gives the same bits, and no move of its controls clicks."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import signal

from synth.effects.contract import QUIET, Audio
from synth.effects.rack import OBEYED, EffectsRack
from synth.instrument.parameters.effect_rows import EFFECT_ROWS, EFFECTS, effects_order
from synth.instrument.parameters.table import PARAMETERS
from tests.doubles.effects import RATE, noise, values

LOW_RATE = 8000
ALL_ON = {f"{name}_on": True for name in EFFECTS}
SOUND = noise(4000, 0.2)
SHORT = {"reverb_decay_s": 0.5, "delay_time_s": 0.2, "delay_feedback": 0.5, "drive_bias": 1.0, "eq_low_cut_hz": 100.0}


def played(rack: EffectsRack, x: Audio, cuts: Sequence[int] = ()) -> Audio:
    return np.concatenate([rack.process(part) for part in np.split(x, sorted(cuts), axis=1)], axis=1)


def settings_of_all() -> st.SearchStrategy[dict[str, float]]:
    """Any value of every control of the effects, ends more often than not."""
    rows = [PARAMETERS[id] for id in OBEYED]
    shares = st.one_of(st.sampled_from([0.0, 1.0]), st.floats(1e-6, 1))
    return st.fixed_dictionaries({row.id: shares.map(row.from_normalised) for row in rows})


def test_with_all_effects_off_the_very_same_array_passes() -> None:
    rack = EffectsRack(RATE, values(reverb_mix=1.0, eq_low_db=12.0))
    assert rack.process(SOUND) is SOUND
    assert not rack.engaged_for
    assert rack.silent
    assert EffectsRack(RATE, values()).save() == {}


@pytest.mark.parametrize("name", EFFECTS)
def test_an_effect_that_was_on_and_is_off_again_changes_no_bit(name: str) -> None:
    rack = EffectsRack(RATE, values(drive_level_db=6.0, eq_mid_db=6.0))
    plain = rack.process(SOUND)
    rack.obey({f"{name}_on": True})
    assert not np.array_equal(rack.process(SOUND), plain)
    rack.obey({f"{name}_on": False})
    assert rack.engaged_for == round(0.03 * RATE)
    heard = rack.process(SOUND)
    assert np.array_equal(heard[:, round(0.03 * RATE) :], SOUND[:, round(0.03 * RATE) :])
    assert rack.process(SOUND) is SOUND


@given(st.lists(st.integers(0, 4000), max_size=8), settings_of_all(), settings_of_all(), st.integers(0, 3000))
@settings(max_examples=40, deadline=None)
def test_any_partition_gives_the_same_bits(
    cuts: list[int], first: dict[str, float], then: dict[str, float], at: int
) -> None:
    """Two settings, the second from some sample on; the sound ends in silence, so that tails fall asleep in it."""
    x = noise(4000, 0.2)
    x[:, 1500:2500] = 0
    heard = []
    for parts in ([], cuts):
        rack = EffectsRack(LOW_RATE, values(**first))
        before, after = x[:, :at], x[:, at:]
        begun = played(rack, before, [cut for cut in parts if cut < at])
        rack.obey(then)
        heard.append(np.concatenate([begun, played(rack, after, [cut - at for cut in parts if cut > at])], axis=1))
    assert np.array_equal(heard[0], heard[1])


@pytest.mark.parametrize("cut", [1300, 1700, 2299])
def test_a_delay_that_becomes_shorter_falls_asleep_at_the_same_sample(cut: int) -> None:
    """Whether it is asked in the middle or not: from then on it needs less silence to be done."""
    x = noise(4000, 0.2)
    x[:, 1500:2500] = QUIET / 8
    heard = []
    for cuts in ([], [cut]):
        rack = EffectsRack(LOW_RATE, values(delay_on=True, delay_time_s=4.0, delay_mix=1.0))
        begun = rack.process(x[:, :1])
        rack.obey({"delay_time_s": 0.01, "delay_tone_hz": 625.0, "delay_feedback": 0.0})
        heard.append(np.concatenate([begun, played(rack, x[:, 1:], cuts)], axis=1))
    assert np.array_equal(heard[0], heard[1])


@given(settings_of_all(), settings_of_all(), st.integers(0, 800))
@settings(max_examples=25, deadline=None)
def test_a_saved_state_goes_on_to_the_bit(first: dict[str, float], then: dict[str, float], later: int) -> None:
    """Saved at any sample of a change of all controls, of the order too."""
    rack, other = EffectsRack(LOW_RATE, values(**first)), EffectsRack(LOW_RATE, values())
    rack.process(SOUND)
    rack.obey(then)
    rack.process(SOUND[:, :later])
    other.restore({name: array.copy() for name, array in rack.save().items()}, same_rate=True)
    x = np.concatenate([SOUND, np.zeros_like(SOUND)], axis=1)
    assert np.array_equal(other.process(x), rack.process(x))
    assert other.values == rack.values


@given(settings_of_all(), settings_of_all())
@settings(max_examples=25, deadline=None)
def test_no_setting_makes_numbers_too_large_or_too_small(first: dict[str, float], then: dict[str, float]) -> None:
    """Loud sound on one side alone, and then silence in which filters decay."""
    rack = EffectsRack(LOW_RATE, values(**first))
    loud, quiet = noise(4000, 1.0), np.zeros((2, 6000), np.float32)
    loud[1] = 0
    parts = [rack.process(loud)]
    rack.obey(then)
    parts += [rack.process(loud), rack.process(quiet)]
    heard = np.concatenate(parts, axis=1)
    assert np.isfinite(heard).all()
    assert np.abs(heard).max() < 1e3
    for name, array in rack.save().items():
        if array.dtype.kind == "f":
            small = np.abs(array[array != 0])
            assert np.isfinite(array).all(), name
            assert not (small < np.finfo(array.dtype).tiny).any(), name


@pytest.mark.parametrize("name", EFFECTS)
def test_a_side_that_fell_silent_beside_a_loud_one_holds_no_numbers_too_small(name: str) -> None:
    """The loud side keeps the effect awake while the other decays by hundreds of powers of ten."""
    short = {"delay_time_s": 0.01, "delay_feedback": 0.7, "reverb_decay_s": 0.3, "eq_high_cut_hz": 1000.0}
    rack = EffectsRack(LOW_RATE, values(**{f"{name}_on": True}, **short))
    x = noise(4 * LOW_RATE, 0.2)
    x[1, 400:] = 0
    rack.process(x)
    for key, array in rack.save().items():
        if array.dtype.kind == "f":
            assert not (np.abs(array[array != 0]) < np.finfo(array.dtype).tiny).any(), key


@pytest.mark.parametrize("name", EFFECTS)
def test_effects_fall_asleep_and_wake_at_the_same_sample_for_any_block(name: str) -> None:
    x = noise(6 * LOW_RATE, 0.2)
    x[:, 2000 : 5 * LOW_RATE] = 0
    heard = []
    for block in (x.shape[1], 613):
        given = {**SHORT, f"{name}_on": True, "delay_time_s": 0.05, "delay_feedback": 0.1}
        rack = EffectsRack(LOW_RATE, values(**given))
        heard.append(played(rack, x, range(block, x.shape[1], block)))
    assert np.array_equal(heard[0], heard[1])
    assert not heard[0][:, 5 * LOW_RATE - 50 : 5 * LOW_RATE].any()


def test_sound_that_is_not_finite_leaves_no_trace() -> None:
    rack = EffectsRack(LOW_RATE, values(**ALL_ON))
    ill = SOUND.copy()
    ill[0, 100], ill[1, 200], ill[0, 300] = np.nan, np.inf, 1e30
    assert np.isfinite(rack.process(ill)).all()
    assert np.isfinite(rack.process(SOUND)).all()


def test_effects_stand_in_the_order_of_their_places() -> None:
    assert effects_order(values()) == tuple(EFFECTS)
    assert effects_order(values(reverb_place=1, drive_place=5)) == ("reverb", "chorus", "delay", "drive", "eq")
    driven_first = EffectsRack(RATE, values(drive_on=True, drive_db=36.0, eq_on=True, eq_low_db=15.0))
    driven_last = EffectsRack(
        RATE, values(drive_on=True, drive_db=36.0, eq_on=True, eq_low_db=15.0, drive_place=5, eq_place=1)
    )
    by_hand = EffectsRack(RATE, values(drive_on=True, drive_db=36.0)).process(
        EffectsRack(RATE, values(eq_on=True, eq_low_db=15.0)).process(SOUND)
    )
    assert np.array_equal(driven_last.process(SOUND), by_hand)
    assert not np.allclose(driven_first.process(SOUND), by_hand, atol=0.01)


def clicks_db(heard: NDArray[np.float32], begin: int) -> float:
    """Highest level above 6 kHz from `begin` on, of sound that has none there."""
    return float(20 * np.log10(np.abs(HIGH_PASS(heard[0].astype(np.float64))[begin:]).max() + 1e-12))


def HIGH_PASS(x: NDArray[np.float64]) -> NDArray[np.float64]:  # noqa: N802
    return np.asarray(signal.sosfilt(signal.butter(10, 6000, "high", fs=RATE, output="sos"), x))


MOVES: tuple[tuple[dict[str, float], dict[str, float]], ...] = (
    (ALL_ON, {"reverb_place": 1.0}),
    (ALL_ON, {"drive_place": 5.0, "eq_place": 1.0}),
    (ALL_ON, {f"{name}_on": False for name in EFFECTS}),
    ({}, ALL_ON),
    (ALL_ON, {"delay_time_s": 0.03, "reverb_predelay_s": 0.1}),
    (ALL_ON, {"reverb_freeze": True}),
    (ALL_ON, {"reverb_decay_s": 20.0, "chorus_depth": 0.0, "delay_width": 1.0, "reverb_width": 0.0}),
    (ALL_ON, {"delay_sync": True, "tempo_bpm": 140.0, "reverb_mix": 1.0, "chorus_mix": 0.0}),
)


@pytest.mark.parametrize(("first", "then"), MOVES)
def test_no_move_clicks_above_minus_60_db(first: dict[str, float], then: dict[str, float]) -> None:
    """A soft sine of 150 Hz at −18 dBFS, driven gently: what it holds above 6 kHz before the move is far lower."""
    x = np.tile(0.126 * np.sin(2 * np.pi * 150 * np.arange(RATE) / RATE), (2, 1)).astype(np.float32)
    rack = EffectsRack(RATE, values(drive_db=6.0, eq_low_db=6.0, chorus_rate_hz=0.2, **first))
    half = RATE // 2
    before = rack.process(x[:, :half])
    rack.obey(then)
    heard = np.concatenate([before, rack.process(x[:, half:])], axis=1)
    assert clicks_db(heard, half - 1000) < -60


def test_values_that_are_given_anew_in_every_frame_move_without_steps() -> None:
    """A gain swept over its whole range 20 times a second, told every 11.6 ms."""
    x = np.tile(0.126 * np.sin(2 * np.pi * 150 * np.arange(RATE) / RATE), (2, 1)).astype(np.float32)
    rack = EffectsRack(RATE, values(eq_on=True))
    parts = []
    for k, part in enumerate(np.array_split(x, 86, axis=1)):
        rack.obey(
            {"eq_low_db": 15 * np.sin(2 * np.pi * 20 * k / 86), "eq_mid_db": -15 * np.sin(2 * np.pi * 20 * k / 86)}
        )
        parts.append(rack.process(part))
    assert clicks_db(np.concatenate(parts, axis=1), 2000) < -60


@pytest.mark.parametrize("name", EFFECTS)
def test_a_tail_ends_in_digital_silence(name: str) -> None:
    rack = EffectsRack(
        LOW_RATE,
        values(**{f"{name}_on": True}, **SHORT),
    )
    rack.process(SOUND)
    assert not rack.silent
    tail = rack.process(np.zeros((2, 12 * LOW_RATE), np.float32))
    audible = int(np.flatnonzero((np.abs(tail) >= QUIET).any(axis=0))[-1])
    ended = int(np.flatnonzero(tail.any(axis=0))[-1])
    assert 0 < audible <= ended < 10 * LOW_RATE
    assert rack.silent
    assert rack.engaged_for
    # It wakes as one that was never used.
    fresh = EffectsRack(LOW_RATE, rack.values)
    assert np.array_equal(rack.process(SOUND), fresh.process(SOUND))


def test_a_reordering_that_changes_no_sound_needs_no_cross_fade() -> None:
    rack = EffectsRack(RATE, values(reverb_on=True, eq_on=False))
    other = EffectsRack(RATE, values(reverb_on=True, eq_on=False))
    rack.obey({"eq_place": 1.0, "drive_place": 5.0})
    assert np.array_equal(rack.process(SOUND), other.process(SOUND))


def test_orders_that_follow_each_other_quickly_end_in_the_last() -> None:
    rack = EffectsRack(RATE, values(**ALL_ON))
    rack.process(SOUND)
    rack.obey({"reverb_place": 1.0, "drive_place": 4.0})
    rack.process(SOUND[:, :100])
    rack.obey({"drive_place": 1.0, "reverb_place": 5.0, "eq_place": 4.0})
    rack.process(SOUND)
    saved = rack.save()
    assert [list(EFFECTS)[i] for i in saved["row.order"]] == ["drive", "chorus", "delay", "eq", "reverb"]
    assert not any(name.startswith("outgoing") for name in saved)


def test_at_another_rate_effects_begin_anew_with_the_same_controls() -> None:
    rack, other = EffectsRack(RATE, values(**ALL_ON, delay_mix=0.9)), EffectsRack(LOW_RATE, values())
    rack.process(SOUND)
    other.restore(rack.save(), same_rate=False)
    fresh = EffectsRack(LOW_RATE, values(**ALL_ON, delay_mix=0.9))
    assert np.array_equal(other.process(SOUND), fresh.process(SOUND))


@pytest.mark.parametrize(
    "damage", ["row.reverb.effect.at", "row.order", "value.delay_mix", "row.reverb.effect.turning"]
)
def test_a_damaged_state_is_refused_by_name(damage: str) -> None:
    rack = EffectsRack(LOW_RATE, values(**ALL_ON, delay_mix=0.9))
    rack.process(SOUND)
    saved = dict(rack.save())
    saved[damage] = saved[damage] + 100_000
    with pytest.raises(ValueError, match=damage.rpartition(".")[2]):
        EffectsRack(LOW_RATE, values()).restore(saved, same_rate=True)


def test_every_row_belongs_to_an_effect_and_each_has_a_switch_and_a_place() -> None:
    assert {row.id.partition("_")[0] for row in EFFECT_ROWS} == set(EFFECTS)
    for name in EFFECTS:
        assert not PARAMETERS[f"{name}_on"].default
        knobs = [r for r in EFFECT_ROWS if r.id.startswith(f"{name}_") and not r.is_switch]
        assert 3 <= len(knobs) <= 8
        assert all(r.owner == "preset" and r.scope == "output" and r.vary is None for r in EFFECT_ROWS)
    assert [values()[f"{name}_place"] for name in EFFECTS] == [1, 2, 3, 4, 5]
