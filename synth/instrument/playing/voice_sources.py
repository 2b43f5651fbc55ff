"""The sources that each voice has for itself. Axes: `V` slots."""

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from synth.instrument.modulation.lfo import drawn, lfo_rates, lfo_value
from synth.instrument.modulation.sources import SOURCES
from synth.instrument.voices.allocator import Phase
from synth.instrument.voices.bank_frame import BankState
from synth.instrument.voices.envelope import Envelope
from synth.instrument.voices.key_follow import CENTRE_KEY

Values = NDArray[np.float64]

_KEYS_TO_EITHER_SIDE = 60.0
_SEMITONES_TO_EITHER_SIDE = 2.0
_NEUTRAL_TIMBRE = 0.5
_RANDOM = 100
"""Stream of what is drawn for each note; those of the LFOs are their numbers, and these plus 10 for voices."""
_ENDS_WITH_THE_NOTE = ("envelope2", "pressure")
"""Sources that are at 0 once the note that began last has ended."""


def voice_sources(
    ids: Collection[str], state: BankState, values: Mapping[str, float], seed: int, at_s: float
) -> dict[str, Values]:
    """Sources in 0 … 1 by id, (V,) each, `at_s` after the beginning of the frame; `values` are those of the frame
    before."""
    return {id: _source(id, state, values, seed, at_s) for id in ids}


def _source(id: str, state: BankState, values: Mapping[str, float], seed: int, at_s: float) -> Values:
    said, slots = state.expression, state.allocator
    channel = said.channel
    match id:
        case "velocity":
            return np.clip(said.velocity, 0, 1)
        case "key":
            return np.clip(0.5 + (slots.key - CENTRE_KEY) / (2 * _KEYS_TO_EITHER_SIDE), 0, 1)
        case "wheel":
            return np.clip(said.channel_wheel[channel], 0, 1)
        case "bend":
            bend = said.bend + said.channel_bend[channel]
            return np.clip(0.5 + bend / (2 * _SEMITONES_TO_EITHER_SIDE), 0, 1)
        case "pressure":
            return np.clip(said.pressure + said.channel_pressure[channel], 0, 1)
        case "timbre":
            return np.clip(said.timbre + said.channel_timbre[channel] - _NEUTRAL_TIMBRE, 0, 1)
        case "random":
            return drawn(seed, _RANDOM, slots.begun)
        case "envelope2":
            return Envelope(state.envelope2).level(values["envelope2_sustain"], at_s)
    n = int(id.removeprefix("lfo")) - 1
    rate = lfo_rates(values, values["tempo_bpm"] / 60)[n]
    # A voice that has yet to begin is where it begins.
    cycles = np.maximum(state.lfo.cycles[n] + rate * at_s, 0.0) + values[f"{id}_phase"]
    return lfo_value(int(values[f"{id}_shape"]), cycles, seed, n + 1 + 10, slots.begun)


def of_the_last_note(sources: Mapping[str, Values], state: BankState) -> dict[str, float]:
    """The sources of the note that began last, whether or not it still sounds; neutral before the first one."""
    slots = state.allocator
    last = int(np.argmax(slots.begun))
    if slots.begun[last] == 0:
        return {id: 0.5 if SOURCES[id].bipolar else 0.0 for id in sources}
    over = slots.phase[last] == Phase.FREE
    return {id: 0.0 if over and id in _ENDS_WITH_THE_NOTE else float(of[last]) for id, of in sources.items()}
