"""Tilt: the spectrum turned about 1 kHz, so many dB per octave, and kept as loud as it was.

It is applied to the log-mel columns between playhead and vocoder, not to the sound: every vocoder obeys it, it moves by
frames and so does not depend on block size, and it costs one addition per band. Above the mel's fmax a preset tells
from the column how loud the air is, by a map that was fitted to how the recording moves: of a column that is tilted by
6 dB per octave it made 10 dB too little, a step at fmax. What it lacks there is told beside the columns. Axes: `M` mel
bands, `H` high bands, `V` voices, `T` frames, `K` parts of the sound.
"""

import math

import torch
from torch import Tensor

from synth.instrument.parameters.glide import Glide, frames_of
from synth.instrument.parameters.table import PARAMETERS
from synth.loudness import k_weighting
from synth.mel import DB_PER_NEPER, LOG_MEL_FLOOR, MelFormat, band_centres_hz, band_edges_hz
from synth.presets.model import HighBand, Partials, Preset

PIVOT_HZ = 1000.0
_LOWEST_HZ = 40.0
"""Bands below turn no further: what is there is rumble."""
_SETTLED_DB = 1e-3
_TABLE_STEP_DB = 0.25
_TABLE_DB = tuple(_TABLE_STEP_DB * i for i in range(-72, 73))
"""Voices are tilted by looking it up between these: within 0.01 dB of what it would be."""
_TONE_SHARE = 0.7
"""Of the power of a sound with partials, how much is taken to be theirs: a mel cannot tell, and a partial's row and its
neighbours overstate it. Over twelve presets, loudness then stays within 2 LU (±6 dB per octave; 0.5 at ±3)."""


class Tilt:
    """The tilt of one preset as it is now: it glides to the control's value."""

    def __init__(self, preset: Preset, grown: Tensor, db_per_octave: float) -> None:
        """`grown` is the preset's grown culture as log-mel columns (T, M): its mean says how loud a tilt is."""
        self.now = db_per_octave
        self._more = 0.0
        """What routes add to it in this frame."""
        smoothing_s = PARAMETERS["tilt_db"].smoothing_s
        self._glide = Glide(frames_of(smoothing_s, preset.mel.frames_per_second), _SETTLED_DB)
        self._octaves = _octaves(band_centres_hz(preset.mel))
        self._powers, self._turns = _parts(preset, grown.double(), self._octaves)
        self._high = _high_octaves(preset.high_band)
        weights = torch.zeros(0, preset.mel.n_mels) if preset.high_band is None else preset.high_band.weights[:, :-1]
        self._weights = weights.double()
        # Voices that are tilted beside the instrument have what the map makes of their columns.
        self._voice_turns = self._turns.clone()
        self._voice_turns[len(self._turns) - len(self._high) :] = self._weights @ self._octaves
        self._table = torch.stack([self._offsets_at(float(db), self._voice_turns) for db in _TABLE_DB])
        self.jump(db_per_octave)

    def advance(self, db_per_octave: float, more_db: float = 0.0) -> bool:
        """Move on by one frame, with what routes add to it, which does not glide; False when it is where it should
        be."""
        if self.now == db_per_octave and more_db == self._more:
            return False
        self.jump(self._glide.toward(self.now, db_per_octave), more_db)
        return True

    def jump(self, db_per_octave: float, more_db: float = 0.0) -> None:
        """Be tilted so much at once."""
        self.now, self._more = db_per_octave, more_db
        whole_db = self.now + more_db
        self._offsets, self._voice_offsets = (self._offsets_at(whole_db, of) for of in (self._turns, self._voice_turns))
        # The slope between the highest row and a high band, and the gain that all have.
        gain = self._offsets[-1].double() - whole_db * self._octaves[-1] / DB_PER_NEPER
        self._air = (whole_db * self._high / DB_PER_NEPER + gain - self._weights @ self._offsets.double()).float()

    def follow(self, other: "Tilt") -> bool:
        """Be tilted as another one is now, at once; False when it is already."""
        if (self.now, self._more) == (other.now, other._more):
            return False
        self.jump(other.now, other._more)
        return True

    @property
    def offsets(self) -> Tensor | None:
        """What is added to each band, (M,) nepers; None at 0."""
        return None if self.now + self._more == 0 else self._offsets

    @property
    def air(self) -> Tensor | None:
        """By how much each high band is louder than the tilted columns say, (H,) nepers; None at 0."""
        return None if self.now + self._more == 0 or not len(self._high) else self._air

    def beside(self, db_per_octave: Tensor) -> Tensor:
        """What voices add to each band that are tilted by so much (V,) more, (V, M) nepers."""
        at = (
            (db_per_octave + (self.now + self._more)).clamp(_TABLE_DB[0], _TABLE_DB[-1]) - _TABLE_DB[0]
        ) / _TABLE_STEP_DB
        low = at.floor().long().clamp(max=len(self._table) - 2)
        offsets = self._table[low].lerp(self._table[low + 1], (at - low)[:, None].float())
        return offsets - self._voice_offsets

    def _offsets_at(self, db_per_octave: float, turns: Tensor) -> Tensor:
        """What is added to each band, (M,) nepers, where parts of the sound turn by these octaves (K,)."""
        turned = self._powers * 10 ** (db_per_octave * turns / 10)
        louder_db = 10 * torch.log10(turned.sum() / self._powers.sum())
        return ((db_per_octave * self._octaves - louder_db) / DB_PER_NEPER).float()


