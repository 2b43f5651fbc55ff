"""Which controls change when a preset is loaded."""

from synth.instrument.parameters.table import PARAMETERS
from synth.instrument.parameters.values import ParameterValues, from_settings
from synth.presets.model import Preset

OF_PRESETS = frozenset(p.id for p in PARAMETERS.values() if p.owner == "preset")
"""Controls that a preset sets when it is loaded; the others stay as the player left them."""
Locks = frozenset[str]
"""Controls of presets that the player wants to stay all the same."""
NONE = Locks()


def of_preset(preset: Preset) -> dict[str, float]:
    """The values a preset has for all that presets own: its own where it says one, else the default."""
    offers = from_settings(preset.settings)
    return {id: offers[id] for id in PARAMETERS if id in OF_PRESETS}


def suggested(now: ParameterValues, preset: Preset, locked: Locks = NONE) -> ParameterValues:
    """Controls once this preset is loaded: a preset sounds the same whatever was loaded before it."""
    return now.with_values({id: value for id, value in of_preset(preset).items() if id not in locked})
