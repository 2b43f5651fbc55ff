"""Whether a checkpoint keeps up on this machine: measured once, as the engine will use it, and remembered.

The measurement is the instrument itself, two heads in blocks of two frames with one automaton step per frame: 86 a
second at 22 kHz. It runs where presets are loaded; a culture that plays meanwhile makes it pessimistic.
"""

import json
import os
import platform
import time
from contextlib import suppress
from pathlib import Path

import platformdirs
import torch

from synth.instrument.instrument import Instrument
from synth.instrument.parameters.values import ParameterValues
from synth.presets.model import Preset
from synth.storage import write_whole
from synth.vocoder.bigvgan.folders import CONFIG_NAME, WEIGHTS_NAME
from synth.vocoder.contract import Vocoder

ENOUGH = 1.3
"""Times real time: 30 % to spare."""
MOST_VOICES = 4
"""Of BigVGAN, whatever the machine: each holds its own past and buffers, 10 to 100 MB."""
_BLOCK_FRAMES = 2
_BUDGET_S = 1.5
_OUT_RATE_HZ = 48000


def calibration_path() -> Path:
    """The file of measured speeds; need not exist."""
    return Path(platformdirs.user_cache_dir("petrichord", appauthor=False)) / "calibration.json"


def speed_of(vocoder: Vocoder, folder: Path, preset: Preset) -> float:
    """Seconds of sound per second, from the cache or measured in about two seconds; prepares `vocoder`."""
    key, known = _key(folder, preset), _read()
    if key not in known:
        known[key] = measured_speed(vocoder, preset)
        # Read again: it took seconds, and another window may have measured meanwhile.
        _write(_read() | {key: known[key]})
    return known[key]


def measured_speed(vocoder: Vocoder, preset: Preset) -> float:
    """Seconds of sound per second of the whole instrument, from its mean block."""
    with torch.no_grad():
        instrument = Instrument(preset, vocoder, _OUT_RATE_HZ, ParameterValues())
        for _ in range(2):
            instrument.process(_BLOCK_FRAMES)
        start, frames = time.perf_counter(), 0
        while (took := time.perf_counter() - start) < _BUDGET_S:
            instrument.process(_BLOCK_FRAMES)
            frames += _BLOCK_FRAMES
    return frames / preset.mel.frames_per_second / took


def voices_at(speed: float) -> int:
    """How many voices keep up where the instrument with one reaches `speed`; at least 1.

    Cautious: the automaton's share, which one instrument has once, is counted for every voice.
    """
    return max(1, min(int(speed / ENOUGH), MOST_VOICES))


def _key(folder: Path, preset: Preset) -> str:
    files = [(folder / name).stat() for name in (CONFIG_NAME, WEIGHTS_NAME)]
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
    machine = (platform.node(), platform.machine(), platform.processor(), os.cpu_count(), gpu)
    identity = [(f.st_size, f.st_mtime_ns) for f in files]
    return json.dumps(
        [str(folder), identity, machine, torch.get_num_threads(), torch.__version__, preset.n_frames], default=str
    )


def _read() -> dict[str, float]:
    """What was measured; a damaged file or entry costs only itself."""
    try:
        stored = json.loads(calibration_path().read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(stored, dict):
        return {}
    return {key: float(v) for key, v in stored.items() if isinstance(v, int | float) and 0 < v < 1e6}


def _write(known: dict[str, float]) -> None:
    """Whole or not at all; what cannot be stored is measured again next time."""
    with suppress(OSError):
        write_whole(calibration_path(), known)