def turned(mel: Tensor, offsets: Tensor | None, floor: float = LOG_MEL_FLOOR) -> Tensor:
    """Log-mel columns (…, M) with a tilt's offsets; without any the very same columns. What is silent stays silent."""
    if offsets is None:
        return mel
    return mel + offsets * (mel - floor).clamp(0, 1)


def _octaves(hz: Tensor) -> Tensor:
    return torch.log2(hz.double().clamp(min=_LOWEST_HZ) / PIVOT_HZ)


def _high_octaves(high: HighBand | None) -> Tensor:
    """Of the high bands' centres, (H,)."""
    if high is None:
        return torch.zeros(0, dtype=torch.float64)
    return _octaves((high.edges_hz[1:].double() * high.edges_hz[:-1].double()).sqrt())


def _parts(preset: Preset, grown: Tensor, octaves: Tensor) -> tuple[Tensor, Tensor]:
    """K-weighted power of each part of the sound, (K,), and by how many octaves' worth a tilt turns it, (K,)."""
    rows = _row_powers(grown, preset.mel)
    powers, turns = [rows], [octaves]
    if preset.partials is not None and len(preset.partials.hz):
        tones = _partial_powers(preset.partials)
        powers = [(1 - _TONE_SHARE) * rows, _TONE_SHARE * rows.sum() * tones / tones.sum()]
        turns.append(_octaves(preset.partials.hz))
    if preset.high_band is not None:
        powers.append(_air_powers(preset.high_band, grown))
        turns.append(_high_octaves(preset.high_band))
    # A preset of nothing at all is as loud tilted as not.
    return torch.cat(powers).clamp(min=1e-20), torch.cat(turns)


def _row_powers(grown: Tensor, fmt: MelFormat) -> Tensor:
    """(T, M) → (M,) as heard, were it all noise: the mean magnitude of a Hann-windowed bin is √(π/4 · 3/8 · win) σ."""
    edges = band_edges_hz(fmt)
    bin_hz = fmt.rate_hz / fmt.n_fft
    density = (2 * grown).exp().mean(0) * bin_hz**2 / (math.pi / 4 * 3 / 8 * fmt.win) / (fmt.rate_hz / 2)
    return density * (edges[2:] - edges[:-2]) / 2 * _heard(band_centres_hz(fmt))


def _partial_powers(partials: Partials) -> Tensor:
    return partials.amplitude.double().square().clamp(min=1e-20) * _heard(partials.hz)


def _air_powers(high: HighBand, grown: Tensor) -> Tensor:
    edges, weights = high.edges_hz.double(), high.weights.double()
    levels = (grown @ weights[:, :-1].T + weights[:, -1]).clamp(max=2).exp()
    return levels.square().mean(0) * _heard((edges[1:] * edges[:-1]).sqrt())


def _heard(hz: Tensor) -> Tensor:
    """How much of a power counts as loudness."""
    return torch.from_numpy(k_weighting(hz.double().numpy()))
