"""The arpeggiator in an instrument: it obeys the controls between two frames, and takes and makes note events in time.

Shares are of the frame that was computed last, the one before the frame numbered `frame`.
"""

import math

from synth.instrument.note_events import ChannelExpression, NoteEvent, NoteOff, SongPosition
from synth.instrument.parts import InstrumentParts
from synth.instrument.reading.playhead import reading_speed
from synth.instrument.tempo.controls import arpeggio_settings

_LATER = 1e-8
"""Frames, 5e-6 samples: a moment that rounding puts just before a sample belongs to it."""


def follow_controls(parts: InstrumentParts) -> None:
    """The controls of an instrument moved: arpeggiator and voices obey them, between two frames."""
    arpeggiator, settings = parts.arpeggiator, arpeggio_settings(parts.controls)
    begins = settings.on and not arpeggiator.on
    events = arpeggiator.obey(settings, parts.beats)
    if begins:
        keys, pedals = parts.voices.played_keys, parts.voices.sustained_channels
        arpeggiator.adopt(keys, pedals, parts.beats, song_runs=parts.clock.runs)
        events += [NoteOff(held.note_id) for held in keys]
        events += [ChannelExpression(channel, "sustain", 0.0) for channel in pedals]
    # Before the voices hear of the latch: with the arpeggiator it is none of theirs, without it it would hold these.
    for event in events:
        parts.voices.let_go(event)
    parts.voices.obey(parts.controls, parts.most_voices())


def next_share(parts: InstrumentParts) -> float:
    """Where in the frame the arpeggiator plays next: 1 or more when it does not in this one."""
    beats = parts.arpeggiator.next_beats
    return math.inf if beats == math.inf else parts.clock.moment_of(beats) + _LATER - (parts.frame - 1)


def heard(parts: InstrumentParts, event: NoteEvent, share: float) -> list[NoteEvent]:
    """What the voices hear of an event."""
    moment = parts.frame - 1 + share
    if isinstance(event, SongPosition):
        before, parts.clock = parts.clock.at(moment), parts.clock.moved(event.beats, moment, runs=event.runs)
        by = event.beats - before
        parts.arpeggiator.move_song(by, event.beats, song_runs=event.runs)
        if parts.controls["loop_length"]:
            speed = reading_speed(parts.values, parts.preset.n_frames, parts.preset.mel.frames_per_second)
            parts.playhead.shift(speed * by / parts.clock.per_frame)
        return []
    return parts.arpeggiator.take(event, parts.clock.at(moment), song_runs=parts.clock.runs)
