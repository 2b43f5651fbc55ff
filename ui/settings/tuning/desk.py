"""The tuning that plays: the user's own, equal temperament, or what the preset suggests; files are read in a thread."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from synth.engine.protocol import EngineControl
from synth.errors import TuningError
from synth.instrument.events import Tune
from synth.instrument.tuning import Tuning, equal_temperament, read_tuning
from ui.perform.note_keys import NoteKeys
from ui.presets.loader import Loaded
from ui.settings.store import Settings, TuningChoice
from ui.window.preset_desk import PresetDesk

_EQUAL = "keys play 12 equal steps to the octave"
Files = tuple[Path | None, Path | None]
"""Scale and keyboard map."""


class TuningDesk(QObject):
    """Tunes whatever plays, a preset that is loaded as well; a take that is gone on from keeps its own tuning."""

    changed = Signal()
    """Something that `sentence` tells is otherwise."""
    told = Signal(str)
    """Why files cannot be used, in a sentence."""
    _read = Signal(object, object)

    def __init__(self, engine: EngineControl, presets: PresetDesk, keys: NoteKeys, stored: Settings) -> None:
        super().__init__(presets)
        self._engine, self._presets, self._keys, self._chosen = engine, presets, keys, stored
        self._own: Tuning | None = None
        """What the chosen files say; None until they are read, and where they cannot be used."""
        self.problem = ""
        """Why the chosen files cannot be used, in a sentence, or ""."""
        self._playing = equal_temperament()
        self._of_take = False
        """True while what plays is a take that is gone on from, in its own tuning."""
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="tuning-reader")
        self._closed = False
        self._read.connect(self._take_files)
        presets.shown.connect(self._tune_loaded)
        self._look_for_files()

    def follow(self, settings: Settings) -> None:
        """The settings are others now; a tuning that is chosen anew is heard at once."""
        before, self._chosen = self._chosen, settings
        files = (settings.tuning_scale, settings.tuning_map)
        if files != (before.tuning_scale, before.tuning_map):
            self._look_for_files()
        elif settings.tuning != before.tuning:
            self._tune()

    def close(self) -> None:
        """Nothing arrives any more."""
        self._closed = True
        self._reader.shutdown(wait=True, cancel_futures=True)

    @property
    def sentence(self) -> str:
        """What plays and why, for the user."""
        preset = self._presets.preset
        suggests = None if preset is None else preset.tuning
        name = "" if preset is None else preset.name
        if self._of_take:
            return (
                f"A take goes on in the tuning it was recorded with, “{self._playing.name}”, until you choose another "
                "here."
            )
        if self._choice == "preset":
            if suggests is None:
                return f"“{name}” suggests no tuning: {_EQUAL}." if name else "Keys play 12 equal steps to the octave."
            return f"“{name}” suggests “{suggests.name}”, which plays."
        playing = f"“{self._playing.name}” plays, your choice"
        return f"{playing}." if suggests is None else f"{playing}; “{name}” suggests “{suggests.name}”."

    def _look_for_files(self) -> None:
        files = (self._chosen.tuning_scale, self._chosen.tuning_map)
        self._own, self.problem = None, ""
        if files == (None, None):
            self._tune()
        else:
            self._reader.submit(self._read_files, files)

    def _read_files(self, files: Files) -> None:
        try:
            found: Tuning | TuningError = read_tuning(*files)
        except TuningError as error:
            found = error
        if not self._closed:
            self._read.emit(files, found)

    def _take_files(self, files: Files, found: Tuning | TuningError) -> None:
        if files != (self._chosen.tuning_scale, self._chosen.tuning_map):
            return
        if isinstance(found, Tuning):
            self._own = found
        else:
            self.problem = str(found)
            self.told.emit(f"{found} Keys play as the preset suggests.")
        self._tune()

    @property
    def _choice(self) -> TuningChoice:
        """Files that cannot be used, or are not read yet, are no choice."""
        return "preset" if self._chosen.tuning == "files" and self._own is None else self._chosen.tuning

    def _wanted(self) -> Tuning:
        if self._choice == "files" and self._own is not None:
            return self._own
        preset = self._presets.preset
        suggests = None if preset is None or self._choice == "equal" else preset.tuning
        return suggests or equal_temperament()

    def _tune_loaded(self, loaded: Loaded) -> None:
        """Another instrument plays: it has the preset's tuning, or its take's."""
        self._playing = loaded.instrument.voices.tuning
        self._of_take = loaded.controls is not None
        if self._of_take:
            self._show()
        else:
            self._tune()

    def _tune(self) -> None:
        wanted = self._wanted()
        self._of_take = False
        if not wanted.sounds_as(self._playing):
            self._engine.send(Tune(wanted))
        self._playing = wanted
        self._show()

    def _show(self) -> None:
        self._presets.tuning = self._playing
        self._keys.show_silent(self._playing.silent_keys)
        self._presets.show_note()
        self.changed.emit()
