"""Back to any moment of a take: its culture as it was then, ready to be played on from there.

Events are done again without any sound, which leaves little but the culture's own steps. Axes: `V` voices, `B` heads,
`N` samples.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from synth.errors import UsageError
from synth.instrument.events import ChangePreset, ChangeVocoder, Event, LoggedEvent, Play, Rescue, Stop
from synth.instrument.instrument import Instrument
from synth.instrument.state import InstrumentState
from synth.loading.prepare import ready_instrument
from synth.mel import MelFormat
from synth.presets.model import Preset
from synth.takes.companion import Beginning
from synth.takes.performance import Performance, PresetBegun, Step, load_performance
from synth.takes.rebuild import rebuilt
from synth.vocoder.contract import Vocoder, VoiceFrames, samples_until

_AT_ONCE = 16


class Mute(Vocoder):
    """Takes what any vocoder takes and gives silence."""

    max_voices = 2**16
    delay_samples = 0
    onset_delay_samples = 0

    def __init__(self, name: str, fmt: MelFormat) -> None:
        self._name, self._format = name, fmt

    @property
    def name(self) -> str:
        return self._name

    @property
    def format(self) -> MelFormat:
        return self._format

    def prepare(self, preset: Preset, out_rate_hz: int, n_heads: int = 1, seed: int = 0) -> None:
        self._rate_hz, self._n_heads = out_rate_hz, n_heads
        self.reset()

    def reset(self, warm: Tensor | None = None) -> None:
        self._frame = 0

    def start(self, slot: int, note: int = 0, offset_samples: int = 0, lead: Tensor | None = None) -> None:
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
    take: Path, seconds: float, rate_hz: int, cancelled: Callable[[], bool] = lambda: False
) -> tuple[Beginning, Instrument, str]:
    """What played `seconds` into a take, as it was then, nothing held, and why its vocoder was chosen.

    `take` is the WAV or its companion. It takes a third of the time that has to be played again, or less; `cancelled`
    is asked in between, and then it stops where it is. `UsageError` for a time that lies outside of the take,
    `RecordingError` for a take whose performance was not kept or cannot be read.
    """
    performance = load_performance(take)
    if not 0 <= seconds <= performance.samples / performance.rate_hz:
        raise UsageError(
            f"{seconds:g} s is not within the take, which lasts {performance.samples / performance.rate_hz:.1f} s: "
            "choose a time in it."
        )
    beginning, state = _replayed(performance, seconds, cancelled)
    instrument, reason = ready_instrument(beginning.preset, rate_hz, state.controls, seed=state.seed)
    with torch.no_grad():
        instrument.resume(state)
    # Whoever held it then does not hold it now.
    instrument.let_go()
    return beginning, instrument, reason


def _replayed(
    performance: Performance, seconds: float, cancelled: Callable[[], bool]
) -> tuple[Beginning, InstrumentState]:
    """The state of the instrument that played then, and what it began as."""
    left = performance.skip + round(seconds * performance.rate_hz)
    for beginning, steps, end in _segments(performance):
        instrument = rebuilt(replace(beginning, sound=None), performance.rate_hz, lambda name, p: Mute(name, p.mel))
        with torch.inference_mode():
            left = _play(instrument, steps, end, left, cancelled)
        if left <= 0 or end is None or cancelled():
            break
    return beginning, instrument.state(with_history=True)


def _play(
    instrument: Instrument, steps: Iterable[Step], end: int | None, left: int, cancelled: Callable[[], bool]
) -> int:
    """Play up to a frame, or until `left` samples have passed: how many of them are left, 0 or less when none."""
    for step in steps:
        left = _run(instrument, step.frame, left, cancelled)
        if left <= 0 or cancelled():
            return left
        match step:
            case LoggedEvent(action=Rescue() as rescue):
                instrument.do(rescue)
            # A change of vocoders moves the playhead by what one looks ahead, and that is made up for anew.
            case LoggedEvent(action=Play() | Stop() | ChangePreset() | ChangeVocoder()):
                pass
            case LoggedEvent():
                instrument.schedule([Event(**vars(step))])
    return _run(instrument, end, left, cancelled)


def _run(instrument: Instrument, end: int | None, left: int, cancelled: Callable[[], bool]) -> int:
    while left > 0 and (end is None or instrument.frame < end) and not cancelled():
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
