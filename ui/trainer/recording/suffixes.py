"""Which files may be recordings."""

from pathlib import Path

from synth.sound_files.system_decoder import FOREIGN_SUFFIXES

SUFFIXES = FOREIGN_SUFFIXES | {
    ".wav", ".wave", ".bwf", ".rf64", ".w64", ".flac", ".ogg", ".oga", ".opus", ".aif", ".aiff", ".aifc", ".mp3",
    ".caf", ".au", ".snd",
}  # fmt: skip


def recording_among(paths: list[Path]) -> Path | None:
    """The first that may be a recording, by its name."""
    return next((path for path in paths if path.suffix.casefold() in SUFFIXES), None)
