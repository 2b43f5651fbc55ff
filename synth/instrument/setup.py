"""How an instrument's culture starts and computes, and the culture that this makes."""

from dataclasses import dataclass

import torch

from synth.automaton.rules import LiveRule
from synth.culture.culture import Culture, LiveCulture
from synth.culture.failover import FailoverCulture
from synth.culture.regrowth import RegrowingCulture
from synth.presets.model import Preset


@dataclass(frozen=True)
class Setup:
    """How a culture starts and computes."""

    seed: int = 0
    grown: bool = True
    dtype: torch.dtype = torch.float32
    """Of the matrix products on the processor; a graphics card computes in float32."""
    device: str = "cpu"
    """Where a live culture lives; should that be lost, it moves to the processor."""


def make_culture(preset: Preset, setup: Setup) -> Culture:
    """The culture a preset's rule calls for."""
    if isinstance(preset.rule, LiveRule):
        home = LiveCulture(preset, setup.seed, grown=setup.grown, dtype=setup.dtype)
        if setup.device == "cpu":
            return home
        return FailoverCulture(LiveCulture(preset, setup.seed, grown=setup.grown, device=setup.device), home)
    return RegrowingCulture(preset, setup.seed, grown=setup.grown)
