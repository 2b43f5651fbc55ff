"""How a sound without a pitch answers keys: its rows move with the key, as noise does that is played faster.

A preset of surf or wind has no partials for a vocoder to transpose. Its columns are read at other frequencies instead:
what was heard at f is heard at ratio · f, and as the same power lies in a wider band, its density sinks. Axes: `V`
voices, `M` mel bands.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from synth.instrument.voices.glide import ratio
from synth.mel import MelFormat, band_centres_hz

Values = NDArray[np.float64]
Floats = NDArray[np.float32]

CENTRE_KEY = 60
"""Middle C plays a sound without a root as it is."""


def follow_ratio(pitch: Values, amount: float | Values) -> Values:
    """By what factor frequencies move at a key's pitch (semitones, MIDI): 1 when `amount` is 0, or at middle C."""
    return np.exp2(np.asarray(amount) * (pitch - CENTRE_KEY) / 12)


def heard_ratio(pitch: float, root_hz: float, amount: float) -> float:
    """By what factor a key's pitch (semitones, MIDI) moves every frequency of a preset; 1 for a key that is silent.

    A preset with a root is transposed to the key, one without (0 Hz) follows it by `amount`.
    """
    if not np.isfinite(pitch):
        return 1.0
    return float(ratio(np.array(pitch), root_hz) if root_hz > 0 else follow_ratio(np.array(pitch), amount))


def moved_rows(columns: Floats, ratios: Values, fmt: MelFormat) -> Floats:
    """Log-mel columns (V, ..., M) with the rows of voice v moved up by `ratios` (V,); a ratio of 1 changes nothing.

    Above the last row there is nothing to read: it stands for what lies beyond. Likewise below the first.
    """
    if (ratios == 1).all():
        return columns
    centres = _centres(fmt)
    # Where each row reads, as a fractional row number.
    rows = np.interp(centres[None] / ratios[:, None], centres, np.arange(len(centres), dtype=np.float64))
    low = np.floor(rows).astype(np.int64)
    high = np.minimum(low + 1, len(centres) - 1)
    shape = (len(ratios), *(1,) * (columns.ndim - 2), len(centres))
    share = (rows - low).astype(np.float32).reshape(shape)
    wide = np.broadcast_to(low.reshape(shape), columns.shape), np.broadcast_to(high.reshape(shape), columns.shape)
    below, above = (np.take_along_axis(columns, index, axis=-1) for index in wide)
    density = (0.5 * np.log(ratios)).astype(np.float32).reshape((len(ratios), *(1,) * (columns.ndim - 1)))
    moved = below + share * (above - below) - density
    return np.where((ratios == 1).reshape(density.shape), columns, moved)


@lru_cache(maxsize=8)
def _centres(fmt: MelFormat) -> Values:
    centres: Values = band_centres_hz(fmt).numpy()
    return centres
