"""What moves which control, as presets, takes and sessions keep it: routes at numbered places, the culture's region.

A route names its source and its parameter by their ids. What this version does not know is kept as it was read, so that
a file of a later version loses nothing when it is saved again; `synth.instrument.modulation.routes` says which routes
can be played.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from synth.errors import UsageError
from synth.presets.fields import Fields

N_PLACES = 32
"""Places there are, numbered from 1."""
_LAST_PLACE_KEPT = 1024
"""A later version may have more places: routes up to this one are kept, and not played."""

POLARITIES: tuple[str, ...] = ("unipolar", "bipolar")
"""A source goes from 0 to 1, or from −1 to 1 about its middle."""
CURVES: tuple[str, ...] = ("linear", "exponential", "s")
"""x, x² and x²·(3 − 2x), on either side of the middle where the source is bipolar."""


@dataclass(frozen=True)
class Route:
    """One source moves one parameter."""

    source: str
    parameter: str
    depth: float = 0.5
    """How far the source at its end moves the parameter, as a share of its range along its curve, −1 … 1."""
    polarity: str = "unipolar"
    """One of `POLARITIES`."""
    curve: str = "linear"
    """One of `CURVES`."""
    enabled: bool = True

    def __post_init__(self) -> None:
        if not math.isfinite(self.depth) or not -1 <= self.depth <= 1:
            raise UsageError(f"A depth of {self.depth:g} is not possible: choose −1 to 1.")


@dataclass(frozen=True)
class Routes:
    """All routes of an instrument, by place; immutable."""

    placed: tuple[tuple[int, Route], ...] = ()
    """(place, route), ascending, each place once."""

    def __iter__(self) -> Iterator[tuple[int, Route]]:
        return iter(self.placed)

    def __len__(self) -> int:
        return len(self.placed)

    def at(self, place: int) -> Route | None:
        """The route at a place, None where there is none."""
        return dict(self.placed).get(place)

    def with_route(self, place: int, route: Route | None) -> "Routes":
        """The same with another route at one place, or with none there."""
        others = [(at, kept) for at, kept in self.placed if at != place]
        return Routes(tuple(sorted([*others, *([] if route is None else [(place, route)])], key=lambda pair: pair[0])))

    def free_place(self) -> int | None:
        """The first place without a route; None where all are taken."""
        taken = {place for place, _ in self.placed}
        return next((place for place in range(1, N_PLACES + 1) if place not in taken), None)

    def of(self, parameter: str) -> tuple[tuple[int, Route], ...]:
        """Those that move one parameter, on or off."""
        return tuple((place, route) for place, route in self.placed if route.parameter == parameter)


@dataclass(frozen=True)
class Region:
    """A part of the culture, in shares 0 … 1 of its columns and rows, so that it fits a culture of any size."""

    left: float = 0.0
    right: float = 1.0
    """Where it is left of `left` the region goes through the loop's end."""
    low: float = 0.0
    high: float = 1.0
    """Rows from the lowest pitch up."""

    def __post_init__(self) -> None:
        if not all(0 <= share <= 1 for share in (self.left, self.right, self.low, self.high)):
            raise UsageError("A region of the culture must lie within it: give its sides as shares from 0 to 1.")
        if self.left == self.right or self.low >= self.high:
            raise UsageError("A region of the culture must have a width and a height.")


def check_place(place: int) -> int:
    """The place; `UsageError` where there is none of this number."""
    if isinstance(place, bool) or not 1 <= place <= N_PLACES:
        raise UsageError(f"There is no place {place} for a route: choose 1 to {N_PLACES}.")
    return place


def told_of_route(route: Route) -> dict[str, Any]:
    """A route as JSON has it."""
    return dict(vars(route))


def route_of(told: Fields) -> Route:
    """The route again; `PresetError` names what cannot be used of it. What is not told is as a new route has it."""
    read = Route(told.text("source"), told.text("parameter"), told.number("depth", -1, 1))
    given: dict[str, Any] = {name: told.text(name) for name in ("polarity", "curve") if name in told.values}
    if "enabled" in told.values:
        given["enabled"] = told.flag("enabled")
    return replace(read, **given)


def told_of_routes(routes: Routes) -> list[dict[str, Any]]:
    """All routes as JSON has them, in the order of their places."""
    return [{"place": place, **told_of_route(route)} for place, route in routes]


def routes_of(told: Fields, name: str = "routes") -> Routes:
    """The routes of a field again, none where there is no such field; `PresetError` names what cannot be used."""
    if name not in told.values:
        return Routes()
    records = told.values[name]
    if not isinstance(records, list) or len(records) > _LAST_PLACE_KEPT:
        raise told.refusal(name, f"a list of at most {_LAST_PLACE_KEPT} routes")
    read: dict[int, Route] = {}
    for i, record in enumerate(records):
        if not isinstance(record, dict):
            raise told.refusal(f"{name}[{i}]", "an object")
        entry = Fields(told.file, record, f"{told.prefix}{name}[{i}].")
        place = entry.integer("place", 1, _LAST_PLACE_KEPT)
        if place in read:
            raise entry.refusal("place", "one that no other route has")
        read[place] = route_of(entry)
    return Routes(tuple(sorted(read.items())))


def told_of_region(region: Region) -> dict[str, Any]:
    """A region as JSON has it."""
    return dict(vars(region))


def region_of(told: Fields, name: str) -> Region:
    """The region of a field again, the whole culture where there is no such field."""
    if name not in told.values:
        return Region()
    sides = told.group(name)
    left, right, low, high = (sides.number(side, 0, 1) for side in ("left", "right", "low", "high"))
    if left == right or low >= high:
        raise told.refusal(name, "a region with a width and a height")
    return Region(left, right, low, high)
