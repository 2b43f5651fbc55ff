"""How loud a sound is: programme loudness (ITU-R BS.1770) and true peak. Sounds are (N,) or (channels, N)."""

import math

import numpy as np
import numpy.typing as npt

_BLOCK_S = 0.4
OVERSAMPLED_HZ = 176400
SILENT_DB = -120.0


def decibels(power: float) -> float:
    """10·log10, not below `SILENT_DB`."""
    return max(SILENT_DB, 10 * math.log10(power)) if power > 0 else SILENT_DB


def k_weighting(hz: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Power response of BS.1770's two filters at 48 kHz, evaluated as the analogue curves they stand for."""
    response: npt.NDArray[np.float64] = np.abs(k_response(hz)) ** 2
    return response


def k_response(hz: npt.NDArray[np.float64]) -> npt.NDArray[np.complex128]:
    """The same with its phase: what the filters do to a sine's amplitude and phase at each frequency."""
    z = np.exp(-2j * np.pi * np.minimum(hz, 23999.0) / 48000.0)
    shelf = (1.53512485958697 - 2.69169618940638 * z + 1.19839281085285 * z**2) / (
        1 - 1.69065929318241 * z + 0.73248077421585 * z**2
    )
    high_pass = (1 - 2 * z + z**2) / (1 - 1.99004745483398 * z + 0.99007225036621 * z**2)
    response: npt.NDArray[np.complex128] = shelf * high_pass
    return response


def loudness_lufs(sound: npt.NDArray[np.floating], rate_hz: int) -> float:
    """Integrated loudness in LUFS; `SILENT_DB` for silence. Sounds under 0.4 s are measured as if repeated."""
    import pyloudnorm

    samples = np.atleast_2d(np.asarray(sound, dtype=np.float64)).T
    if not samples.any():
        return SILENT_DB
    needed = math.ceil(_BLOCK_S * rate_hz) + 1
    if len(samples) < needed:
        samples = np.concatenate([samples] * math.ceil(needed / len(samples)))
    with np.errstate(divide="ignore"):
        lufs = float(pyloudnorm.Meter(rate_hz).integrated_loudness(samples))
    return SILENT_DB if math.isnan(lufs) else max(lufs, SILENT_DB)


def true_peak_db(sound: npt.NDArray[np.floating], rate_hz: int) -> float:
    """Peak in dBTP, between the samples as well: oversampled four times at 44.1 and 48 kHz (BS.1770, annex 2)."""
    from scipy.signal import resample_poly

    samples = np.atleast_2d(np.asarray(sound, dtype=np.float64))
    if not samples.any():
        return SILENT_DB
    factor = max(math.ceil(OVERSAMPLED_HZ / rate_hz), 1)
    peak = max(float(np.abs(resample_poly(samples, factor, 1, axis=1)).max()), float(np.abs(samples).max()))
    return max(20 * math.log10(peak), SILENT_DB)
