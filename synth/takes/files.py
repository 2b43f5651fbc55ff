"""The takes in a folder: what a list shows of them, and giving one another name together with what lies beside it."""

import math
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from synth.errors import RecordingError
from synth.presets.user_folder import file_stem
from synth.sound_files.reader import SoundReader, open_sound
from synth.takes.companion import companion_of
from synth.takes.performance import events_of

MAX_NAME = 80
_WINDOW = 2048
"""Samples looked at for each place of a waveform: of a long take that is only a part, and takes no time."""
_FORMATS = {"PCM_16": "16-bit", "PCM_24": "24-bit", "FLOAT": "float"}


@dataclass(frozen=True)
class TakeCard:
    """A take's label."""

    path: Path
    seconds: float
    rate_hz: int
    sample_format: str
    """As shown: "24-bit"."""
    recorded: datetime
    peaks: NDArray[np.float32]
    """Loudest sample around each of some places, 0 … 1."""
    continuable: bool
    """True when what it began with lies beside it."""


def list_takes(folder: Path) -> list[Path]:
    """All takes, newest first."""
    found = []
    for path in folder.glob("*.wav"):
        try:
            found.append((path.stat().st_mtime, path))
        except OSError:
            continue  # Gone between two looks.
    return [path for _, path in sorted(found, reverse=True)]


def read_take(path: Path, n_places: int = 96) -> TakeCard:
    """Read one take's label; `RecordingError` when it is not one."""
    import soundfile

    try:
        recorded = datetime.fromtimestamp(path.stat().st_mtime)
        with open_sound(path) as file:
            peaks = _peaks(file, n_places)
            return TakeCard(
                path,
                file.seconds,
                file.rate_hz,
                _FORMATS.get(file.subtype, file.subtype),
                recorded,
                peaks,
                companion_of(path).is_file(),
            )
    except (OSError, ValueError, soundfile.SoundFileError) as error:
        raise RecordingError(f"The take {path} cannot be read: it is damaged or not a WAV file.") from error


def renamed_path(path: Path, name: str) -> Path:
    """Where a take of this name would be; `RecordingError` when it cannot be named so."""
    name = re.sub(r"\.wav$", "", name.strip(), flags=re.IGNORECASE)
    stem = file_stem(name)
    if not stem:
        raise RecordingError("A take needs a name: type one.")
    if len(name) > MAX_NAME:
        raise RecordingError(f"The name is {len(name)} characters long: choose one of at most {MAX_NAME}.")
    wanted = path.with_name(f"{stem}{path.suffix}")
    if wanted != path and any(_taken(file, path) for file in (wanted, companion_of(wanted))):
        raise RecordingError(f"There is already a take “{stem}” in this folder: choose another name.")
    return wanted


def rename_take(path: Path, name: str) -> Path:
    """Give a take and its companion another name, both or neither; its new file."""
    wanted = renamed_path(path, name)
    if wanted == path:
        return path
    beside = companion_of(path)
    try:
        path.rename(wanted)
        if beside.exists():
            try:
                beside.rename(companion_of(wanted))
            except OSError:
                wanted.rename(path)
                raise
            if events_of(beside).exists():
                # Of a take that a crash cut short.
                events_of(beside).rename(events_of(companion_of(wanted)))
    except OSError as error:
        raise RecordingError(f"{path} cannot be renamed: {error.strerror}.") from error
    return wanted


def _taken(file: Path, own: Path) -> bool:
    """Whether another take has this file; where letters' case does not matter, its own counts as free."""
    return file.exists() and not any(mine.exists() and file.samefile(mine) for mine in (own, companion_of(own)))


def _peaks(file: SoundReader, n_places: int) -> NDArray[np.float32]:
    """(n_places,) of an open sound file."""
    peaks = np.zeros(n_places, np.float32)
    span = math.ceil(file.n_samples / n_places)
    for i in range(n_places if file.n_samples else 0):
        window = file.read(min(i * file.n_samples // n_places, file.n_samples - 1), min(span, _WINDOW))
        peaks[i] = np.abs(window).max(initial=0.0)
    return np.minimum(peaks, 1.0)
