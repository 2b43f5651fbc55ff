"""Which files may be recordings."""

from pathlib import Path

SUFFIXES = frozenset(
    {".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".aif", ".aiff", ".aifc", ".mp3", ".w64", ".caf"}
)


def recording_among(paths: list[Path]) -> Path | None:
    """The first that may be a recording, by its name."""
    return next((path for path in paths if path.suffix.casefold() in SUFFIXES), None)
