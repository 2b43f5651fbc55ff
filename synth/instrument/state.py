"""A moment of an instrument: all that what comes next depends on, so that it can be gone on from there.

The culture's life, the playhead's way and the controls are kept to the bit: an instrument resumed from a moment reads
the same columns as the one that was left. The vocoder's phases are not: it starts as if the present column had been
sounding.
"""

from dataclasses import dataclass

from synth.culture.culture import CultureState
from synth.instrument.parameters.values import ParameterValues


@dataclass(frozen=True)
class Moment:
    """Taken between two frames by `Instrument.moment`; the hand counts as lifted."""

    culture: CultureState
    controls: ParameterValues
    seed: int
    accumulator: float
    """Share of the next automaton step that is due already."""
    playhead: float
    """Column, in frames."""
    width: float
    """Stereo width on its way to the control's value."""
    log_ratio: float
    """Transposition on its way to the control's value, in octaves."""
