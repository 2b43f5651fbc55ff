"""MIDI input for the window: opened with what is stored, opened otherwise when that changes, closed at the end."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from synth.engine.protocol import EngineControl
from synth.midi.input import MidiInput, MidiSettings
from synth.midi.learn import LearnedFile, MidiLearn, Source
from synth.midi.ports import MidiPorts, PortList, Ports
from synth.midi.translator import ALL_CHANNELS
from ui.perform.sounding import PlayNotes
from ui.settings.midi.receiver import WindowReceiver
from ui.settings.store import Settings

_CLOSE_S = 2.0


def midi_settings(stored: Settings) -> MidiSettings:
    """What the stored settings ask MIDI to listen to."""
    channels = ALL_CHANNELS if stored.midi_channel is None else frozenset({stored.midi_channel - 1})
    return MidiSettings(stored.midi_ports, stored.midi_virtual, channels, stored.midi_mpe)


class MidiService(QObject):
    """Notes go to `play` from MIDI's own thread, never by way of the window's."""

    program_asked = Signal(int)
    """A program change, 0 … 127."""
    told = Signal(str)
    """A sentence: why a port or its clock cannot be heard, or why a learned controller is lost."""
    learned_changed = Signal(object, str)
    """Every learned controller and its parameter, and the parameter that waits for a controller or ""."""

    def __init__(
        self,
        engine: EngineControl,
        play: PlayNotes,
        ids: Iterator[int],
        learned: Path,
        parent: QObject,
        open_ports: Callable[[], Ports] = MidiPorts,
    ) -> None:
        """`learned` is the file of the learned controllers; it need not exist."""
        super().__init__(parent)
        self._receiver = WindowReceiver(engine, play, self.program_asked.emit, self.told.emit)
        self._ids, self._open_ports = ids, open_ports
        self._file = LearnedFile(learned)
        self.learned: dict[Source, str] = dict(self._file.learned)
        """As the window knows it."""
        self.waiting = ""
        """The parameter that waits for a controller, or ""."""
        self._learn = MidiLearn(self._receiver, self.learned, self.learned_changed.emit)
        self.learned_changed.connect(self._note_learned)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="midi-learned-writer")
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
    def listens(self) -> bool:
        """True when a port is wanted, whether or not it is there."""
        return bool(self._wanted.ports or self._wanted.virtual)

    @property
    def clock_port(self) -> str | None:
        """The port whose MIDI clock is heard now; None where there is none."""
        return None if self._input is None else self._input.clock_port

    @property
    def there(self) -> PortList | None:
        """The ports there are now; None until they are known."""
        return self._ports.listed() if self._ports is not None and self._listed.is_set() else None

    def start(self, stored: Settings) -> None:
        """Open what is stored; returns at once."""
        self._wanted = midi_settings(stored)
        self._ports = self._open_ports()
        self._input = MidiInput(self._ports, self._receiver, self._ids, self._wanted, self._learn)
        self._first_look.start()
        for problem in self._file.problems:
            self.told.emit(problem)

    def follow(self, stored: Settings) -> None:
        """The settings are others now."""
        wanted = midi_settings(stored)
        if self._input is not None and wanted != self._wanted:
            self._wanted = wanted
            self._input.configure(wanted)

    def learn(self, parameter: str) -> None:
        """Take the next controller that moves for this parameter; "" waits no longer."""
        self._change(lambda learn: learn.learn(parameter))

    def forget(self, parameter: str) -> None:
        """Let no controller move this parameter."""
        self._change(lambda learn: learn.forget(parameter))

    def take_moved(self) -> dict[str, float]:
        """Parameters that controllers have moved since this was asked last; the engine has them already."""
        return self._receiver.take_moved()

    def panic(self) -> None:
        """Let every note of MIDI go, lift its pedals and silence what still sounds."""
        if self._input is not None:
            self._input.panic()

    def trouble(self) -> str:
        """Why something that is wanted cannot be heard, in a sentence, or ""."""
        there = self.there
        if there is None or not self.listens:
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
        """End every note, close the ports and finish what is being written."""
        self._closing = True
        if self._input is not None:
            self._input.close()
            self._first_look.join(_CLOSE_S)
        if self._learn.learned != self.learned:
            # Learned a moment ago; the window has not heard of it.
            self._writer.submit(self._write, self._learn.learned)
        self._writer.shutdown(wait=True)

    def _change(self, change: Callable[[MidiLearn], None]) -> None:
        if self._input is None:
            change(self._learn)
        else:
            self._input.change_learned(change)

    def _note_learned(self, learned: dict[Source, str], waiting: str) -> None:
        before, self.learned, self.waiting = self.learned, learned, waiting
        if learned != before and not self._closing:
            self._writer.submit(self._write, learned)

    def _write(self, learned: dict[Source, str]) -> None:
        try:
            self._file.write(learned)
        except OSError as error:
            if not self._closing:
                self.told.emit(
                    f"The learned MIDI controllers cannot be written ({error.strerror}): they hold until Petrichord is "
                    "closed. Make the settings’ folder writable."
                )

    def _look_first(self) -> None:
        """The first list takes as long as the system's port library needs to start."""
        assert self._ports is not None
        self._ports.listed()
        self._listed.set()
        trouble = self.trouble()
        if trouble and not self._closing:
            self.told.emit(trouble)
