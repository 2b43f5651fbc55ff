"""What plays, as a preset of its own."""

from dataclasses import replace

from synth.culture.culture import CultureState
from synth.instrument.parameters.values import ParameterValues
from synth.presets.model import Preset
from synth.presets.routes import Region, Routes
from synth.presets.tuning import Tuning, equal_temperament


def as_preset(
    preset: Preset,
    state: CultureState,
    controls: ParameterValues,
    name: str,
    tuning: Tuning | None = None,
    routes: Routes | None = None,
    region: Region | None = None,
) -> Preset:
    """The preset that starts where this culture is and suggests these controls, this tuning and these routes.

    What is None is as the preset has it; equal temperament is no suggestion.
    """
    tuning = preset.tuning if tuning is None else tuning
    suggested = None if tuning is None or tuning.sounds_as(equal_temperament()) else tuning
    # The notebook rule's memory is two cultures, (2, C, M, T); the first is the one that is heard.
    heard = state.state[0] if state.state.ndim == 4 else state.state
    return replace(
        preset,
        name=name.strip(),
        state=heard.clone(),
        settings=controls.as_settings(),
        tuning=suggested,
        routes=preset.routes if routes is None else routes,
        region=preset.region if region is None else region,
        source_path="",
    )
