"""The level that the instrument plays at, as a source: told by what is read, so that it does not wait for the sound.

A render makes the sound of a frame while the next one is read: a follower of the samples could not be the same there
and in the engine. The estimate is that of the columns' power, as the reader bounds it. Axes: `V` voices, `B` heads,
`M` mel bands.
"""

import math

_LOWEST_DB, _HIGHEST_DB = -48.0, 12.0
"""Relative to the mean of the preset's grown culture: the source's ends."""
_RELEASE_FRAMES = 8.0
"""Time constant with which it falls, 93 ms; it rises at once."""
_LEAST = 1e-12


def level_source(power: float) -> float:
    """0 … 1 for a power relative to the preset's usual one."""
    level_db = 10 * math.log10(max(power, _LEAST))
    return min(max((level_db - _LOWEST_DB) / (_HIGHEST_DB - _LOWEST_DB), 0.0), 1.0)


def followed(before: float, now: float) -> float:
    """The source one frame later."""
    return now if now >= before else before + (now - before) / _RELEASE_FRAMES
