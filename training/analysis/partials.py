"""Measure what a mel cannot hold: where the partials of a recording lie, and how its pitch moves.

Axes: `N` samples, `P` partials, `K` bins.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from synth.mel import MelFormat
from synth.presets.model import Partials, Vibrato
from training.analysis.pitch import find_f0, follow_partial, straightened, vibrato_of

Doubles = npt.NDArray[np.float64]

MOST_PARTIALS = 120
_MOST_HIGH_PARTIALS = 64
_LOWEST_HZ = 30.0
_QUIETEST_DB = -75.0
# Two partials nearer than this lie under one main lobe of the mel's window: the frames carry their beating, and two
# oscillators would beat against it.
_NEAREST_HZ = 40.0
# Height of a peak above the median of its surroundings. Averaged noise stays below; a partial stands out.
_PROMINENCE_DB = 9.0
_LONG_WINDOW_S = 0.35
# Noise bandwidth of the Blackman window in bins of its length.
_LOBE_BINS = 1.727
_HARMONIC_TOLERANCE = 0.03
# Above fmax a multiple this many times the power of its valleys is tone: averaged noise stays below.
_HIGH_CONTRAST = 2.0
_HARMONIC_SHARE, _HARMONIC_SHARE_OF_OTHERS = 0.8, 0.6
# 40 dB below the strongest partial a peak says nothing about what kind of sound it is.
_WITNESS_SHARE = 0.01
_LOWEST_NUMBER = 3
# Below this share of the sound's power in partials, a pitch tracker's answer is not believed.
_TONAL_SHARE = 0.65
# Noise through a resonance has narrow peaks as well; below this share oscillators would only whistle in the wind.
_NOISE_SHARE = 0.5


@dataclass(frozen=True)
class MeasuredPitch:
    """Everything about pitch that a preset stores."""

    partials: Partials
    vibrato: Vibrato
    root_hz: float
    """f0, or the strike note of an inharmonic sound; 0 for noise."""
    inharmonic: bool
    tonal_share: float
    """How much of the power below fmax lies in partials: near 1 for an instrument, near 0 for water."""


def measure(
    wave: npt.NDArray[np.floating], rate_hz: int, fmt: MelFormat, f0_hint: float | None = None
) -> MeasuredPitch:
    """Partials, vibrato and root of a mono recording (N,); `f0_hint` in Hz overrides the pitch tracker.

    Partials above the format's fmax are kept as well: they say how much of the air is tone.
    """
    samples = np.asarray(wave, np.float64)
    top_hz = min(fmt.fmax_hz, rate_hz / 2) * 0.995
    hz, power = _mean_spectrum(samples, rate_hz)
    peaks = _peaks(hz, power, top_hz)
    tonal_share = _tonal_share(peaks, power[(hz >= _LOWEST_HZ) & (hz < top_hz)], float(hz[1]))
    vibrato, f0 = Vibrato(), 0.0
    if tonal_share >= _TONAL_SHARE:
        f0 = f0_hint or find_f0(samples, rate_hz)
    if f0 > 0:
        reach = min(0.5 * f0, 80.0)
        tracks = [follow_partial(samples, rate_hz, number * f0, reach) for number in _strong_multiples(hz, power, f0)]
        # A swinging partial has a peak at each end of its swing: measure with the swing taken out.
        hz, power = _mean_spectrum(straightened(samples, rate_hz, tracks[0]), rate_hz)
        straight = _peaks(hz, power, top_hz)
        if _is_harmonic(straight, f0):
            vibrato = vibrato_of(tracks)
            f0 = _refined(straight, f0)
            peaks = _with_multiples(straight, hz, power, f0, top_hz)
        else:
            f0 = 0.0
    peaks = _strongest(peaks, MOST_PARTIALS) if tonal_share >= _NOISE_SHARE else []
    above = []
    if tonal_share >= _NOISE_SHARE and rate_hz / 2 > 1.05 * fmt.fmax_hz:
        above = _strongest(_above(hz, power, f0, top_hz, 0.49 * rate_hz), _MOST_HIGH_PARTIALS)
    root = f0 if f0 > 0 or not peaks else _strike_note(peaks)
    return MeasuredPitch(_as_partials([*peaks, *above]), vibrato, root, f0 == 0, tonal_share)


def peaks_hz(wave: npt.NDArray[np.floating], rate_hz: int) -> list[float]:
    """Frequencies of whatever stands out of a mono recording (N,), the strongest first."""
    hz, power = _mean_spectrum(np.asarray(wave, np.float64), rate_hz)
    return [peak.hz for peak in _peaks(hz, power, 0.49 * rate_hz)]


def _strong_multiples(hz: Doubles, power: Doubles, f0: float) -> list[int]:
    """The strongest of 1, 2 and 3 first, low enough for its swing to stay among its own; then two more within 20 dB."""
    near = {number: power[np.abs(hz / f0 - number) < 0.06 * number].sum() for number in range(1, 6)}
    strongest = max((1, 2, 3), key=lambda number: near[number])
    others = [n for n in sorted(near, key=lambda n: -near[n]) if n != strongest and near[n] > 0.01 * near[strongest]]
    return [strongest, *others[:2]]


@dataclass(frozen=True)
class _Peak:
    hz: float
    bandwidth_hz: float
    amplitude: float


def _mean_spectrum(samples: Doubles, rate_hz: int) -> tuple[Doubles, Doubles]:
    """Mean power per bin of a cosine of amplitude 1 = 1 at its peak; frequencies and power (K,)."""
    length = min(round(_LONG_WINDOW_S * rate_hz), len(samples))
    window = np.blackman(length + 1)[:-1]
    n_fft = 4 * 2 ** int(np.ceil(np.log2(length)))
    starts = range(0, max(len(samples) - length, 0) + 1, max(length // 4, 1))
    total = np.zeros(n_fft // 2 + 1)
    for start in starts:
        total += np.abs(np.fft.rfft(samples[start : start + length] * window, n_fft)) ** 2
    return np.arange(len(total)) * rate_hz / n_fft, total / len(starts) * (2 / window.sum()) ** 2


def _peaks(hz: Doubles, power: Doubles, top_hz: float) -> list[_Peak]:
    """Free peaks, strongest first, none nearer to a stronger one than the mel can tell apart."""
    from scipy.ndimage import median_filter
    from scipy.signal import find_peaks

    step = float(hz[1])
    level = 10 * np.log10(power + 1e-20)
    # A rougher curve for deciding, 10 Hz wide: the smeared upper partials of a vibrato are one hump, not many peaks.
    wide = max(round(10.0 / step), 1)
    smooth = 10 * np.log10(np.convolve(power, np.hanning(wide + 2) / np.hanning(wide + 2).sum(), "same") + 1e-20)
    surroundings = median_filter(smooth[:: max(wide // 2, 1)], size=2 * round(150.0 / (max(wide // 2, 1) * step)) + 1)
    median = np.interp(np.arange(len(smooth)), np.arange(len(surroundings)) * max(wide // 2, 1), surroundings)
    # Prominence within 150 Hz: the slope of a rumbling noise must not pass for a peak.
    found, _ = find_peaks(smooth, prominence=_PROMINENCE_DB, wlen=2 * round(150.0 / step) + 1)
    found = found[(hz[found] >= _LOWEST_HZ) & (hz[found] < top_hz)]
    if not len(found):
        return []
    loudest = float(level.max())
    good = (smooth[found] - median[found] >= _PROMINENCE_DB) & (smooth[found] > loudest + _QUIETEST_DB)
    candidates = sorted(found[good], key=lambda i: -smooth[i])
    chosen: list[_Peak] = []
    for index in candidates:
        peak = _shape(hz, power, float(hz[index]))
        if all(abs(peak.hz - other.hz) >= _NEAREST_HZ for other in chosen):
            chosen.append(peak)
    return chosen


def _shape(hz: Doubles, power: Doubles, near_hz: float, reach_hz: float = 20.0) -> _Peak:
    """Centroid, spread and amplitude of what lies around `near_hz`."""
    step = float(hz[1])
    low = max(int((near_hz - reach_hz) / step), 1)
    part = power[low : int((near_hz + reach_hz) / step) + 2]
    bins = hz[low : low + len(part)]
    top = int(np.argmax(part))
    above = part > part[top] / 10
    centre = float(np.sum(bins[above] * part[above]) / np.sum(part[above]))
    spread = float(np.sqrt(np.sum((bins[above] - centre) ** 2 * part[above]) / np.sum(part[above])))
    # A main lobe of the window holds the power of a pure tone; a smeared one is wider and lower.
    lobe = _LOBE_BINS / _LONG_WINDOW_S / step
    amplitude = float(np.sqrt(np.sum(part[above]) / lobe))
    return _Peak(centre, spread, amplitude)


def _tonal_share(peaks: list["_Peak"], power: Doubles, step_hz: float) -> float:
    lobe = _LOBE_BINS / _LONG_WINDOW_S / step_hz
    return float(min(sum(peak.amplitude**2 for peak in peaks) / max(power.sum() / lobe, 1e-20), 1.0))


def _explained(peaks: list[_Peak], f0: float) -> float:
    """Share of the peaks' power that lies near multiples of `f0`."""
    power = np.array([peak.amplitude**2 for peak in peaks])
    multiple = np.array([peak.hz / f0 for peak in peaks])
    if not len(power):
        return 0.0
    near = np.abs(multiple - np.round(multiple)) <= np.maximum(_HARMONIC_TOLERANCE, 0.006 * multiple)
    return float(power[near & (multiple > 0.5)].sum() / power.sum())


