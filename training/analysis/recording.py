"""A recording read from a file, mixed to mono; refused, or remarked upon, where it is not fit to learn from.

Axes: `N` samples, `K` channels.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from synth.errors import RecordingError, TrainingError
from synth.mel import MelFormat
from synth.sound_files.reader import SoundReader, open_sound

Wave = NDArray[np.float32]

MIN_SECONDS = 0.5
MIN_RATE_HZ = 4000
MAX_LOAD_SECONDS = 120.0
"""No more than this is ever learned from, from the start of the file or the second asked for."""
SILENT_PEAK = 1e-4
SWAY_HZ = 10.0
"""What moves more slowly is no sound."""
_SWAY_REACH_S = 0.5
"""So much around a part is read as well, to tell what of it is sway."""
_CANCELS = 0.5
_CLIPPED_SHARE = 0.01
_SHORTEST_TOP = 3
_DULL_SHARE = 0.9


@dataclass(frozen=True)
class Recording:
    """A mono recording in memory."""

    wave: Wave
    """(N,) float32."""
    rate_hz: int
    name: str
    offset_s: float = 0.0
    """Where `wave` starts in the file."""
    remarks: tuple[str, ...] = ()
    """Sentences about what could be better, or was done about it."""


def load_recording(path: Path, start_s: float = 0.0, seconds: float | None = None) -> Recording:
    """Read up to `MAX_LOAD_SECONDS` of any file libsndfile knows, mixed to mono.

    Raises `TrainingError` for what cannot be trained on.
    """
    import soundfile

    _open(path)
    try:
        with open_sound(path) as file:
            rate_hz, total = file.rate_hz, file.n_samples
            if rate_hz < MIN_RATE_HZ:
                raise TrainingError(f"{path.name} has {rate_hz} samples per second; at least {MIN_RATE_HZ} are needed.")
            if start_s * rate_hz >= total and total:
                raise TrainingError(f"{path.name} is {total / rate_hz:.1f} s long; it has no {start_s:g} s.")
            first = int(start_s * rate_hz)
            wanted = MAX_LOAD_SECONDS if seconds is None else min(seconds, MAX_LOAD_SECONDS)
            n_samples = min(int(wanted * rate_hz), total - first)
            before = min(first, round(_SWAY_REACH_S * rate_hz))
            after = min(total - first - n_samples, round(_SWAY_REACH_S * rate_hz))
            wave, remarks = _mixed(file, first - before, before + n_samples + after, path.name)
            ending = file.how_it_ends(path.name)
            remarks += (ending,) if ending else ()
    except RecordingError as error:
        raise TrainingError(str(error)) from error
    except (soundfile.SoundFileError, OSError, ValueError, MemoryError) as error:
        raise TrainingError(
            f"{path.name} cannot be read as audio ({_reason(error)}); export it again as WAV or FLAC."
        ) from error
    if seconds is None and total - first > n_samples:
        remarks += (
            f"{path.name} is {_duration(total / rate_hz)} long and only {_duration(n_samples / rate_hz)} of it was "
            "looked at; --start chooses another part.",
        )
    part = slice(before, before + n_samples)
    recording = checked(Recording(wave[part], rate_hz, path.name, start_s, remarks))
    # What is no number around the part is not learned from, and a filter would spread it.
    return replace(recording, wave=without_sway(np.nan_to_num(wave, posinf=0.0, neginf=0.0), rate_hz)[part])


def without_sway(wave: Wave, rate_hz: int) -> Wave:
    """A recording (N,) without what moves too slowly to be heard, and its offset: no vocoder plays that, and of two of
    the library's pads it was the loudest part of the lowest row. High pass, 24 dB per octave each way."""
    from scipy.signal import butter, sosfiltfilt

    high_pass = butter(4, SWAY_HZ, "highpass", fs=rate_hz, output="sos")
    reach = min(len(wave) - 1, round(_SWAY_REACH_S * rate_hz))
    return np.asarray(sosfiltfilt(high_pass, wave.astype(np.float64), padtype="even", padlen=reach), np.float32)


