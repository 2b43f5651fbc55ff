"""NVIDIA's BigVGAN as an offline vocoder: exact, not live.

The generator runs on overlapping chunks of frames and what the chunk's edges could touch is discarded. Notes other than
the root are played by reading its sound faster or slower, from a mel stretched by as much, so that time keeps its pace.
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
from synth.vocoder.bigvgan.weights import Config, load_generator
from synth.vocoder.contract import samples_until

_CHUNK_FRAMES = 64
_LOWEST_RATIO, _HIGHEST_RATIO = 0.25, 4.0
_HALF_TAPS = 24
_KAISER_BETA = 9.0
_READ_SAMPLES = 16384


class BigVGANVocoder:
    """Plays frames through a BigVGAN checkpoint, whole chunks at a time."""

    def __init__(self, folder: Path) -> None:
        self._generator, self._config = load_generator(folder)

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
        """Enough frames that a chunk, its context and the resampler's taps are known even at the lowest note."""
        frames = math.ceil((_CHUNK_FRAMES + self._config.context_frames + 3) / _LOWEST_RATIO)
        return samples_until(frames, self.format, self._out_rate)

    def prepare(self, preset: Preset, out_rate_hz: int, n_heads: int = 1, seed: int = 0) -> None:
        if preset.mel != self.format:
            raise VocoderUnavailable(
                f"The preset “{preset.name}” speaks {preset.mel.name}, {self.name} speaks {self.format.name}: choose "
                "another checkpoint, or the spectral vocoder, which speaks every format."
            )
        self._out_rate, self._n_heads = out_rate_hz, n_heads
        self.reset()

    def reset(self, warm: Tensor | None = None) -> None:
        n = 0 if warm is None else warm.shape[2]
        # The past: silence long enough for any context, then the warm frames.
        lead = 2 * self._config.context_frames + 2
        silence = torch.full((self._n_heads, self.format.n_mels, lead), LOG_MEL_FLOOR)
        self._frames = silence if warm is None else torch.cat([silence, warm.float().cpu()], dim=2)
        self._first_frame = -(lead + n)
        self._position = np.arange(-(lead + n), 1, dtype=np.float64)
        self._frame = 0
        self._chunks: dict[int, Floats] = {}
        self._emitted = -self.delay_samples

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
        sound = self._sound(low, high)
        taps = np.arange(-reach + 1, reach + 1)
        offset = (places - base)[:, None] - taps[None]
        width = step[:, None]
        inside = 1 - (offset / (_HALF_TAPS * width)) ** 2
        window = np.where(inside > 0, np.i0(_KAISER_BETA * np.sqrt(np.maximum(inside, 0))) / np.i0(_KAISER_BETA), 0)
        weights = np.sinc(offset / width) / width * window
        index = base[:, None] + taps[None] - low
        return np.stack([np.einsum("nt,nt->n", weights, head[index]) for head in sound]).astype(np.float32)

    def _sound(self, low: int, high: int) -> Floats:
        """Generator samples low … high, (B, high − low), from chunks with fixed borders."""
        length = _CHUNK_FRAMES * self.format.hop
        first, last = low // length, (high - 1) // length
        whole = np.concatenate([self._chunk(i) for i in range(first, last + 1)], axis=1)
        return whole[:, low - first * length : high - first * length]

    def _chunk(self, index: int) -> Floats:
        if index not in self._chunks:
            context = self._config.context_frames
            start = index * _CHUNK_FRAMES
            mel = self._stretched(start - context, start + _CHUNK_FRAMES + context)
            with torch.inference_mode():
                sound = self._generator(mel)[:, 0]
            hop = self.format.hop
            self._chunks[index] = sound[:, context * hop : (context + _CHUNK_FRAMES) * hop].numpy()
        return self._chunks[index]

    def _stretched(self, first: int, last: int) -> Tensor:
        """Generator frames first … last, (B, M, last − first), linear between those given."""
        middles = np.arange(first, last, dtype=np.float64) + 0.5
        centre = np.interp(middles, self._position, self._starts) - 0.5 - self._first_frame
        centre = centre.clip(0, self._frames.shape[2] - 1)
        left = np.minimum(np.floor(centre).astype(np.int64), self._frames.shape[2] - 2)
        share = torch.from_numpy((centre - left).astype(np.float32))
        return self._frames[:, :, left] * (1 - share) + self._frames[:, :, left + 1] * share

    def _forget(self, frame: float) -> None:
        """Drop chunks and frames that nothing can ask for any more."""
        keep = 2 * (_CHUNK_FRAMES + 2 * self._config.context_frames)
        done = float(np.interp(frame, self._starts, self._position))
        border = math.floor((done - keep) / _CHUNK_FRAMES)
        self._chunks = {index: chunk for index, chunk in self._chunks.items() if index >= border}
        old = math.floor(frame - keep / _LOWEST_RATIO) - self._first_frame
        if old > 4096:
            self._frames, self._position = self._frames[:, :, old:], self._position[old:]
            self._first_frame += old
