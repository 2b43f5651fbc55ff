"""Which routes can be played: of a known source, to a parameter that can be modulated; and routes as people type them.

A route that cannot be played is kept and does nothing: it may be a later version's.
"""

from synth.errors import UsageError
from synth.instrument.modulation.sources import SOURCES
from synth.instrument.parameters.table import PARAMETERS
from synth.instrument.parameters.typed_numbers import typed_number
from synth.presets.routes import (
    CURVES,
    N_PLACES,
    POLARITIES,
    Region,
    Route,
    Routes,
    check_place,
    region_of,
    route_of,
    routes_of,
    told_of_region,
    told_of_route,
    told_of_routes,
)

__all__ = [
    "CURVES",
    "N_PLACES",
    "POLARITIES",
    "Region",
    "Route",
    "Routes",
    "check_place",
    "check_route",
    "natural_route",
    "parse_route",
    "playable",
    "region_of",
    "route_of",
    "routes_of",
    "told_of_region",
    "told_of_route",
    "told_of_routes",
    "trouble_with",
    "trouble_with_all",
]


def trouble_with(route: Route) -> str:
    """Why a route cannot be played, in one sentence; "" where it can."""
    row = PARAMETERS.get(route.parameter)
    if route.source not in SOURCES:
        return f"There is no source “{route.source}”: choose one of {', '.join(SOURCES)}."
    if row is None:
        return f"There is no control “{route.parameter}”: `petrichord parameters` lists those there are."
    if not row.modulatable:
        return f"{row.label} cannot be modulated: `petrichord parameters` tells which controls can."
    if route.polarity not in POLARITIES:
        return f"There is no polarity “{route.polarity}”: choose {' or '.join(POLARITIES)}."
    if route.curve not in CURVES:
        return f"There is no curve “{route.curve}”: choose {', '.join(CURVES[:-1])} or {CURVES[-1]}."
    return ""


def check_route(route: Route) -> Route:
    """The route; `UsageError` in one sentence where it cannot be played."""
    if trouble := trouble_with(route):
        raise UsageError(trouble)
    return route


def playable(routes: Routes) -> tuple[Route, ...]:
    """Those that are on and can be played, in the order of their places."""
    return tuple(r for place, r in routes if r.enabled and place <= N_PLACES and not trouble_with(r))


def trouble_with_all(routes: Routes) -> str:
    """One sentence about routes that are kept and not played, "" where all can be."""
    inert = [place for place, route in routes if place > N_PLACES or trouble_with(route)]
    if not inert:
        return ""
    if len(inert) == 1:
        return f"The route at place {inert[0]} is of a later Petrichord: it is kept as it is and has no effect here."
    return f"{len(inert)} of its routes are of a later Petrichord: they are kept as they are and have no effect here."


def natural_route(source: str, parameter: str, depth: float = 0.5) -> Route:
    """A new route as its source suggests it: bipolar where the source has a middle. `UsageError` as `check_route`."""
    known = SOURCES.get(source)
    return check_route(
        Route(source, parameter, depth, "bipolar" if known is not None and known.bipolar else "unipolar")
    )


def parse_route(text: str) -> Route:
    """`SOURCE > PARAMETER DEPTH [POLARITY] [CURVE]`, as in “lfo1 > tilt_db 0.5” or “key > width -0.3 unipolar s”;
    `UsageError` in one sentence."""
    source, arrow, rest = text.partition(">")
    parameter, *words = rest.split() or [""]
    if not arrow or not words:
        raise UsageError(f"“{text}” is not a route: write SOURCE > CONTROL DEPTH, as in “lfo1 > tilt_db 0.5”.")
    try:
        depth = typed_number(words[0])
    except ValueError as error:
        raise UsageError(f"“{text}”: “{words[0]}” is not a depth; write a number from -1 to 1.") from error
    route = natural_route(source.strip(), parameter, depth)
    polarity, curve = route.polarity, route.curve
    for word in words[1:]:
        if word in POLARITIES:
            polarity = word
        elif word in CURVES:
            curve = word
        else:
            known = ", ".join((*POLARITIES, *CURVES))
            raise UsageError(f"“{text}”: “{word}” is neither a polarity nor a curve; choose among {known}.")
    return Route(route.source, route.parameter, depth, polarity, curve)
