"""The kinds of sound file that can be written, each by the ending of its name."""

from dataclasses import dataclass
from pathlib import Path

from synth.errors import UsageError


@dataclass(frozen=True)
class SoundFormat:
    """What libsndfile calls it."""

    container: str
    subtype: str


_WAV_NAMES = ("", ".wav", ".wave")
_WAV = SoundFormat("WAV", "PCM_24")
_AIFF = SoundFormat("AIFF", "PCM_24")
_OGG = SoundFormat("OGG", "VORBIS")
FORMATS = {
    ".wav": _WAV,
    ".wave": _WAV,
    ".flac": SoundFormat("FLAC", "PCM_24"),
    ".aif": _AIFF,
    ".aiff": _AIFF,
    ".ogg": _OGG,
    ".oga": _OGG,
}


def format_of(path: Path) -> SoundFormat:
    """The format that the name asks for, WAV for a name without an ending; `UsageError` for any other."""
    if not path.suffix:
        return _WAV
    found = FORMATS.get(path.suffix.casefold())
    if found is None:
        raise UsageError(
            f"{path.name} ends in {path.suffix}, which cannot be written: let it end in .wav, .flac, .aiff or .ogg."
        )
    return found


def check_is_wav(path: Path) -> None:
    """`UsageError` for the name of a take that would not be what its ending says."""
    if path.suffix.casefold() not in _WAV_NAMES:
        raise UsageError(f"{path.name} ends in {path.suffix}, and a take is a WAV file: let its name end in .wav.")
