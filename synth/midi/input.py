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
from synth.midi.clock import ClockNews, ClockTrouble, MidiClock, SongMoved, TempoFound
from synth.midi.controllers import Move
from synth.midi.learn import MidiLearn, ParameterMove
from synth.midi.messages import Parser, RealTime, SongPointer
from synth.midi.mpe import MpeSetting, zones_for
from synth.midi.ports import Arrival, PortEvent, PortLost, PortOpened, Ports
from synth.midi.translator import ALL_CHANNELS, ProgramChange, Translated, Translator
from synth.thread_priority import raise_thread_priority

_LOOK_S = 0.02
"""How long a request of another thread waits at most while nothing arrives."""
_CLOSE_S = 2.0
CLOCK_SOURCE = "MIDI clock"
"""The source of song positions, whose moments are smoothed: the notes of the same port do not wait for them."""


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


class InputReceiver(Receiver, Protocol):
    """What ports play: they may send a clock as well."""

    @property
    def follows_clock(self) -> bool:
        """True while tempo and song position are those of a MIDI clock."""
        ...

    def move_tempo(self, bpm: float) -> None:
        """The MIDI clock runs at this tempo, which is within the control's range."""
        ...

    def tell(self, sentence: str) -> None:
        """Show the user this."""
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
        receiver: InputReceiver,
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
        self._clock = MidiClock()
        self._follows_clock = False
        self.arrived = 0
        """Messages so far, a clock's ticks left out: shown where a user looks whether a keyboard is heard."""
        self._thread = threading.Thread(target=self._run, name="midi input", daemon=True)
        ports.want(self._settings.ports, virtual=self._settings.virtual)
        self._thread.start()

    def configure(self, settings: MidiSettings) -> None:
        """Listen to other ports or channels, or by other zones; notes that are held are let go."""

        def apply() -> None:
            self._release_all()
            self._tell_clock(self._clock.let_go(time.monotonic()))
            self._clock = MidiClock()
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

    @property
    def clock_port(self) -> str | None:
        """The port whose MIDI clock is heard now, whether or not it is followed; None where there is none."""
        return self._clock.port

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
            self._tell_clock(self._clock.look(time.monotonic()))
        self._release_all()

    def _hear(self, event: PortEvent) -> None:
        match event:
            case Arrival(time_s, port, data):
                parser, translator = self._source(port)
                messages = parser.feed(data)
                self.arrived += not messages or not all(isinstance(message, RealTime) for message in messages)
                for message in messages:
                    if isinstance(message, RealTime | SongPointer):
                        self._tell_clock(self._clock.feed(message, time_s, port))
                    self._tell(translator.feed(message), time_s, port)
            case PortLost(port) if port in self._sources:
                _, translator = self._sources.pop(port)
                self._tell(translator.release_all(), time.monotonic(), port)
                self._tell_clock(self._clock.lose(port, time.monotonic()))
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

    def _tell_clock(self, news: list[ClockNews]) -> None:
        follows = self._receiver.follows_clock
        if follows != self._follows_clock:
            self._follows_clock = follows
            if follows:
                self._clock.follow_anew()
            else:
                news = self._clock.let_go(time.monotonic())
        elif not follows:
            return
        for piece in news:
            match piece:
                case TempoFound(bpm):
                    self._receiver.move_tempo(bpm)
                case SongMoved(position, at_s):
                    self._receiver.play_notes([position], at_s, CLOCK_SOURCE)
                case ClockTrouble(sentence):
                    self._receiver.tell(sentence)

    def _release_all(self) -> None:
        for port, (_, translator) in self._sources.items():
            self._tell(translator.release_all(), time.monotonic(), port)
