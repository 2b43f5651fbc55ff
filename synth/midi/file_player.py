"""A MIDI file as note events: all at once with their times for rendering, or as time passes for playing."""

import threading
import time
from collections.abc import Callable, Iterator

from synth.instrument.note_events import AllSoundOff, ChannelDimension, ChannelExpression, NoteEvent
from synth.midi.controllers import Move
from synth.midi.files import MidiFile
from synth.midi.input import Receiver
from synth.midi.translator import ALL_CHANNELS, ProgramChange, Translated, Translator

_AHEAD_S = 0.2
"""Events are handed over this long before they are due, so that a late thread makes none of them late."""
_CLOSE_S = 2.0
_AT_REST: tuple[tuple[ChannelDimension, float], ...] = (
    ("sustain", 0.0),
    ("sostenuto", 0.0),
    ("soft", 0.0),
    ("bend", 0.0),
    ("wheel", 0.0),
    ("pressure", 0.0),
    ("timbre", 0.5),
    ("pan", 0.0),
    ("volume", 1.0),
    ("expression", 1.0),
)
"""How channels are where nobody has moved a controller yet."""


def file_events(
    file: MidiFile, ids: Iterator[int] | None = None, channels: frozenset[int] = ALL_CHANNELS
) -> Iterator[tuple[float, Translated]]:
    """Every event of a file with its time in seconds; what still sounds is let go where the file ends."""
    translator = Translator(ids, channels)
    for due_s, message in file:
        for event in translator.feed(message):
            yield due_s, event
    for event in translator.release_all():
        yield file.length_s, event


def file_notes(file: MidiFile, channels: frozenset[int] = ALL_CHANNELS) -> Iterator[tuple[float, NoteEvent]]:
    """What a file plays on one preset, with times in seconds."""
    for due_s, event in file_events(file, channels=channels):
        if not isinstance(event, Move | ProgramChange):
            yield due_s, event


class FilePlayer:
    """Plays a file to a receiver on a thread of its own; `stop` belongs to the end, also of one that has ended."""

    def __init__(
        self,
        file: MidiFile,
        receiver: Receiver,
        ids: Iterator[int],
        channels: frozenset[int] = ALL_CHANNELS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._file, self._receiver, self._ids, self._channels, self._clock = file, receiver, ids, channels, clock
        self._stopping = threading.Event()
        self._began_s = clock() + _AHEAD_S
        self._thread = threading.Thread(target=self._run, name="midi file", daemon=True)
        self._thread.start()

    @property
    def done(self) -> bool:
        """True when the last event has been handed over; it sounds within the time that events are ahead."""
        return not self._thread.is_alive()

    @property
    def position_s(self) -> float:
        """Where in the file the sound is, from 0 to its length."""
        return min(max(self._clock() - self._began_s, 0.0), self._file.length_s)

    def stop(self) -> None:
        """Silence what still plays, and bring the file's channels to rest.

        A file that faded out or left a pedal down would otherwise silence or hold what a keyboard plays after it. When
        a file has ended by itself its last notes ring on: whoever stops it then lets them fade out first.
        """
        cut = not self.done
        self._stopping.set()
        self._thread.join(_CLOSE_S)
        last: list[NoteEvent] = [AllSoundOff()] if cut else []
        at_rest = [ChannelExpression(q, name, value) for q in sorted(self._channels) for name, value in _AT_REST]
        # Behind the events that were handed over ahead of time.
        self._receiver.play_notes([*at_rest, *last], self._clock() + _AHEAD_S, str(self._file.path))

    def _run(self) -> None:
        source = str(self._file.path)
        for due_s, event in file_events(self._file, self._ids, self._channels):
            wait_s = self._began_s + due_s - _AHEAD_S - self._clock()
            if self._stopping.wait(wait_s) if wait_s > 0 else self._stopping.is_set():
                return
            match event:
                case Move():
                    pass
                case ProgramChange(_, number):
                    self._receiver.choose_program(number)
                case _:
                    note: NoteEvent = event
                    self._receiver.play_notes([note], self._began_s + due_s, source)
