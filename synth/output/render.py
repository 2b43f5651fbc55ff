"""Offline rendering: the instrument and the chain behind it, into an array or a file, of any length in little memory.

Axes: `N` samples; sound is (2, N) float32.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import soundfile as sf
import torch
from numpy.typing import NDArray

from synth.errors import RecordingError, UsageError
from synth.file_names import shown_name, system_name
from synth.instrument.events import Event, HoldDrone
from synth.instrument.instrument import Instrument, Setup
from synth.instrument.morph.partner import make_partner, played_with
from synth.instrument.note_events import NoteEvent
from synth.instrument.parameters.values import ParameterValues
from synth.output.beside import SoundThread, VocoderBeside
from synth.output.chain import Chain
from synth.output.leads import Lead, Leads, LedChain
from synth.output.running_levels import RunningLevels
from synth.presets.model import Preset
from synth.sound_files.formats import format_of
from synth.vocoder.contract import Vocoder
from synth.whole_files import written_there

MAX_SECONDS = 3600.0
_BLOCK_FRAMES = 32

Progress = Callable[[float], None]
"""Called with the share done, 0 … 1."""
Note = tuple[float, NoteEvent]
"""When it is heard, in seconds, and what is played."""


@dataclass(frozen=True)
class Job:
    """What to render; `seed` None starts from the stored grown state, as seed 0 does not."""

    seconds: float = 10.0
    rate_hz: int = 44100
    controls: ParameterValues = field(default_factory=ParameterValues)
    events: tuple[Event, ...] = ()
    seed: int | None = None
    dtype: torch.dtype = torch.float32
    partner: Preset | None = None
    """A second preset to be morphed to by the control `morph`."""

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
    notes: Iterable[Note] | None = None,
) -> NDArray[np.float32]:
    """The sound of a job, (2, N): exactly `seconds` long, faded in and out, with the device's level and limiter.

    With `notes`, in the order of their seconds, the preset plays these and not its drone; they have beginnings of their
    own, so nothing fades in, and a note at 0 s is heard from the first sample on.
    """
    parts: list[NDArray[np.float32]] = []
    render_into(parts.append, preset, vocoder, job, progress, notes)
    return np.concatenate(parts, axis=1)


def render_into(
    take: Callable[[NDArray[np.float32]], object],
    preset: Preset,
    vocoder: Vocoder,
    job: Job,
    progress: Progress | None = None,
    notes: Iterable[Note] | None = None,
) -> None:
    """The same block by block: `take` is given each as soon as it is made, in a thread of its own.

    There the vocoder, the chain and `take` work, beside the culture here. What they raise is raised here.
    """
    thread = SoundThread()
    try:
        if job.partner is not None:
            vocoder = played_with(vocoder, preset, job.partner)
        beside = VocoderBeside(vocoder, thread)
        setup = Setup(seed=job.seed or 0, grown=job.seed is None, dtype=job.dtype)
        instrument = Instrument(preset, beside, job.rate_hz, job.controls, setup)
        if job.partner is not None:
            instrument.begin_morph(make_partner(preset, job.partner, job.rate_hz, setup))
        instrument.schedule(job.events)
        leads = Leads(instrument)
        score = _Score(instrument, notes or ())
        if notes is not None:
            instrument.do(HoldDrone(False))
        finish = _Finish(take, vocoder, job, progress, is_open=notes is not None)
        passed: Future[None] | None = None
        with torch.inference_mode():
            while not finish.complete:
                score.schedule(_BLOCK_FRAMES)
                block = instrument.process(_BLOCK_FRAMES)
                if passed is not None:
                    passed.result()
                passed = thread.submit(partial(finish.process, block, leads.told()))
        if passed is not None:
            passed.result()
    finally:
        thread.close()


class _Score:
    """Gives an instrument its notes block by block: a piece of a million is never held as a whole."""

    def __init__(self, instrument: Instrument, notes: Iterable[Note]) -> None:
        self._instrument, self._notes = instrument, iter(notes)
        self._next = next(self._notes, None)

    def schedule(self, n_frames: int) -> None:
        """What begins within the next `n_frames`; a note's onset is heard sooner than the steady sound of its frame."""
        instrument = self._instrument
        fps, lead_s = instrument.preset.mel.frames_per_second, instrument.vocoders.onset_lead_s
        due = []
        while self._next is not None:
            moment = (self._next[0] + lead_s) * fps
            if moment >= instrument.frame + n_frames:
                break
            due.append(Event(int(moment), self._next[1], moment % 1))
            self._next = next(self._notes, None)
        instrument.schedule(due)


