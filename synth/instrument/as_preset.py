"""What plays, as a preset of its own."""

from dataclasses import replace

from synth.culture.culture import CultureState
from synth.instrument.parameters.values import ParameterValues
from synth.presets.model import Preset


def as_preset(preset: Preset, state: CultureState, controls: ParameterValues, name: str) -> Preset:
    """The preset that starts where this culture is and suggests these controls."""
    # The notebook rule's memory is two cultures, (2, C, M, T); the first is the one that is heard.
    heard = state.state[0] if state.state.ndim == 4 else state.state
    return replace(preset, name=name.strip(), state=heard.clone(), settings=controls.as_settings(), source_path="")
