"""What lies on the shelves of a window under test: tagged presets, and a folder of takes."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from synth.instrument.instrument import Instrument, Setup
from synth.instrument.parameters.values import ParameterValues
from synth.presets.file import save_preset
from synth.presets.library import Entry
from synth.takes.companion import Beginning, companion_of, save_beginning
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.engine import FakeEngine
from tests.doubles.samples import live_preset
from tests.ui.hands.scene import window
from ui.presets.row import CARD as PRESET_CARD
from ui.shell.main_window import MainWindow
from ui.takes.list import CARD as TAKE_CARD

_RATE = 48000


def tagged_presets(folder: Path) -> list[Entry]:
    tags = {"cello": ("strings", "bowed"), "violin": ("strings", "vibrato"), "ocean": ("noise",)}
    made = []
    for name, these in tags.items():
        path = folder / f"{name}.safetensors"
        save_preset(replace(live_preset(), name=name.capitalize(), tags=these), path)
        made.append(Entry(name, path, True))
    return made


def open_library(qtbot: QtBot, engine: FakeEngine, home: Path, entries: list[Entry]) -> MainWindow:
    made = window(entries, engine, home)
    qtbot.addWidget(made, before_close_func=lambda w: w.presets.librarian.close())
    made.show()
    qtbot.waitUntil(lambda: all(item.data(PRESET_CARD) for item in made.presets.list.all_items()), timeout=10_000)
    with qtbot.waitSignal(made.loader.loaded, timeout=20_000):
        made.load(entries[0].path)
    return made


def lay_takes(win: MainWindow, folder: Path) -> None:
    """A folder of three takes, "newest" recorded last; the oldest can be continued, one is damaged."""
    folder.mkdir()
    for age, name in enumerate(("newest", "middle", "oldest")):
        sound = 0.5 * np.sin(np.arange(_RATE * (age + 1)) / 20)
        soundfile.write(folder / f"{name}.wav", np.tile(sound[:, None], (1, 2)), _RATE, subtype="PCM_24")
        os.utime(folder / f"{name}.wav", (10**9 - age, 10**9 - age))
    (folder / "broken.wav").write_bytes(b"RIFF")
    os.utime(folder / "broken.wav", (10**8, 10**8))
    preset = live_preset(seed=5)
    controls = ParameterValues(note=62, playhead_speed=-0.5)
    instrument = Instrument(preset, SpectralVocoder(preset.mel), _RATE, controls, Setup(seed=3))
    instrument.process(40)
    save_beginning(Beginning(preset, instrument.state(), _RATE), companion_of(folder / "oldest.wav"))
    win.settings.change_takes(take_folder=folder)


def open_takes(win: MainWindow, qtbot: QtBot) -> list[str]:
    """Open the sheet by its key and wait until every take has been read; their names in order."""
    QTest.keyClick(win, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    sheet = win.takes.sheet
    assert sheet.isVisible()
    qtbot.waitUntil(lambda: sheet.list.count() > 0, timeout=5000)
    names = [sheet.list.item(i).text() for i in range(sheet.list.count())]
    cards = [name for name in names if name != "broken"]
    qtbot.waitUntil(
        lambda: sum(item.data(TAKE_CARD) is not None for item in sheet.list._items()) == len(cards), timeout=5000
    )
    return names


def choose_take(win: MainWindow, name: str) -> None:
    items = win.takes.sheet.list.findItems(name, Qt.MatchFlag.MatchExactly)
    win.takes.sheet.list.setCurrentItem(items[0])