class _Finish:
    """What becomes of the instrument's sound: the chain, and the part of its output that is the piece."""

    def __init__(
        self,
        take: Callable[[NDArray[np.float32]], object],
        vocoder: Vocoder,
        job: Job,
        progress: Progress | None,
        *,
        is_open: bool,
    ) -> None:
        """`vocoder` is prepared; nothing fades in when the master is open from the start."""
        fades = _fades_within(job)
        self._take, self._progress = take, progress
        self._chain = Chain(job.rate_hz, fades, playing=is_open)
        self._led = LedChain(self._chain)
        n_samples = round(job.seconds * job.rate_hz)
        # Delays are not part of the piece: frame 0 sounds at time 0, and there the fade begins.
        self._begin = vocoder.delay_samples
        self._stop = self._begin + n_samples - round(fades["fade_out_s"] * job.rate_hz)
        self._lead = vocoder.delay_samples + self._chain.delay_samples
        self._end = n_samples + self._lead
        self._have = 0

    @property
    def complete(self) -> bool:
        """All of the piece has been made."""
        return self._have >= self._end

    def process(self, block: NDArray[np.float32], leads: Sequence[Lead] = ()) -> None:
        """The instrument's next (2, N), and where routes lead the output in the frames it was computed with."""
        chain, have = self._chain, self._have
        self._led.follow(leads)
        before, sounding, after = np.split(block, [max(0, self._begin - have), max(0, self._stop - have)], axis=1)
        parts = [self._led.process(before)]
        if sounding.shape[1]:
            chain.master.play()
        parts.append(self._led.process(sounding))
        if after.shape[1]:
            chain.master.end()
        parts.append(self._led.process(after))
        made = np.concatenate(parts, axis=1)
        piece = made[:, max(0, self._lead - have) : max(0, self._end - have)]
        if piece.shape[1]:
            self._take(piece)
        self._have += block.shape[1]
        if self._progress is not None:
            self._progress(min(1.0, self._have / self._end))


def _fades_within(job: Job) -> dict[str, float]:
    """The job's controls, with fades that both fit into it."""
    controls = job.controls
    fade_in_s, fade_out_s = controls["fade_in_s"], controls["fade_out_s"]
    share = min(1.0, job.seconds / (fade_in_s + fade_out_s))
    return {**controls, "fade_in_s": share * fade_in_s, "fade_out_s": share * fade_out_s}


def render_to_file(
    preset: Preset,
    vocoder: Vocoder,
    job: Job,
    path: Path,
    progress: Progress | None = None,
    notes: Iterable[Note] | None = None,
) -> Report:
    """Render to a stereo file of the kind its name says, 24 bits or Vorbis, written as it is made.

    `UsageError` for a kind that cannot be written and `RecordingError` for a place, both before any computing. Until it
    is whole it has another name, so a file that was there stays until then, and half of one is never left.
    """
    kind = format_of(path)
    levels = RunningLevels(job.rate_hz)
    start = time.perf_counter()
    try:
        with (
            written_there(path) as part,
            sf.SoundFile(system_name(part), "w", job.rate_hz, 2, subtype=kind.subtype, format=kind.container) as file,
        ):

            def take(piece: NDArray[np.float32]) -> None:
                file.write(piece.T)
                levels.add(piece)

            render_into(take, preset, vocoder, job, progress, notes=notes)
    except (OSError, sf.SoundFileError) as error:
        reason = getattr(error, "strerror", None) or getattr(error, "error_string", None) or error
        raise RecordingError(f"{path} cannot be written: {reason}; choose another place.") from error
    return Report(
        path=shown_name(path),
        preset=preset.name,
        vocoder=vocoder.name,
        seconds=round(job.seconds * job.rate_hz) / job.rate_hz,
        rate_hz=job.rate_hz,
        loudness_lufs=levels.loudness_lufs(),
        peak_dbtp=levels.true_peak_db(),
        real_time_factor=job.seconds / (time.perf_counter() - start),
    )
