"""A preset: one trained timbre and everything needed to play it.

Axes: `C` channels, `M` mel bands, `T` frames, `P` partials, `Q` quantiles, `H` high bands, `A` frames of the attack.
The file format is in `file`.
"""

from dataclasses import dataclass, field, replace
from typing import Any

from torch import Tensor

from synth.automaton.rules import Rule
from synth.automaton.weather import WeatherSpec
from synth.mel import MelFormat
from synth.presets.about import About
from synth.presets.routes import Region, Routes
from synth.presets.schema import SHIMMER_BANDS as SHIMMER_BANDS
from synth.presets.tuning import Tuning

SCHEMA_VERSION = 2
LOOP_FRAMES = 172
"""Columns of a culture as it is played: 2.0 s at 86.13 frames per second."""


@dataclass(frozen=True)
class Partials:
    """Measured peaks of a long-window spectrum, strongest information about pitch that a mel cannot hold."""

    hz: Tensor
    """(P,) float32, ascending."""
    bandwidth_hz: Tensor
    """(P,) float32: how far the partial wanders or is smeared, 0 for a pure tone."""
    amplitude: Tensor
    """(P,) float32: mean amplitude, linear, in the recording as trained."""
    linewidth_hz: Tensor | None = None
    """(P,) float32: width at half power of a partial whose phase wanders at random, vibrato apart; 0 for a pure tone.
    None where it was not measured."""
    shimmer: Tensor | None = None
    """(P, 5) float32: standard deviation of the amplitude's random movement, of its mean, in the bands between
    `shimmer_edges_hz`; noise beside the partial apart. None where it was not measured."""
    shimmer_shared: Tensor | None = None
    """(5,) float32, 0 … 1: how much of the power of that movement all partials share. None with `shimmer`."""
    tremolo_db: Tensor | None = None
    """(P, 2) float32: how the level follows a vibrato of its usual depth, in dB: with the pitch, and with what is a
    quarter of a swing ahead of it. None where there is no vibrato or no partial follows it."""


def shimmer_edges_hz(fmt: MelFormat) -> tuple[float, ...]:
    """Between the bands of `Partials.shimmer`, (6,): slow movement from 0.7 to 11 Hz, then octaves to 172."""
    return (fmt.frames_per_second / 128, *(fmt.frames_per_second * 2.0 ** (band - 3) for band in range(SHIMMER_BANDS)))


@dataclass(frozen=True)
class Vibrato:
    """How the recording's pitch moves."""

    rate_hz: float = 0.0
    depth_cents: float = 0.0
    """Peak deviation of the periodic part."""
    jitter_cents: float = 0.0
    """Standard deviation of the slow random part."""
    rate_wander_hz: float = 0.0
    """Standard deviation of the periodic part's rate; 0 for a steady swing."""
    depth_wander: float = 0.0
    """Standard deviation of the periodic part's depth, relative to `depth_cents`."""


@dataclass(frozen=True)
class HighBand:
    """Air above the mel's fmax: log amplitude of noise bands, affine in the log-mel column."""

    edges_hz: Tensor
    """(H + 1,) float32."""
    weights: Tensor
    """(H, M + 1) float32; the last column is the offset."""
    noise_share: Tensor | None = None
    """(H,) float32, 0 … 1: how much of each band's level lies between the partials. None where it was not measured."""


@dataclass(frozen=True)
class Credit:
    """Where the recording came from."""

    recording: str
    author: str
    licence: str


@dataclass(frozen=True)
class Preset:
    """One timbre, immutable; `state` is a grown culture, `rule` is in eval mode and never trained further."""

    name: str
    mel: MelFormat
    rule: Rule
    weather: WeatherSpec
    state: Tensor
    """(C, M, T) float32, from float16 in the file."""
    quantiles: Tensor
    """(M, Q) float32 grid values: the target's distribution per row."""
    reference_db: float
    """dB of the loudest mel cell of the target; grid value 1."""
    credit: Credit
    gain_db: float = 0.0
    """Brings the vocoded culture to −23 LUFS."""
    root_hz: float = 0.0
    """Strike note or pitch the note control is relative to."""
    inharmonic: bool = False
    """True for sounds without f0: partials only, no multiples as fallback."""
    partials: Partials | None = None
    vibrato: Vibrato = Vibrato()
    high_band: HighBand | None = None
    decay_db_per_s: Tensor | None = None
    """(M,) float32: each row's removed decay, 0 or None for sustained sounds."""
    trim_db: Tensor | None = None
    """(M,) float32: added to each row by the spectral vocoder, so that its sound has the culture's average spectrum."""
    noise_share: Tensor | None = None
    """(M,) float32, 0 … 1: how much of each row's level lies between the partials and is played as noise. None where it
    was never measured: then partials explain as much of a row as they can."""
    attack: Tensor | None = None
    """(A, M) float32, from float16 in the file: the recording's beginning, each row's level in dB relative to the mean
    of its levels in dB in the trained region. Frame 0 is the mel frame whose hop begins at the onset. None where no
    attack was measured."""
    release_db_per_s: Tensor | None = None
    """(M,) float32, 0 or less: each row's slope after the note's end. None where the recording has no release."""
    tags: tuple[str, ...] = ()
    category: str = ""
    """Which of `about.CATEGORIES` its owner put it into, by its id; "" where nobody did."""
    comment: str = ""
    """What its owner says about it."""
    author: str = ""
    parent: str = ""
    region_s: tuple[float, float] = (0.0, 0.0)
    """Start and end of the trained region in the recording."""
    recipe: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    settings: dict[str, float] = field(default_factory=dict)
    """Suggested control values, by the ids of the instrument's parameter table."""
    tuning: Tuning | None = None
    """Suggested pitches of the keys; None suggests none, and keys play equal temperament."""
    routes: Routes = field(default_factory=Routes)
    """What moves which control."""
    region: Region = field(default_factory=Region)
    """The part of the culture that the sources which follow it follow."""
    macro_names: tuple[str, ...] = ()
    """What the macros are called, in their order; "" or missing for one without a name. They are not heard."""
    source_path: str = ""
    """File it was loaded from; not stored."""

    @property
    def n_frames(self) -> int:
        return int(self.state.shape[2])

    @property
    def about(self) -> About:
        return About(self.category, self.tags, self.comment)

    def with_about(self, about: About) -> "Preset":
        return replace(self, category=about.category, tags=about.tags, comment=about.comment)
