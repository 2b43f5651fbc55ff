"""The culture as it was when the window was closed, kept as a take's beginning is, so that its life goes on."""

from pathlib import Path

import platformdirs
import torch

from synth.engine.protocol import Capture
from synth.errors import RecordingError, UsageError
from synth.instrument.instrument import Instrument
from synth.instrument.morph.partner import make_partner
from synth.instrument.playing.morphing import leave_morph
from synth.presets.file import preset_bytes
from synth.takes.companion import Beginning, load_beginning, save_beginning


def culture_path() -> Path:
    """The file of the last culture; need not exist."""
    return Path(platformdirs.user_state_dir("petrichord", appauthor=False)) / "culture.safetensors"


def save_culture(caught: Capture, path: Path) -> None:
    """Keep what plays, about 1.5 MB; `OSError` when it cannot be written."""
    if caught.instrument is not None:
        save_beginning(Beginning(caught.preset, caught.instrument, partner=caught.partner), path)


def bring_back(instrument: Instrument, path: Path) -> bool:
    """Let an instrument that is not playing yet go on from what was kept of the very same preset.

    False, and a fresh start, when there is nothing, it is damaged or ill, or the preset has changed since.
    """
    try:
        kept = load_beginning(path)
    except RecordingError:
        return False
    if preset_bytes(kept.preset) != preset_bytes(instrument.preset):
        return False
    with torch.no_grad():
        fresh = instrument.state(with_history=True)
        if kept.partner is not None:
            present = instrument.preset, kept.partner, instrument.out_rate_hz, instrument.setup
            try:
                instrument.begin_morph(make_partner(*present))
            except UsageError:
                return False
        instrument.resume(kept.state)
        if instrument.culture.ailment():
            leave_morph(instrument)
            instrument.resume(fresh)
            return False
    # Whoever held it then does not hold it now.
    instrument.let_go()
    return True
