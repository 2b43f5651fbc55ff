"""Where paint lands: on the nearest partial of a preset with a pitch, on the nearest note of one without."""

import math

from synth.mel import MelFormat
from ui.look.axes import hz_of_row, nearest_note, row_of_hz


def snapped_row(row: float, fmt: MelFormat, root_hz: float, ratio: float = 1.0) -> float:
    """The row, in fractions, of the nearest partial or note as it is heard.

    `root_hz` is the preset's own pitch, 0 without one; `ratio` is how far the culture is transposed, partials with it.
    """
    own = hz_of_row(row, fmt)
    lowest, highest = hz_of_row(0.0, fmt), hz_of_row(fmt.n_mels - 1.0, fmt)
    if root_hz > 0:
        partial = min(max(round(own / root_hz), math.ceil(lowest / root_hz), 1), max(1, int(highest / root_hz)))
        target = partial * root_hz
    else:
        target = 440.0 * 2 ** ((nearest_note(own * ratio)[0] - 69) / 12) / ratio
        if not lowest <= target <= highest:
            return row
    return row_of_hz(target, fmt)
