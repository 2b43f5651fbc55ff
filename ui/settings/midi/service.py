"""MIDI input for the window: opened with what is stored, opened otherwise when that changes, closed at the end."""

import threading
from collections.abc import Callable, Iterator, Sequence

from PySide6.QtCore import QObject, Signal

from synth.instrument.note_events import NoteEvent
from synth.midi.input import MidiInput, MidiSettings
from synth.midi.learn import ParameterMove
from synth.midi.ports import MidiPorts, PortList, Ports
from synth.midi.translator import ALL_CHANNELS
from ui.perform.sounding import PlayNotes
from ui.settings.store import Settings

_CLOSE_S = 2.0


def midi_settings(stored: Settings) -> MidiSettings:
    """What the stored settings ask MIDI to listen to."""
    channels = ALL_CHANNELS if stored.midi_channel is None else frozenset({stored.midi_channel - 1})
    return MidiSettings(stored.midi_ports, stored.midi_virtual, channels, stored.midi_mpe)


class MidiService(QObject):
    """Notes go to `play_notes` from MIDI's own thread, never by way of the window's."""

    program_asked = Signal(int)
    """A program change, 0 … 127."""
    told = Signal(str)
    """Why a port that is wanted cannot be heard, in a sentence; once, after the start."""

    def __init__(
        self, play: PlayNotes, ids: Iterator[int], parent: QObject, open_ports: Callable[[], Ports] = MidiPorts
    ) -> None:
        super().__init__(parent)
        self._receiver = _Receiver(play, self.program_asked.emit)
        self._ids, self._open_ports = ids, open_ports
        self._ports: Ports | None = None
        self._input: MidiInput | None = None
        self._wanted = MidiSettings()
        self._listed = threading.Event()
        self._closing = False
        self._first_look = threading.Thread(target=self._look_first, name="midi list", daemon=True)

    @property
    def arrived(self) -> int:
        """Messages so far."""
        return 0 if self._input is None else self._input.arrived

    @property
    def there(self) -> PortList | None:
        """The ports there are now; None until they are known."""
        return self._ports.listed() if self._ports is not None and self._listed.is_set() else None

    def start(self, stored: Settings) -> None:
        """Open what is stored; returns at once."""
        self._wanted = midi_settings(stored)
        self._ports = self._open_ports()
        self._input = MidiInput(self._ports, self._receiver, self._ids, self._wanted)
        self._first_look.start()

    def follow(self, stored: Settings) -> None:
        """The settings are others now."""
        wanted = midi_settings(stored)
        if self._input is not None and wanted != self._wanted:
            self._wanted = wanted
            self._input.configure(wanted)

    def panic(self) -> None:
        """Let every note of MIDI go, lift its pedals and silence what still sounds."""
        if self._input is not None:
            self._input.panic()

    def trouble(self) -> str:
        """Why something that is wanted cannot be heard, in a sentence, or ""."""
        there = self.there
        if there is None or not (self._wanted.ports or self._wanted.virtual):
            return ""
        if there.trouble:
            return there.trouble
        missing = [name for name in self._wanted.ports if name not in there.ports]
        if missing:
            return f"The MIDI port “{missing[0]}” is not there: connect it, and it is heard without a further step."
        if self._wanted.virtual and not there.has_virtual:
            return "This system has no virtual MIDI ports: choose the port of a keyboard in the settings (Ctrl+,)."
        return ""

    def close(self) -> None:
        """End every note and close the ports."""
        self._closing = True
        if self._input is not None:
            self._input.close()
            self._first_look.join(_CLOSE_S)

    def _look_first(self) -> None:
        """The first list takes as long as the system's port library needs to start."""
        assert self._ports is not None
        self._ports.listed()
        self._listed.set()
        trouble = self.trouble()
        if trouble and not self._closing:
            self.told.emit(trouble)


class _Receiver:
    """Implements `synth.midi.input.Receiver` on MIDI's thread."""

    def __init__(self, play: PlayNotes, ask_program: Callable[[int], None]) -> None:
        self._play, self._ask_program = play, ask_program

    def play_notes(self, events: Sequence[NoteEvent], arrived_s: float, source: str) -> None:
        self._play(events, arrived_s, source)

    def move_parameter(self, move: ParameterMove) -> None:
        """Nothing is learned in the window, so that no controller moves a parameter."""

    def choose_program(self, number: int) -> None:
        self._ask_program(number)
