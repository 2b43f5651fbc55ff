"""MIDI input: a thread that takes what arrives at the ports, and tells the instrument what it means.

Every port has a parser and a translator of its own, so that two keyboards do not disturb each other's running status,
pedals and notes; all of them name their notes from one counter.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Protocol

from synth.instrument.note_events import AllSoundOff, NoteEvent
from synth.midi.controllers import Move
from synth.midi.learn import MidiLearn, ParameterMove
from synth.midi.messages import Parser
from synth.midi.mpe import MpeSetting, zones_for
from synth.midi.ports import Arrival, PortEvent, PortLost, PortOpened, Ports
from synth.midi.translator import ALL_CHANNELS, ProgramChange, Translated, Translator
from synth.thread_priority import raise_thread_priority

_LOOK_S = 0.02
"""How long a request of another thread waits at most while nothing arrives."""
_CLOSE_S = 2.0


class Receiver(Protocol):
    """What MIDI plays; called from MIDI's own threads."""

    def play_notes(self, events: Sequence[NoteEvent], arrived_s: float, source: str) -> None:
        """Do these, in order, a constant time after `arrived_s` by `time.monotonic`; `source` is a port or a file."""
        ...

    def move_parameter(self, move: ParameterMove) -> None:
        """Set a parameter to a normalised value."""
        ...

    def choose_program(self, number: int) -> None:
        """Go to the preset of this number, 0 … 127, if there is one."""
        ...


@dataclass(frozen=True)
class MidiSettings:
    """What is listened to."""

    ports: tuple[str, ...] = ()
    virtual: bool = False
    """Offer other programs a port of our own."""
    channels: frozenset[int] = ALL_CHANNELS
    mpe: MpeSetting = "off"


class MidiInput:
    """Listens from its making until `close`; every method may be called from any thread."""

    def __init__(
        self,
        ports: Ports,
        receiver: Receiver,
        ids: Iterator[int],
        settings: MidiSettings | None = None,
        learn: MidiLearn | None = None,
    ) -> None:
        """`ports` is closed by `close`; `ids` names notes and may be shared with other sources."""
        self._ports, self._receiver, self._ids, self._learn = ports, receiver, ids, learn
        self._settings = MidiSettings() if settings is None else settings
        self._sources: dict[str, tuple[Parser, Translator]] = {}
        self._requests: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._closing = threading.Event()
        self.arrived = 0
        """Messages so far: shown where a user looks whether a keyboard is heard."""
        self._thread = threading.Thread(target=self._run, name="midi input", daemon=True)
        ports.want(self._settings.ports, virtual=self._settings.virtual)
        self._thread.start()

    def configure(self, settings: MidiSettings) -> None:
        """Listen to other ports or channels, or by other zones; notes that are held are let go."""

        def apply() -> None:
            self._release_all()
            self._settings = settings
            self._sources.clear()
            self._ports.want(settings.ports, virtual=settings.virtual)

        self._requests.put(apply)

    def panic(self) -> None:
        """Let every note go, lift every pedal and silence what still sounds."""

        def apply() -> None:
            self._release_all()
            self._receiver.play_notes([AllSoundOff()], time.monotonic(), "")

        self._requests.put(apply)

    def change_learned(self, change: Callable[[MidiLearn], None]) -> None:
        """Do this with what is learned, between messages."""
        learn = self._learn
        if learn is not None:
            self._requests.put(lambda: change(learn))

    def close(self) -> None:
        """Let every note go and close the ports."""
        self._closing.set()
        self._thread.join(_CLOSE_S)
        self._ports.close()

    def _run(self) -> None:
        raise_thread_priority("worker")
        while not self._closing.is_set():
            try:
                while True:
                    self._requests.get_nowait()()
            except Empty:
                pass
            event = self._ports.take(_LOOK_S)
            if event is not None:
                self._hear(event)
        self._release_all()

    def _hear(self, event: PortEvent) -> None:
        match event:
            case Arrival(time_s, port, data):
                self.arrived += 1
                parser, translator = self._source(port)
                for message in parser.feed(data):
                    self._tell(translator.feed(message), time_s, port)
            case PortLost(port) if port in self._sources:
                _, translator = self._sources.pop(port)
                self._tell(translator.release_all(), time.monotonic(), port)
            case PortLost() | PortOpened():
                pass

    def _source(self, port: str) -> tuple[Parser, Translator]:
        if port not in self._sources:
            is_learned = (lambda _: False) if self._learn is None else self._learn.is_learned
            translator = Translator(self._ids, self._settings.channels, zones_for(self._settings.mpe), is_learned)
            self._sources[port] = Parser(), translator
        return self._sources[port]

    def _tell(self, events: list[Translated], arrived_s: float, port: str) -> None:
        notes: list[NoteEvent] = []
        for event in events:
            match event:
                case Move():
                    move = None if self._learn is None else self._learn.feed(event)
                    if move is not None:
                        self._receiver.move_parameter(move)
                case ProgramChange(_, number):
                    self._receiver.choose_program(number)
                case _:
                    notes.append(event)
        if notes:
            self._receiver.play_notes(notes, arrived_s, port)

    def _release_all(self) -> None:
        for port, (_, translator) in self._sources.items():
            self._tell(translator.release_all(), time.monotonic(), port)
