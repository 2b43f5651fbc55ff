"""The part of a recording that a preset was grown from, found again."""

from pathlib import Path

from synth.errors import TrainingError
from synth.presets.model import Preset
from training.analysis.data import Target, load_recording, prepare

_SLACK_S = 0.1


def region_of(preset: Preset, recording: Path, otherwise: str = "") -> Target:
    """The preset's own region of `recording`, else the steadiest.

    `TrainingError` for a recording without it; `otherwise` says what else could be done.
    """
    start, end = preset.region_s
    if end <= start:
        return prepare(load_recording(recording), preset.mel)
    try:
        part = load_recording(recording, start, end - start)
    except TrainingError as error:
        raise TrainingError(f"{error} {_advice(preset, otherwise)}" if recording.is_file() else str(error)) from error
    if len(part.wave) / part.rate_hz < end - start - _SLACK_S:
        length = start + len(part.wave) / part.rate_hz
        raise TrainingError(f"{recording.name} is {length:.2f} s long. {_advice(preset, otherwise)}")
    return prepare(part, preset.mel, whole=True, fades=preset.decay_db_per_s is not None)


def _advice(preset: Preset, otherwise: str) -> str:
    start, end = preset.region_s
    return f"{preset.name} was trained on {start:.2f} to {end:.2f} s: give the recording it grew from{otherwise}."
