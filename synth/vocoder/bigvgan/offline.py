"""NVIDIA's BigVGAN as an offline vocoder: exact, not live.

The generator runs as the same stream as live, on the processor: every frame is computed once. Unlike live it waits
until all is known that a note below the root needs. Notes other than the root are played by reading its sound faster
or slower, from a mel stretched by as much, so that time keeps its pace.
Axes: `B` heads, `M` mel bands, `n` frames, `N` samples.
"""

import math
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from synth.errors import VocoderUnavailable
from synth.mel import LOG_MEL_FLOOR, MelFormat
from synth.presets.model import Preset
from synth.vocoder.arrays import Doubles, Floats
from synth.vocoder.bigvgan.streaming.stream import Stream, open_stream
from synth.vocoder.bigvgan.weights import Config, load_generator
from synth.vocoder.contract import samples_until
from synth.vocoder.one_voice import OneVoice

_LOWEST_RATIO, _HIGHEST_RATIO = 0.25, 4.0
_HALF_TAPS = 24
_KAISER_BETA = 9.0
_KAISER_POINTS = 8192
_READ_SAMPLES = 16384
_KEEP_FRAMES = 512
"""Beyond what is needed: old frames go in whole lots."""


class BigVGANVocoder(OneVoice):
    """Plays frames through a BigVGAN checkpoint, exactly in time at every note."""

    def __init__(self, folder: Path) -> None:
        self._generator, self._config = load_generator(folder)
        self._stream: Stream | None = None
        self._n_heads = 0

    @property
    def name(self) -> str:
        return self._config.name

    @property
    def config(self) -> Config:
        return self._config

    @property
    def format(self) -> MelFormat:
        return self._config.format

    @property
    def delay_samples(self) -> int:
        """The generator's lookahead, the reading filter's and a frame's neighbour, known even at the lowest note."""
        frames = math.ceil((self._opened.plan.delay_samples + self._reach) / self.format.hop + 2)
        return samples_until(math.ceil(frames / _LOWEST_RATIO), self.format, self._out_rate)

    @property
    def _reach(self) -> int:
        """Generator samples on either side that the highest note's reading filter needs."""
        fastest = _HIGHEST_RATIO * self.format.rate_hz / self._out_rate
        return _HALF_TAPS * max(1, math.ceil(fastest)) + 1

    @property
    def _opened(self) -> Stream:
        assert self._stream is not None, "prepare() comes first"
        return self._stream

    def prepare(self, preset: Preset, out_rate_hz: int, n_heads: int = 1, seed: int = 0) -> None:
        if preset.mel != self.format:
            raise VocoderUnavailable(
                f"The preset “{preset.name}” has the format {preset.mel.name}, {self.name} has {self.format.name}: "
                "choose another checkpoint, or the spectral vocoder, which plays every format."
            )
        if self._stream is None or n_heads != self._n_heads:
            # On the processor: the same samples on every machine.
            self._stream = open_stream(self._generator, n_heads, device="cpu")
        self._out_rate, self._n_heads = out_rate_hz, n_heads
        self.reset()

    def reset(self, warm: Tensor | None = None) -> None:
        n = 0 if warm is None else warm.shape[2]
        # The past: silence long enough for any context, then the warm frames.
        lead = self._config.context_frames + 2
        silence = torch.full((self._n_heads, self.format.n_mels, lead), LOG_MEL_FLOOR)
        self._frames = silence if warm is None else torch.cat([silence, warm.float().cpu()], dim=2)
        self._first_frame = -(lead + n)
        self._position = np.arange(-(lead + n), 1, dtype=np.float64)
        self._frame = 0
        self._opened.clear()
        # Still more silence, so that the first frame has its context too.
        self._made = self._first_frame - self._config.context_frames - 2
        self._sound = np.zeros((self._n_heads, 0), np.float32)
        self._sound_start = self._made * self.format.hop - self._opened.plan.delay_samples
        self._emitted = -self.delay_samples
        self.begin_alone(self._out_rate, self._n_heads)

    def process(self, log_mel: Tensor, pitch_ratio: Tensor, spread: float = 0.0) -> Tensor:
        """As the contract says; BigVGAN draws no noise, so `spread` changes nothing."""
        ratio = pitch_ratio[0].double().cpu().numpy().clip(_LOWEST_RATIO, _HIGHEST_RATIO)
        self._frames = torch.cat([self._frames, log_mel.float().cpu().clamp(min=LOG_MEL_FLOOR)], dim=2)
        self._position = np.concatenate([self._position, self._position[-1] + np.cumsum(ratio)])
        self._frame += len(ratio)
        return torch.from_numpy(self._emit(samples_until(self._frame, self.format, self._out_rate)))

    def flush(self) -> Tensor:
        end = samples_until(self._frame, self.format, self._out_rate) + self.delay_samples
        owed = math.ceil(self.delay_samples * self.format.rate_hz / (self._out_rate * self.format.hop)) + 1
        silence = torch.full((self._n_heads, self.format.n_mels, owed), LOG_MEL_FLOOR)
        self._frames = torch.cat([self._frames, silence], dim=2)
        self._position = np.concatenate([self._position, self._position[-1] + np.arange(1.0, owed + 1)])
        return torch.from_numpy(self._emit(end))

    def _emit(self, end: int) -> Floats:
        """Output samples up to `end`, which is signal time `end` − delay."""
        fmt = self.format
        frames_per_sample = fmt.rate_hz / (self._out_rate * fmt.hop)
        parts = [np.zeros((self._n_heads, 0), np.float32)]
        while self._emitted < end - self.delay_samples:
            last = min(self._emitted + _READ_SAMPLES, end - self.delay_samples)
            frames = np.arange(self._emitted, last) * frames_per_sample
            before = int(np.sum(frames < self._starts[0]))
            parts.append(np.zeros((self._n_heads, before), np.float32))
            frames = frames[before:]
            places = np.interp(frames, self._starts, self._position) * fmt.hop
            speed = np.diff(self._position)[np.searchsorted(self._starts, frames, side="right").clip(1) - 1]
            if len(frames):
                parts.append(self._read(places, np.maximum(speed * frames_per_sample * fmt.hop, 1.0)))
                self._forget(float(frames[-1]))
            self._emitted = last
        return np.concatenate(parts, axis=1)

    @property
    def _starts(self) -> Doubles:
        """The frame time of each of `_position`."""
        return self._first_frame + np.arange(len(self._position), dtype=np.float64)

    def _read(self, places: Doubles, step: Doubles) -> Floats:
        """The generator's sound at fractional sample `places` by a windowed sinc, narrower where it is read faster."""
        reach = _HALF_TAPS * math.ceil(float(step.max()))
        base = np.floor(places).astype(np.int64)
        low, high = int(base.min()) - reach, int(base.max()) + reach + 1
        sound = self._made_sound(low, high)
        taps = np.arange(-reach + 1, reach + 1)
        offset = (places - base)[:, None] - taps[None]
        width = step[:, None]
        if reach == _HALF_TAPS and not (places - base).any():
            # Every place is a sample: the filter is 1 there and 0 at the others.
            return sound[:, base - low]
        offset /= width
        weights = np.sinc(offset) / width * _kaiser(offset)
        index = base[:, None] + taps[None] - low
        return np.stack([np.einsum("nt,nt->n", weights, head[index]) for head in sound]).astype(np.float32)

    def _made_sound(self, low: int, high: int) -> Floats:
        """Generator samples low … high, (B, high − low); later ones only at the next call."""
        plan = self._opened.plan
        due = math.ceil((high + plan.delay_samples) / plan.hop)
        if due > self._made:
            with torch.inference_mode():
                made = self._opened.process(self._stretched(self._made, due)).numpy()
            sound = np.concatenate([self._sound, made], axis=1)
            # A higher note's filter may reach further back than this one's.
            old = max(0, low - self._reach - self._sound_start)
            self._sound, self._sound_start = sound[:, old:], self._sound_start + old
            self._made = due
        return self._sound[:, low - self._sound_start : high - self._sound_start]

    def _stretched(self, first: int, last: int) -> Tensor:
        """Generator frames first … last, (B, M, last − first), linear between those given."""
        middles = np.arange(first, last, dtype=np.float64) + 0.5
        centre = np.interp(middles, self._position, self._starts) - 0.5 - self._first_frame
        centre = centre.clip(0, self._frames.shape[2] - 1)
        left = np.minimum(np.floor(centre).astype(np.int64), self._frames.shape[2] - 2)
        share = torch.from_numpy((centre - left).astype(np.float32))
        return self._frames[:, :, left] * (1 - share) + self._frames[:, :, left + 1] * share

    def _forget(self, frame: float) -> None:
        """Drop frames that nothing can ask for any more: what is made next lies ahead of what is read."""
        old = math.floor(frame) - 2 - self._first_frame
        if old > _KEEP_FRAMES:
            self._frames, self._position = self._frames[:, :, old:], self._position[old:]
            self._first_frame += old


def _kaiser(offset: Doubles) -> Doubles:
    """The Kaiser window at `offset` of `_HALF_TAPS`, from a table: linear between its points, 2e-7 off at most."""
    place = np.minimum(np.abs(offset) * (_KAISER_POINTS / _HALF_TAPS), _KAISER_POINTS)
    left = place.astype(np.int32)
    below = _KAISER[left]
    window: Doubles = below + (place - left) * (_KAISER[left + 1] - below)
    return window


def _kaiser_table() -> Doubles:
    """The window's right half and a zero after it, so that what lies outside is 0."""
    x = np.linspace(0, 1, _KAISER_POINTS)
    inside = np.i0(_KAISER_BETA * np.sqrt(1 - x**2)) / np.i0(_KAISER_BETA)
    return np.append(inside, [0.0, 0.0])


_KAISER = _kaiser_table()
