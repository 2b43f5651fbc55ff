"""What vocoders are measured on: the log-mel of a real note, and the cultures of presets.

Axes: `M` mel bands, `T` frames.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from synth.automaton.rules import CHANNELS, LiveRule
from synth.automaton.weather import WeatherSpec
from synth.instrument.instrument import Instrument
from synth.instrument.parameters.values import from_settings
from synth.mel import DB_PER_NEPER, LOG_MEL_FLOOR, MelFormat, grid_from_log_mel
from synth.presets.model import Credit, Preset
from synth.vocoder.contract import Vocoder, VoiceFrames, samples_until

NOTE_PATH = Path(__file__).with_name("reference_note.npz")
FLOOR, STEPS_PER_NEPER = LOG_MEL_FLOOR, 16
"""How the note is stored: 8 bits per cell, counted from the floor."""
_NOTE_CREDIT = Credit("Violin, A4, FluidR3 GM soundfont", "Frank Wen", "MIT")


@dataclass(frozen=True)
class Frames:
    """Something to vocode."""

    name: str
    log_mel: Tensor
    """(M, T) float32."""
    preset: Preset
    """What a vocoder must know beside the frames."""

    @property
    def pitch_hz(self) -> float | None:
        """Where its strongest tone should be, or None when it has none."""
        partials = self.preset.partials
        if partials is not None and len(partials.hz):
            return float(partials.hz[partials.amplitude.argmax()])
        return self.preset.root_hz or None


def array_name(fmt: MelFormat) -> str:
    """Under which a format's mel is stored."""
    return f"{fmt.rate_hz}_{fmt.n_mels}_{fmt.hop}_{fmt.fmax_hz:g}"


def has_note(fmt: MelFormat) -> bool:
    """Whether the note is stored in this format: in all that are published."""
    with np.load(NOTE_PATH, allow_pickle=False) as stored:
        return array_name(fmt) in stored


def reference_note(fmt: MelFormat) -> Frames:
    """Two seconds of a violin as BigVGAN's own mel, in a format that `has_note`."""
    with np.load(NOTE_PATH, allow_pickle=False) as stored:
        mel = torch.from_numpy(stored[array_name(fmt)].astype(np.float32) / STEPS_PER_NEPER + FLOOR)
        root_hz = float(stored["root_hz"])
    reference_db = float(mel.max()) * DB_PER_NEPER
    state = torch.zeros(CHANNELS, *mel.shape)
    state[0] = grid_from_log_mel(mel, reference_db)
    weather = WeatherSpec()
    preset = Preset(
        name="violin note",
        mel=fmt,
        rule=LiveRule(fmt.n_mels, weather.n_fields),
        weather=weather,
        state=state,
        quantiles=state[0].sort(dim=1).values,
        reference_db=reference_db,
        credit=_NOTE_CREDIT,
        root_hz=root_hz,
    )
    return Frames("a recorded violin note", mel, preset)


def culture_frames(preset: Preset, seconds: float) -> Frames:
    """What a preset's living culture feeds its vocoder on the left, at its own controls."""
    tap = _Tap(preset.mel)
    instrument = Instrument(preset, tap, preset.mel.rate_hz, from_settings(preset.settings))
    with torch.inference_mode():
        instrument.process(max(round(seconds * preset.mel.frames_per_second), 1))
    return Frames(preset.name, torch.cat(tap.columns, dim=1), preset)


class _Tap(Vocoder):
    """A vocoder that keeps what it is given and is silent."""

    name, delay_samples, max_voices = "tap", 0, 1

    def __init__(self, fmt: MelFormat) -> None:
        self._format = fmt
        self.columns: list[Tensor] = []

    @property
    def format(self) -> MelFormat:
        return self._format

    def prepare(self, preset: Preset, out_rate_hz: int, n_heads: int = 1, seed: int = 0) -> None:
        self._out_rate, self._n_heads, self._frames = out_rate_hz, n_heads, 0

    def reset(self, warm: Tensor | None = None) -> None:
        self._frames = 0

    def start(self, slot: int, note: int = 0, offset_samples: int = 0) -> None:
        """It listens to the drone alone."""

    def free(self, slot: int) -> None:
        """It listens to the drone alone."""

    def process_voices(self, voices: VoiceFrames, spread: float = 0.0) -> Tensor:
        self.columns.append(voices.columns[0, 0].clone())
        before = samples_until(self._frames, self.format, self._out_rate)
        self._frames += voices.columns.shape[3]
        return torch.zeros(self._n_heads, samples_until(self._frames, self.format, self._out_rate) - before)

    def flush(self) -> Tensor:
        return torch.zeros(self._n_heads, 0)
