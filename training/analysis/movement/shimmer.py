"""How the amplitude of each partial moves at random, faster than mel frames can say, and how much they do so together.

Axes: `N` samples, `P` partials, `K` bands of movement, `S` samples of an envelope.
"""

import itertools

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from synth.mel import MelFormat
from synth.presets.model import SHIMMER_BANDS, shimmer_edges_hz
from training.analysis.noise_share import Between

Doubles = npt.NDArray[np.float64]
Complexes = npt.NDArray[np.complexfloating]

_ENVELOPE_HZ = 500.0
_MOST_REACH_HZ, _FLAT = 200.0, 0.8
"""A partial is all that lies within half the way to the next one, and no more than this; flat within this share."""
_TREND_S = 0.35
"""The mean of so long is what fast movement is relative to."""
_LEAST_SECONDS, _EDGE_S = 0.6, 0.1
"""The ends of an excerpt ring in a narrow band."""
_ABOVE_NOISE = 1.5
"""Movement of no more than so much of the power that the noise beside a partial gives is not known."""
_MOST = 1.0


def shimmer(between: Between, hz: Tensor, fmt: MelFormat) -> tuple[Tensor, Tensor]:
    """Standard deviation of each partial's amplitude in each band, relative to its mean, (P, K) float32, and how much
    of that power all of them share, (K,) float32.

    The noise between the partials, which is played beside them, moves their amplitudes as well: that part is taken off.
    """
    places = hz.double().numpy()
    edges = np.array(shimmer_edges_hz(fmt))
    depth, shared = np.zeros((len(places), SHIMMER_BANDS)), np.zeros(SHIMMER_BANDS)
    if len(places) and len(between.wave) >= _LEAST_SECONDS * between.rate_hz:
        gaps = np.diff(places, prepend=0.0, append=2 * places[-1])
        reaches = np.minimum(np.minimum(gaps[:-1], gaps[1:]) / 2, _MOST_REACH_HZ)
        spectrum = np.fft.fft(between.wave)
        found = [_movement(spectrum, between.rate_hz, at, reach) for at, reach in zip(places, reaches, strict=True)]
        slow, fast, loud = (np.array(part) for part in zip(*found, strict=True))
        noise = np.interp(places, between.hz, between.noise) / between.rate_hz / loud
        rates = np.arange(slow.shape[1]) * _ENVELOPE_HZ / (2 * (slow.shape[1] - 1))
        within = rates < _FLAT * reaches[:, None]
        for band, (low, high) in enumerate(itertools.pairwise(edges)):
            inside = (rates >= low) & (rates < high)
            seen = np.where(within, fast if band else slow, 0)[:, inside]
            power = np.square(np.abs(seen)).sum(axis=1)
            beside = noise * np.clip(_FLAT * reaches - low, 0, high - low)
            known = np.where(power > _ABOVE_NOISE * beside, power - beside, 0.0)
            depth[:, band] = np.minimum(np.sqrt(known), _MOST)
            shared[band] = _shared(seen, depth[:, band])
    return torch.from_numpy(depth).float(), torch.from_numpy(shared).float()


def _movement(spectrum: Complexes, rate_hz: int, hz: float, reach_hz: float) -> tuple[Complexes, Complexes, float]:
    """The movement of what lies about `hz` as spectra (S,) whose squares are variances, and its mean power.

    Relative first to a steady fall, then to what the amplitude was at about that time.
    """
    n = len(spectrum)
    size = 2 * round(_ENVELOPE_HZ / 2 * n / rate_hz)
    offset = np.arange(-size // 2, size // 2)
    beyond = np.clip((np.abs(offset) * rate_hz / n / reach_hz - _FLAT) / (1 - _FLAT), 0, 1)
    part = spectrum[(round(hz * n / rate_hz) + offset) % n] * np.cos(np.pi / 2 * beyond) ** 2
    edge = round(_EDGE_S * _ENVELOPE_HZ)
    envelope = (np.abs(np.fft.ifft(np.fft.ifftshift(part))) * size / n)[edge : size - edge]
    t, log = np.arange(len(envelope)), np.log(np.maximum(envelope, 1e-12))
    line = np.exp(np.polyval(np.polyfit(t, log, 1), t))
    smooth = np.hanning(round(_TREND_S * _ENVELOPE_HZ) | 1)
    trend = np.convolve(envelope, smooth, "same") / np.convolve(np.ones(len(envelope)), smooth, "same")
    window = np.hanning(len(envelope))
    scale = np.sqrt(2 / (len(envelope) * np.square(window).sum()))
    slow = envelope / line / np.mean(envelope / line) - 1
    fast = envelope / np.maximum(trend, 1e-12) - 1
    return np.fft.rfft(slow * window) * scale, np.fft.rfft(fast * window) * scale, float(np.square(trend).mean())


def _shared(seen: Complexes, depth: Doubles) -> float:
    """How much of the movement `seen` (P, …), of these depths (P,), all partials have in common, 0 … 1."""
    covariance = (seen @ seen.conj().T).real
    pairs = np.outer(depth, depth)
    off = ~np.eye(len(depth), dtype=bool)
    whole = pairs[off].sum()
    return float(np.clip(covariance[off & (pairs > 0)].sum() / whole, 0, 1)) if whole > 0 else 0.0
