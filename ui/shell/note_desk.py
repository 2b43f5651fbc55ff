"""Everybody who plays notes in a window: its keys and mouse, MIDI ports and MIDI files; and what is shown of it."""

import itertools
import time
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from synth.engine.protocol import EngineControl
from synth.instrument.events import View
from ui.perform.note_player import NotePlayer
from ui.perform.sounding import HeardKey, SoundingNotes
from ui.settings.midi.learning import LearnDesk
from ui.settings.midi.service import MidiService
from ui.shell.midi_file_desk import MidiFileDesk
from ui.window.parts import Parts
from ui.window.preset_desk import PresetDesk


class NoteDesk(QObject):
    """One counter names all notes, and one list knows which of them sound."""

    def __init__(
        self, engine: EngineControl, parts: Parts, presets: PresetDesk, learned: Path, window: QWidget
    ) -> None:
        """`learned` is the file of the learned MIDI controllers."""
        super().__init__(window)
        self._engine, self._parts, self._presets = engine, parts, presets
        self.ids = itertools.count()
        self.sounding = SoundingNotes(engine.play_notes)
        self._heard = HeardKey()
        self.player = NotePlayer(self.sounding.play_notes, self.ids)
        self.midi = MidiService(engine, self.sounding.play_notes, self.ids, learned, self)
        self.learning = LearnDesk(parts.controls, self.midi, parts.banner, self)
        self.file = MidiFileDesk(self.sounding.play_notes, self.ids, parts.banner, self)
        parts.presets.add_below(self.file.strip)
        keys, dock = parts.dock.keys, parts.dock
        keys.begun.connect(partial(self.player.begin, "mouse"))
        keys.ended.connect(partial(self.player.end, "mouse"))
        dock.tempo.tapped.connect(lambda bpm: parts.controls.knobs["tempo_bpm"].set_amount(bpm))
        for panic in (self.player.panic, self.midi.panic, self.file.stop):
            dock.panic.clicked.connect(panic)
        self.midi.program_asked.connect(self._choose_program)
        self.midi.told.connect(parts.banner.complain)

    def look(self, view: View | None, *, drone: bool) -> None:
        """Show which notes sound now, and where MIDI controllers have moved controls to."""
        held = frozenset() if view is None else frozenset(view.keys)
        # The view knows what a pedal holds, and is some hundredths of a second late.
        sounding = self.sounding.keys(time.monotonic()) | held
        self._parts.dock.keys.show_sounding(sounding, drone=drone)
        self._presets.show_key(self._heard.follow(sounding, drone=drone))
        self._look_at_clock()
        moved = self.midi.take_moved()
        if moved:
            self._parts.controls.follow_midi(moved)
            self._presets.show_note()

    def _look_at_clock(self) -> None:
        """Show the tempo that a MIDI clock has set, and where that clock comes from."""
        controls = self._parts.controls
        follows = bool(controls.controls["midi_clock"])
        self._parts.dock.tempo.show_clock(self.midi.clock_port, follows=follows)
        tempo_bpm = self._engine.controls["tempo_bpm"]
        if follows and tempo_bpm != controls.controls["tempo_bpm"]:
            controls.show_moved("tempo_bpm", tempo_bpm)

    def forget(self) -> None:
        """Another instrument plays: the notes of the one before are over."""
        self.player.let_go()
        self.sounding.forget()
        self._heard.forget()

    def close(self) -> None:
        """The window closes: what plays a file ends."""
        self.file.close()

    def _choose_program(self, number: int) -> None:
        """MIDI asks for the preset of this number, in the order of the list."""
        for path in self._parts.presets.all_paths()[number : number + 1]:
            self._presets.load(path)
