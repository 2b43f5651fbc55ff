"""The list sorted by date, author, rating and liveliness, grouped by category; "yours"; remembered in the session."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from synth.presets.file import save_preset
from synth.presets.library import Entry
from tests.doubles.engine import FakeEngine
from tests.doubles.samples import live_preset
from tests.ui.hands.shelves import open_library
from ui.presets.finding.order import SORTS, SortBy
from ui.presets.items import path_of
from ui.shell.main_window import MainWindow

CTRL = Qt.KeyboardModifier.ControlModifier
# Name, author, tags, how much it moves, when it was written, whether it is bundled.
SHELF = (
    ("Äolsharfe", "zoë", ("plucked",), 0.1, 30, False),
    ("Bell", "", ("bell",), 0.4, 98, True),
    ("cello", "Ann", ("bowed",), 0.2, 40, False),
    ("Cello 10", "ann", ("bowed",), 0.3, 99, True),
    ("Cello 9", "Émile", ("nobody knows",), 0.0, 20, False),
)
BY_NAME = ["Äolsharfe", "Bell", "cello", "Cello 9", "Cello 10"]


def shelf(folder: Path) -> list[Entry]:
    made = []
    for i, (name, author, tags, moves, written, bundled) in enumerate(SHELF):
        preset = live_preset()
        # A row that alternates every 8 columns; all else is silent.
        state = torch.full_like(preset.state, -1.0)
        state[0, 20] = moves * (((torch.arange(state.shape[2]) // 8) % 2) * 2.0 - 1)
        preset = replace(
            preset, name=name, author=author, tags=tags, state=state, credit=replace(preset.credit, author="")
        )
        path = save_preset(preset, folder / f"{i}.safetensors")
        os.utime(path, (10**9 + written, 10**9 + written))
        made.append(Entry(path.stem, path, bundled))
    return made


@pytest.fixture
def shelved(qtbot: QtBot, tmp_path: Path) -> MainWindow:
    return open_library(qtbot, FakeEngine(), tmp_path, shelf(tmp_path))


def listed(win: MainWindow) -> list[str]:
    return [item.text() for item in win.presets.list.all_items()]


@pytest.mark.parametrize(
    ("by", "names"),
    [
        ("name", BY_NAME),
        ("newest", ["cello", "Äolsharfe", "Cello 9", "Bell", "Cello 10"]),
        ("author", ["cello", "Cello 10", "Cello 9", "Äolsharfe", "Bell"]),
        ("lively", ["Bell", "Cello 10", "cello", "Äolsharfe", "Cello 9"]),
        ("rating", ["Cello 9", "Bell", "Äolsharfe", "cello", "Cello 10"]),
    ],
)
def test_the_list_is_sorted(shelved: MainWindow, by: SortBy, names: list[str]) -> None:
    presets = shelved.presets
    for number, stars in ((4, 5), (1, 2)):
        presets.list.rate(presets.list.at(shelf_path(shelved, number)), stars)
    presets.sort.actions_[by].trigger()
    assert listed(shelved) == names
    assert path_of(presets.list.currentItem()) == presets.playing
    presets.sort.actions_["name"].trigger()
    assert listed(shelved) == BY_NAME
    assert presets.paths() == presets.all_paths()


def shelf_path(win: MainWindow, number: int) -> Path:
    return next(path for path in win.presets.all_paths() if path.stem == str(number))


def test_however_it_is_sorted_a_program_change_counts_by_name(shelved: MainWindow) -> None:
    names = [path.stem for path in shelved.presets.all_paths()]
    shelved.presets.sort.choose("lively")
    assert [path.stem for path in shelved.presets.paths()] != names
    assert [path.stem for path in shelved.presets.all_paths()] == names


def test_every_choice_is_in_the_menu_and_the_button_says_it(shelved: MainWindow) -> None:
    sort = shelved.presets.sort
    QTest.keyClick(shelved, Qt.Key.Key_G, CTRL | Qt.KeyboardModifier.ShiftModifier)
    assert sort.menu_.isVisible()
    sort.menu_.hide()
    for by in SORTS:
        sort.actions_[by].trigger()
        assert [action.isChecked() for action in sort.actions_.values()].count(True) == 1
        assert sort.text() == f"{sort.accessibleDescription()} ▾"
    assert sort.text() == "by liveliness ▾"


def test_groups_have_heads_in_the_order_of_their_names_and_other_is_last(shelved: MainWindow) -> None:
    presets = shelved.presets
    presets.sort.grouped.trigger()
    assert presets.list.heads() == ["Bells", "Plucked", "Strings", "Other"]
    assert listed(shelved) == ["Bell", "Äolsharfe", "cello", "Cello 10", "Cello 9"]
    rows = [presets.list.item(i).text() for i in range(presets.list.count())]
    assert rows == ["Bells", "Bell", "Plucked", "Äolsharfe", "Strings", "cello", "Cello 10", "Other", "Cello 9"]
    presets.search.setText("cello")
    assert presets.list.heads() == ["Strings", "Other"]
    assert presets.count.text() == "3 of 5"
    presets.clear_search()
    presets.sort.grouped.trigger()
    assert presets.list.heads() == [] and listed(shelved) == BY_NAME and presets.list.count() == 5


def test_arrows_and_steps_pass_over_heads_and_a_click_on_one_loads_nothing(shelved: MainWindow, qtbot: QtBot) -> None:
    presets = shelved.presets
    presets.sort.grouped.trigger()
    presets.list.setFocus()
    presets.list.setCurrentItem(presets.list.all_items()[0])
    walked = []
    for _ in range(4):
        QTest.keyClick(presets.list, Qt.Key.Key_Down)
        walked.append(presets.list.currentItem().text())
    assert walked == ["Äolsharfe", "cello", "Cello 10", "Cello 9"]
    asked: list[Path] = []
    presets.chosen.connect(asked.append)
    head = presets.list.visualItemRect(presets.list.item(2)).center()
    QTest.mouseClick(presets.list.viewport(), Qt.MouseButton.LeftButton, pos=head)
    assert asked == []
    presets.step(1)
    assert len(asked) == 1


def test_a_preset_that_changes_goes_to_its_new_place(shelved: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    """Grouped, it finds the group it belongs to now, which may be a new one; the mark stays where it is."""
    presets = shelved.presets
    presets.sort.grouped.trigger()
    path = shelf_path(shelved, 4)
    save_preset(replace(live_preset(), name="Cello 9", tags=("brass",)), path)
    with qtbot.waitSignal(presets.librarian.card_read, timeout=10_000):
        presets.add(path)
    assert presets.list.heads() == ["Bells", "Plucked", "Strings", "Winds"]
    assert listed(shelved) == ["Bell", "Äolsharfe", "cello", "Cello 10", "Cello 9"]
    assert path_of(presets.list.currentItem()) == presets.playing
    presets.list.take_out(path)
    presets.finder.filter()
    assert presets.list.heads() == ["Bells", "Plucked", "Strings"]


def test_an_order_that_is_not_known_is_by_name(shelved: MainWindow) -> None:
    shelved.presets.finder.show_filter("", (), favourites_only=False, yours_only=True, sort="colour", grouped=False)
    assert shelved.presets.sort.sort_by == "name"
    assert [path.stem for path in shelved.presets.paths()] == ["0", "2", "4"]
