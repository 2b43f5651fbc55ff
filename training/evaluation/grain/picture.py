"""Panels of the report that show the grain: spectrograms fine enough to see between the partials, and the spectra.

Axes: `N` samples, `K` bins, `T` frames.
"""

from typing import Any

import numpy as np
import scipy.signal

from training.evaluation.grain.fine_spectrum import BANDS_HZ, FineSpectrum
from training.evaluation.sound_metrics import Levels, Wave

N_FFT, HOP = 4096, 512
HIGHEST_HZ = 16_000.0
SHOWN_S = 4.0
_RANGE_DB = 100.0


def spectrogram_db(wave: Wave, rate_hz: int, seconds: float = SHOWN_S) -> Levels:
    """Levels (K, T) from 0 to 16 kHz of the middle of a sound (N,), 0 dB the loudest."""
    first = max(0, len(wave) - round(seconds * rate_hz)) // 2
    part = wave[first : first + round(seconds * rate_hz)]
    part = np.pad(part, (0, max(0, N_FFT - len(part))))
    starts = range(0, len(part) - N_FFT + 1, HOP)
    window = scipy.signal.get_window("blackmanharris", N_FFT)
    power = np.stack([np.abs(np.fft.rfft(part[s : s + N_FFT] * window)) ** 2 for s in starts], axis=1)
    level = 10 * np.log10(np.maximum(power / power.max().clip(1e-20), 1e-16))
    return np.asarray(level[: round(HIGHEST_HZ / rate_hz * N_FFT)])


def draw_spectrogram(axes: Any, level_db: Levels, rate_hz: int, title: str) -> Any:
    """One sound of those to be told apart; returns the image for a colour bar."""
    top_khz = len(level_db) * rate_hz / N_FFT / 1000
    image = axes.imshow(
        level_db,
        origin="lower",
        aspect="auto",
        vmin=-_RANGE_DB,
        vmax=0,
        cmap="magma",
        extent=(0, level_db.shape[1] * HOP / rate_hz, 0, top_khz),
        interpolation="nearest",
    )
    axes.set(title=title, xlabel="time (s)", ylabel="frequency (kHz)", ylim=(0, HIGHEST_HZ / 1000))
    return image


def draw_spectra(axes: Any, recording: FineSpectrum, sound: FineSpectrum, colours: tuple[str, str]) -> None:
    """Long-time spectra at 8192 points: every bin faintly, and the valleys of each band."""
    hz = recording.hz
    shown = (hz > 50) & (hz < HIGHEST_HZ)
    top = recording.level_db.max()
    for found, colour, name in ((recording, colours[0], "recording"), (sound, colours[1], "grown")):
        axes.plot(hz[shown], found.level_db[shown] - top, color=colour, linewidth=0.6, alpha=0.7, label=name)
        for low, high in BANDS_HZ:
            valley = np.percentile(found.level_db[(hz >= low) & (hz < high)], 25) - top
            axes.plot((low, high), (valley, valley), color=colour, linewidth=2.2)
    axes.set_xscale("log")
    axes.set_xticks((100, 200, 500, 1000, 2000, 5000, 10_000), ("100", "200", "500", "1k", "2k", "5k", "10k"))
    axes.minorticks_off()
    axes.set(title="fine spectra and valleys", xlabel="frequency (Hz)", ylabel="dB below loudest", ylim=(-110, 3))
    axes.legend(loc="lower left", frameon=False, fontsize=9)
