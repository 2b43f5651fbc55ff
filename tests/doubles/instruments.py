"""Instruments and sinks that stand in for real ones where a test needs exactly known sound."""

import time
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from synth.errors import AudioDeviceError
from synth.instrument.instrument import Instrument
from synth.mel import MelFormat
from synth.presets.model import Preset
from synth.vocoder.contract import Vocoder, VoiceFrames, samples_until
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.cultures import steady_preset

RATE = 44100
SPF = 512
"""Samples per frame of both formats at 44.1 kHz."""
PRESET = steady_preset(64)


class SineInstrument(Instrument):
    """A real instrument whose sound is replaced by a steady tone; slow, silent or sick on request."""

    def __init__(self, hz: float = 440.0, amplitude: float = 0.1, preset: Preset = PRESET) -> None:
        super().__init__(replace(preset, name=f"{hz:g} Hz"), SpectralVocoder(preset.mel), RATE)
        self.hz, self.amplitude = hz, amplitude
        self.delay_before_s = 0.0
        self.poison = False
        self.frames: list[int] = []

    def process(self, n_frames: int) -> NDArray[np.float32]:
        if self.delay_before_s:
            delay, self.delay_before_s = self.delay_before_s, 0.0
            time.sleep(delay)
        self.frames.append(n_frames)
        n = (self.frame + np.arange(0, n_frames, 1 / SPF)) * SPF
        self.frame += n_frames
        for event in self.agenda.due(self.frame):
            self.do(event.action)
        sound = self.amplitude * np.sin(2 * np.pi * self.hz * n / RATE)
        if self.poison:
            self.poison = False
            sound[len(sound) // 2 :] = np.nan
        return np.tile(sound, (2, 1)).astype(np.float32)

    def begin(self) -> int:
        return self._open.begin(torch.from_numpy(self.process(1)) / self._gain)

    def restart(self) -> None:
        """There is no vocoder in use."""


class Echo(Vocoder):
    """A vocoder whose sound is the mean of each frame's column times the voice's gain, held for the frame and delayed;
    it has no pitch and no voice an onset of its own."""

    max_voices = 64

    def __init__(self, fmt: MelFormat, delay_samples: int) -> None:
        self._format, self._delay = fmt, delay_samples
        self.ratios: list[float] = []

    @property
    def name(self) -> str:
        return f"echo {self._delay}"

    @property
    def format(self) -> MelFormat:
        return self._format

    @property
    def delay_samples(self) -> int:
        return self._delay

    def prepare(self, preset: Preset, out_rate_hz: int, n_heads: int = 1, seed: int = 0) -> None:
        self._rate, self._n_heads = out_rate_hz, n_heads
        self.reset()

    def reset(self, warm: Tensor | None = None) -> None:
        self._frames = 0
        self._owed = torch.zeros(self._n_heads, self.delay_samples)

    def start(self, slot: int, note: int = 0, offset_samples: int = 0) -> None:
        """A voice sounds as soon as it has frames."""

    def free(self, slot: int) -> None:
        """A voice is silent without frames."""

    def process_voices(self, voices: VoiceFrames, spread: float = 0.0) -> Tensor:
        parts = [self._owed]
        levels = (voices.columns.mean(2) * voices.gain).sum(0)
        for i in range(levels.shape[1]):
            n = samples_until(self._frames + 1, self.format, self._rate) - samples_until(
                self._frames, self.format, self._rate
            )
            parts.append(levels[:, i : i + 1].expand(-1, n))
            self._frames += 1
        self.ratios += voices.pitch_ratio[0].tolist() if voices.slots else []
        sound = torch.cat(parts, dim=1)
        made = sound.shape[1] - self.delay_samples
        self._owed = sound[:, made:]
        return sound[:, :made]

    def flush(self) -> Tensor:
        return self._owed


class ScriptedSink:
    """A sink that keeps everything, at the pace of a clock, and fails or stalls when told to."""

    def __init__(self, name: str = "scripted", rate_hz: int = RATE, full_s: float = 0.046) -> None:
        self.name, self.rate_hz, self.full_s, self.step_s = name, rate_hz, full_s, 0.0
        self.chunks: list[NDArray[np.float32]] = []
        self.closed = False
        self.fail = self.stall = False
        self._start, self._written = time.monotonic(), 0

    def write(self, chunk: NDArray[np.float32]) -> bool:
        if self.fail:
            raise AudioDeviceError(f"The output “{self.name}” is gone (unplugged).")
        while self.stall:
            time.sleep(0.01)
        self.chunks.append(chunk.copy())
        queued = self._queued()
        if queued < 0:
            self._start, self._written = time.monotonic(), 0
        self._written += len(chunk)
        time.sleep(max(0.0, self._queued() / self.rate_hz - self.full_s))
        return False

    def _queued(self) -> float:
        return self._written - (time.monotonic() - self._start) * self.rate_hz

    def queued_s(self) -> float:
        return max(0.0, self._queued() / self.rate_hz)

    def beyond_s(self) -> float:
        return 0.0

    def close(self, abort: bool = False) -> None:
        self.closed = True

    @property
    def audio(self) -> NDArray[np.float32]:
        """Everything written, (N, 2)."""
        return np.concatenate(self.chunks) if self.chunks else np.zeros((0, 2), np.float32)


def wait_until(condition: object, timeout_s: float = 20.0) -> None:
    """Poll `condition()` until it holds; AssertionError when it does not in time."""
    assert callable(condition)
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)


def roughness(audio: NDArray[np.float32]) -> float:
    """Largest second difference, (N, 2): a click stands out, a tone of amplitude A at f gives A·(2πf/rate)²."""
    return float(np.abs(np.diff(audio, n=2, axis=0)).max())
