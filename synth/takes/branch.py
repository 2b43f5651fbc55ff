"""Back to any moment of a take: its culture as it was then, ready to be played on from there.

Events are done again without any sound, which leaves little but the culture's own steps. Axes: `V` voices, `B` heads,
`N` samples.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from synth.errors import RecordingError, UsageError
from synth.instrument.events import ChangePreset, ChangeVocoder, Event, LoggedEvent, Play, Rescue, Stop
from synth.instrument.instrument import Instrument
from synth.instrument.state import InstrumentState
from synth.loading.prepare import ready_instrument
from synth.mel import MelFormat
from synth.presets.model import Preset
from synth.takes.companion import Beginning
from synth.takes.performance import Performance, Step, load_performance
from synth.takes.rebuild import rebuilt
from synth.takes.steps import MorphBegun, PresetBegun
from synth.vocoder.contract import Vocoder, VoiceFrames, samples_until
from synth.vocoder.spectral.vocoder import SpectralVocoder

_AT_ONCE = 16
_FOLLOWED = "spectral"
"""The vocoder whose takes can be gone back into: it sounds what is read at once."""
Go = Callable[[int], bool]
"""Called with the samples that are left; False when nobody waits for the rest any more."""


class Mute(Vocoder):
    """Takes what the spectral vocoder takes, knows of voices when that does, and gives silence."""

    max_voices = 2**16
    delay_samples = 0
    strikes_at_once = True

    def __init__(self, name: str, fmt: MelFormat) -> None:
        self._name, self._format = name, fmt

    @property
    def name(self) -> str:
        return self._name

    @property
    def plays_two(self) -> bool:
        """As the spectral vocoder that it stands for can: so everything is read that was read then."""
        return True

    @property
    def format(self) -> MelFormat:
        return self._format

    def prepare(self, preset: Preset, out_rate_hz: int, n_heads: int = 1, seed: int = 0) -> None:
        self._rate_hz, self._n_heads = out_rate_hz, n_heads
        # What voices do, and what their sources move, is placed by when it is heard.
        heard = SpectralVocoder(self._format)
        heard.prepare(preset, out_rate_hz, n_heads, seed)
        self.delay_samples = heard.delay_samples
        self.reset()

    def reset(self, warm: Tensor | None = None) -> None:
        self._frame = 0

    def start(self, slot: int, note: int = 0, offset_samples: int = 0) -> None:
        """Nothing sounds."""

    def free(self, slot: int) -> None:
        """Nothing sounds."""

    def process_voices(self, voices: VoiceFrames, spread: float = 0.0) -> Tensor:
        before, self._frame = self._frame, self._frame + voices.columns.shape[3]
        count = samples_until(self._frame, self._format, self._rate_hz)
        return torch.zeros(self._n_heads, count - samples_until(before, self._format, self._rate_hz))

    def flush(self) -> Tensor:
        return torch.zeros(self._n_heads, 0)


def instrument_at(
    take: Path,
    seconds: float,
    rate_hz: int,
    cancelled: Callable[[], bool] = lambda: False,
    progress: Callable[[float], object] = lambda share: None,
) -> tuple[Beginning, Instrument, str]:
    """What played `seconds` into a take, as it was then, nothing held, and why its vocoder was chosen.

    `take` is the WAV or its companion. It takes a third of the time that has to be played again, or less; meanwhile
    `cancelled` is asked and `progress` told the share that is done. `UsageError` for a time that lies outside of the
    take; `RecordingError` for a take whose performance was not kept or cannot be read, for one that another vocoder
    than the spectral one played by then, and once it was cancelled.
    """
    performance = load_performance(take)
    if not 0 <= seconds <= performance.samples / performance.rate_hz:
        raise UsageError(
            f"{seconds:g} s is not within the take, which lasts {performance.samples / performance.rate_hz:.1f} s: "
            "choose a time in it."
        )
    whole = performance.skip + round(seconds * performance.rate_hz)

    def go(left: int) -> bool:
        progress(1.0 - max(left, 0) / max(whole, 1))
        return not cancelled()

    try:
        beginning, state = _replayed(performance, whole, go)
    except _OtherVocoder as other:
        raise RecordingError(
            f"“{take.name}” was played with {other} by then, which sounds a while after the culture was read, so that "
            "the moment is not known exactly: choose a moment before, or continue from the take's beginning."
        ) from other
    if cancelled():
        raise RecordingError(f"Going back into “{take.name}” was given up.")
    progress(1.0)
    instrument, reason = ready_instrument(
        beginning.preset, rate_hz, state.controls, seed=state.seed, partner=beginning.partner
    )
    with torch.no_grad():
        instrument.resume(state)
    # Whoever held it then does not hold it now.
    instrument.let_go()
    return beginning, instrument, reason


class _OtherVocoder(Exception):
    """Its name."""


def _replayed(performance: Performance, left: int, go: Go) -> tuple[Beginning, InstrumentState]:
    """The state of the instrument that played after so many samples, and what it began as."""
    for beginning, steps, end in _segments(performance):
        _check(beginning.vocoder)
        instrument = rebuilt(replace(beginning, sound=None), performance.rate_hz, lambda name, p: Mute(name, p.mel))
        with torch.inference_mode():
            left = _play(instrument, steps, end, left, go)
        if left <= 0 or end is None or not go(left):
            break
    partner = None if instrument.morph is None else instrument.morph.partner.preset
    return replace(beginning, partner=partner), instrument.state(with_history=True)


def _check(vocoder: str) -> None:
    if vocoder != _FOLLOWED:
        raise _OtherVocoder(vocoder)


def _play(instrument: Instrument, steps: Iterable[Step], end: int | None, left: int, go: Go) -> int:
    """Play up to a frame, or until `left` samples have passed: how many of them are left, 0 or less when none."""
    for step in steps:
        left = _run(instrument, step.frame, left, go)
        if left <= 0 or not go(left):
            return left
        match step:
            case MorphBegun():
                with torch.inference_mode(False), torch.no_grad():
                    instrument.begin_morph(step.partner_of(instrument, n_vocoders=0))
            case LoggedEvent(action=Rescue() as rescue):
                instrument.do(rescue)
            case LoggedEvent(action=ChangeVocoder(name)):
                _check(name)
            case LoggedEvent(action=Play() | Stop() | ChangePreset()):
                pass
            case LoggedEvent():
                instrument.schedule([Event(**vars(step))])
    return _run(instrument, end, left, go)


def _run(instrument: Instrument, end: int | None, left: int, go: Go) -> int:
    while left > 0 and (end is None or instrument.frame < end) and go(left):
        n = _AT_ONCE if end is None else min(_AT_ONCE, end - instrument.frame)
        frame_samples = instrument.out_rate_hz / instrument.preset.mel.frames_per_second
        left -= instrument.process(max(1, min(n, int(left / frame_samples)))).shape[1]
    return left


def _segments(performance: Performance) -> Iterator[tuple[Beginning, list[Step], int | None]]:
    """Instrument after instrument, what is done while each plays, and the frame at which it is left or None."""
    beginning, steps = performance.beginning, list[Step]()
    for step in performance.steps:
        if isinstance(step, PresetBegun):
            yield beginning, steps, step.frame
            beginning, steps = step.beginning, []
        else:
            steps.append(step)
    yield beginning, steps, None
