"""A window around the recording double, as tests and screenshots use it."""

import functools
import tempfile
from dataclasses import replace
from pathlib import Path

from synth.instrument.instrument import Instrument
from synth.instrument.parameters.values import ParameterValues
from synth.loading.choose_vocoder import choose_vocoder
from synth.presets.file import load_preset, save_preset
from synth.presets.library import Entry
from synth.presets.model import LOOP_FRAMES
from synth.takes.companion import COMPANION_SUFFIX
from tests.doubles.engine import FakeEngine
from tests.doubles.samples import live_preset
from ui.files.folders import Places
from ui.presets.loader import Loaded
from ui.shell.main_window import MainWindow
from ui.takes.continuation import continued

OUTPUTS = ["Studio Monitors", "Headphones", "HDMI"]


def build(path: Path, controls: ParameterValues, locked: frozenset[str] = frozenset()) -> Loaded:
    """A real preset, a real instrument; only the engine is a double."""
    if path.name.endswith(COMPANION_SUFFIX):
        return continued(path, 48000)
    preset = load_preset(path)
    vocoder, reason = choose_vocoder("auto", preset)
    return Loaded(path, preset, Instrument(preset, vocoder, 48000, controls), reason)


@functools.cache
def _preset_bytes(seed: int, name: str) -> bytes:
    """A small preset's file, written once in a worker: hundreds of windows are opened on the same three."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "preset.safetensors"
        save_preset(replace(live_preset(seed=seed, n_frames=LOOP_FRAMES), name=name), path)
        return path.read_bytes()


def preset_files(folder: Path, names: tuple[str, ...] = ("violin", "cello", "bronze_bell")) -> list[Entry]:
    """Small real presets on disk, listed as the library would."""
    entries = []
    for i, name in enumerate(names):
        path = folder / f"{name}.safetensors"
        path.write_bytes(_preset_bytes(i, name.replace("_", " ")))
        entries.append(Entry(name, path, True))
    return entries


def window(entries: list[Entry], engine: FakeEngine, home: Path) -> MainWindow:
    """Its own presets and favourites are under `home`."""
    places = Places(home / "presets", home / "config" / "favourites.json")
    return MainWindow(engine, build, entries, lambda: list(OUTPUTS), places=places)
