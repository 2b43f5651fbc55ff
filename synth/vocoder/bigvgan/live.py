"""NVIDIA's BigVGAN as a live vocoder: every frame is computed once, as it comes.

The sound lags by the generator's lookahead: 201 ms for the base model. Axes: `B` heads, `M` mel bands, `n` frames, `N`
samples.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from synth.accelerator import device_failed, explain_loss
from synth.errors import DeviceLost, VocoderUnavailable
from synth.mel import LOG_MEL_FLOOR, MelFormat
from synth.presets.model import Preset
from synth.vocoder.arrays import Doubles, Floats
from synth.vocoder.bigvgan.streaming.pace import Pace
from synth.vocoder.bigvgan.streaming.reader import REACH, Reader
from synth.vocoder.bigvgan.streaming.stream import Stream, open_stream
from synth.vocoder.bigvgan.weights import Config, load_generator
from synth.vocoder.contract import samples_until
from synth.vocoder.one_voice import OneVoice

_LOWEST_RATIO, _HIGHEST_RATIO = 0.25, 4.0
# Louder than a full-scale square wave in any row: what a saturated grid is limited to.
_LOUDEST_LOG_MEL = 3.0

OpenStream = Callable[[nn.Module, int, int | None, str], Stream]


class LiveBigVGANVocoder(OneVoice):
    """Plays frames through a BigVGAN checkpoint as a stream."""

    def __init__(
        self, generator: nn.Module, config: Config, n_threads: int | None = None, open_stream: OpenStream = open_stream
    ) -> None:
        """`open_stream` opens the generator for heads and threads on a device, "" for the fastest."""
        self._generator, self._config, self._n_threads = generator, config, n_threads
        self._open_stream = open_stream
        self._stream: Stream | None = None
        self._n_heads = 0
        self._like: LiveBigVGANVocoder | None = None

    @classmethod
    def from_folder(cls, folder: Path) -> "LiveBigVGANVocoder":
        """`VocoderUnavailable` in words when the folder holds no usable checkpoint."""
        return cls(*load_generator(folder))

    def another(self) -> "LiveBigVGANVocoder":
        """One more of the same checkpoint, for another voice; on the device where this one was found to be fastest."""
        more = LiveBigVGANVocoder(self._generator, self._config, self._n_threads, self._open_stream)
        more._like = self
        return more

    @property
    def name(self) -> str:
        return self._config.name

    @property
    def format(self) -> MelFormat:
        return self._config.format

    @property
    def delay_samples(self) -> int:
        """The generator's lookahead and the reading filter's. Below the root a frame is heard later still, by as
        much as the note is slower. Notes do not wait: they are how fast the sound is read, 1 ms before it is sent."""
        return self._delay

    def prepare(self, preset: Preset, out_rate_hz: int, n_heads: int = 1, seed: int = 0) -> None:
        if preset.mel != self.format:
            raise VocoderUnavailable(
                f"The preset “{preset.name}” has the format {preset.mel.name}, {self.name} has {self.format.name}: "
                "choose another checkpoint, or the spectral vocoder, which plays every format."
            )
        found = self._like._stream if self._like is not None else None
        try:
            self._open(preset, out_rate_hz, n_heads, found.device if found is not None else "")
        except DeviceLost:
            # No room on the card for the first block: the processor has.
            self._stream = None
            self._open(preset, out_rate_hz, n_heads, "cpu")

    def _open(self, preset: Preset, out_rate_hz: int, n_heads: int, device: str) -> None:
        if self._stream is None or n_heads != self._n_heads:
            self._stream = self._open_stream(self._generator, n_heads, self._n_threads, device)
            self._n_heads = n_heads
        self._out_rate = out_rate_hz
        plan = self._stream.plan
        self._samples_per_output = self.format.rate_hz / out_rate_hz
        self._delay = math.ceil((plan.delay_samples + REACH + 1) / self._samples_per_output)
        self._reader = Reader()
        self._reader.prepare(1.0, _HIGHEST_RATIO * self._samples_per_output)
        # A frame reaches as far back as it looks ahead.
        self._reach_frames = 2 * math.ceil(plan.delay_samples / plan.hop) + 4
        self._together, self._equal_frames = True, 0
        with self._watched():
            self._stream.clear()
            sound = self._generated(self._silent_frames(self._reach_frames))
            self._stream.share()
            self._silence = self._stream.state(), sound
        self.reset()

    def reset(self, warm: Tensor | None = None) -> None:
        """As the contract says; what came before the first warm frame is that frame, held, so that nothing starts."""
        stream = self._opened
        self._together, self._equal_frames = True, 0
        if warm is None or not warm.shape[2]:
            past = self._silent_frames(self._reach_frames)
            state, sound = self._silence
            with self._watched():
                stream.restore(state)
            self._sound = sound.copy()
        else:
            given = _safe(warm)
            past = np.concatenate([np.repeat(given[:, :, :1], self._reach_frames, axis=2), given], axis=2)
            with self._watched():
                stream.clear()
            self._sound = self._generated(past)
        self._sound_start = -stream.plan.delay_samples - self._sound.shape[1]
        self._pace = Pace(past, self._delay * self._samples_per_output / self.format.hop)
        self._frame, self._emitted, self._ratio = 0, -self._delay, 1.0
        self.begin_alone(self._out_rate, self._n_heads)

    def process(self, log_mel: Tensor, pitch_ratio: Tensor, spread: float = 0.0) -> Tensor:
        """As the contract says; BigVGAN draws no noise, so `spread` changes nothing."""
        asked = np.nan_to_num(pitch_ratio[0].double().cpu().numpy(), nan=1.0)
        self._take(_safe(log_mel), np.clip(asked, _LOWEST_RATIO, _HIGHEST_RATIO))
        return self._emit(samples_until(self._frame, self.format, self._out_rate))

    def flush(self) -> Tensor:
        end = samples_until(self._frame, self.format, self._out_rate) + self._delay
        owed = math.ceil(self._delay * self._samples_per_output / self.format.hop) + 1
        self._take(self._silent_frames(owed), np.full(owed, self._ratio))
        return self._emit(end)

    @property
    def _opened(self) -> Stream:
        assert self._stream is not None, "prepare() comes first"
        return self._stream

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """A device that fails is a `DeviceLost` in words; any other error, and any on the processor, is ours."""
        try:
            yield
        except RuntimeError as error:
            if self._stream is None or self._stream.device == "cpu" or not device_failed(error):
                raise
            raise DeviceLost(explain_loss(error, "another vocoder plays on")) from error

    def _silent_frames(self, n: int) -> Floats:
        return np.full((self._n_heads, self.format.n_mels, n), LOG_MEL_FLOOR, np.float32)

    def _take(self, columns: Floats, ratio: Doubles) -> None:
        made = self._generated(self._pace.advance(columns, ratio))
        self._sound = np.concatenate([self._sound, made], axis=1)
        self._frame += len(ratio)
        self._ratio = float(ratio[-1]) if len(ratio) else self._ratio

    def _generated(self, columns: Floats) -> Floats:
        """The generator's next samples for frames (B, M, n); heads that have heard the same are computed once."""
        n = columns.shape[2]
        if not n:
            return np.zeros((self._n_heads, 0), np.float32)
        equal = bool((columns == columns[:1]).all())
        if self._together and not equal:
            with self._watched():
                self._opened.share()
        # Once equal frames have filled every history, the heads' pasts are equal to the bit.
        self._equal_frames = self._equal_frames + n if equal else 0
        self._together = equal and (self._together or self._equal_frames - n >= self._reach_frames)
        frames = torch.from_numpy(columns[:1] if self._together else columns)
        with self._watched(), torch.inference_mode():
            sound = self._opened.process(frames).numpy()
        return np.repeat(sound, self._n_heads, axis=0) if self._together else sound

    def _emit(self, end: int) -> Tensor:
        """Output samples before `end`, which is signal time `end` − delay."""
        hop, last = self.format.hop, end - self._delay
        frames: Doubles = np.arange(self._emitted, last, dtype=np.float64) * (self._samples_per_output / hop)
        places = self._pace.places(frames) * hop - self._sound_start
        out = self._reader.read(self._sound, places, self._pace.speeds(frames) * self._samples_per_output)
        self._emitted = last
        if len(places):
            old = max(0, math.floor(places[-1]) - REACH)
            self._sound = self._sound[:, old:]
            self._sound_start += old
        return torch.from_numpy(out)


def _safe(log_mel: Tensor) -> Floats:
    """Finite frames no louder than sound can be."""
    columns = np.nan_to_num(log_mel.detach().float().cpu().numpy(), nan=LOG_MEL_FLOOR)
    safe: Floats = np.clip(columns, LOG_MEL_FLOOR, _LOUDEST_LOG_MEL)
    return safe
