"""The option `--route` of commands that play a preset: modulation beside what the preset has."""

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from synth.presets.model import Preset


def add_route_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--route",
        action="append",
        default=[],
        metavar="ROUTE",
        help="let a source move a control beside the preset's own routes, as in “lfo1 > tilt_db 0.5” or “velocity > "
        "width -0.3 unipolar s”: source, control, depth from -1 to 1, then unipolar or bipolar and linear, "
        "exponential or s; may be given often (`petrichord parameters` tells what routes move)",
    )


def routed(preset: "Preset", args: argparse.Namespace) -> "Preset":
    """The preset with the routes that were asked for in its free places.

    `UsageError` in one sentence for what is no route, and for more than there are places."""
    from synth.errors import UsageError
    from synth.instrument.modulation.routes import N_PLACES, parse_route

    routes = preset.routes
    for text in args.route:
        place = routes.free_place()
        if place is None:
            raise UsageError(
                f"“{text}” has no room: with the preset's own there are more than {N_PLACES} routes; leave some out."
            )
        routes = routes.with_route(place, parse_route(text))
    return replace(preset, routes=routes)