def _is_harmonic(peaks: list[_Peak], f0: float) -> bool:
    """Whether multiples of `f0` hold the power, and what power the strongest peak leaves.

    Any one partial is a multiple of itself: a bowl's loudest must not vouch for the others.
    """
    if _explained(peaks, f0) < _HARMONIC_SHARE:
        return False
    strongest = max(peaks, key=lambda peak: peak.amplitude)
    others = [p for p in peaks if p is not strongest and p.amplitude > _WITNESS_SHARE * strongest.amplitude]
    # A pitch tracker that is forced to explain three modes finds a root far below them all.
    lowest = min((p.hz for p in [strongest, *others] if p.hz > 0.5 * f0), default=0.0)
    if round(lowest / f0) > _LOWEST_NUMBER:
        return False
    return not others or _explained(others, f0) >= _HARMONIC_SHARE_OF_OTHERS


def _refined(peaks: list[_Peak], f0: float) -> float:
    """f0 from the strong low partials: a mean of hz / number, weighted by amplitude."""
    multiple = np.array([max(round(peak.hz / f0), 1) for peak in peaks])
    hz, weight = np.array([p.hz for p in peaks]), np.array([p.amplitude for p in peaks])
    use = (multiple <= 8) & (np.abs(hz / multiple / f0 - 1) < _HARMONIC_TOLERANCE)
    if not use.any():
        return f0
    return float(np.sum(weight[use] * hz[use] / multiple[use]) / np.sum(weight[use]))


