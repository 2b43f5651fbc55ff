"""Delay: echoes after seconds or a note length of the tempo, each softer and darker than the one before."""

import math
from collections.abc import Mapping

from synth.effects.contract import Audio, EffectState, mix_levels
from synth.effects.echo_line import EchoLine
from synth.instrument.parameters.effect_rows import LONGEST_DELAY_S
from synth.instrument.parameters.note_lengths import seconds_of


class Delay:
    """Time or note length, feedback, tone, width and mix."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._line = EchoLine(rate_hz, LONGEST_DELAY_S)

    @property
    def memory_samples(self) -> int:
        return self._line.memory_samples

    @property
    def memory_holds(self) -> int:
        return self._line.memory_holds

    @property
    def state(self) -> EffectState:
        return self._line.held.copies()

    def obey(self, values: Mapping[str, float], *, at_once: bool = False) -> None:
        tone = 1 - math.exp(-2 * math.pi * min(values["delay_tone_hz"] / self._rate_hz, 0.49))
        dry, wet = mix_levels(values["delay_mix"])
        levels = [dry, wet, values["delay_feedback"], tone, values["delay_width"]]
        self._line.obey(delay_seconds(values), levels, at_once=at_once)

    def process(self, x: Audio) -> Audio:
        return self._line.process(x)

    def reset(self, state: EffectState | None = None) -> None:
        if state is None:
            self._line.reset()
        else:
            self._line.held.reset(state)


def delay_seconds(values: Mapping[str, float]) -> float:
    """From a sound to its echo."""
    if not values["delay_sync"]:
        return values["delay_time_s"]
    seconds = seconds_of(values["delay_note"], values["tempo_bpm"])
    while seconds > LONGEST_DELAY_S:
        seconds /= 2
    return seconds
