"""Which controls change when a preset is loaded."""

from synth.instrument.parameters.table import PARAMETERS
from synth.instrument.parameters.values import ParameterValues, from_settings
from synth.presets.model import Preset


def suggested(now: ParameterValues, preset: Preset) -> ParameterValues:
    """Controls as a preset suggests them; what it says nothing about, and what belongs to the player, stays."""
    offers = from_settings(preset.settings)
    ids = [id for id in preset.settings if id in PARAMETERS and PARAMETERS[id].owner == "preset"]
    return now.with_values({id: offers[id] for id in ids})
