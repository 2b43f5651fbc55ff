"""Low-frequency oscillators: where one is in its cycle, as a value from 0 to 1.

A place in the cycle is counted in cycles since the beginning, so that what a shape draws by chance belongs to the
number of the cycle and to nothing else: the same seed and place give the same value. Axes: `V` voices.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from synth.instrument.modulation.sources import N_LFOS
from synth.instrument.parameters.motion_rows import LFO_SHAPES
from synth.instrument.parameters.note_lengths import beats_of

Values = NDArray[np.float64]
Integers = NDArray[np.int64]

_MASK = (1 << 64) - 1
SYNC_TEMPO = 1.0
"""Value of the controls `lfo1_sync` … `lfo3_sync`."""


def drawn(seed: int, stream: int, number: Integers) -> Values:
    """A number in [0, 1) for each of `number`, the same whenever it is asked for.

    The finaliser of SplitMix64 (Steele, Lea and Flood 2014), twice: neighbouring seeds and numbers have nothing in
    common.
    """
    key = (seed * 0x9E3779B97F4A7C15 + stream * 0xD1B54A32D192ED03 + 0x632BE59BD9B4E019) & _MASK
    mixed = _mixed(_mixed(number.astype(np.uint64) + np.uint64(key)) ^ np.uint64(key))
    # The upper 53 bits: what a float64 holds below 1.
    return (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _mixed(z: NDArray[np.uint64]) -> NDArray[np.uint64]:
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def lfo_value(shape: int, cycles: Values, seed: int, stream: int, note: Integers) -> Values:
    """Values in 0 … 1 at places of the cycle; `note` tells apart oscillators that belong to notes."""
    share = cycles - np.floor(cycles)
    match LFO_SHAPES[shape]:
        case "sine":
            return 0.5 + 0.5 * np.sin(2 * np.pi * share)
        case "triangle":
            return 2 * np.abs((share + 0.75) % 1 - 0.5)
        case "saw":
            return share
        case "square":
            return np.where(share < 0.5, 1.0, 0.0)
        case "steps":
            return _of_cycle(cycles, seed, stream, note)
    before, after = _of_cycle(cycles, seed, stream, note), _of_cycle(cycles + 1, seed, stream, note)
    return before + (after - before) * share * share * (3 - 2 * share)


def _of_cycle(cycles: Values, seed: int, stream: int, note: Integers) -> Values:
    return drawn(seed, stream, np.floor(cycles).astype(np.int64) + (note << 32))


def lfo_rates(values: Mapping[str, float], beats_per_second: float) -> tuple[float, ...]:
    """Cycles per second of each LFO, at its rate or by the tempo."""
    return tuple(
        beats_per_second / beats_of(values[f"lfo{n}_length"])
        if values[f"lfo{n}_sync"] == SYNC_TEMPO
        else values[f"lfo{n}_hz"]
        for n in range(1, N_LFOS + 1)
    )
