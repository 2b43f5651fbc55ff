"""The random wander of each partial's frequency, which makes of a pure tone a line as wide as the recording's.

Axes: `A` voices, `P` oscillators.
"""

import math

import numpy as np
import numpy.typing as npt

from synth.mel import band_centres_hz
from synth.presets.model import Preset
from synth.random_streams import Stream, generator
from synth.vocoder.arrays import Doubles, Floats

# More than any preset has oscillators of its own: voices read the same draws from different places on.
_DRAWS = 509
_STRIDE_OF_SLOTS, _STRIDE_OF_NOTES = 211, 97
_NARROWEST_HZ = 0.01
# A partial that strays over a larger part of the distance between two rows moves their levels, which the culture moves
# already, as the recording did: a choir's rows moved 1.43 dB too much with its widths as measured, 0.96 dB so, and its
# fine spectrum lost 0.07 dB.
_MOST_OF_A_ROW = 1 / 6
# A frequency that changed from frame to frame would have a line with skirts as wide as the frame rate: between the
# partials of a horn they were 11 dB above the recording. This one moves over a seventh of a second.
_SMOOTHING = (np.hanning(14)[1:-1] / np.hanning(14)[1:-1].sum()).astype(np.float32)
# Frames are drawn so many at once: a generator costs more than its numbers.
_BLOCK = 16


class LineWander:
    """Random phase steps as a pure function of seed, frame, voice and oscillator: the same for any block size."""

    def __init__(self, preset: Preset, hz: Doubles, frame_s: float, seed: int) -> None:
        """`hz` (P,): of the oscillators that belong to the recording's partials; those without a width are pure."""
        self._seed = seed
        self._block: int | None = None
        self._draws = np.zeros((2 * _BLOCK, _DRAWS), np.float32)
        widths = np.zeros(len(hz))
        partials = preset.partials
        if partials is not None and partials.linewidth_hz is not None and len(partials.hz):
            known, width = partials.hz.double().numpy(), partials.linewidth_hz.double().numpy()
            widths = np.interp(hz, known, width)
            # Multiples above all that were measured: as wide, for their frequency, as the last of them.
            above = hz > known[-1]
            widths[above] = width[-1] * hz[above] / known[-1]
            rows = band_centres_hz(preset.mel).double().numpy()
            widths = np.minimum(widths, _MOST_OF_A_ROW * np.interp(hz, rows[1:], np.diff(rows)))
        # Fast wander makes a Lorentzian whose width is 2π times the frequency's spectral density at 0; slow wander a
        # normal distribution, half of it within 1.35 standard deviations, of which the smoothing takes some.
        smoothed = math.sqrt(float(np.square(_SMOOTHING).sum()))
        hz_of_draws = np.sqrt(widths / (2 * math.pi * frame_s) + (widths / (1.349 * smoothed)) ** 2)
        self._step = hz_of_draws * frame_s
        self._oscillators = np.arange(len(self._step))
        self._still = not (widths > _NARROWEST_HZ).any()

    def steps(
        self, frame: int, slots: npt.NDArray[np.int64], notes: npt.NDArray[np.int64], ratios: Doubles, count: int
    ) -> Doubles:
        """Cycles by which each oscillator's phase strays within a frame, (A, `count`): 0 beyond those that wander.

        A line's width goes with its frequency, so it grows with `ratios` (A,).
        """
        out = np.zeros((len(slots), count))
        if not self._still:
            first = slots * _STRIDE_OF_SLOTS + notes * _STRIDE_OF_NOTES
            places = (first[:, None] + self._oscillators) % _DRAWS
            strayed = self._smooth(frame)[places] * self._step
            out[:, : len(self._step)] = np.multiply(strayed, ratios[:, None], out=strayed)
        return out

    def _smooth(self, frame: int) -> Floats:
        """The weighted mean of the draws of this frame and those before it, (`_DRAWS`,)."""
        block = frame // _BLOCK
        if block != self._block:
            before = self._draws[_BLOCK:] if self._block == block - 1 else self._drawn(block - 1)
            self._draws, self._block = np.concatenate([before, self._drawn(block)]), block
        end = frame - (block - 1) * _BLOCK + 1
        smooth: Floats = _SMOOTHING @ self._draws[end - len(_SMOOTHING) : end]
        return smooth

    def _drawn(self, block: int) -> Floats:
        draw = generator(self._seed, Stream.PARTIALS, block)
        return draw.standard_normal((_BLOCK, _DRAWS), dtype=np.float32)
