"""Banks at the window: dropped, added, exported; whatever is in them, what plays goes on."""

import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from synth.presets.file import load_preset, preset_bytes
from tests.doubles.engine import FakeEngine
from tests.doubles.samples import live_preset
from tests.ui.hands.mouse_and_keys import drop
from ui.shell.main_window import MainWindow

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def bank_of(path: Path, **files: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(f"{name}.safetensors", content)
    return path


def preset_of(name: str) -> bytes:
    return preset_bytes(replace(live_preset(), name=name))


def dialog() -> QFileDialog:
    (found,) = [w for w in QApplication.topLevelWidgets() if isinstance(w, QFileDialog) and w.isVisible()]
    return found


def test_a_dropped_bank_is_listed_and_nothing_is_loaded(
    library: MainWindow, engine: FakeEngine, qtbot: QtBot, tmp_path: Path
) -> None:
    playing, swapped = library.presets.playing, len(engine.swapped)
    bank = bank_of(tmp_path / "bank.ZIP", a=preset_of("Alpha"), z=preset_of("Zulu"), bad=b"no")
    with qtbot.waitSignal(library.presets.said, timeout=10_000):
        assert drop(library, bank)
    names = [item.text() for item in library.presets.list.all_items()]
    assert names == ["Alpha", "Cello", "Ocean", "Violin", "Zulu"]
    assert library.banner.text == (
        "2 presets of bank.ZIP added to yours. bad.safetensors is not a preset: it is cut short or not a .safetensors "
        "file."
    )
    assert (library.presets.playing, len(engine.swapped)) == (playing, swapped)
    library.presets.tags.yours.click()
    assert [path.stem for path in library.presets.paths()] == ["Alpha", "Zulu"]


@pytest.mark.parametrize("name", ["../up.safetensors", "/tmp/up.safetensors"])
def test_a_hostile_bank_is_one_sentence_and_leaves_nothing(
    library: MainWindow, engine: FakeEngine, qtbot: QtBot, tmp_path: Path, name: str
) -> None:
    with zipfile.ZipFile(tmp_path / "bank.zip", "w") as archive:
        archive.writestr(name, preset_of("Up"))
    swapped = len(engine.swapped)
    before = sorted(tmp_path.rglob("*"))
    with qtbot.waitSignal(library.presets.refused, timeout=10_000):
        assert drop(library, tmp_path / "bank.zip")
    assert "leads out of the archive: nothing of it was taken." in library.banner.text
    assert sorted(tmp_path.rglob("*")) == before and len(engine.swapped) == swapped


def test_a_bank_is_added_by_the_dialog_too(library: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    bank = bank_of(tmp_path / "bank.zip", a=preset_of("Alpha"))
    QTest.keyClick(library, Qt.Key.Key_O, CTRL)
    chooser = dialog()
    assert any("*.zip" in pattern and "*.safetensors" in pattern for pattern in chooser.nameFilters())
    with qtbot.waitSignal(library.presets.said, timeout=10_000):
        chooser.fileSelected.emit(str(bank))
    chooser.close()
    assert library.banner.text == "1 preset of bank.zip added to yours."


def test_what_the_list_shows_is_exported(library: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    library.presets.tags.choose("strings")
    QTest.keyClick(library, Qt.Key.Key_E, CTRL | SHIFT)
    chooser = dialog()
    assert chooser.acceptMode() == QFileDialog.AcceptMode.AcceptSave and chooser.defaultSuffix() == "zip"
    assert "2 presets" in chooser.windowTitle()
    with qtbot.waitSignal(library.presets.said, timeout=10_000):
        chooser.fileSelected.emit(str(tmp_path / "out.zip"))
    chooser.close()
    assert library.banner.text == "2 presets in out.zip."
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert set(archive.namelist()) == {"Cello.safetensors", "Violin.safetensors", "bank.json"}
        (tmp_path / "again.safetensors").write_bytes(archive.read("Cello.safetensors"))
    assert load_preset(tmp_path / "again.safetensors").name == "Cello"


def test_where_nothing_is_shown_there_is_nothing_to_export(library: MainWindow) -> None:
    library.presets.search.setText("nobody")
    library.presets.files.export_shown()
    assert "shows no preset to export" in library.banner.text
    assert not [w for w in QApplication.topLevelWidgets() if isinstance(w, QFileDialog) and w.isVisible()]


def test_a_place_that_cannot_be_written_is_said(library: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with qtbot.waitSignal(library.presets.refused, timeout=10_000):
        library.presets.librarian.export_bank(library.presets.paths(), tmp_path / "file" / "x.zip")
    assert "cannot be written" in library.banner.text and "choose another place" in library.banner.text
