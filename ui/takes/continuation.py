"""What a take began with, made ready to be played on from there."""

from pathlib import Path

from synth.takes.companion import ready_to_continue
from ui.presets.loader import Loaded


def continued(path: Path, rate_hz: int) -> Loaded:
    """Preset, culture, playhead and controls of a take's companion; slow, raises `RecordingError`."""
    beginning, instrument, reason = ready_to_continue(path, rate_hz)
    source = beginning.preset.source_path
    return Loaded(Path(source), beginning.preset, instrument, reason, beginning.state.controls)
