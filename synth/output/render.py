"""Offline rendering: the instrument and the chain behind it, into an array or a WAV file.

Axes: `N` samples; sound is (2, N) float32.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import soundfile as sf
import torch
from numpy.typing import NDArray

from synth.effects.contract import Effect
from synth.errors import RecordingError, UsageError
from synth.file_names import shown_name, system_name
from synth.instrument.events import Event
from synth.instrument.instrument import Instrument, Setup
from synth.instrument.parameters.values import ParameterValues
from synth.loudness import loudness_lufs, true_peak_db
from synth.output.chain import Chain
from synth.presets.model import Preset
from synth.sound_files.formats import format_of
from synth.vocoder.contract import Vocoder

MAX_SECONDS = 3600.0
_BLOCK_FRAMES = 32

Progress = Callable[[float], None]
"""Called with the share done, 0 … 1."""


@dataclass(frozen=True)
class Job:
    """What to render; `seed` None starts from the stored grown state, as seed 0 does not."""

    seconds: float = 10.0
    rate_hz: int = 44100
    controls: ParameterValues = field(default_factory=ParameterValues)
    events: tuple[Event, ...] = ()
    seed: int | None = None
    dtype: torch.dtype = torch.float32

    def __post_init__(self) -> None:
        if not 0 < self.seconds <= MAX_SECONDS:
            raise UsageError(f"A length of {self.seconds:g} s cannot be rendered: choose up to {MAX_SECONDS:g} s.")
        if not 8000 <= self.rate_hz <= 192_000:
            raise UsageError(f"A rate of {self.rate_hz} Hz cannot be rendered: choose 8000 to 192000.")


@dataclass(frozen=True)
class Report:
    """What came out."""

    path: str
    preset: str
    vocoder: str
    seconds: float
    rate_hz: int
    loudness_lufs: float
    peak_dbtp: float
    real_time_factor: float
    """Seconds of sound per second of computing."""

    def as_dict(self) -> dict[str, str | float | int]:
        return asdict(self)


def render(
    preset: Preset,
    vocoder: Vocoder,
    job: Job,
    progress: Progress | None = None,
    effects: Sequence[Effect] = (),
) -> NDArray[np.float32]:
    """The sound of a job, (2, N): exactly `seconds` long, faded in and out, with the device's level and limiter."""
    setup = Setup(seed=job.seed or 0, grown=job.seed is None, dtype=job.dtype)
    instrument = Instrument(preset, vocoder, job.rate_hz, job.controls, setup)
    instrument.schedule(job.events)
    fades = _fades_within(job)
    chain = Chain(job.rate_hz, fades, playing=False, effects=effects)
    n_samples = round(job.seconds * job.rate_hz)
    # Delays are not part of the piece: frame 0 sounds at time 0, and there the fade begins, when it reaches the master.
    begin = vocoder.delay_samples + chain.effects.delay_samples
    stop = begin + n_samples - round(fades["fade_out_s"] * job.rate_hz)
    lead = vocoder.delay_samples + chain.delay_samples
    blocks, have = [], 0
    with torch.inference_mode():
        while have < n_samples + lead:
            block = instrument.process(_BLOCK_FRAMES)
            before, sounding, after = np.split(block, [max(0, begin - have), max(0, stop - have)], axis=1)
            blocks.append(chain.process(before))
            if sounding.shape[1]:
                chain.master.play()
            blocks.append(chain.process(sounding))
            if after.shape[1]:
                chain.master.stop()
            blocks.append(chain.process(after))
            have += block.shape[1]
            if progress is not None:
                progress(min(1.0, have / (n_samples + lead)))
    return np.concatenate(blocks, axis=1)[:, lead : lead + n_samples]


def _fades_within(job: Job) -> dict[str, float]:
    """The job's controls, with fades that both fit into it."""
    controls = job.controls
    fade_in_s, fade_out_s = controls["fade_in_s"], controls["fade_out_s"]
    share = min(1.0, job.seconds / (fade_in_s + fade_out_s))
    return {**controls, "fade_in_s": share * fade_in_s, "fade_out_s": share * fade_out_s}


def render_to_file(preset: Preset, vocoder: Vocoder, job: Job, path: Path, progress: Progress | None = None) -> Report:
    """Render to a stereo file of the kind its name says, 24 bits or Vorbis.

    `UsageError` for a kind that cannot be written and `RecordingError` for a place, both before any computing.
    """
    kind = format_of(path)
    try:
        path.open("ab").close()
    except OSError as error:
        raise RecordingError(f"{path} cannot be written: {error.strerror}; choose another place.") from error
    start = time.perf_counter()
    sound = render(preset, vocoder, job, progress)
    elapsed = time.perf_counter() - start
    try:
        sf.write(system_name(path), sound.T, job.rate_hz, subtype=kind.subtype, format=kind.container)
    except (OSError, sf.LibsndfileError) as error:
        raise RecordingError(f"{path} could not be written: {error}; choose another place.") from error
    return Report(
        path=shown_name(path),
        preset=preset.name,
        vocoder=vocoder.name,
        seconds=sound.shape[1] / job.rate_hz,
        rate_hz=job.rate_hz,
        loudness_lufs=loudness_lufs(sound, job.rate_hz),
        peak_dbtp=true_peak_db(sound, job.rate_hz),
        real_time_factor=job.seconds / elapsed,
    )
