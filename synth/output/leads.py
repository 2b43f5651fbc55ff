"""Where routes of modulation lead the output's controls while a piece is rendered, whose sound comes after its frames.

Axes: `N` samples; sound is (2, N) float32.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from synth.instrument.instrument import Instrument
from synth.output.chain import Chain
from synth.output.limiter import Audio
from synth.vocoder.contract import samples_until


@dataclass(frozen=True)
class Lead:
    """Where routes move the output's controls to in one frame."""

    begin: int
    """The frame's first sample, of the instrument's sound."""
    n_samples: int
    values: Mapping[str, float]


class Leads:
    """Notes where an instrument's routes lead the output, for frames whose sound comes later."""

    def __init__(self, instrument: Instrument) -> None:
        self._format, self._rate_hz = instrument.preset.mel, instrument.out_rate_hz
        self._told: list[Lead] = []
        self._leading = False
        instrument.output_listener = self._note

    def told(self) -> list[Lead]:
        """Those since this was asked last."""
        told, self._told = self._told, []
        return told

    def _note(self, frame: int, values: Mapping[str, float]) -> None:
        if values or self._leading:
            begin, end = (samples_until(f, self._format, self._rate_hz) for f in (frame, frame + 1))
            self._told.append(Lead(begin, end - begin, values))
        self._leading = bool(values)


class LedChain:
    """A chain that is led at the very samples at which the engine leads it."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._leads: list[Lead] = []
        self._have = 0

    def follow(self, leads: Iterable[Lead]) -> None:
        """These lie ahead."""
        self._leads += leads

    def process(self, sound: Audio) -> Audio:
        """The instrument's next (2, N) → the output's."""
        parts = []
        while self._leads and self._leads[0].begin < self._have + sound.shape[1]:
            lead = self._leads.pop(0)
            until = max(0, lead.begin - self._have)
            parts.append(self._passed(sound[:, :until]))
            self._chain.lead(lead.values, lead.n_samples)
            sound = sound[:, until:]
        parts.append(self._passed(sound))
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)

    def _passed(self, sound: Audio) -> Audio:
        self._have += sound.shape[1]
        return self._chain.process(sound)
