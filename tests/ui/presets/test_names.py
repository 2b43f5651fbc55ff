"""One name for a preset, wherever it is shown, and a list in the order that people expect."""

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from synth.presets.card import preset_name
from synth.presets.file import save_preset
from synth.presets.library import Entry
from tests.doubles.engine import FakeEngine
from tests.doubles.samples import live_preset
from tests.ui.hands.shelves import open_library
from ui.presets.finding.order import name_key
from ui.presets.items import path_of
from ui.shell.main_window import MainWindow

NAMES = ("Wind 9", "wind 10", "String ensemble", "Low strings", "Äolsharfe", "Bell", "Dark wind", "éclat", "Zither")
IN_ORDER = ["Äolsharfe", "Bell", "Dark wind", "éclat", "Low strings", "String ensemble", "Wind 9", "wind 10", "Zither"]


def shelf(folder: Path) -> list[Entry]:
    """File names that say nothing of the order, as "strings_low" for "Low strings"."""
    made = []
    for i, name in enumerate(NAMES):
        path = save_preset(replace(live_preset(), name=name), folder / f"{chr(ord('z') - i)}.safetensors")
        made.append(Entry(path.stem, path, True))
    return made


def listed(win: MainWindow) -> list[str]:
    return [item.text() for item in win.presets.list.all_items()]


def rename(win: MainWindow, name: str, qtbot: QtBot) -> None:
    win.presets.rename()
    win.presets.names.edit.setText(name)
    with qtbot.waitSignal(win.presets.said, timeout=10_000):
        QTest.keyClick(win.presets.names.edit, Qt.Key.Key_Return)


@pytest.fixture
def own(library: MainWindow, qtbot: QtBot, tmp_path: Path) -> Path:
    """What plays is a preset of one's own, "Wind/2: äé"."""
    with qtbot.waitSignal(library.presets.kept, timeout=10_000):
        library.presets.save_asked.emit("Wind/2: äé", False, None)
    path = tmp_path / "presets" / "Wind_2_ äé.safetensors"
    assert library.presets.playing == path
    return path


def test_the_list_is_in_the_order_of_the_names_shown_also_after_a_restart(qtbot: QtBot, tmp_path: Path) -> None:
    for _ in range(2):
        win = open_library(qtbot, FakeEngine(), tmp_path, shelf(tmp_path))
        assert listed(win) == IN_ORDER
        assert path_of(win.presets.list.currentItem()) == win.presets.playing
        win.close()


def test_numbers_and_accents_are_sorted_as_people_sort_them() -> None:
    assert sorted(NAMES, key=name_key) == IN_ORDER


def test_renaming_what_plays_renames_it_everywhere(
    library: MainWindow, qtbot: QtBot, own: Path, engine: FakeEngine
) -> None:
    rename(library, "Äther", qtbot)
    assert library.header.name.text() == "Äther"
    assert library.windowTitle() == "Äther – Petrichord"
    assert library.banner.text == "“Wind/2: äé” is now “Äther”."
    assert listed(library) == ["Äther", "Cello", "Ocean", "Violin"]
    library.presets.save.click()
    assert library.presets.names.edit.text() == "Äther"
    library.presets.names.put_away()
    assert library.tuning.sentence.startswith("“Äther” suggests no tuning")
    assert library.help.credit.text().startswith("“Äther” is grown from")
    library.desk.morph.show_status(replace(engine.status(), preset="Cello", morph="Ocean"))
    assert library.desk.morph.strip.names.text() == "Äther → Ocean"
    library.transport.record.click()
    take = engine.recorded[-1][0]
    assert take is not None and take.stem.endswith(" Äther")


def test_renaming_another_preset_leaves_the_title_alone(library: MainWindow, qtbot: QtBot, own: Path) -> None:
    with qtbot.waitSignal(library.loader.loaded, timeout=20_000):
        library.load(library.presets.paths()[0])
    title = library.windowTitle()
    library.presets.list.setCurrentItem(library.presets.list.at(own))
    rename(library, "Äther", qtbot)
    assert (library.windowTitle(), library.header.name.text()) == (title, "Cello")


def test_notices_say_the_name_and_not_the_file(library: MainWindow, qtbot: QtBot, own: Path, data_home: Path) -> None:
    presets = library.presets
    assert library.banner.text == "“Wind/2: äé” is saved among your presets."
    presets.duplicate()
    qtbot.waitUntil(lambda: "copy" in library.banner.text, timeout=10_000)
    assert library.banner.text == "“Wind/2: äé 2” is your own copy."
    presets.list.setCurrentItem(presets.list.at(own))
    with qtbot.waitSignal(presets.said, timeout=10_000):
        presets.delete()
    assert library.banner.text == "“Wind/2: äé” is in the trash."
    assert library.brushes.undo.toolTip() == "" or library.control_desk.history.undo_label.count("Wind/2: äé") == 1
    with qtbot.waitSignal(presets.said, timeout=10_000):
        library.banner.button.click()
    assert library.banner.text == "“Wind/2: äé” is back."


def test_a_name_that_is_taken_is_said_as_it_is_shown(library: MainWindow, own: Path) -> None:
    said, usable = library.presets.files.check_save("Wind/2: äé")
    assert (said, usable) == ("You have a preset “Wind/2: äé”.", True)


def test_a_file_that_cannot_be_read_is_shown_by_its_own_name(tmp_path: Path) -> None:
    (tmp_path / "low_strings.safetensors").write_bytes(b"no")
    assert preset_name(tmp_path / "low_strings.safetensors") == "low strings"
    assert preset_name(tmp_path / "gone.safetensors") == "gone"


def test_yours_leaves_only_presets_of_ones_own(library: MainWindow, own: Path) -> None:
    library.presets.tags.yours.click()
    assert library.presets.paths() == [own]
    library.presets.search.setText("cello")
    assert library.presets.paths() == []
    library.presets.clear_search()
    assert len(library.presets.paths()) == 4 and not library.presets.tags.yours.isChecked()
