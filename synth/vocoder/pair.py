"""Two presets played as one: a spectral vocoder for each, fed side by side, whose sounds add up.

While one preset turns into another, each vocoder keeps its own tables: partials, noise share, trim, air, vibrato. What
is blended is how much of every row each of them is given, as power, and that both play at one pitch. So both ends are
exactly the sound of one preset; nothing has to be invented between tables that have no common rows; and whatever the
share does, levels move in straight lines from frame to frame, as they do for any other reason. A table of blended
partials would save the second solution of a frame, but partials of two recordings are not each other's partners.

The second vocoder costs next to nothing in frames in which nothing is read for it. Axes as in `contract`.
"""

from dataclasses import replace

import torch
from torch import Tensor

from synth.mel import MelFormat
from synth.presets.model import Preset
from synth.saved_arrays import SavedArrays, part, prefixed
from synth.vocoder.contract import Onset, Vocoder, VoiceFrames
from synth.vocoder.spectral.vocoder import SpectralVocoder

_APART = 0x5EC07D
"""Noise of one seed would add up as waves: the second vocoder has another."""


def first_of(vocoder: Vocoder) -> Vocoder:
    """The vocoder of the first preset alone, or the one given where it plays but one."""
    return vocoder.first if isinstance(vocoder, PairVocoder) else vocoder


def second_seed(seed: int) -> int:
    """The seed of the second vocoder, where `seed` is that of the first."""
    return seed ^ _APART


class PairVocoder(Vocoder):
    """Speaks for both; `VoiceFrames.second` is read by the second one."""

    def __init__(self, first: SpectralVocoder, second: SpectralVocoder, preset: Preset, level: float) -> None:
        """`preset` is the second one's; `level` is by how much its sound must be raised, linear, to be as loud beside
        the first as it is alone.

        Either both are prepared already, and the second one goes on from silence, or `prepare` does it.
        """
        self.first, self._second, self._preset, self._level = first, second, preset, level

    @classmethod
    def beside(cls, first: SpectralVocoder, second: SpectralVocoder, preset: Preset, level: float) -> "PairVocoder":
        """With a vocoder that sounds already: its sound goes on as it was. Quick."""
        second.follow(first)
        return cls(first, second, preset, level)

    @property
    def name(self) -> str:
        return self.first.name

    @property
    def format(self) -> MelFormat:
        return self.first.format

    @property
    def delay_samples(self) -> int:
        return self.first.delay_samples

    @property
    def strikes_at_once(self) -> bool:
        return self.first.strikes_at_once

    @property
    def plays_two(self) -> bool:
        return True

    @property
    def max_voices(self) -> int:
        return self.first.max_voices

    def prepare(self, preset: Preset, out_rate_hz: int, n_heads: int = 1, seed: int = 0) -> None:
        self.first.prepare(preset, out_rate_hz, n_heads, seed)
        self._second.prepare(self._preset, out_rate_hz, n_heads, second_seed(seed))

    def reset(self, warm: Tensor | None = None, second: Tensor | None = None) -> None:
        """`second` (B, M, n) as long as `warm`: what the second one has played meanwhile; None is nothing."""
        self.first.reset(warm)
        if second is None:
            self._second.follow(self.first)
        else:
            self._second.reset(second)

    def start(self, slot: int, note: int = 0, offset_samples: int = 0) -> None:
        self.first.start(slot, note, offset_samples)
        self._second.start(slot, note, offset_samples)

    def strike(self, slot: int, note: int, offset_samples: int, onset: Onset) -> Tensor:
        silent = replace(onset, gain=torch.zeros_like(onset.gain), second=None)
        sound = self.first.strike(slot, note, offset_samples, replace(onset, second=None))
        return sound + self._level * self._second.strike(slot, note, offset_samples, onset.second or silent)

    def free(self, slot: int) -> None:
        self.first.free(slot)
        self._second.free(slot)

    def process_voices(self, voices: VoiceFrames, spread: float = 0.0) -> Tensor:
        sound = self.first.process_voices(replace(voices, second=None), spread)
        second = self._second.process_voices(voices.second or _nobody(voices), spread)
        return sound + self._level * second

    def save(self) -> SavedArrays | None:
        first, second = self.first.save(), self._second.save()
        if first is None or second is None:
            return None
        return {**prefixed("first", first), **prefixed("second", second)}

    def restore(self, saved: SavedArrays) -> None:
        self.first.restore(part("first", saved))
        self._second.restore(part("second", saved))

    def flush(self) -> Tensor:
        return self.first.flush() + self._level * self._second.flush()


def _nobody(voices: VoiceFrames) -> VoiceFrames:
    """So many frames in which no voice sounds."""
    _, heads, bands, n = voices.columns.shape
    return VoiceFrames((), torch.zeros(0, heads, bands, n), torch.zeros(0, n), torch.zeros(0, heads, n))
