"""What moves the controls, as the session's file has it."""

from typing import Any

from synth.errors import PresetError
from synth.presets.fields import Fields
from synth.presets.routes import region_of, routes_of, told_of_region, told_of_routes
from synth.storage import texts
from ui.controls.motion.model import Motion, names_of


def as_stored(motion: Motion) -> list[Any]:
    """A list, which the file replaces as a whole: of an object it would keep what was deleted."""
    return [told_of_routes(motion.routes), told_of_region(motion.region), list(motion.macro_names)]


def stored_motion(value: object) -> Motion:
    """The same again; `ValueError` says what is wanted where it cannot be used."""
    wanted = "a list of routes, a region and the names of the macros"
    if not isinstance(value, list) or len(value) != 3:
        raise ValueError(wanted)
    routes, region, names = value
    told = Fields("the session", {"routes": routes, "region": region})
    try:
        return Motion(routes_of(told), region_of(told, "region"), names_of(texts(names)))
    except PresetError as error:
        raise ValueError(wanted) from error
