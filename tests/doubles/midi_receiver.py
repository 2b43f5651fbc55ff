"""A receiver that writes down what MIDI asks for, and ports that a test plays on."""

import queue
from collections.abc import Iterable, Sequence

from synth.instrument.note_events import NoteEvent, NoteOff, NoteOn
from synth.midi.learn import ParameterMove
from synth.midi.ports import PortEvent, PortList


class RecordingReceiver:
    """Implements `InputReceiver`."""

    def __init__(self) -> None:
        self.notes: list[tuple[float, str, NoteEvent]] = []
        self.moves: list[ParameterMove] = []
        self.programs: list[int] = []
        self.follows_clock = False
        self.tempos: list[float] = []
        self.told: list[str] = []

    def play_notes(self, events: Sequence[NoteEvent], arrived_s: float, source: str) -> None:
        self.notes += [(arrived_s, source, event) for event in events]

    def move_parameter(self, move: ParameterMove) -> None:
        self.moves.append(move)

    def choose_program(self, number: int) -> None:
        self.programs.append(number)

    def move_tempo(self, bpm: float) -> None:
        self.tempos.append(bpm)

    def tell(self, sentence: str) -> None:
        self.told.append(sentence)

    @property
    def events(self) -> list[NoteEvent]:
        return [event for _, _, event in self.notes]

    def sounding(self) -> set[int]:
        """Notes that have begun and were not let go."""
        begun = {event.note_id for event in self.events if isinstance(event, NoteOn)}
        return begun - {event.note_id for event in self.events if isinstance(event, NoteOff)}


class PlayedPorts:
    """Implements `Ports`; events come from `put`."""

    def __init__(self) -> None:
        self._events: queue.SimpleQueue[PortEvent] = queue.SimpleQueue()
        self.wanted: tuple[tuple[str, ...], bool] = ((), False)
        self.closed = False
        self.there: PortList | None = None
        """What is listed, in place of all that is wanted."""

    def put(self, *events: PortEvent) -> None:
        for event in events:
            self._events.put(event)

    def want(self, names: Iterable[str], *, virtual: bool = False) -> None:
        self.wanted = tuple(names), virtual

    def listed(self) -> PortList:
        return self.there or PortList(self.wanted[0], True)

    def take(self, timeout_s: float) -> PortEvent | None:
        try:
            return self._events.get(timeout=timeout_s)
        except queue.Empty:
            return None

    def close(self) -> None:
        self.closed = True