def _open(path: Path) -> None:
    """The system's own reasons why a file cannot be had; libsndfile knows only “System error”."""
    try:
        if path.exists() and not path.is_file():
            what = "a folder" if path.is_dir() else "not a file"
            raise TrainingError(f"{path} is {what}; name a single recording.")
        path.open("rb").close()
    except FileNotFoundError as error:
        raise TrainingError(f"There is no recording at {path}.") from error
    except OSError as error:
        raise TrainingError(f"{path} cannot be read: {error.strerror}.") from error


def _reason(error: Exception) -> str:
    """A library's words as part of a sentence."""
    text = str(getattr(error, "error_string", error)) or type(error).__name__
    return text.strip(" .").removeprefix("Error : ").replace(". ", ": ").replace("\n", " ")


def _mixed(file: SoundReader, first: int, n_samples: int, name: str) -> tuple[Wave, tuple[str, ...]]:
    """The mean of all channels, (N,); of channels that cancel each other, the loudest alone."""
    blocks, power = [], np.zeros(file.channels)
    for block in file.blocks(first, n_samples):
        blocks.append(block.mean(axis=1))
        power += np.square(block, dtype=np.float64).sum(axis=0)
    mix = np.concatenate(blocks) if blocks else np.zeros(0, np.float32)
    # n unrelated channels of equal power leave 1/n of it in their mean; less is left when they are out of phase.
    if np.square(mix, dtype=np.float64).sum() >= _CANCELS * power.mean() / file.channels:
        return mix, ()
    loudest = int(power.argmax())
    mix = np.concatenate([block[:, loudest] for block in file.blocks(first, n_samples)])
    return mix, (f"{name} has channels that cancel each other; only channel {loudest + 1} is learned from.",)


def checked(recording: Recording) -> Recording:
    """The recording without its offset from zero, if it can be trained on; else a `TrainingError`."""
    wave, name, remarks = recording.wave, recording.name, recording.remarks
    if not np.isfinite(wave).all():
        raise TrainingError(f"{name} contains samples that are not numbers; export it again.")
    seconds = len(wave) / recording.rate_hz
    if seconds < MIN_SECONDS:
        raise TrainingError(f"{name} gives {seconds:.2f} s of sound; at least {MIN_SECONDS} s are needed.")
    wave = wave - wave.mean(dtype=np.float64).astype(np.float32)
    if np.abs(wave).max() < SILENT_PEAK:
        raise TrainingError(f"{name} is silent where it was asked to be learned from; --start chooses another part.")
    clipped = clipped_share(wave)
    if clipped > _CLIPPED_SHARE:
        remarks += (f"{name} is clipped ({clipped:.0%} of its samples are cut off); its preset will sound as harsh.",)
    return replace(recording, wave=wave, remarks=remarks)


def clipped_share(wave: Wave) -> float:
    """Share of samples in flat tops: runs at either extreme that are entered or left by a jump.

    A slow crest of an 8-bit recording is flat as well, but it is eased into.
    """
    span = float(wave.max() - wave.min()) / 2
    in_tops = 0
    for extreme in (wave.max(), wave.min()):
        at_top = np.concatenate([[False], np.abs(wave - extreme) <= 1e-4 * span, [False]])
        turns = np.diff(at_top.astype(np.int8))
        starts, ends = np.flatnonzero(turns == 1), np.flatnonzero(turns == -1)
        beside = np.stack([wave[np.maximum(starts - 1, 0)], wave[np.minimum(ends, len(wave) - 1)]])
        jumps = (np.abs(beside - extreme) > 0.02 * span).any(axis=0)
        lengths = ends - starts
        in_tops += int(lengths[jumps & (lengths >= _SHORTEST_TOP)].sum())
    return in_tops / len(wave)


def remarks_on(recording: Recording, fmt: MelFormat) -> tuple[str, ...]:
    """All that a person should know before training on it in this format."""
    top_hz = recording.rate_hz / 2
    if top_hz >= _DULL_SHARE * fmt.fmax_hz:
        return recording.remarks
    dull = f"{recording.name} holds nothing above {top_hz / 1000:g} kHz, and neither will its preset."
    return (*recording.remarks, dull)


def _duration(seconds: float) -> str:
    hours, rest = divmod(round(seconds), 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"
