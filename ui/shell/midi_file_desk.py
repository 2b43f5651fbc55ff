"""Plays a MIDI file on the preset that plays: read in a thread, played by one of its own, shown below the presets."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from synth.errors import PetrichordError
from synth.file_names import shown_name
from synth.instrument.note_events import NoteEvent
from synth.midi.file_player import FilePlayer
from synth.midi.files import MidiFile, read_midi_file
from synth.midi.learn import ParameterMove
from ui.look.shortcuts import on_key
from ui.perform.file_strip import FileStrip
from ui.perform.sounding import PlayNotes
from ui.settings.errand import Errand
from ui.widgets.banner import Banner

_LOOK_MS = 200
_RINGS_S = 3.0
"""After its end: the last notes fade before the channels are at rest again."""


class _NotesOnly:
    """Implements `synth.midi.input.Receiver`; a file is played by one preset, whatever programs it asks for."""

    def __init__(self, play: PlayNotes) -> None:
        self._play = play

    def play_notes(self, events: Sequence[NoteEvent], arrived_s: float, source: str) -> None:
        self._play(events, arrived_s, source)

    def move_parameter(self, move: ParameterMove) -> None:
        """Controllers of a file move no control of the window."""

    def choose_program(self, number: int) -> None:
        """The preset that plays is the player's choice."""


class MidiFileDesk(QObject):
    """One file at a time; another takes its place."""

    def __init__(self, play: PlayNotes, ids: Iterator[int], banner: Banner, parent: QObject) -> None:
        super().__init__(parent)
        self._receiver, self._ids, self._banner = _NotesOnly(play), ids, banner
        self.strip = FileStrip()
        self.strip.stop_asked.connect(self.stop)
        on_key(self.strip, "Ctrl+Shift+S", self.stop)
        self._player: FilePlayer | None = None
        self._file: MidiFile | None = None
        self._rings_s = 0.0
        self._wanted: Path | None = None
        self._errand = Errand(self)
        self._errand.done.connect(self._begin)
        self._errand.failed.connect(self._refuse)
        self._ticks = QTimer(self)
        self._ticks.setInterval(_LOOK_MS)
        self._ticks.timeout.connect(self._look)

    @property
    def playing(self) -> Path | None:
        """The file that plays, if any."""
        return None if self._file is None or self.strip.isHidden() else self._file.path

    def play(self, path: Path) -> None:
        """Play this file from its beginning, in place of another."""
        self._wanted = path
        self._errand.run(lambda: read_midi_file(path))

    def stop(self) -> None:
        """Silence the file, and play none that is still being read."""
        self._wanted = None
        player, self._player = self._player, None
        self._ticks.stop()
        self.strip.hide()
        if player is not None:
            player.stop()

    def close(self) -> None:
        """The window closes."""
        self.stop()
        self._errand.end()

    def _begin(self, file: MidiFile) -> None:
        wanted = self._wanted
        if file.path != wanted:
            # Stopped, or another was dropped, while this one was read.
            if wanted is not None:
                self.play(wanted)
            return
        self.stop()
        if not len(file):
            self._banner.complain(f"“{shown_name(file.path.name)}” has no notes: choose another MIDI file.")
            return
        self._file, self._rings_s = file, _RINGS_S
        self._player = FilePlayer(file, self._receiver, self._ids)
        self.strip.show_file(shown_name(file.path.name), file.length_s)
        self._ticks.start()

    def _refuse(self, problem: PetrichordError) -> None:
        wanted, self._wanted = self._wanted, None
        self._banner.complain(str(problem))
        if wanted is not None and str(wanted) not in str(problem):
            self.play(wanted)

    def _look(self) -> None:
        player, file = self._player, self._file
        if player is None or file is None:
            return
        self.strip.show_position(player.position_s, file.length_s)
        if player.done and player.position_s >= file.length_s:
            self.strip.hide()
            self._rings_s -= _LOOK_MS / 1000
            if self._rings_s <= 0:
                self.stop()
