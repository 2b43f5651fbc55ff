"""A graphics card that fails in the middle: the culture goes on, and one sentence says so.

There is no card here. What fails is real code on the processor that is told it is elsewhere, with torch's own errors.
"""

import numpy as np
import pytest
import torch
from torch import Tensor

from synth.accelerator import Work, explain_loss
from synth.automaton.gestures import Gesture
from synth.automaton.graphed_stepper import GraphedStepper
from synth.automaton.rules import LiveRule
from synth.automaton.stepper import Stepper
from synth.culture.culture import LiveCulture
from synth.culture.failover import FailoverCulture
from synth.instrument.instrument import Instrument, Setup
from synth.loading.device_probe import fastest_device
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.instruments import PRESET, RATE
from tests.doubles.samples import live_preset

OUT_OF_MEMORY = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")
LOST = RuntimeError("CUDA error: unspecified launch failure\nCUDA kernel errors might be asynchronously reported.")


class Failing:
    """Calls through to a stepper until it has been called so often."""

    def __init__(self, stepper: Stepper, after: int, error: RuntimeError) -> None:
        self._stepper, self._left, self._error = stepper, after, error

    def step(self, *args: Tensor) -> None:
        self._left -= 1
        if self._left < 0:
            raise self._error
        self._stepper.step(*args)


def sheltered(after: int, error: RuntimeError, seed: int = 3) -> FailoverCulture:
    away = LiveCulture(PRESET, seed)
    away._stepper = Failing(away._stepper, after, error)  # type: ignore[assignment, arg-type]
    return FailoverCulture(away, LiveCulture(PRESET, seed))


@pytest.mark.parametrize("after", [0, 1, 5, 8, 13])
@pytest.mark.parametrize("error", [OUT_OF_MEMORY, LOST])
def test_a_culture_whose_card_is_lost_lives_the_same_life_on(after: int, error: RuntimeError) -> None:
    """Steps, wounds, ice, an undo: to the bit what a culture lives that was on the processor all the time."""
    ours, theirs = sheltered(after, error), LiveCulture(PRESET, 3)
    saved = {}
    for step in range(20):
        for culture in (ours, theirs):
            culture.step(1.0, 0.5)
            if step == 4:
                culture.touch(Gesture("erase", 40, 20))
            if step == 6:
                saved[culture] = culture.save()
                culture.touch(Gesture("freeze", 90, 30))
            if step == 11:
                culture.restore(saved[culture])
            if step == 15:
                culture.reseed()
        assert torch.equal(ours.grid(), theirs.grid())
    assert ours.is_home
    assert ours.steps == theirs.steps
    assert torch.equal(ours.cells(), theirs.cells())
    assert torch.equal(ours.frozen(), theirs.frozen())
    assert ours.trouble.count(": ") == 1 or "CUDA error" in ours.trouble
    assert "processor" in ours.trouble


def test_a_card_lost_while_the_grid_is_read_costs_nothing_either() -> None:
    """Errors of a card come to light where it is next waited for: when a grid is copied."""
    ours, theirs = sheltered(1000, LOST), LiveCulture(PRESET, 3)
    for _ in range(6):
        ours.step()
        theirs.step()

    def fails() -> Tensor:
        raise LOST

    ours._now.grid = fails  # type: ignore[method-assign]
    assert torch.equal(ours.grid(), theirs.grid())
    assert ours.is_home


def test_a_step_waits_for_no_device() -> None:
    """On the meta device nothing can be read back: a step that waited for a value would fail."""
    culture = LiveCulture(PRESET, 3, device="meta")
    for _ in range(3):
        culture.step(0.7, 1.0)
    assert culture.steps == 3
    # Which of the two torch raises there depends on the call.
    with pytest.raises((RuntimeError, NotImplementedError)):
        culture.grid()


def test_a_grid_on_a_device_is_copied_once_however_often_it_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    copies = 0

    def cpu(tensor: Tensor) -> Tensor:
        nonlocal copies
        copies += 1
        return torch.zeros(tensor.shape)

    culture = LiveCulture(PRESET, 3, device="meta")
    monkeypatch.setattr(Tensor, "cpu", cpu)
    for _ in range(3):
        culture.step()
        for _ in range(4):
            culture.grid()
    assert copies == 3


def again(work: Work) -> Work:
    """In place of a capture: what a graph replays is done again; a capture runs it some times first."""
    for _ in range(3):
        work()
    return work


def test_a_captured_step_is_the_step_and_capturing_changes_nothing() -> None:
    plain, captured = LiveCulture(PRESET, 3), LiveCulture(PRESET, 3)
    captured._stepper = GraphedStepper(captured._stepper, captured._state, PRESET.rule.n_weather, again)  # type: ignore[arg-type, union-attr]
    assert torch.equal(plain.cells(), captured.cells())
    for i in range(6):
        for culture in (plain, captured):
            culture.step()
            if i == 2:
                culture.touch(Gesture("noise", 30, 30))
    assert torch.equal(plain.cells(), captured.cells())


def test_a_device_that_fails_its_probe_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """The meta device steps but cannot give a grid back."""
    rule = LiveRule(16, 2)
    assert fastest_device(rule, 16, 32, torch.float32, "meta") == "cpu"
    assert fastest_device(rule, 16, 32, torch.float32, "") == "cpu"


def test_a_setup_on_a_device_is_sheltered() -> None:
    instrument = Instrument(live_preset(), SpectralVocoder(live_preset().mel), RATE, setup=Setup(device="meta"))
    assert isinstance(instrument.culture, FailoverCulture)
    # The meta device fails as soon as it is looked at, which making an undo history does.
    assert instrument.culture.is_home
    assert instrument.view().card_lost
    assert not Instrument(live_preset(), SpectralVocoder(live_preset().mel), RATE).view().card_lost
    assert np.isfinite(instrument.process(4)).all()
    assert "processor" in instrument.read_trouble()


@pytest.mark.parametrize(("error", "says"), [(OUT_OF_MEMORY, "close other programs"), (LOST, "restart Petrichord")])
def test_a_loss_is_explained_in_one_sentence_with_a_remedy(error: RuntimeError, says: str) -> None:
    text = explain_loss(error, "another vocoder plays on")
    assert says in text
    assert "another vocoder plays on" in text
    assert text.endswith(".")
    assert "\n" not in text
