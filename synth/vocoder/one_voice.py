"""The contract of voices for a vocoder that can play one.

Axes: `B` heads, `M` mel bands, `n` frames, `k` frames that are under way, `N` samples.
"""

import math
from abc import abstractmethod

import numpy as np
import torch
from torch import Tensor

from synth.mel import LOG_MEL_FLOOR
from synth.vocoder.arrays import Doubles
from synth.vocoder.contract import Vocoder, VoiceFrames, samples_until

_GATE_S = 0.002


class OneVoice(Vocoder):
    """Gives a vocoder that has `process` the rest of the contract: a gain, an onset, and one slot at a time.

    A voice that follows another goes on where that one was, with its own columns and gain: what is under way is heard
    to its end, and nothing clicks. Whoever implements it calls `begin_alone` in `reset`; between two resets only
    `process` or only `process_voices` is called.
    """

    _alone: "_Level"

    @property
    def max_voices(self) -> int:
        return 1

    @abstractmethod
    def process(self, log_mel: Tensor, pitch_ratio: Tensor, spread: float = 0.0) -> Tensor:
        """As the contract says: a class without it cannot be made."""

    def begin_alone(self, out_rate_hz: int, n_heads: int) -> None:
        """Nobody has played yet."""
        self._alone = _Level(self, out_rate_hz, n_heads)
        self._slot: int | None = None
        self._last_ratio = 1.0

    def start(self, slot: int, note: int = 0, offset_samples: int = 0) -> None:
        """As the contract says; nothing is left to chance here."""
        self._slot = slot
        self._alone.open(offset_samples)

    def free(self, slot: int) -> None:
        if slot == self._slot:
            self._slot = None

    def process_voices(self, voices: VoiceFrames, spread: float = 0.0) -> Tensor:
        if len(voices.slots) > 1:
            raise ValueError(f"{self.name} plays one voice at a time, not {len(voices.slots)}.")
        _, heads, bands, n = voices.columns.shape
        if voices.slots:
            self._slot = voices.slots[0]
            columns, ratios, gains = voices.columns[0], voices.pitch_ratio, voices.gain[0].double().cpu().numpy()
            gains = np.nan_to_num(gains, nan=0.0, posinf=0.0).clip(min=0.0)
        else:
            columns = torch.full((heads, bands, n), LOG_MEL_FLOOR)
            ratios, gains = torch.full((1, n), self._last_ratio), np.zeros((heads, n))
        if n:
            self._last_ratio = float(ratios[0, -1])
        return self._alone.apply(self.process(columns, ratios.expand(heads, -1), spread), gains)


class _Level:
    """The gain of what a vocoder gives, as late as its sound."""

    def __init__(self, vocoder: Vocoder, out_rate_hz: int, n_heads: int) -> None:
        self._delay, self._format, self._rate_hz = vocoder.delay_samples, vocoder.format, out_rate_hz
        self._frames_per_sample = self._format.rate_hz / (self._format.hop * out_rate_hz)
        self._under_way = math.ceil(self._delay * self._frames_per_sample) + 3
        self._frame = self._sample = 0
        self._gains: Doubles = np.zeros((n_heads, 0))
        """(B, k), the newest last."""
        self._onset: float = -math.inf
        """The signal sample before which the voice is silent."""
        self._opening = True
        """True when the next frame's gain holds for all before it."""

    def open(self, offset_samples: int) -> None:
        """A voice begins with the next frame, unless another is under way, which it then follows."""
        if not self._gains.any():
            self._onset = samples_until(self._frame, self._format, self._rate_hz) + offset_samples
            self._opening = True

    def apply(self, sound: Tensor, gains: Doubles) -> Tensor:
        """The sound (B, N) of frames with these gains (B, n)."""
        if self._opening and gains.shape[1]:
            self._gains = np.repeat(gains[:, :1], self._gains.shape[1], axis=1)
            self._opening = False
        self._gains = np.concatenate([self._gains, gains], axis=1)
        self._frame += gains.shape[1]
        places = np.arange(self._sample, self._sample + sound.shape[1]) - self._delay
        self._sample += sound.shape[1]
        if len(places) and not ((self._gains == 1).all() and places[0] >= self._onset + self._rate_hz * _GATE_S):
            centres = np.arange(self._frame - self._gains.shape[1], self._frame) + 0.5
            levels = np.stack([np.interp(places * self._frames_per_sample, centres, row) for row in self._gains])
            opened = np.clip((places - self._onset) / (_GATE_S * self._rate_hz), 0, 1)
            sound = sound * torch.from_numpy(levels * np.sin(np.pi / 2 * opened) ** 2).float()
        self._gains = self._gains[:, -self._under_way :]
        return sound
