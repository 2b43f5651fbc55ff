"""The shimmer of each partial: what its amplitude moves at random that mel frames are too slow to say.

A frame's window is 46 ms long, so movement at 16 Hz reaches the amplitudes 4 dB too small and above 43 Hz none does.
Axes: `A` voices, `P` partials, `K` bands of movement, `L` places of the noise.
"""

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synth.mel import MelFormat, band_centres_hz
from synth.presets.model import SHIMMER_BANDS, Preset, shimmer_edges_hz
from synth.random_streams import Stream, generator
from synth.vocoder.arrays import Doubles, Floats
from synth.vocoder.spectral.kernels import KNOTS_PER_FRAME

_LENGTH = 2**16
"""Knots until the noise repeats: 95 s, and every partial of every voice reads it from another place."""
_VOICE_STRIDE = 7919.0


@dataclass(frozen=True)
class Shimmer:
    """Gains around 1 as a pure function of seed, frame, voice and partial: the same for any block size."""

    noise: Floats
    """(K, L + knots of a frame + 1) noise of variance 1 in each band, less what frames say of it."""
    own: Floats
    """(P, K) how much each partial moves by itself, …"""
    shared: Floats
    """(P, K) … and how much with all others of its voice; (0, K) where nothing was measured."""

    @classmethod
    def of(cls, preset: Preset, hz: Doubles, n_followed: int, seed: int) -> "Shimmer":
        """`hz` (P,): of the oscillators that belong to the recording's partials, of which the first `n_followed` follow
        rows of the culture."""
        partials = preset.partials
        if partials is None or partials.shimmer is None or partials.shimmer_shared is None or not len(partials.hz):
            return cls.none()
        places, known = partials.hz.double().numpy(), partials.shimmer.double().numpy()
        # Multiples above all that were measured move as the last of them.
        depth = np.stack([np.interp(hz, places, known[:, band]) for band in range(SHIMMER_BANDS)], axis=1)
        shares = partials.shimmer_shared.double().numpy()
        own, shared = np.sqrt(1 - shares), np.sqrt(shares)
        # Slow movement is the culture's: of each partial that has rows, of all others what they share.
        depth[:n_followed, 0] = shared[0] = 0
        depth[:n_followed] *= _within_rows(hz[:n_followed], preset.mel)
        if not (depth > 0).any():
            return cls.none()
        return cls(_noise(preset.mel, seed), (depth * own).astype(np.float32), (depth * shared).astype(np.float32))

    @classmethod
    def none(cls) -> "Shimmer":
        """Partials that do not shimmer."""
        nothing = np.zeros((0, SHIMMER_BANDS), np.float32)
        return cls(np.zeros((SHIMMER_BANDS, KNOTS_PER_FRAME + 2), np.float32), nothing, nothing)

    def starts(self, clocks_s: Doubles) -> npt.NDArray[np.int64]:
        """Where in the noise each voice begins to read, (A,), from what a voice was given by chance when it began."""
        return np.asarray(clocks_s * _VOICE_STRIDE, np.int64)

    @staticmethod
    def place(frame: int) -> int:
        """How far into the noise a frame's beginning is."""
        return frame * KNOTS_PER_FRAME % _LENGTH


def _noise(fmt: MelFormat, seed: int) -> Floats:
    """Noise for each band, (K, L + …): all of the slow one, of others the part that frames do not say."""
    rate_hz = KNOTS_PER_FRAME * fmt.frames_per_second
    hz = np.fft.rfftfreq(_LENGTH, 1 / rate_hz)
    draw = generator(seed, Stream.PARTIALS, 0, sub=1)
    white = draw.standard_normal(len(hz)) + 1j * draw.standard_normal(len(hz))
    edges = shimmer_edges_hz(fmt)
    rest = np.where(hz < edges[1], 1.0, np.sqrt(1 - heard_by_frames(hz, fmt) ** 2) / np.sinc(hz / rate_hz) ** 2)
    bands = []
    for low, high in itertools.pairwise(edges):
        # As much in each octave: movement falls with its rate.
        pink = np.where((hz >= low) & (hz < high), 1 / np.sqrt(np.maximum(hz, low)), 0.0)
        scale = _LENGTH / np.sqrt(2 * 2 * np.square(pink).sum())
        bands.append(np.fft.irfft(white * pink * rest * scale, _LENGTH))
    noise = np.stack(bands).astype(np.float32)
    return np.concatenate([noise, noise[:, : KNOTS_PER_FRAME + 1]], axis=1)


def _within_rows(hz: Doubles, fmt: MelFormat) -> Doubles:
    """How much of each partial's movement in each band stays in the partial's own row, (P, K): what is faster lies in
    the rows beside it, where the culture has it already."""
    centres = band_centres_hz(fmt).double().numpy()
    spacing = np.interp(hz, centres[1:], np.diff(centres))
    edges = np.array(shimmer_edges_hz(fmt))
    return np.asarray(np.clip(1 - np.sqrt(edges[1:] * edges[:-1]) / spacing[:, None], 0, 1))


def heard_by_frames(hz: npt.NDArray[np.floating], fmt: MelFormat) -> Doubles:
    """How much of an amplitude's movement at each rate (…) a partial that follows mel frames has, 0 … 1: a Hann window
    sees it, and amplitudes go in straight lines from frame to frame."""
    x = hz * fmt.win / fmt.rate_hz
    # sinc(x) / (1 − x²), which is 1/2 at x = 1.
    near = np.abs(x - 1) < 1e-6
    window = np.where(near, 0.5, np.sinc(x) / np.where(near, 1.0, 1 - x**2))
    return np.asarray(np.where(x < 2, np.maximum(window, 0), 0.0) * np.sinc(hz / fmt.frames_per_second) ** 2)
