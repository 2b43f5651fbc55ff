"""The effects' slot: nothing in it changes nothing, and several run one after another."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.effects.slot import EffectsSlot
from tests.doubles.effects import Delay

SOUND = np.random.default_rng(0).uniform(-1, 1, (2, 3000)).astype(np.float32)


def test_an_empty_slot_passes_the_very_same_array() -> None:
    slot = EffectsSlot()
    assert slot.process(SOUND) is SOUND
    assert (slot.delay_samples, slot.state) == (0, ())


@given(st.lists(st.integers(0, 3000), max_size=6), st.lists(st.integers(0, 400), min_size=1, max_size=3))
@settings(max_examples=30, deadline=None)
def test_effects_run_in_order_and_their_delays_add_up_for_any_partition(cuts: list[int], delays: list[int]) -> None:
    slot = EffectsSlot([Delay(n) for n in delays])
    assert slot.delay_samples == sum(delays)
    out = np.concatenate([slot.process(part) for part in np.split(SOUND, sorted(cuts), axis=1)], axis=1)
    wanted = np.concatenate([np.zeros((2, sum(delays)), np.float32), SOUND], axis=1)[:, :3000]
    assert np.array_equal(out, wanted)


def test_a_saved_state_goes_on_and_a_reset_begins_in_silence() -> None:
    slot, other = EffectsSlot([Delay(100), Delay(50)]), EffectsSlot([Delay(100), Delay(50)])
    slot.process(SOUND[:, :1000])
    other.reset(slot.state)
    assert np.array_equal(slot.process(SOUND[:, 1000:]), other.process(SOUND[:, 1000:]))
    other.reset()
    assert not other.process(SOUND)[:, :150].any()


def test_states_of_another_slot_are_refused() -> None:
    with pytest.raises(ValueError, match="2 states for 1 effects"):
        EffectsSlot([Delay(1)]).reset(EffectsSlot([Delay(1), Delay(2)]).state)
