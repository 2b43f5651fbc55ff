"""How loud a sound is: programme loudness (ITU-R BS.1770) and true peak."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_BLOCK_S = 0.4
_OVERSAMPLING = 4
SILENT_LUFS = -120.0


@dataclass(frozen=True)
class Loudness:
    """What `measure_loudness` found."""

    lufs: float
    true_peak_dbfs: float


def loudness_lufs(wave: npt.NDArray[np.floating], rate_hz: int) -> float:
    """Integrated loudness of (N,) or (N, channels) samples; `SILENT_LUFS` for silence."""
    import pyloudnorm

    samples = np.asarray(wave, dtype=np.float64)
    needed = math.ceil(_BLOCK_S * rate_hz) + 1
    if not len(samples) or not samples.any():
        return SILENT_LUFS
    if len(samples) < needed:
        # Shorter than one gating block: loudness of the sound repeated, as if it went on.
        samples = np.concatenate([samples] * math.ceil(needed / len(samples)))
    with np.errstate(divide="ignore"):
        lufs = float(pyloudnorm.Meter(rate_hz).integrated_loudness(samples))
    return max(lufs, SILENT_LUFS) if not math.isnan(lufs) else SILENT_LUFS


def true_peak_dbfs(wave: npt.NDArray[np.floating]) -> float:
    """Peak between samples as well, by fourfold oversampling (BS.1770 annex 2), of (N,) or (N, channels)."""
    from scipy.signal import resample_poly

    samples = np.asarray(wave, dtype=np.float64)
    if not len(samples):
        return SILENT_LUFS
    peak = float(np.abs(resample_poly(samples, _OVERSAMPLING, 1, axis=0)).max())
    peak = max(peak, float(np.abs(samples).max()))
    return max(20 * math.log10(peak), SILENT_LUFS) if peak > 0 else SILENT_LUFS


def measure_loudness(wave: npt.NDArray[np.floating], rate_hz: int) -> Loudness:
    """Both at once."""
    return Loudness(loudness_lufs(wave, rate_hz), true_peak_dbfs(wave))