def _with_multiples(peaks: list[_Peak], hz: Doubles, power: Doubles, f0: float, top_hz: float) -> list[_Peak]:
    """Fill multiples that stand out of the valleys beside them but were missed as free peaks."""
    added = list(peaks)
    step = float(hz[1])
    loudest = max(peak.amplitude for peak in peaks)
    for number in range(1, int(top_hz / f0) + 1):
        target = number * f0
        if any(abs(peak.hz - target) < max(0.4 * f0, _NEAREST_HZ / 2) for peak in added):
            continue
        at, half = int(target / step), int(f0 / 2 / step)
        reach = max(half // 3, 1)
        here = power[max(at - reach, 0) : at + reach].mean()
        if at - half - reach < 1 or at + half + reach >= len(power):
            continue
        valley = (
            power[at - half - reach // 2 : at - half + reach // 2 + 1].mean()
            + power[at + half - reach // 2 : at + half + reach // 2 + 1].mean()
        ) / 2
        peak = _shape(hz, power, target, min(20.0, f0 / 3))
        if here > 2 * valley and peak.amplitude > loudest * 10 ** (_QUIETEST_DB / 20):
            added.append(peak)
    return added


def _above(hz: Doubles, power: Doubles, f0: float, low_hz: float, top_hz: float) -> list[_Peak]:
    """Peaks from `low_hz` up; of a harmonic sound its multiples, with all that rises above the valleys beside them.

    So high up every wobble of the pitch smears a harmonic beyond a peak's lobe, and it is still no breath.
    """
    if f0 <= 0:
        return [peak for peak in _peaks(hz, power, top_hz) if peak.hz >= low_hz]
    step, found = float(hz[1]), []
    half, lobe = int(f0 / 2 / step), _LOBE_BINS / _LONG_WINDOW_S / step
    edge = max(half // 4, 1)
    for number in range(int(low_hz / f0) + 1, int((top_hz - f0) / f0) + 1):
        at = round(number * f0 / step)
        around = power[at - half : at + half + 1]
        valley = float(np.concatenate([around[:edge], around[-edge:]]).mean())
        here = float(around[half - edge : half + edge + 1].mean())
        if here > _HIGH_CONTRAST * valley and around.max() > power.max() * 10 ** (_QUIETEST_DB / 10):
            peak = _shape(hz, power, number * f0, min(20.0, f0 / 3))
            whole = float(np.maximum(around - valley, 0).sum()) / lobe
            found.append(_Peak(peak.hz, peak.bandwidth_hz, float(np.sqrt(whole))))
    return found


def _strike_note(peaks: list[_Peak]) -> float:
    """The lowest of the strong partials: what an ear would sing."""
    loudest = max(peak.amplitude for peak in peaks)
    return min(peak.hz for peak in peaks if peak.amplitude > 0.15 * loudest)


def _strongest(peaks: list[_Peak], count: int) -> list[_Peak]:
    kept = sorted(peaks, key=lambda peak: -peak.amplitude)[:count]
    return sorted(kept, key=lambda peak: peak.hz)


def _as_partials(peaks: list[_Peak]) -> Partials:
    return Partials(
        torch.tensor([peak.hz for peak in peaks], dtype=torch.float32),
        torch.tensor([peak.bandwidth_hz for peak in peaks], dtype=torch.float32),
        torch.tensor([peak.amplitude for peak in peaks], dtype=torch.float32),
    )


__all__ = ["MOST_PARTIALS", "MeasuredPitch", "measure", "peaks_hz"]
