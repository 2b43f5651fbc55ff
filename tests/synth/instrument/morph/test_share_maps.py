"""Every map leads from the first preset to the second, and no cell goes back on the way."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from synth.instrument.morph.share_map import ShareMap
from synth.instrument.morph.share_maps import MAPS, MapName, active_turns, painted_share, share_of, still_turns
from synth.instrument.parameters.table import PARAMETERS
from synth.instrument.reading.playhead import Place
from synth.random_streams import Stream, uniform

M, T = 20, 60
RANDOM = (uniform(2, Stream.TRAINING, 0, (M, T)) + 1) / 2


def shares(name: MapName, knob: float) -> Tensor:
    """Where the shares of a map go."""
    share_map = ShareMap(torch.zeros(M, T), 86.0)
    share_map.paint(1.0, RANDOM)
    grid = torch.zeros(M, T)
    for i in range(120):
        share_map.advance(knob, MAPS.index(name), grid + i * RANDOM / 100)
    return share_map.share


def test_maps_are_the_choices_of_the_control() -> None:
    assert PARAMETERS["morph_map"].choices == MAPS


@pytest.mark.parametrize("name", MAPS)
def test_a_map_has_nothing_of_the_second_preset_at_0_and_nothing_else_at_1(name: MapName) -> None:
    assert torch.equal(shares(name, 0.0), torch.zeros(M, T))
    assert torch.equal(shares(name, 1.0), torch.ones(M, T))
    half = float(shares(name, 0.5).mean())
    assert 0.25 < half < 0.8


@given(st.floats(0, 1), st.floats(0, 1), st.sampled_from(MAPS))
def test_no_cell_goes_back_while_the_knob_goes_up(one: float, other: float, name: MapName) -> None:
    low, high = sorted((one, other))

    def at(knob: float) -> Tensor:
        match name:
            case "uniform":
                return torch.full((M, T), knob)
            case "brush":
                return painted_share(knob, RANDOM)
            case "activity":
                return share_of(knob, active_turns(RANDOM))
            case _:
                return share_of(knob, still_turns(name, M, T))

    before, after = at(low), at(high)
    assert (after >= before - 1e-6).all()
    assert 0 <= float(before.min()) <= float(after.max()) <= 1


def test_maps_go_over_where_their_names_say() -> None:
    left = shares("left–right", 0.5)
    assert (left[:, 5] == 1).all()
    assert (left[:, 40] < 0.1).all()
    low = shares("low–high", 0.5)
    assert (low[2] == 1).all()
    assert (low[17] == 0).all()
    active = torch.zeros(M, T)
    active[4:9, 10:20] = 1.0
    turns = active_turns(active)
    assert turns[4:9, 10:20].max() < turns[12:, 30:].min()


@pytest.mark.parametrize("name", ["left–right", "low–high", "noise"])
def test_edges_are_soft_also_where_the_loop_ends(name: MapName) -> None:
    share = share_of(0.5, still_turns(name, 80, 172))
    # A hard edge would be a step of 1; the steepest soft one goes over within a quarter of the seam's 12 frames.
    assert (share - share.roll(1, 1)).abs().max() < 0.5


def test_painted_shares_are_heard_as_painted_with_the_knob_in_the_middle() -> None:
    assert torch.equal(painted_share(0.5, RANDOM), RANDOM)


def test_a_knob_that_jumps_is_followed_smoothly_to_the_last_bit() -> None:
    share_map, grid, before = ShareMap(torch.zeros(M, T), 86.13), torch.zeros(M, T), 0.0
    steps = []
    while share_map.advance(1.0, 0, grid):
        steps.append(share_map.mean - before)
        before = share_map.mean
    # The time constant is four frames: the first step is the largest.
    assert max(steps) == steps[0] == pytest.approx(0.25)
    assert share_map.mean == 1.0
    assert 20 < len(steps) < 40


def test_the_share_that_is_read_is_that_of_the_columns_that_are_read() -> None:
    share_map = ShareMap(torch.zeros(M, T), 86.0)
    share_map.paint(1.0, RANDOM)
    for _ in range(120):
        share_map.advance(0.5, MAPS.index("brush"), torch.zeros(M, T))
    place = Place(59.25, 0.3)
    left, right = place.readings()
    at = [reading.position for reading in (left, right)]
    expected = torch.stack(
        [share_map.share[:, int(p) % T].lerp(share_map.share[:, (int(p) + 1) % T], p % 1) for p in at]
    )
    assert torch.allclose(share_map.read(place), expected, atol=1e-6)
    distance = torch.tensor([0.0, 7.0])
    moved = share_map.read(Place(59.25 + 7, 0.3))
    assert torch.allclose(share_map.read_at(place, distance), torch.stack([expected, moved]), atol=1e-5)
