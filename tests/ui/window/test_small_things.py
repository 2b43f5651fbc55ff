"""Small things that stop a hand: lists that jump, chips that move, keys that light for nothing, ranges that scold."""

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from synth.mel import FORMATS
from synth.presets.card import read_card
from synth.presets.file import save_preset
from tests.doubles.samples import live_preset
from tests.ui.hands.scene import preset_files
from ui.presets.list import PresetList
from ui.shell.main_window import MainWindow
from ui.widgets.knob import Knob


def type_value(knob: Knob, text: str) -> None:
    knob.start_typing(text)
    editor = QApplication.focusWidget()
    assert editor is not None
    QTest.keyClick(editor, Qt.Key.Key_Return)


def load(win: MainWindow, path: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(win.loader.loaded, timeout=20_000):
        win.load(path)


def test_clearing_the_search_keeps_what_plays_in_sight(win: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    names = tuple(f"zither {i}" for i in range(30))
    for entry in preset_files(tmp_path, names):
        win.presets.add(entry.path)
    load(win, tmp_path / "zither 29.safetensors", qtbot)
    presets = win.presets.list
    win.presets.search.setText("zither 29")
    win.presets.search.clear()
    qtbot.wait(50)
    playing = presets.at(win.presets.playing)
    assert presets.viewport().rect().contains(presets.visualItemRect(playing))


def test_what_plays_stays_in_sight_when_rows_change_their_height(win: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    """The details of a preset take room from the list, whose rows are lower then; so does a smaller window."""
    for entry in preset_files(tmp_path, tuple(f"zither {i:02}" for i in range(30))):
        win.presets.add(entry.path)
    load(win, tmp_path / "zither 17.safetensors", qtbot)
    presets = win.presets.list
    playing = presets.at(win.presets.playing)
    assert playing is not None

    def in_sight() -> bool:
        place = presets.visualItemRect(playing)
        return place.height() == height and presets.viewport().rect().contains(place)

    height = 40
    qtbot.waitUntil(in_sight, timeout=2000)
    height = 24
    win.presets.save.click()
    qtbot.waitUntil(in_sight, timeout=2000)
    height = 40
    win.presets.names.put_away()
    qtbot.waitUntil(in_sight, timeout=2000)
    presets.scrollToTop()
    win.resize(1280, 780)
    qtbot.wait(20)
    assert presets.verticalScrollBar().value() == 0, "who has scrolled away stays there"


def test_what_is_chosen_stays_in_sight_while_names_are_read_from_files(qtbot: QtBot, tmp_path: Path) -> None:
    """As at the start: presets are listed by their files' names, and go elsewhere when their own are known."""
    presets = PresetList()
    qtbot.addWidget(presets)
    for i in range(30):
        presets.put(tmp_path / f"zither {i:02}.safetensors", bundled=True, liked=False)
    presets.resize(200, 344)
    with qtbot.waitExposed(presets):
        presets.show()
    item = presets.at(tmp_path / "zither 20.safetensors")
    assert item is not None
    presets.setCurrentItem(item)
    presets.scrollToItem(item)
    save_preset(replace(live_preset(), name="Accordion"), tmp_path / "zither 29.safetensors")
    presets.show_card(tmp_path / "zither 29.safetensors", read_card(tmp_path / "zither 29.safetensors"))
    assert presets.item(0).text() == "Accordion"
    qtbot.waitUntil(lambda: presets.viewport().rect().contains(presets.visualItemRect(item)), timeout=1000)


def test_how_the_list_is_sorted_can_be_read_in_the_smallest_window(
    win: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    for entry in preset_files(tmp_path, tuple(f"zither {i}" for i in range(45))):
        win.presets.add(entry.path)
    win.resize(1024, 640)
    win.presets.search.setText("zither 1")
    finder = win.presets.finder
    assert finder.count.text() == "14 of 48"
    win.presets.sort.put_back("rating", grouped=False)
    qtbot.wait(50)
    assert finder.sort.width() >= finder.sort.sizeHint().width()


def test_a_tag_chip_stays_where_it_is_when_it_is_clicked(win: MainWindow) -> None:
    tags = win.presets.tags
    tags.show_tags([tag for n, tag in enumerate(("one", "two", "three", "four", "five")) for _ in range(9 - n)])
    QApplication.processEvents()
    shown = [chip for chip in tags.chips.values() if chip.isVisible()]
    before = [chip.geometry() for chip in shown]
    for chip in reversed(shown):
        for _ in range(2):
            QTest.mouseClick(chip, Qt.MouseButton.LeftButton)
            assert [chip.geometry() for chip in shown] == before


def test_a_tag_without_room_comes_forward_and_stays_until_all_is_shown_again(win: MainWindow) -> None:
    tags = win.presets.tags
    tags.show_tags([f"tag number {n}" for n in range(20)])
    hidden = next(tag for tag, chip in tags.chips.items() if chip.isHidden())
    tags.choose(hidden)
    place = tags.chips[hidden].geometry()
    assert tags.chips[hidden].isVisible()
    tags.choose(hidden, on=False)
    assert tags.chips[hidden].isVisible() and tags.chips[hidden].geometry() == place
    tags.clear()
    assert tags.chips[hidden].isHidden()


def test_no_key_lights_for_a_preset_without_pitch(win: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    paths = [
        save_preset(replace(live_preset(), name=name, root_hz=hz), tmp_path / f"{name}.safetensors")
        for name, hz in (("surf", 0.0), ("reed", 440.0))
    ]
    load(win, paths[0], qtbot)
    dark = win.keys.grab().toImage()
    assert win.keys.accessibleDescription() == "Drone: own pitch"
    load(win, paths[1], qtbot)
    assert win.keys.accessibleDescription() == "Drone: A4"
    assert win.keys.grab().toImage() != dark


def test_rows_out_of_range_are_the_nearest_there_are_and_nothing_is_said(win: MainWindow) -> None:
    for text, rows in (("1", 2), ("81", 80), ("0 rows", 2), ("500 rows", 80), ("33", 33)):
        type_value(win.brushes.height_, text)
        assert win.brushes.brush.radius_rows == rows / 2, text
        assert win.brushes.height_.amount() == rows, text
    assert win.banner.texts == []


def test_no_brush_is_higher_than_the_culture(win: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    tall = save_preset(live_preset(fmt=FORMATS["44k128"]), tmp_path / "tall.safetensors")
    load(win, tall, qtbot)
    type_value(win.brushes.height_, "999")
    assert win.brushes.brush.radius_rows == 64
    assert win.brushes.height_.toolTip().endswith("2 rows … 128 rows")
    load(win, win.presets.paths()[0], qtbot)
    assert win.brushes.brush.radius_rows == 40
    win.culture.resize_brush(0, 30)
    assert win.brushes.brush.radius_rows == 40


def test_a_value_beyond_the_range_is_the_ranges_end(win: MainWindow) -> None:
    for text, value in (("900 %", 1.0), ("-5", 0.0)):
        type_value(win.controls.knobs["width"], text)
        assert win.controls.controls["width"] == value
    assert win.banner.texts == []


@pytest.mark.parametrize(("size", "height", "seen"), [((1024, 640), 24, 7), ((1280, 800), 40, 7)])
def test_more_than_six_presets_are_seen_whole_also_in_the_smallest_window(
    win: MainWindow, qtbot: QtBot, tmp_path: Path, size: tuple[int, int], height: int, seen: int
) -> None:
    for entry in preset_files(tmp_path, tuple(f"zither {i}" for i in range(30))):
        win.presets.add(entry.path)
    win.resize(*size)
    presets = win.presets.list
    qtbot.waitUntil(lambda: presets.visualItemRect(presets.item(0)).height() == height, timeout=5000)
    inside = presets.viewport().rect()
    whole = [
        item for item in presets.all_items() if inside.contains(presets.visualItemRect(item).adjusted(1, 1, -1, -1))
    ]
    assert len(whole) >= seen
    before = presets.grab().toImage()
    presets.item(0).setText("Another name")
    assert presets.grab().toImage() != before
