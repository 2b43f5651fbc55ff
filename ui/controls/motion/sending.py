"""From a preset to what moves its controls, and from there to the instrument."""

from synth.instrument.events import SetRegion, SetRoute
from synth.presets.model import Preset
from synth.presets.routes import N_PLACES
from ui.controls.motion.model import Motion, names_of


def motion_of(preset: Preset) -> Motion:
    """What a preset says moves its controls."""
    return Motion(preset.routes, preset.region, names_of(preset.macro_names))


def events_between(before: Motion, after: Motion) -> list[SetRoute | SetRegion]:
    """What is to be asked of an instrument that moves as `before`, for it to move as `after`."""
    old, new = dict(before.routes), dict(after.routes)
    # What a later version put at places that this one does not have is kept by the instrument's preset, and not played.
    places = [place for place in sorted(old.keys() | new.keys()) if place <= N_PLACES]
    asked: list[SetRoute | SetRegion] = [
        SetRoute(place, new.get(place)) for place in places if old.get(place) != new.get(place)
    ]
    return [*asked, SetRegion(after.region)] if before.region != after.region else asked
