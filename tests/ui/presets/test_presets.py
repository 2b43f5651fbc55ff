"""The preset browser: finding, liking, keeping, renaming, copying, throwing away, taking in."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from synth.mel import FORMATS
from synth.presets.file import load_preset, save_preset
from synth.presets.library import Entry
from synth.presets.model import LOOP_FRAMES
from tests.doubles.engine import FakeEngine
from tests.doubles.samples import live_preset
from tests.ui.hands.scene import window
from tests.ui.hands.shelves import open_library, tagged_presets
from ui.files.trash import Trashed
from ui.presets.items import path_of
from ui.presets.row import CARD, picture
from ui.shell.main_window import MainWindow

ENTER, ESCAPE = Qt.Key.Key_Return, Qt.Key.Key_Escape


def _shown(win: MainWindow) -> list[str]:
    return [path.stem for path in win.presets.paths()]


def _name(win: MainWindow, name: str) -> None:
    win.presets.names.edit.setText(name)
    QTest.keyClick(win.presets.names.edit, ENTER)


def test_search_looks_in_names_and_tags_and_wants_every_word(library: MainWindow) -> None:
    for text, found in (("vio", ["violin"]), ("STRINGS", ["cello", "violin"]), ("strings cel", ["cello"]), ("x", [])):
        library.presets.search.setText(text)
        assert _shown(library) == found
    assert library.presets.nothing.isVisible()


def test_tags_filter_together_and_favourites_with_them(library: MainWindow) -> None:
    tags = library.presets.tags
    tags.choose("strings")
    assert _shown(library) == ["cello", "violin"]
    tags.choose("vibrato")
    assert _shown(library) == ["violin"]
    tags.clear()
    library.presets.like_playing()
    tags.favourites.click()
    assert _shown(library) == ["cello"]


def test_favourites_survive_a_restart(library: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    library.header.like.click()
    library.close()
    again = open_library(qtbot, FakeEngine(), tmp_path, tagged_presets(tmp_path))
    assert again.header.like.isChecked()
    again.presets.tags.favourites.click()
    assert _shown(again) == ["cello"]


@pytest.mark.parametrize("content", ["{", "[]", '{"favourites": 3}', '{"favourites": [1]}'])
def test_damaged_favourites_cost_only_themselves(qtbot: QtBot, tmp_path: Path, content: str) -> None:
    file = tmp_path / "config" / "favourites.json"
    file.parent.mkdir()
    file.write_text(content)
    win = open_library(qtbot, FakeEngine(), tmp_path, tagged_presets(tmp_path))
    assert str(file) in win.banner.text and "damaged" in win.banner.text
    win.presets.like_playing()
    assert json.loads(file.read_text()) == {"favourites": ["cello"]}
    assert file.with_name("favourites.damaged.json").read_text() == content


def test_what_plays_is_saved_listed_and_comes_back_equal(
    library: MainWindow, engine: FakeEngine, qtbot: QtBot, tmp_path: Path
) -> None:
    engine.captured = torch.randn(16, 80, 172).half().float()
    library.controls.knobs["weather_depth"].setValue(33)
    library.presets.save.click()
    with qtbot.waitSignal(library.presets.kept, timeout=10_000):
        _name(library, "My swell")
    path = tmp_path / "presets" / "My swell.safetensors"
    saved = load_preset(path)
    assert torch.equal(saved.state, engine.captured)
    assert saved.settings == library.controls.controls.as_settings()
    assert saved.settings["weather_depth"] == pytest.approx(0.33)
    assert path_of(library.presets.list.currentItem()) == path
    assert library.header.name.text() == "My swell"
    with qtbot.waitSignal(library.loader.loaded, timeout=20_000):
        library.load(path)
    assert torch.equal(engine.swapped[-1][0].preset.state, engine.captured)
    assert library.controls.knobs["weather_depth"].amount() == pytest.approx(0.33)


def test_a_preset_of_yours_is_replaced_only_after_asking(library: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "presets" / "Mine.safetensors"
    save_preset(replace(live_preset(seed=5), name="Mine"), path)
    before = path.read_bytes()
    library.presets.save.click()
    _name(library, "Mine")
    bar = library.presets.names
    assert bar.isVisible() and "You have a preset “Mine”" in bar.hint.text() and bar.take.text() == "Replace"
    assert path.read_bytes() == before
    QTest.keyClick(bar.edit, ESCAPE)
    assert not bar.isVisible() and path.read_bytes() == before
    library.presets.save.click()
    bar.edit.setText("Mine")
    with qtbot.waitSignal(library.presets.kept, timeout=10_000):
        bar.take.click()
    assert path.read_bytes() != before


def test_duplicate_then_rename_then_trash(
    library: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    presets = library.presets
    with qtbot.waitSignal(presets.said, timeout=10_000):
        presets.duplicate()
    copy = tmp_path / "presets" / "Cello.safetensors"
    assert load_preset(copy).name == "Cello"
    presets.list.setCurrentItem(presets.list.at(copy))
    presets.rename()
    with qtbot.waitSignal(presets.said, timeout=10_000):
        _name(library, "Deep")
    deep = copy.with_name("Deep.safetensors")
    assert load_preset(deep).name == "Deep" and not copy.exists()
    presets.list.setCurrentItem(presets.list.at(deep))
    monkeypatch.setattr("ui.presets.librarian.move_to_trash", lambda path: None)
    with qtbot.waitSignal(presets.refused, timeout=10_000):
        presets.delete()
    assert "no trash" in library.banner.text and deep.exists() and deep in presets.paths()
    bin_ = tmp_path / "bin"
    # A system that does not tell where its trash is.
    monkeypatch.setattr("ui.presets.librarian.move_to_trash", lambda path: path.rename(bin_) and Trashed(path, None))
    presets.list.setCurrentItem(presets.list.at(deep))
    with qtbot.waitSignal(presets.said, timeout=10_000):
        presets.delete()
    assert bin_.exists() and deep not in presets.paths()
    assert "in the trash" in library.banner.text or library.banner.urgent
    assert not library.banner.button.isVisible()


def test_bundled_presets_can_be_neither_renamed_nor_deleted(library: MainWindow, tmp_path: Path) -> None:
    for action in (library.presets.rename, library.presets.delete):
        library.banner.dismiss()
        action()
        assert "comes with Petrichord" in library.banner.text
    assert (tmp_path / "cello.safetensors").exists() and not library.presets.names.isVisible()


@pytest.mark.parametrize(("name", "said"), [("", "needs a name"), ("/..", None), ("x" * 80, "at most 60")])
def test_absurd_names_are_refused_in_words_and_none_leaves_the_folder(
    library: MainWindow, name: str, said: str | None
) -> None:
    check = library.presets.files.check_save(name)
    if said is not None:
        assert said in check[0] and not check[1]
    else:
        from synth.presets.user_folder import file_for

        assert file_for(name, Path("/home/me")).parent == Path("/home/me")


def test_a_damaged_file_in_the_list_costs_only_itself(qtbot: QtBot, tmp_path: Path) -> None:
    entries = tagged_presets(tmp_path)
    bad = tmp_path / "bad.safetensors"
    bad.write_bytes(b"\x00" * 90)
    win = window([*entries, Entry("bad", bad, False)], FakeEngine(), tmp_path)
    qtbot.addWidget(win)
    item = win.presets.list.at(bad)
    assert item is not None
    qtbot.waitUntil(lambda: "not a preset" in item.toolTip(), timeout=10_000)
    assert all(other.data(CARD) for other in win.presets.list.all_items() if other is not item)
    win.close()


def test_the_picture_shows_where_the_sound_is(library: MainWindow) -> None:
    card = library.presets.list.all_items()[0].data(CARD)
    grid = np.full_like(card.grid, -1.0)
    grid[:20] = 1.0
    image = picture(replace(card, grid=grid), library.size().scaled(50, 30, Qt.AspectRatioMode.IgnoreAspectRatio), 2.0)
    assert image.width() == 100
    low, high = (image.toImage().pixelColor(50, y).lightness() for y in (55, 5))
    assert low > 200 > 30 > high


def test_a_preset_of_128_rows_is_shown_touched_and_played(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "wide.safetensors"
    save_preset(replace(live_preset(fmt=FORMATS["44k128"], n_frames=LOOP_FRAMES), name="Wide"), path)
    engine = FakeEngine(n_mels=128)
    win = open_library(qtbot, engine, tmp_path, [Entry("wide", path, True)])
    qtbot.waitUntil(lambda: win.culture._shown is not None, timeout=5000)
    assert win.culture.hand.field.n_mels == 128
    top = win.culture.position_of(80, 120).toPoint()
    QTest.mouseClick(win.culture.viewport(), Qt.MouseButton.LeftButton, pos=top)
    assert engine.actions[-1] is not None
    assert any(getattr(getattr(a, "gesture", None), "row", 0) > 115 for a in engine.actions)
    win.close()
