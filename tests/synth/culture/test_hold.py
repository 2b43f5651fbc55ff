"""A wound that a hand rests on does not heal until the hand is lifted."""

import pytest
import torch

from synth.automaton.gestures import RESTING_KINDS, WAKE_STEPS, Gesture, GestureKind, apply_gesture, footprint
from synth.culture.culture import LiveCulture
from synth.culture.undoable import UndoableCulture
from tests.doubles.cultures import steady_preset

FRAMES = 96
WOUND = Gesture("erase", 24, 40, 8, 12)
HOLD = Gesture("hold", 24, 40, 8, 12)
CORE = footprint(WOUND, 80, FRAMES) == 1
RESTS = FRAMES + WAKE_STEPS
"""Steps until a wound is fully awake."""


def culture() -> LiveCulture:
    return LiveCulture(steady_preset(FRAMES), 3)


def live_on(of: LiveCulture, steps: int, *, held: bool) -> None:
    """With a hold every 86 steps, as a resting hand sends them at the quickest evolution."""
    with torch.inference_mode():
        for step in range(steps):
            if held and step % 86 == 0:
                of.touch(HOLD)
            of.step()


@pytest.mark.parametrize("kind", RESTING_KINDS)
def test_what_is_held_stays_to_the_bit_and_heals_when_it_is_let_go(kind: GestureKind) -> None:
    held = culture()
    held.touch(Gesture(kind, 24, 40, 8, 12, 0.5))
    wound = held.cells()[:, CORE].clone()
    live_on(held, 3 * RESTS, held=True)
    assert torch.equal(held.cells()[:, CORE], wound)
    live_on(held, RESTS, held=False)
    assert not torch.equal(held.cells()[:, CORE], wound)


def test_what_is_not_held_heals() -> None:
    free = culture()
    free.touch(WOUND)
    wound = free.cells()[:, CORE].clone()
    live_on(free, RESTS, held=False)
    assert not torch.equal(free.cells()[:, CORE], wound)


def test_a_hold_changes_no_cell_and_keeps_nothing_that_was_not_touched() -> None:
    held = culture()
    state, rest = held.cells().clone(), held.resting().clone()
    apply_gesture(state, rest, HOLD, 0, 0, FRAMES)
    assert torch.equal(state, held.cells())
    assert float(rest.max()) == 0.0
    rest[40, 24], rest[40, 80] = 5.0, 5.0
    apply_gesture(state, rest, HOLD, 0, 0, FRAMES)
    assert torch.equal(state, held.cells())
    assert rest[40, 24] == RESTS
    assert rest[40, 80] == 5.0, "outside the hand"
    assert int((rest > 0).sum()) == 2


def test_a_hold_is_no_step_of_the_history() -> None:
    played = UndoableCulture(culture())
    played.touch(WOUND, hand_down=True)
    for _ in range(3):
        played.touch(HOLD, hand_down=True)
    played.lift()
    played.touch(HOLD, hand_down=True)
    assert played.history.undos == 1
    assert not played.in_stroke
