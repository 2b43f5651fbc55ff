"""How much of a row is noise: the share measured from the recording, held back from the partials.

A mel row below 8 kHz spans many partials, and partials alone can explain it wholly: the sound is then 10 to 20 dB too
clean between them. No history: each column's answer depends on that column alone. Axes: `F` columns, `M` mel bands,
`Q` quantiles.
"""

import numpy as np

from synth.mel import DB_PER_NEPER, filterbank
from synth.presets.model import Preset
from synth.vocoder.arrays import Doubles, Floats, each_row_times
from synth.vocoder.spectral.atoms import triangles

# Partials that explain less than the lower share of a row leave the rest to noise, as under a painted block; above the
# upper share, what they lack of it is their own movement. At 0.35 and 0.7 valleys below 500 Hz were 7 to 13 dB too
# high in three presets, at these within 4 dB of their recordings.
_FOREIGN, _EXPLAINED = np.float32(0.03), np.float32(0.12)
# A row that stands out of its surroundings by so much more than the recording's begins to be a painted line, and is
# nothing else another 6 dB further up: a line is a tone, however breathy the recording was there.
_LINE_DB, _RAMP_DB = 9.0, 6.0
_LINE = np.float32(10 ** (_LINE_DB / 20))
_SURROUNDINGS = (-6, -5, -4, 4, 5, 6)
_HIGH_QUANTILE = 0.9
# Bins of the mel's Hann window in which a partial is louder than noise of its level.
_LOBE_BINS = 3.0
_TINY = np.float32(1e-12)


class RowSplit:
    """Divides rows between partials and noise. A preset without a noise share: partials take what they can."""

    def __init__(self, preset: Preset, partials_hz: Doubles) -> None:
        """`partials_hz` (P,): those the rows are explained by."""
        self._share: Floats | None = None
        if preset.noise_share is None:
            return
        self._share = preset.noise_share.numpy().astype(np.float32)[None]
        self._bins, self._lobes = _bins_of_rows(preset, partials_hz)
        self._tonal = self._tonal_part(self._share)
        rows = np.arange(preset.mel.n_mels)
        around = np.clip(rows[:, None] + np.array(_SURROUNDINGS)[None], 0, len(rows) - 1)
        levels = preset.quantiles.numpy() * np.float32(40 / DB_PER_NEPER)
        high = np.exp(levels[:, int(_HIGH_QUANTILE * (levels.shape[1] - 1))])
        usual = high / (np.exp(levels.mean(axis=1))[around].mean(axis=1) + _TINY)
        # Rows times this: the mean of each row's surroundings, times how far the recording's row stands out of it.
        surroundings = np.zeros((len(rows), len(rows)), np.float32)
        for row, (places, contrast) in enumerate(zip(around, usual, strict=True)):
            np.add.at(surroundings[:, row], places, contrast / len(places))
        self._usual = surroundings

    def shares(self, rows: Floats) -> Floats | None:
        """Share of noise in rows (F, M), or None: the recording's, (1, M), but less where a line was painted."""
        if self._share is None:
            return None
        contrast = rows / (each_row_times(rows, self._usual) + _TINY)
        if not (contrast > _LINE).any():
            return self._share
        x = np.clip((20 * np.log10(contrast + _TINY) - _LINE_DB) / _RAMP_DB, 0, 1)
        line = (x * x * (3 - 2 * x)).astype(np.float32)
        # A line is seen in the rows beside it as well.
        line = np.maximum(line, np.maximum(_beside(line, 1), _beside(line, -1)))
        shares: Floats = self._share * (1 - line)
        return shares

    def tonal(self, rows: Floats, shares: Floats | None) -> Floats:
        """What partials may explain of rows (F, M), so that with the noise the rows are as loud as before."""
        if shares is None:
            return rows
        tonal: Floats = rows * (self._tonal if shares is self._share else self._tonal_part(shares))
        return tonal

    @staticmethod
    def noise(rows: Floats, shares: Floats | None, explained: Floats) -> Floats:
        """What of rows (F, M) is noise where partials gave `explained` (F, M)."""
        if shares is None:
            residual: Floats = np.maximum(rows - explained, 0)
            return residual
        share: Floats = shares * rows
        foreign = _EXPLAINED * rows - explained
        if not (foreign > 0).any():
            return share
        left = np.sqrt(np.maximum(rows**2 - explained**2, 0))
        gate = np.clip(foreign / ((_EXPLAINED - _FOREIGN) * rows + _TINY), 0, 1)
        noise: Floats = np.maximum(share, gate * left)
        return noise

    def _tonal_part(self, shares: Floats) -> Floats:
        """Level of the partials in a row of level 1, from that of the noise.

        A row is a mean of magnitudes over its bins. Noise fills all of them, a partial its own lobe, where the two add
        up as power: in a narrow row they add up as power, in a wide one nearly as magnitudes.
        """
        noise = shares / self._bins
        lobe = (1 - (self._bins - self._lobes) * noise) / self._lobes
        tonal: Floats = self._lobes * np.sqrt(np.maximum(lobe**2 - noise**2, 0))
        return tonal


def _bins_of_rows(preset: Preset, partials_hz: Doubles) -> tuple[Floats, Floats]:
    """How many bins each row is a mean of, and how many of them its partials fill, (M,) each."""
    bank = filterbank(preset.mel).numpy()
    bins = bank.sum(axis=1) ** 2 / (bank**2).sum(axis=1)
    weights = triangles(partials_hz, preset.mel)
    partials = (weights / weights.max(axis=1, initial=1e-12)[:, None]).sum(axis=1) if len(partials_hz) else 0 * bins
    lobes = np.minimum(_LOBE_BINS * np.maximum(partials, 1.0), bins)
    return bins.astype(np.float32), lobes.astype(np.float32)


def _beside(rows: Floats, by: int) -> Floats:
    """Rows moved by one, 0 shifted in."""
    moved = np.zeros_like(rows)
    if by > 0:
        moved[:, by:] = rows[:, :-by]
    else:
        moved[:, :by] = rows[:, -by:]
    return moved
