"""Weather: slow, smooth random fields that the culture lives in and answers to.

A trained rule is contractive: without drive it settles into a loop. Bounded slow drive keeps it moving forever and
stable. Each field is Gaussian, unit variance, correlated over given numbers of rows and frames, and changes smoothly
with a clock counted in steps. Axes: `K` fields, `M` mel bands, `T` frames.

The field at clock w is a cubic B-spline through independent random knots, each a pure function of (seed, knot), so
weather can be read at any clock, in any order: undo, frozen weather and training need no history. (An
Ornstein-Uhlenbeck process as first tried needs one, and a draw of every field at every step: 28 000 normals.)
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from synth.automaton.scripted import scripted
from synth.random_streams import Stream, normal

# Half-width of a Gaussian correlation in frames → rate of its spectrum; 6 puts the correlation near e⁻¹ at the width.
_SPECTRAL_RATE = 6.0
# A cubic B-spline through white knots spaced Δ has its correlation fall to 1/e at about 1.155 Δ.
_KNOT_SPACING_PER_TAU = math.sqrt(3) / 2


@dataclass(frozen=True)
class WeatherSpec:
    """Which fields blow, in frames and rows; part of a preset."""

    time_frames: tuple[float, ...] = (3.0, 8.0, 20.0, 50.0)
    patches: tuple[tuple[float, float], ...] = ((3.0, 4.0), (3.0, 16.0))
    """(rows, frames) of the fields that vary over both axes."""
    band_period_frames: float = 0.0
    """Period of a narrow-band field along time, such as the recording's vibrato; 0 for none."""
    tau_steps: float = 120.0
    """Steps after which a field's correlation with itself has fallen to 1/e."""

    @property
    def n_fields(self) -> int:
        return len(self.time_frames) + len(self.patches) + (self.band_period_frames > 0)


class Weather:
    """All fields of one seed; `at(clock)` gives them as (K, M, T) float32."""

    def __init__(self, spec: WeatherSpec, n_mels: int, n_frames: int, seed: int) -> None:
        self.spec, self.n_mels, self.n_frames, self.seed = spec, n_mels, n_frames, seed
        self._time_response = _time_responses(spec, n_frames)
        self._patch_response = _patch_responses(spec, n_mels, n_frames)
        self._knots: dict[int, Tensor] = {}

    def at(self, clock: float) -> Tensor:
        """The fields at `clock` steps, (K, M, T); unit variance over seeds at every clock."""
        first, weights = self.blend(clock)
        self._knots = {k: self._knots[k] if k in self._knots else self.knot(k) for k in range(first, first + 4)}
        return _mixed([self._knots[first + i] for i in range(4)], weights)

    def blend(self, clock: float) -> tuple[int, tuple[float, float, float, float]]:
        """The first of the four knots that make the fields at `clock`, and their weights."""
        position = clock / (self.spec.tau_steps * _KNOT_SPACING_PER_TAU)
        knot = math.floor(position)
        return knot - 1, _spline_weights(position - knot)

    def knot(self, knot: int) -> Tensor:
        """One independent draw of all fields, (K, M, T)."""
        M, T = self.n_mels, self.n_frames
        along = normal(self.seed, Stream.WEATHER, knot, (len(self._time_response), T))
        along = torch.fft.irfft(torch.fft.rfft(along) * self._time_response, n=T)
        patch = normal(self.seed, Stream.WEATHER, knot, (len(self._patch_response), M, T), sub=1)
        patch = torch.fft.irfft2(torch.fft.rfft2(patch) * self._patch_response, s=(M, T))
        return torch.cat([along[:, None].expand(-1, M, -1), patch]).contiguous()


@scripted
def _mixed(knots: list[Tensor], weights: tuple[float, float, float, float]) -> Tensor:
    field = weights[0] * knots[0]
    field.add_(knots[1], alpha=weights[1])
    field.add_(knots[2], alpha=weights[2])
    field.add_(knots[3], alpha=weights[3])
    return field


def _spline_weights(u: float) -> tuple[float, float, float, float]:
    """Cubic B-spline weights of four knots at fraction `u`, scaled to unit power."""
    w = ((1 - u) ** 3, 3 * u**3 - 6 * u**2 + 4, -3 * u**3 + 3 * u**2 + 3 * u + 1, u**3)
    norm = math.sqrt(sum(x * x for x in w))
    return w[0] / norm, w[1] / norm, w[2] / norm, w[3] / norm


def _time_responses(spec: WeatherSpec, n_frames: int) -> Tensor:
    """Spectral shapes of the fields along time, (K₁, T//2 + 1), each giving unit variance."""
    f = torch.fft.rfftfreq(n_frames)
    shapes = [torch.exp(-_SPECTRAL_RATE * (f * width) ** 2) for width in spec.time_frames]
    if spec.band_period_frames > 0:
        centre = 1 / spec.band_period_frames
        shapes.append(torch.exp(-0.5 * ((f - centre) / (0.15 * centre)) ** 2))
    if not shapes:
        return torch.zeros(0, len(f))
    response = torch.stack(shapes)
    # A bin between DC and Nyquist stands for two of the full spectrum.
    multiplicity = torch.full_like(f, 2.0)
    multiplicity[0] = 1.0
    if n_frames % 2 == 0:
        multiplicity[-1] = 1.0
    power = (response**2 * multiplicity).sum(1, keepdim=True) / n_frames
    return response / power.sqrt()


def _patch_responses(spec: WeatherSpec, n_mels: int, n_frames: int) -> Tensor:
    """Spectral shapes of the fields over both axes, (K₂, M, T//2 + 1), each giving unit variance."""
    f_row = torch.fft.fftfreq(n_mels)[:, None]
    f_full = torch.fft.fftfreq(n_frames)[None]
    shapes = []
    for rows, frames in spec.patches:
        full = torch.exp(-_SPECTRAL_RATE * ((f_row * rows) ** 2 + (f_full * frames) ** 2))
        shapes.append(full[:, : n_frames // 2 + 1] / full.square().mean().sqrt())
    return torch.stack(shapes) if shapes else torch.zeros(0, n_mels, n_frames // 2 + 1)
