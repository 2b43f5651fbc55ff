"""One to five stars for a preset, by mouse and by key, kept with the favourites and never in the preset's file."""

import json
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.doubles.engine import FakeEngine
from tests.ui.hands.shelves import open_library, tagged_presets
from ui.presets.favourites import Favourites
from ui.presets.row import LIKED, PATH, STARS, Zones
from ui.shell.main_window import MainWindow

CTRL_ALT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
LEFT = Qt.MouseButton.LeftButton


def kept(folder: Path) -> dict[str, object]:
    content = json.loads((folder / "config" / "favourites.json").read_text())
    assert isinstance(content, dict)
    return content


def test_stars_are_given_and_taken_by_key_and_survive_a_restart(
    library: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    before = {path: path.read_bytes() for path in library.presets.all_paths()}
    QTest.keyClick(library, Qt.Key.Key_4, CTRL_ALT)
    library.presets.list.setCurrentRow(2)
    QTest.keyClick(library, Qt.Key.Key_5, CTRL_ALT)
    library.header.like.click()
    assert kept(tmp_path) == {"favourites": ["cello"], "ratings": {"cello": 4, "violin": 5}}
    library.close()
    again = open_library(qtbot, FakeEngine(), tmp_path, tagged_presets(tmp_path))
    assert [item.data(STARS) for item in again.presets.list.all_items()] == [4, 0, 5]
    QTest.keyClick(again, Qt.Key.Key_0, CTRL_ALT)
    assert kept(tmp_path)["ratings"] == {"violin": 5}
    assert {path: path.read_bytes() for path in again.presets.all_paths()} == before


def test_a_screen_reader_hears_the_rating(library: MainWindow) -> None:
    item = library.presets.list.all_items()[0]
    QTest.keyClick(library, Qt.Key.Key_3, CTRL_ALT)
    assert item.data(int(Qt.ItemDataRole.AccessibleDescriptionRole)) == "Strings; strings, bowed; 3 of 5 stars"


@pytest.mark.parametrize("stars", [1, 3, 5])
def test_a_click_on_a_star_rates_and_loads_nothing_and_again_takes_it_away(library: MainWindow, stars: int) -> None:
    presets = library.presets
    library.resize(1280, 1000)
    asked: list[Path] = []
    presets.chosen.connect(asked.append)
    item = presets.list.all_items()[2]
    assert not presets.list.rows.low
    box = Zones.of(presets.list.visualItemRect(item), low=False).stars
    at = QPoint(round(box.left() + box.width() * (stars - 0.5) / 5), round(box.center().y()))
    QTest.mouseClick(presets.list.viewport(), LEFT, pos=at)
    assert item.data(STARS) == stars
    QTest.mouseClick(presets.list.viewport(), LEFT, pos=at)
    assert item.data(STARS) == 0 and asked == []


def test_a_click_on_the_heart_of_another_preset_likes_it_and_loads_nothing(library: MainWindow) -> None:
    presets = library.presets
    asked: list[Path] = []
    presets.chosen.connect(asked.append)
    item = presets.list.all_items()[2]
    heart = Zones.of(presets.list.visualItemRect(item), presets.list.rows.low).heart
    QTest.mouseClick(presets.list.viewport(), LEFT, pos=heart.center().toPoint())
    assert item.data(LIKED) and asked == []
    QTest.mouseClick(presets.list.viewport(), LEFT, pos=presets.list.visualItemRect(item).center())
    assert asked == [item.data(PATH)]


def test_where_rows_are_low_a_click_opens_the_menu_of_ratings(library: MainWindow) -> None:
    presets = library.presets
    library.resize(1024, 640)
    item = presets.list.all_items()[1]
    presets.list.rate(item, 2)
    assert presets.list.rows.low
    box = Zones.of(presets.list.visualItemRect(item), low=True).stars
    QTest.mouseClick(presets.list.viewport(), LEFT, pos=box.center().toPoint())
    menu = presets.menu.rating
    assert menu.isVisible() and presets.list.currentItem() is item
    assert [action.text().split("\t")[0] for action in menu.actions() if action.isChecked()] == ["2 stars"]
    menu.actions()[0].trigger()
    menu.hide()
    assert item.data(STARS) == 5


def test_sorted_by_rating_a_rated_preset_moves_and_stays_in_sight(library: MainWindow) -> None:
    presets = library.presets
    presets.sort.choose("rating")
    presets.list.setCurrentRow(2)
    QTest.keyClick(library, Qt.Key.Key_1, CTRL_ALT)
    assert [item.text() for item in presets.list.all_items()] == ["Violin", "Cello", "Ocean"]
    assert presets.list.currentItem().text() == "Violin"


def test_a_preset_keeps_its_stars_under_another_name_and_gives_none_away(tmp_path: Path) -> None:
    kept_at = tmp_path / "favourites.json"
    mine = Favourites(kept_at)
    mine.rate("a", 3)
    mine.rate("b", 5)
    mine.rename("a", "b")
    assert (mine.stars("a"), mine.stars("b")) == (0, 3)
    mine.rename("b", "c")
    mine.rename("x", "d")
    assert Favourites(kept_at).stars("c") == 3
    assert "favourites" in json.loads(kept_at.read_text())


def test_two_windows_keep_each_other_s_stars(tmp_path: Path) -> None:
    one, other = (Favourites(tmp_path / "favourites.json") for _ in range(2))
    one.rate("a", 3)
    other.set("b", True)
    other.rate("b", 1)
    again = Favourites(tmp_path / "favourites.json")
    assert (again.stars("a"), again.stars("b"), "b" in again) == (3, 1, True)


@pytest.mark.parametrize("ratings", ["[]", '{"a": 6}', '{"a": 0}', '{"a": true}', '{"a": "5"}', '{"a": 2.0}'])
def test_damaged_ratings_are_said_and_put_aside(tmp_path: Path, ratings: str) -> None:
    kept_at = tmp_path / "favourites.json"
    kept_at.write_text(f'{{"favourites": ["b"], "ratings": {ratings}}}')
    assert "damaged" in Favourites(kept_at).problem
    assert (tmp_path / "favourites.damaged.json").exists()


def test_a_file_of_an_older_version_has_no_ratings_and_stays_as_it_is(tmp_path: Path) -> None:
    kept_at = tmp_path / "favourites.json"
    kept_at.write_text('{"favourites": ["b"]}')
    mine = Favourites(kept_at)
    assert not mine.problem and "b" in mine and mine.stars("b") == 0
    mine.set("c", True)
    assert json.loads(kept_at.read_text()) == {"favourites": ["b", "c"]}
