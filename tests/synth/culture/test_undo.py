"""Undo gives back the very culture there was, in sound without a break, in memory that never grows."""

import itertools
import math

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from synth.automaton.gestures import Gesture
from synth.culture.cross_fade import FADE_FRAMES, mixed
from synth.culture.culture import CultureState, LiveCulture
from synth.culture.undo_states import HISTORY_BYTES, History
from synth.instrument.events import Event, Hand, Redo, ReseedAll, SetParameter, ThawAll, Touch, Undo
from synth.instrument.instrument import Instrument, Setup
from synth.instrument.notation import parse_gesture
from synth.instrument.parameters.values import ParameterValues
from synth.mel import FORMATS
from synth.presets.model import LOOP_FRAMES, Preset
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.cultures import steady_preset
from tests.doubles.samples import live_preset, notebook_preset

STEADY = steady_preset(n_frames=48)
ERASE = Touch(Gesture("erase", 10, 20))
SPF = 512


def make(preset: Preset = STEADY, controls: ParameterValues | None = None) -> Instrument:
    return Instrument(preset, SpectralVocoder(preset.mel), 44100, controls, Setup(seed=4))


def run(instrument: Instrument, n_frames: int, block: int = 8) -> NDArray[np.float32]:
    blocks = [block] * (n_frames // block) + ([n_frames % block] if n_frames % block else [])
    with torch.inference_mode():
        return np.concatenate([instrument.process(n) for n in blocks], axis=1)


def same(a: CultureState, b: CultureState) -> bool:
    tensors = torch.equal(a.state, b.state) and torch.equal(a.rest, b.rest) and torch.equal(a.frozen, b.frozen)
    return tensors and (a.steps, a.weather_clock, a.gestures) == (b.steps, b.weather_clock, b.gestures)


@pytest.mark.parametrize(
    "preset", [STEADY, notebook_preset(n_frames=24), live_preset(fmt=FORMATS["44k128"], n_frames=48)]
)
def test_undo_restores_the_very_state_and_redo_the_one_it_left(preset: Preset) -> None:
    instrument = make(preset)
    run(instrument, 6)
    before = instrument.culture.save()
    instrument.schedule([Event(6, ERASE), Event(6, Touch(Gesture("freeze", 5, 30)))])
    run(instrument, 5)
    wounded = instrument.culture.save()
    assert not same(before, wounded)
    # Held still, so that nothing steps while the sound fades over.
    instrument.do(SetParameter("frozen", True))
    for action, expected in ((Undo(), None), (Undo(), before), (Redo(), None), (Redo(), wounded)):
        instrument.send(action)
        run(instrument, FADE_FRAMES + 1)
        assert expected is None or same(instrument.culture.save(), expected)
        assert expected is None or torch.equal(torch.tensor(instrument.view().grid), instrument.culture.grid())
    assert (instrument.history.undos, instrument.history.redos) == (2, 0)


def test_after_an_undo_life_is_what_it_would_have_been_without_the_gesture() -> None:
    touched, untouched = make(), make()
    touched.schedule(
        [Event(9, ERASE), Event(12, Touch(Gesture("noise", 30, 40))), Event(20, Undo()), Event(20, Undo())]
    )
    run(touched, 50)
    while untouched.culture.steps < touched.culture.steps:
        run(untouched, 1)
    assert untouched.frame == touched.frame - 11
    assert same(touched.culture.save(), untouched.culture.save())


EVENTS = (
    Event(3, Hand(True, 10.0)),
    Event(3, ERASE),
    Event(6, Touch(Gesture("paint", 12, 20))),
    Event(9, Hand(False)),
    Event(11, Undo()),
    Event(13, Redo()),
    Event(16, ReseedAll()),
    Event(20, Undo()),
    Event(22, Touch(Gesture("freeze", 15, 20, shape="line"))),
    Event(25, ThawAll()),
    Event(27, Undo()),
)


@pytest.mark.parametrize("block", [1, 2, 7])
def test_undone_sound_does_not_depend_on_block_size(block: int) -> None:
    def sound(size: int) -> NDArray[np.float32]:
        instrument = make()
        instrument.schedule(EVENTS)
        return run(instrument, 35, size)

    # The last bit of float32 may differ with the order of sums.
    np.testing.assert_allclose(sound(block), sound(35), atol=1e-6)


def test_one_stroke_is_one_step_whatever_its_touches_and_an_undo_ends_it() -> None:
    instrument = make()
    before = instrument.culture.save()
    instrument.schedule([Event(0, Hand(True, 10.0)), *(Event(f, ERASE) for f in range(5))])
    run(instrument, 5)
    assert instrument.view().undos == 1
    instrument.send(Undo())
    instrument.do(SetParameter("frozen", True))
    run(instrument, 1)
    assert same(instrument.culture.save(), before)
    # The button is still down: what it touches from now on is another step, and so is each touch without a hand.
    instrument.schedule([Event(6, ERASE), Event(7, ERASE), Event(8, Hand(False)), Event(9, ERASE), Event(10, ERASE)])
    run(instrument, 6)
    assert (instrument.view().undos, instrument.view().redos) == (3, 0)


def test_an_undo_with_nothing_to_undo_changes_nothing() -> None:
    idle, asked = make(), make()
    asked.schedule([Event(5, Undo()), Event(7, Redo())])
    assert np.array_equal(run(idle, 20), run(asked, 20))


@pytest.mark.parametrize("action", [ERASE, ReseedAll(), Touch(Gesture("paint", 30, 40, 30, 40))])
def test_an_undo_makes_no_click(action: Touch | ReseedAll) -> None:
    def largest_jump(first: int, *events: Event) -> float:
        instrument = make(controls=ParameterValues(playhead_speed=0.2))
        instrument.warm_up()
        instrument.schedule(events)
        sound = run(instrument, first + 15)
        return float(np.abs(np.diff(sound[:, first * SPF :])).max())

    # What the undo leaves, and what it returns to: the culture's first frames, played without interruption.
    changed, original = largest_jump(30, Event(0, action)), largest_jump(0)
    assert largest_jump(30, Event(0, action), Event(32, Undo())) < 1.1 * max(changed, original)


@pytest.mark.parametrize(("old", "new"), [(-1.0, 0.6), (0.6, -1.0), (0.3, 0.5), (0.4, 0.4)])
def test_a_cross_fade_has_equal_power(old: float, new: float) -> None:
    for k in range(FADE_FRAMES + 1):
        x = k / FADE_FRAMES * math.pi / 2
        # A grid value v is 40·v dB and a bit.
        power = math.cos(x) ** 2 * 10 ** (4 * old) + math.sin(x) ** 2 * 10 ** (4 * new)
        grid = mixed(torch.tensor([[old]]), torch.tensor([[new]]), k / FADE_FRAMES)
        assert float(grid) == pytest.approx(10 * math.log10(power) / 40, abs=1e-5)


def test_an_undo_within_a_fade_goes_on_from_what_is_heard() -> None:
    instrument = make(controls=ParameterValues(frozen=True))
    instrument.schedule([Event(0, ERASE), Event(1, ReseedAll()), Event(4, Undo()), Event(6, Undo())])
    heard = []
    for _ in range(16):
        run(instrument, 1)
        heard.append(torch.tensor(instrument.view().grid))
    jumps = [float((10 ** (4 * b) - 10 ** (4 * a)).abs().max()) for a, b in itertools.pairwise(heard[4:])]
    # No frame moves by more than the largest step of sin², in units of the loudest cell's power.
    assert max(jumps) < 0.32 * float((10 ** (4 * heard[-1])).max())
    assert torch.equal(heard[-1], make().culture.grid())


@pytest.mark.parametrize(("fmt", "at_least"), [("22k80", 16), ("44k128", 12)])
def test_memory_is_bounded_after_a_thousand_strokes(fmt: str, at_least: int) -> None:
    culture = LiveCulture(live_preset(fmt=FORMATS[fmt], n_frames=LOOP_FRAMES))
    history = History(culture)
    taken = history.n_bytes
    before = [history.remember(culture) or culture.steps for culture.steps in range(1000)]
    assert at_least <= history.undos < 40
    assert history.n_bytes == taken <= HISTORY_BYTES
    wanted = before[-1]
    while history.undo(culture):
        assert culture.steps == wanted
        assert history.n_bytes == taken
        wanted -= 1
    assert history.redos >= at_least


def test_a_new_gesture_gives_up_what_was_undone() -> None:
    culture = LiveCulture(STEADY)
    history = History(culture)
    history.remember(culture)
    assert history.undo(culture)
    history.remember(culture)
    assert not history.redo(culture)
    assert (history.undos, history.redos) == (1, 0)


@pytest.mark.parametrize("word", ["undo", "redo", "thaw-all"])
def test_the_command_line_knows_them(word: str) -> None:
    event = parse_gesture(f"2:{word}", FORMATS["22k80"], 172)
    assert event.frame == round(2 * 22050 / 256)
    assert event.action == {"undo": Undo(), "redo": Redo(), "thaw-all": ThawAll()}[word]
