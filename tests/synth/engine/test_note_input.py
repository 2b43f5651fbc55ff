"""Notes on their way into the engine's blocks."""

import time
from collections.abc import Iterator

import numpy as np

from synth.device.sinks import SilentSink
from synth.engine.engine import Engine
from synth.engine.notes.note_input import JITTER_S, TICKS, NoteInput
from synth.instrument.events import Event, LoggedEvent
from synth.instrument.instrument import Instrument
from synth.instrument.note_events import ChannelExpression, NoteEvent, NoteOff, NoteOn
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.instruments import PRESET, RATE, wait_until

_FPS = PRESET.mel.frames_per_second
_BLOCK = 2
_LATENCY = _BLOCK + JITTER_S * _FPS
"""Frames."""


def _moments(notes: NoteInput, n_blocks: int, listener: object = None) -> Iterator[tuple[float, NoteEvent]]:
    """Blocks that begin exactly when they are due: each event with its moment in frames."""
    for block in range(n_blocks):
        frame = block * _BLOCK
        for event in notes.due(frame / _FPS, frame, _BLOCK, listener):
            assert 0 <= event.frame < _BLOCK and 0 <= event.share < 1
            assert isinstance(event.action, NoteEvent)
            yield frame + event.frame + event.share, event.action


def test_every_event_comes_a_constant_time_after_its_arrival() -> None:
    """Wherever in a block it arrives, to a tick."""
    notes, rng = NoteInput(_FPS, _BLOCK), np.random.default_rng(0)
    arrivals = np.sort(rng.uniform(0.5, 9.0, 300))
    for i, arrived_s in enumerate(arrivals):
        notes.put([NoteOn(i, 60, 1.0)], float(arrived_s))
    played = list(_moments(notes, 500))
    assert [event for _, event in played] == [NoteOn(i, 60, 1.0) for i in range(300)]
    np.testing.assert_allclose([moment for moment, _ in played], arrivals * _FPS + _LATENCY, atol=1.5 / TICKS)
    assert notes.late == 0


def test_events_of_one_moment_keep_their_order() -> None:
    notes = NoteInput(_FPS, _BLOCK)
    notes.put([NoteOn(1, 60, 1.0), NoteOff(1), NoteOn(1, 60, 0.5)], 0.1)
    notes.put([NoteOff(1)], 0.1)
    assert [event for _, event in _moments(notes, 20)] == [
        NoteOn(1, 60, 1.0),
        NoteOff(1),
        NoteOn(1, 60, 0.5),
        NoteOff(1),
    ]


def test_what_arrives_late_is_played_at_once_and_counted() -> None:
    notes = NoteInput(_FPS, _BLOCK)
    list(_moments(notes, 100))
    notes.put([NoteOn(1, 60, 1.0)], 0.5)
    assert notes.due(200 / _FPS, 200, _BLOCK, None) == [Event(0, NoteOn(1, 60, 1.0), 0.0)]
    assert notes.late == 1


def test_another_instrument_begins_with_what_pedals_and_wheels_said_last() -> None:
    notes = NoteInput(_FPS, _BLOCK)
    down, bent = ChannelExpression(0, "sustain", 1.0), ChannelExpression(3, "bend", 2.0)
    notes.put([ChannelExpression(0, "sustain", 0.0), down, bent, NoteOn(1, 60, 1.0)], 0.0)
    assert len(list(_moments(notes, 10, "first"))) == 4
    assert notes.due(20 / _FPS, 20, _BLOCK, "second") == [Event(0, down), Event(0, bent)]
    assert notes.due(22 / _FPS, 22, _BLOCK, "second") == []


def test_an_engine_plays_notes_as_far_apart_as_they_arrived() -> None:
    """Times lie ahead, as a file's do, so that the machine's load decides nothing; blocks begin as they can."""
    log: list[LoggedEvent] = []
    engine = Engine(
        Instrument(PRESET, SpectralVocoder(PRESET.mel), RATE),
        open_device=lambda wanted, rate_hz, latency_s: SilentSink(rate_hz, name="silence"),
    )
    engine.listen(log.append)
    engine.start()
    try:
        wait_until(lambda: engine.frames > 40)
        begin = time.monotonic() + 0.3
        for i in range(10):
            engine.play_notes([NoteOn(i, 60 + i, 1.0)], begin + 0.0317 * i, "file")
        wait_until(lambda: sum(isinstance(event.action, NoteOn) for event in log) == 10)
    finally:
        engine.close()
    played = [event.frame + event.share for event in log if isinstance(event.action, NoteOn)]
    # The clock's line is corrected while the notes are placed, by less than a millisecond.
    np.testing.assert_allclose(np.diff(played), 0.0317 * _FPS, atol=0.001 * _FPS)
