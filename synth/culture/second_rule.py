"""The rule of a second preset that lives on the culture of a first one, cell by cell.

Presets of one parent have rules that understand each other's cells: a blend of two, cell by cell, lives as long as
either alone (`training/studies/siblings.py`). Axes: `C` channels, `M` mel bands, `T` frames, `K` weather fields.
"""

import torch
from torch import Tensor

from synth.automaton.graphed_stepper import GraphedStepper
from synth.automaton.rules import LiveRule
from synth.automaton.stepper import Stepper
from synth.automaton.weather import Weather, WeatherSpec
from synth.presets.model import Preset


def are_siblings(first: Preset, second: Preset) -> bool:
    """Whether two presets can live on one culture: of one parent, of one size, their rules of one architecture."""
    a, b = first.rule, second.rule
    if not (isinstance(a, LiveRule) and isinstance(b, LiveRule)):
        return False
    if first.mel != second.mel or first.state.shape != second.state.shape or a.dilations != b.dilations:
        return False
    return (first.parent or first.name) == (second.parent or second.name)


class SecondRule:
    """What a culture needs to be stepped by another preset's rule as well; made outside of the engine's loop."""

    def __init__(
        self, first: Preset, second: Preset, seed: int, dtype: torch.dtype = torch.float32, device: str = "cpu"
    ) -> None:
        """`seed` is that of the culture, `dtype` and `device` are where and how that computes."""
        assert isinstance(second.rule, LiveRule)
        M, T = second.mel.n_mels, second.n_frames
        self._home = Stepper(second.rule, M, T, dtype)
        self._away = None if device == "cpu" else Stepper(second.rule, M, T, torch.float32, device)
        # Of the same kind and seed it is the very weather that the first rule lives in.
        self._weather = None if second.weather == first.weather else Weather(second.weather, M, T, seed)
        if self._weather is not None:
            self._weather.at(0.0)

    @property
    def weather_spec(self) -> WeatherSpec | None:
        """Of the weather this rule lives in, where it is another than the first one's."""
        return None if self._weather is None else self._weather.spec

    def step(
        self,
        first: Stepper | GraphedStepper,
        state: Tensor,
        weather: Tensor,
        mask: Tensor,
        share: Tensor,
        clock: float,
        depth: float,
    ) -> None:
        """One step of `state` (C, M, T) in place, by the first rule for 1 − `share` (M, T) of each cell and by this one
        for the rest; `weather` (K, M, T) is the first rule's, scaled by `depth` already."""
        own = weather if self._weather is None else (self._weather.at(clock) * depth).to(state.device)
        first_mask, second_mask = mask * (1 - share), mask * share
        if state.is_cpu and isinstance(first, Stepper):
            first.step_with(self._home, state, weather, first_mask, own, second_mask)
            return
        assert self._away is not None
        alone = state.clone()
        self._away.step(alone, own, second_mask)
        alone -= state
        first.step(state, weather, first_mask)
        state += alone
