"""MIDI for `petrichord play`: a port, a file, and presets chosen by program changes."""

import argparse
import itertools
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import TYPE_CHECKING

from synth.engine.notes.midi_receiver import EngineReceiver
from synth.errors import MidiError, PetrichordError
from synth.midi.file_player import FilePlayer
from synth.midi.files import read_midi_file
from synth.midi.input import MidiInput, MidiSettings
from synth.midi.learn import LearnedFile, MidiLearn
from synth.midi.ports import MidiPorts, choose_port, list_ports
from synth.midi.translator import ALL_CHANNELS

if TYPE_CHECKING:
    from synth.engine.engine import Engine

VIRTUAL = "virtual"
_TAIL_S = 3.0


def settings_for(midi_in: str, channels: frozenset[int] = ALL_CHANNELS) -> MidiSettings:
    """What `--midi-in` asks for; `MidiError` when there is no such port."""
    there = list_ports()
    if midi_in != VIRTUAL:
        return MidiSettings((choose_port(there, midi_in),), channels=channels)
    if not there.has_virtual:
        raise MidiError(there.trouble or "This system has no virtual MIDI ports: name a port of a keyboard.")
    return MidiSettings(virtual=True, channels=channels)


class PlayedMidi:
    """Everything of MIDI that plays an engine until it is closed."""

    def __init__(
        self, engine: "Engine", args: argparse.Namespace, channels: frozenset[int], load: Callable[[int], None]
    ) -> None:
        """Of `args`: `midi_in`, `midi`. What is wrong with them is told before anything is opened. `load` goes to the
        preset of a number, which may take seconds."""
        settings = None if args.midi_in is None else settings_for(args.midi_in, channels)
        self._file = None if args.midi is None else read_midi_file(args.midi)
        self._channels, self._engine, self._load = channels, engine, load
        self._ids = itertools.count()
        self._programs: SimpleQueue[int | None] = SimpleQueue()
        self.problems: list[str] = []
        """Sentences about what could not be used."""
        self._receiver = EngineReceiver(engine, self._programs.put, self.problems.append)
        self._input = None if settings is None else self._listen(settings)
        self._player: FilePlayer | None = None
        self._loader = threading.Thread(target=self._load_programs, name="midi programs", daemon=True)
        self._loader.start()

    def start_file(self) -> None:
        """Once the engine sounds."""
        if self._file is not None:
            self._player = FilePlayer(self._file, self._receiver, self._ids, self._channels)

    def seconds(self) -> float | None:
        """How long there is something to play; None where a port may send for ever."""
        return None if self._file is None or self._input is not None else self._file.length_s + _TAIL_S

    def close(self) -> None:
        """End every note."""
        if self._player is not None:
            self._player.stop()
        if self._input is not None:
            self._input.close()
        self._programs.put(None)
        self._loader.join(1.0)

    def _listen(self, settings: MidiSettings) -> MidiInput:
        learned = LearnedFile()
        self.problems += learned.problems
        learn = MidiLearn(self._receiver, learned.learned)
        return MidiInput(MidiPorts(), self._receiver, self._ids, settings, learn)

    def _load_programs(self) -> None:
        while (number := self._programs.get()) is not None:
            try:
                self._load(number)
            except PetrichordError as error:
                self.problems.append(str(error))
