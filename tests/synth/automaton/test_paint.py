"""Paint is as loud as it is, or no louder than it may be: measured by the loudness of what is rendered."""

import numpy as np
import pytest
import torch

from synth.automaton.gestures import Gesture
from synth.automaton.paint import PAINT_LEVEL, ColumnLoudness
from synth.culture.culture import LiveCulture
from synth.errors import UsageError
from synth.instrument.event_records import as_record, from_record
from synth.instrument.events import Event, Touch
from synth.loudness import loudness_lufs
from synth.presets.library import load
from tests.benchmarks.paint_loudness import RATE_HZ, first_brush, sound_of, worst_brush
from tests.doubles.samples import notebook_preset


def paint(row: float, radius: float, loudest_lu: float | None = 4.0, strength: float = 1.0) -> Gesture:
    """All of time, so that a loop is as loud as any of its moments."""
    return Gesture("paint", 0.0, row, 22.0, radius, strength, "line", loudest_lu)


@pytest.mark.parametrize("name", ["violin", "cello_44k"])
def test_no_paint_is_more_than_four_lu_louder_than_the_preset(name: str) -> None:
    preset = load(name)
    rows = [round(share * preset.mel.n_mels) for share in (0.1, 0.9)]
    plain = loudness_lufs(sound_of(preset), RATE_HZ)
    for row in rows:
        for radius in (1.0, 12.0):
            louder = loudness_lufs(sound_of(preset, paint(row, radius)), RATE_HZ) - plain
            assert louder <= 4.0, (row, radius)
    # Over and over, in many places, as a hand does.
    strokes = [paint(row, radius) for row in rows for radius in (1.0, 12.0)]
    assert loudness_lufs(sound_of(preset, *strokes), RATE_HZ) - plain <= 4.0
    assert loudness_lufs(sound_of(preset, paint(rows[-1], 12.0, None)), RATE_HZ) - plain > 6.0, "without a bound"


def test_what_was_painted_over_again_is_no_louder() -> None:
    """A violin's vibrato takes columns beyond a limit for each of them: 4.9 and 5.8 LU while there was such a limit."""
    preset = load("violin")
    plain = loudness_lufs(sound_of(preset), RATE_HZ)
    for strokes in (first_brush(preset, 16.0), worst_brush(preset, 5)):
        assert loudness_lufs(sound_of(preset, *strokes), RATE_HZ) - plain <= 4.0


def test_paint_is_heard_where_it_is_bounded() -> None:
    preset = load("ocean")
    plain, painted = sound_of(preset), sound_of(preset, paint(40, 1.5))
    hz = np.fft.rfftfreq(plain.shape[1], 1 / RATE_HZ)
    near = (hz > 1500) & (hz < 2000)
    power = [float((np.abs(np.fft.rfft(sound.mean(0)))[near] ** 2).sum()) for sound in (plain, painted)]
    assert 10 * np.log10(power[1] / power[0]) > 6.0


def test_without_a_bound_paint_is_as_it_was() -> None:
    preset = load("violin")
    cultures = [LiveCulture(preset), LiveCulture(preset)]
    for culture, more in zip(cultures, ({}, {"loudest_lu": 100.0}), strict=True):
        culture.touch(Gesture("paint", 30, 40, **more))  # type: ignore[arg-type]
    middle = cultures[0].grid()[40, 25:35]
    assert (middle - PAINT_LEVEL).abs().max() <= 0.05
    # A bound that is never reached halves its way to the same level.
    torch.testing.assert_close(cultures[1].grid(), cultures[0].grid(), atol=2 / 2**12, rtol=0)


def test_a_column_that_is_too_loud_already_becomes_no_louder_and_paint_still_replaces() -> None:
    loud = torch.full((80, 172), 0.8)
    loudness = ColumnLoudness.of(load("violin").mel, torch.full((80, 172), -0.5))
    columns, weight = torch.arange(10, 20), torch.ones(6, 10)
    level = loudness.paint_level(loud, 30, columns, weight, 4.0)
    assert level.shape == (10,)
    assert (level - 0.8).abs().max() < 2e-3, "the level that was there"


def test_the_notebooks_rule_obeys_it_as_well() -> None:
    preset = notebook_preset()
    plain = loudness_lufs(sound_of(preset), RATE_HZ)
    bounded, free = (loudness_lufs(sound_of(preset, paint(60, 12.0, lu)), RATE_HZ) - plain for lu in (4.0, None))
    assert bounded <= 4.0
    assert free > bounded + 1.0


def test_the_bound_is_kept_with_a_performance_and_older_ones_have_none() -> None:
    event = Event(5, Touch(paint(10, 2.0)))
    record = as_record(event)
    assert from_record("x", record).action == event.action
    del record["gesture"]["loudest_lu"]
    action = from_record("x", record).action
    assert isinstance(action, Touch) and action.gesture.loudest_lu is None
    with pytest.raises(UsageError, match="choose loudest_lu from 0 to 100"):
        paint(10, 2.0, -1.0)
