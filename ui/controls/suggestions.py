"""Which controls change when a preset is loaded."""

from dataclasses import replace

from synth.instrument.parameters import Controls, from_settings
from synth.presets.model import Preset

_KEPT = ("volume_db", "note", "fine_cents", "fade_in_s", "fade_out_s")
"""What stays as it is when a preset suggests controls: the room's level, the note being played and how one plays it."""


def suggested(now: Controls, preset: Preset) -> Controls:
    """Controls as a preset suggests them; what it says nothing about, and what belongs to the player, stays."""
    offers = from_settings(preset.settings)
    names = preset.settings.keys() & vars(now).keys() - set(_KEPT)
    return replace(now, **{name: getattr(offers, name) for name in names})
