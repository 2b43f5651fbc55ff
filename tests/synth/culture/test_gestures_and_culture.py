"""Gestures touch the cells they should; a culture's life is a function of its preset, seed and gestures."""

import itertools
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from synth.automaton.gestures import WAKE_STEPS, Gesture, footprint
from synth.automaton.rules import NOTEBOOK_STEPS
from synth.culture.culture import LiveCulture
from synth.culture.regrowth import FADE_STEPS, RegrowingCulture
from synth.errors import UsageError
from synth.presets.model import LOOP_FRAMES
from tests.doubles.samples import live_preset, notebook_preset


@given(st.floats(-500, 500), st.floats(0, 79), st.floats(2, 60), st.floats(2, 30))
def test_a_footprint_is_full_inside_empty_outside_and_circular(
    column: float, row: float, frames: float, rows: float
) -> None:
    gesture = Gesture("erase", column, row, frames, rows)
    touch = footprint(gesture, 80, 172)
    dt = (torch.arange(172) - column) % 172
    dt = torch.minimum(dt, 172 - dt)
    df = (torch.arange(80) - row).abs()
    # A superellipse of degree 4: a box of 0.6 of each radius lies inside, 1.2 of either radius outside.
    inside = (dt[None] < 0.6 * frames) & (df[:, None] < 0.6 * rows)
    outside = (dt[None] > 1.2 * frames) | (df[:, None] > 1.2 * rows)
    assert (touch[inside] == 1).all()
    assert (touch[outside] == 0).all()
    moved = footprint(replace(gesture, column=column + 172), 80, 172)
    torch.testing.assert_close(touch, moved, atol=1e-4, rtol=0)


def test_absurd_gestures_are_refused() -> None:
    with pytest.raises(UsageError, match="no gesture “bite”"):
        Gesture("bite", 0, 0)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="radii above 0"):
        Gesture("erase", 0, 0, radius_frames=0)


def test_each_gesture_does_what_its_name_says() -> None:
    culture = LiveCulture(live_preset(n_frames=LOOP_FRAMES))
    before = culture.grid().clone()
    row = int(before.mean(1).argmax())

    def after(kind: str) -> torch.Tensor:
        fresh = LiveCulture(live_preset(n_frames=LOOP_FRAMES))
        fresh.touch(Gesture(kind, 80, row))  # type: ignore[arg-type]
        return fresh.grid()

    centre = (row, 80)
    assert float(after("erase")[centre]) == pytest.approx(-1, abs=0.06)
    assert float(after("reseed")[centre]) == pytest.approx(-1, abs=0.06)
    assert float(after("paint")[centre]) == pytest.approx(0.9, abs=0.06)
    noisy = after("noise")
    patch = (slice(max(0, row - 5), row + 6), slice(70, 90))
    assert float((noisy - before)[patch].std()) > 0.3
    for kind in ("erase", "paint", "noise", "reseed"):
        assert torch.equal(after(kind)[:, 140:], before[:, 140:])


def test_a_wound_rests_for_one_loop_and_then_wakes() -> None:
    culture = LiveCulture(live_preset(activity=0.2, n_frames=LOOP_FRAMES))
    culture.touch(Gesture("erase", 80, 40))
    wounded = culture.grid()[40, 80].clone()
    for _ in range(culture.n_frames):
        culture.step()
    assert torch.equal(culture.grid()[40, 80], wounded)
    assert float(culture.resting()[40, 80]) > 0
    for _ in range(WAKE_STEPS):
        culture.step()
    assert not torch.equal(culture.grid()[40, 80], wounded)
    assert float(culture.resting().max()) == 0


def test_a_reseeded_region_grows_back_at_once() -> None:
    culture = LiveCulture(live_preset(n_frames=LOOP_FRAMES))
    culture.touch(Gesture("reseed", 80, 40))
    assert float(culture.resting().max()) == 0


def test_same_seed_same_life_other_seed_another() -> None:
    def life(seed: int) -> torch.Tensor:
        culture = LiveCulture(live_preset(n_frames=LOOP_FRAMES), seed=seed)
        for step in range(20):
            if step == 7:
                culture.touch(Gesture("noise", 10, 10))
            culture.step()
        return culture.grid()

    assert torch.equal(life(1), life(1))
    assert not torch.equal(life(1), life(2))


@pytest.mark.parametrize(
    "make",
    [
        lambda: LiveCulture(live_preset(n_frames=LOOP_FRAMES), 3),
        lambda: RegrowingCulture(notebook_preset(n_frames=LOOP_FRAMES), 3),
    ],
)
def test_restoring_gives_back_the_same_future(make) -> None:  # type: ignore[no-untyped-def]
    culture = make()
    culture.step()
    saved = culture.save()
    futures = []
    for _ in range(2):
        culture.restore(saved)
        culture.touch(Gesture("erase", 30, 30))
        for _ in range(5):
            culture.step()
        futures.append(culture.grid().clone())
    assert torch.equal(*futures)


@pytest.mark.parametrize(("value", "ailment"), [(float("nan"), "not finite"), (50.0, "saturated")])
def test_a_culture_knows_when_it_is_not_well(value: float, ailment: str) -> None:
    culture = LiveCulture(live_preset(n_frames=LOOP_FRAMES))
    assert culture.ailment() == ""
    saved = culture.save()
    culture.restore(replace(saved, state=torch.full_like(saved.state, value)))
    assert culture.ailment() == ailment


def test_a_silent_culture_is_dead_unless_it_was_just_seeded() -> None:
    culture = LiveCulture(live_preset(activity=0.0, n_frames=LOOP_FRAMES))
    culture.reseed()
    assert culture.ailment() == ""
    for _ in range(600):
        culture.step()
    assert culture.ailment() == "dead"


def test_frozen_weather_and_no_weather_differ_from_weather() -> None:
    def life(depth: float, speed: float) -> torch.Tensor:
        culture = LiveCulture(live_preset(activity=0.2, n_frames=LOOP_FRAMES), seed=1)
        for _ in range(20):
            culture.step(depth, speed)
        return culture.grid()

    assert not torch.equal(life(1, 1), life(1, 0))
    assert not torch.equal(life(1, 1), life(0, 1))


def test_the_notebook_rule_is_never_stepped_beyond_its_96_steps() -> None:
    culture = RegrowingCulture(notebook_preset(n_frames=24))
    heard = []
    for _ in range(3 * (NOTEBOOK_STEPS + FADE_STEPS)):
        culture.step()
        heard.append(culture.grid().clone())
    assert all(torch.isfinite(grid).all() for grid in heard)
    # While the next culture grows the heard one rests; afterwards they fade over, with no jump between frames.
    assert torch.equal(heard[10], heard[NOTEBOOK_STEPS - 1])
    jumps = [float((b - a).abs().max()) for a, b in itertools.pairwise(heard)]
    assert 0 < max(jumps) <= 2 / FADE_STEPS + 1e-6
