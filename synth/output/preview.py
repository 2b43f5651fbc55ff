"""A few seconds of a preset that nobody has loaded, for `Audition`: one note at its own pitch, as loud as what plays.

Axes: `N` samples.
"""

import math
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from synth.instrument.note_events import NoteOff, NoteOn
from synth.instrument.parameters.values import from_settings
from synth.loudness import k_weighting
from synth.output.master import CEILING_DB, OUTPUT_LUFS, volume_gain
from synth.output.render import Job, Note, render
from synth.presets.model import Preset
from synth.vocoder.spectral.vocoder import SpectralVocoder

HELD_S, PREVIEW_S = 2.0, 2.8
"""How long the note is held, and how long it is heard with its end: the stored culture once round."""
_VELOCITY = 0.8
_MIDDLE_C = 60
_BLOCK_S, _STEPS_PER_BLOCK = 0.4, 4
_OFFSET_LUFS, _ABSOLUTE_LUFS, _RELATIVE_LU = -0.691, -70.0, -10.0
"""Of gated programme loudness (ITU-R BS.1770)."""


class Cancelled(Exception):
    """Nobody waits for the preview any more."""


def preview(preset: Preset, rate_hz: int, cancelled: Callable[[], bool] = lambda: False) -> NDArray[np.float32]:
    """The note, (N, 2) at `OUTPUT_LUFS`, with what the preset suggests for the controls; slow.

    The culture is the stored one and does not move meanwhile: its steps are most of the work, and each column of it is
    heard once. The built-in vocoder plays it, whichever plays presets that are loaded. `cancelled` is asked now and
    then, in another thread, and may wait; `Cancelled` once it says True.
    """

    def progress(_: float) -> None:
        if cancelled():
            raise Cancelled

    # What the preset sets, but as loud as any other.
    controls = from_settings(preset.settings).with_values({"frozen": 1.0, "volume_db": 0.0})
    key = _key_of(preset.root_hz)
    notes: list[Note] = [(0.0, NoteOn(1, key, _VELOCITY)), (HELD_S, NoteOff(1))]
    job = Job(PREVIEW_S, rate_hz, controls)
    with torch.no_grad():
        sound = render(preset, SpectralVocoder(preset.mel), job, progress, notes=notes)
    peak = float(np.abs(sound).max())
    if not peak:
        return np.zeros((sound.shape[1], 2), np.float32)
    gain = 10 ** ((OUTPUT_LUFS - _loudness_lufs(sound, rate_hz)) / 20)
    return np.ascontiguousarray((min(gain, _highest(peak)) * sound).T, dtype=np.float32)


def at_volume(samples: NDArray[np.float32], volume_db: float) -> NDArray[np.float32]:
    """A preview (N, 2) as loud as presets are at this volume, below the limiter's ceiling."""
    gain = volume_gain(volume_db) / volume_gain(0.0)
    peak = float(np.abs(samples).max(initial=0.0))
    return samples * np.float32(min(gain, _highest(peak)) if peak else gain)


def _highest(peak: float) -> float:
    return float(10 ** (CEILING_DB / 20)) / peak


def _key_of(root_hz: float) -> int:
    """The key nearest to a pitch, middle C for sounds without one."""
    if root_hz <= 0:
        return _MIDDLE_C
    return min(max(round(69 + 12 * math.log2(root_hz / 440.0)), 0), 127)


def _loudness_lufs(sound: NDArray[np.float32], rate_hz: int) -> float:
    """Programme loudness of (2, N) in LUFS, weighted in its spectrum: `synth.loudness` brings all of SciPy with it."""
    n = sound.shape[1]
    # As much silence after it: what is weighted in a spectrum is a loop.
    hz = np.fft.rfftfreq(2 * n, 1 / rate_hz).astype(np.float64)
    weighted = np.fft.irfft(np.fft.rfft(sound, 2 * n, axis=1) * np.sqrt(k_weighting(hz)), axis=1)[:, :n]
    energy = np.concatenate([[0.0], np.cumsum(np.square(weighted).sum(axis=0))])
    length = round(_BLOCK_S * rate_hz)
    begins = np.arange(0, max(1, n - length + 1), length // _STEPS_PER_BLOCK)
    power = (energy[np.minimum(begins + length, n)] - energy[begins]) / length
    loudness = _OFFSET_LUFS + 10 * np.log10(np.maximum(power, 1e-30))
    loud = power[loudness >= _ABSOLUTE_LUFS]
    if not len(loud):
        return float(loudness.max())
    threshold = _OFFSET_LUFS + 10 * math.log10(loud.mean()) + _RELATIVE_LU
    counted = power[loudness >= max(_ABSOLUTE_LUFS, threshold)]
    return _OFFSET_LUFS + 10 * math.log10(counted.mean())
