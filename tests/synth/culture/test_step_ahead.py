"""A step computed ahead is the step, to the bit, whatever happens to the culture in between."""

import numpy as np
import pytest
import torch

from synth.automaton.gestures import Gesture
from synth.culture.culture import LiveCulture
from synth.instrument.events import HoldDrone, SetParameter, Touch, Undo
from synth.instrument.instrument import Instrument
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.instruments import PRESET, RATE
from tests.doubles.samples import live_preset

STROKES = (
    Gesture("paint", 20.0, 30.0),
    Gesture("freeze", 60.0, 20.0, strength=0.7),
    Gesture("erase", 90.0, 40.0),
    Gesture("noise", 10.0, 50.0),
)


def cells(foreseeing: bool, n_steps: int = 40) -> tuple[torch.Tensor, int]:
    """A culture's cells after steps with gestures, a changed weather, a thaw, a reseed and a step back in between;
    and how many steps had been foreseen."""
    culture = LiveCulture(live_preset(), seed=3)
    taken = 0
    take = culture._ahead.take

    def counted(key: tuple[int, float]) -> torch.Tensor | None:
        nonlocal taken
        found = take(key)
        taken += found is not None
        return found

    culture._ahead.take = counted  # type: ignore[method-assign]
    before = culture.save()
    torch.set_flush_denormal(True)
    try:
        for i in range(n_steps):
            depth = 1.0 if i < 15 else 1.6
            if foreseeing:
                # Sometimes another weather comes than was expected.
                culture.foresee(depth if i % 7 else 0.5, 1.0)
            if i in (3, 9, 21, 30):
                culture.touch(STROKES[i % 4])
            if i == 12:
                before = culture.save()
            if i == 18:
                culture.restore(before)
            if i == 24:
                culture.thaw()
            if i == 33:
                culture.reseed()
            culture.step(depth, 1.0)
    finally:
        torch.set_flush_denormal(False)
    return culture.cells().clone(), taken


def test_steps_that_were_foreseen_change_no_cell() -> None:
    (plain, none), (ahead, taken) = cells(False), cells(True)
    assert none == 0 and taken >= 5
    assert torch.equal(plain, ahead)


def test_what_was_foreseen_before_a_gesture_is_forgotten() -> None:
    culture, other = LiveCulture(live_preset(), seed=3), LiveCulture(live_preset(), seed=3)
    culture.foresee()
    for each in (culture, other):
        each.touch(STROKES[0])
        each.step()
    assert torch.equal(culture.cells(), other.cells())


@pytest.mark.parametrize("preset", ["live", "steady"])
def test_an_instrument_that_foresees_gives_the_same_samples(preset: str) -> None:
    def samples(foreseeing: bool) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        chosen = live_preset() if preset == "live" else PRESET
        played = Instrument(chosen, SpectralVocoder(chosen.mel), RATE)
        parts = []
        torch.set_flush_denormal(True)
        try:
            with torch.inference_mode():
                for i in range(60):
                    if i == 20:
                        played.send(Touch(STROKES[0]))
                    if i == 30:
                        played.send(SetParameter("weather_depth", 2.0))
                    if i == 40:
                        played.send(Undo())
                        played.do(HoldDrone(True))
                    n = played.begin()
                    if foreseeing:
                        played.foresee()
                    parts.append(played.take(n))
        finally:
            torch.set_flush_denormal(False)
        return np.concatenate(parts, axis=1)

    np.testing.assert_array_equal(samples(False), samples(True))
