"""Two cultures beside each other, each on a plate of its own and under its own rule, played as one.

Presets of different parents have rules that do not understand each other's cells, so they cannot share a plate. Both
take the same steps at the same pace, and whatever a hand does is done to both at the same place. Each is what it would
be alone with the same seed. Axes: `C` channels, `M` mel bands, `T` frames.
"""

from dataclasses import replace

import torch
from torch import Tensor

from synth.automaton.gestures import Gesture
from synth.culture.culture import Culture, CultureState
from synth.culture.second_rule import SecondRule
from synth.presets.model import Preset


class TwoPlates:
    """Implements `culture.Culture`; speaks for the first where only one can be told of."""

    def __init__(self, first: Culture, second: Culture) -> None:
        """Two cultures of one size."""
        self.n_mels, self.n_frames = first.n_mels, first.n_frames
        self.first, self.second = first, second

    @property
    def steps(self) -> int:
        return self.first.steps

    def step(self, weather_depth: float = 1.0, weather_speed: float = 1.0) -> None:
        for plate in plates_of(self):
            plate.step(weather_depth, weather_speed)

    def foresee(self, weather_depth: float = 1.0, weather_speed: float = 1.0) -> None:
        for plate in plates_of(self):
            plate.foresee(weather_depth, weather_speed)

    def touch(self, gesture: Gesture) -> None:
        for plate in plates_of(self):
            plate.touch(gesture)

    def thaw(self) -> None:
        for plate in plates_of(self):
            plate.thaw()

    def join(self, second: SecondRule | None) -> None:
        """Nothing: each lives by its own rule alone."""

    def share(self, share: Tensor | None) -> None:
        """Nothing, likewise: how much of each is heard is a matter of reading them."""

    def reseed(self) -> None:
        for plate in plates_of(self):
            plate.reseed()

    def grid(self) -> Tensor:
        return self.first.grid()

    def cells(self) -> Tensor:
        return self.first.cells()

    def frozen(self) -> Tensor:
        return torch.maximum(self.first.frozen(), self.second.frozen())

    def resting(self) -> Tensor:
        return torch.maximum(self.first.resting(), self.second.resting())

    def ailment(self) -> str:
        return self.first.ailment() or self.second.ailment()

    def save(self) -> CultureState:
        return replace(self.first.save(), second=self.second.save())

    def restore(self, saved: CultureState) -> None:
        """What was saved before there was a second culture leaves that as it is."""
        self.first.restore(saved)
        if saved.second is not None:
            self.second.restore(saved.second)


def plates_of(culture: Culture) -> tuple[Culture, ...]:
    """The cultures that one consists of."""
    return (culture.first, culture.second) if isinstance(culture, TwoPlates) else (culture,)


def rescue(culture: Culture) -> None:
    """Reseed what is ill of it, or all of it where nothing is."""
    plates = plates_of(culture)
    for plate in [plate for plate in plates if plate.ailment()] or plates:
        plate.reseed()


def of_length(preset: Preset, n_frames: int) -> Preset:
    """The preset with a state of so many columns, repeated or cropped: its rule closes the seam within a few steps."""
    if preset.n_frames == n_frames:
        return preset
    return replace(preset, state=preset.state[:, :, torch.arange(n_frames) % preset.n_frames].contiguous())
