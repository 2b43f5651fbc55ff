"""A window around the recording double, as tests and screenshots use it."""

from dataclasses import replace
from pathlib import Path

from synth.controls import Controls
from synth.instrument import Instrument
from synth.library import Entry
from synth.preset_file import load_preset, save_preset
from synth.take_companion import COMPANION_SUFFIX
from synth.vocoder.choose import choose_vocoder
from tests.samples import live_preset
from tests.ui.fake_engine import FakeEngine
from ui.continuation import continued
from ui.loader import Loaded
from ui.main_window import MainWindow
from ui.places import Places

OUTPUTS = ["Studio Monitors", "Headphones", "HDMI"]


def build(path: Path, controls: Controls) -> Loaded:
    """A real preset, a real instrument; only the engine is a double."""
    if path.name.endswith(COMPANION_SUFFIX):
        return continued(path, 48000)
    preset = load_preset(path)
    vocoder, reason = choose_vocoder("auto", preset)
    return Loaded(path, preset, Instrument(preset, vocoder, 48000, controls), reason)


def preset_files(folder: Path, names: tuple[str, ...] = ("violin", "cello", "bronze_bell")) -> list[Entry]:
    """Small real presets on disk, listed as the library would."""
    entries = []
    for i, name in enumerate(names):
        path = folder / f"{name}.safetensors"
        save_preset(replace(live_preset(seed=i), name=name.replace("_", " ")), path)
        entries.append(Entry(name, path, True))
    return entries


def window(entries: list[Entry], engine: FakeEngine, home: Path) -> MainWindow:
    """Its own presets and favourites are under `home`."""
    places = Places(home / "presets", home / "config" / "favourites.json")
    return MainWindow(engine, build, entries, lambda: list(OUTPUTS), places=places)
