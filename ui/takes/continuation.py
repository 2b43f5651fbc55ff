"""What a take was at its beginning or at any moment, made ready to be played on from there."""

from collections.abc import Callable
from pathlib import Path

from synth.takes.branch import instrument_at
from synth.takes.companion import ready_to_continue
from ui.presets.loader import Loaded


def continued(path: Path, rate_hz: int) -> Loaded:
    """Preset, culture, playhead and controls of a take's companion; slow, raises `RecordingError`."""
    beginning, instrument, reason = ready_to_continue(path, rate_hz)
    source = beginning.preset.source_path
    return Loaded(Path(source), beginning.preset, instrument, reason, beginning.state.controls)


def branched(
    take: Path, seconds: float, rate_hz: int, cancelled: Callable[[], bool], progress: Callable[[float], object]
) -> Loaded:
    """The same as they were so many seconds into the take; errors as `instrument_at`."""
    beginning, instrument, reason = instrument_at(take, seconds, rate_hz, cancelled, progress)
    return Loaded(Path(beginning.preset.source_path), beginning.preset, instrument, reason, instrument.controls)
