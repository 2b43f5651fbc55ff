"""From sources to values: what each route adds to the parameter that it moves.

A parameter is moved in normalised units, along its own curve: the control's place in its range, plus depth times
source for every route, within the range's ends. Axes: `V` voices.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from synth.instrument.modulation.routes import Routes, playable
from synth.instrument.modulation.sources import SOURCES, is_per_voice
from synth.instrument.modulation.targets import PER_VOICE
from synth.instrument.parameters.parameter import Parameter
from synth.instrument.parameters.table import PARAMETERS
from synth.presets.routes import Route

Values = NDArray[np.float64]


def shaped(route: Route, source: float | Values) -> float | Values:
    """What a route adds at a source's value 0 … 1, in normalised units."""
    if route.polarity == "bipolar":
        centred = 2 * source - 1
        return route.depth * np.sign(centred) * _curved(route.curve, np.abs(centred))
    return route.depth * _curved(route.curve, source)


def _curved(curve: str, x: float | Values) -> float | Values:
    """From 0 to 1 as `x` does."""
    if curve == "exponential":
        return x * x
    return x * x * (3 - 2 * x) if curve == "s" else x


def values_at(row: Parameter, shares: Values) -> Values:
    """The values at 0 … 1 along the row's curve, (V,); beyond the ends they are theirs."""
    shares = np.clip(shares, 0.0, 1.0)
    if row.curve == "exponential":
        return np.clip(row.minimum * np.exp(shares * math.log(row.maximum / row.minimum)), row.minimum, row.maximum)
    return np.clip(row.minimum + shares * (row.maximum - row.minimum), row.minimum, row.maximum)


@dataclass(frozen=True)
class Target:
    """One parameter that routes move, and their sources: those of all voices, and those that each voice has."""

    row: Parameter
    common: tuple[Route, ...]
    of_voices: tuple[Route, ...]

    @cached_property
    def tells_voices_apart(self) -> bool:
        """True where each voice has a value of its own."""
        return bool(self.of_voices) and self.row.id in PER_VOICE


@dataclass(frozen=True)
class Matrix:
    """All routes that are played, by the parameter that they move."""

    targets: tuple[Target, ...] = ()

    @cached_property
    def common_sources(self) -> frozenset[str]:
        """Ids of the sources that are used and that all voices have in common."""
        return frozenset(route.source for target in self.targets for route in target.common)

    @cached_property
    def last_sources(self) -> frozenset[str]:
        """Ids of those that each voice has and that move what is one for all."""
        return frozenset(r.source for t in self.targets if not t.tells_voices_apart for r in t.of_voices)

    @cached_property
    def voice_sources(self) -> frozenset[str]:
        """Ids of those that each voice has and that move what each voice has for itself."""
        return frozenset(r.source for t in self.targets if t.tells_voices_apart for r in t.of_voices)

    def values(
        self, controls: Mapping[str, float], common: Mapping[str, float], last: Mapping[str, float]
    ) -> dict[str, float]:
        """What each parameter is moved to, for all voices together.

        `common` are the sources by id, and `last` those of the note that began last; a parameter that each voice has
        for itself is not moved by the latter here.
        """
        moved = {}
        for target in self.targets:
            share = target.row.to_normalised(controls[target.row.id])
            share += sum(float(shaped(route, common[route.source])) for route in target.common)
            if not target.tells_voices_apart:
                share += sum(float(shaped(route, last[route.source])) for route in target.of_voices)
            moved[target.row.id] = float(target.row.from_normalised(share))
        return moved

    def voice_values(
        self, controls: Mapping[str, float], common: Mapping[str, float], voices: Mapping[str, Values]
    ) -> dict[str, Values]:
        """What each parameter is moved to for each voice, (V,); of those that tell voices apart. `voices` are the
        sources by id, (V,) each."""
        moved = {}
        for target in self.targets:
            if target.tells_voices_apart:
                share = target.row.to_normalised(controls[target.row.id])
                share += sum(float(shaped(route, common[route.source])) for route in target.common)
                added = sum((np.asarray(shaped(r, voices[r.source])) for r in target.of_voices), np.zeros(1))
                moved[target.row.id] = values_at(target.row, share + added)
        return moved

    @cached_property
    def tells_voices_apart(self) -> bool:
        return any(target.tells_voices_apart for target in self.targets)


def matrix_of(routes: Routes, controls: Mapping[str, float]) -> Matrix:
    """The routes that are played with these controls, which say which LFOs belong to voices."""
    by_parameter: dict[str, list[Route]] = {}
    for route in playable(routes):
        by_parameter.setdefault(route.parameter, []).append(route)
    return Matrix(tuple(_target(PARAMETERS[id], of_it, controls) for id, of_it in by_parameter.items()))


def _target(row: Parameter, routes: Iterable[Route], controls: Mapping[str, float]) -> Target:
    per_voice = {route.source: is_per_voice(SOURCES[route.source], controls) for route in routes}
    common = tuple(route for route in routes if not per_voice[route.source])
    return Target(row, common, tuple(route for route in routes if per_voice[route.source]))
