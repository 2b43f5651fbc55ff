"""Where the window keeps what belongs to its user."""

from dataclasses import dataclass
from pathlib import Path

from synth.midi.learn import FILE_NAME
from synth.presets.library import user_folder
from synth.storage import config_folder


@dataclass(frozen=True)
class Places:
    """Folders and files, none of which need exist."""

    presets: Path
    """The user's own presets."""
    favourites: Path
    """A JSON file."""
    tour_seen: Path | None = None
    """A file that is there once the tour of the first start was shown; None never shows it unasked."""

    @property
    def settings(self) -> Path:
        """A JSON file."""
        return self.favourites.with_name("settings.json")

    @property
    def learned(self) -> Path:
        """A JSON file: which MIDI controller moves which control."""
        return self.favourites.with_name(FILE_NAME)

    @staticmethod
    def usual() -> "Places":
        """Where this system keeps such things."""
        config = config_folder()
        return Places(user_folder(), config / "favourites.json", config / "hints-seen")
