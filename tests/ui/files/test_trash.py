"""What a hand throws away goes to the system's trash, and its one history brings it back and sends it there again."""

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, SignalInstance
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from synth.takes.companion import companion_of
from tests.doubles.engine import FakeEngine
from tests.ui.hands.shelves import choose_take, open_takes
from ui.files.trash import Trashed
from ui.presets.row import LIKED
from ui.shell.main_window import MainWindow
from ui.takes import keeper as take_keeper

ENTER = Qt.Key.Key_Return
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="looks into the freedesktop.org trash")


def _trash(home: Path) -> list[str]:
    """What the system's trash holds, and what it knows about that."""
    return sorted(str(path.relative_to(home)) for path in home.rglob("*") if "Trash" in path.parts and path.is_file())


def _throw_away(library: MainWindow, qtbot: QtBot, path: Path) -> None:
    library.presets.list.setCurrentItem(library.presets.list.at(path))
    with qtbot.waitSignal(library.presets.said, timeout=10_000):
        QTest.keyClick(library, Qt.Key.Key_Delete, Qt.KeyboardModifier.ControlModifier)
    assert not path.exists() and path not in library.presets.paths()


@pytest.fixture
def mine(library: MainWindow, qtbot: QtBot, tmp_path: Path, data_home: Path) -> Path:
    """The cello's copy among the user's own, a favourite."""
    with qtbot.waitSignal(library.presets.said, timeout=10_000):
        library.presets.duplicate()
    path = tmp_path / "presets" / "Cello.safetensors"
    library.presets.list.like(library.presets.list.at(path))
    return path


@linux_only
def test_undo_brings_a_preset_back_from_the_trash_byte_for_byte(
    library: MainWindow, qtbot: QtBot, mine: Path, data_home: Path
) -> None:
    before, content = _trash(data_home), mine.read_bytes()
    _throw_away(library, qtbot, mine)
    assert len(_trash(data_home)) == len(before) + 2, "the file, and what the trash knows about it"
    button = library.banner.button
    assert button.isVisible() and button.text() == "Undo"
    button.setFocus()
    with qtbot.waitSignal(library.presets.said, timeout=10_000):
        QTest.keyClick(button, ENTER)
    assert library.banner.text == "“Cello” is back."
    assert mine.read_bytes() == content and mine in library.presets.paths()
    assert library.presets.list.at(mine).data(LIKED)
    assert _trash(data_home) == before


def test_a_preset_does_not_come_back_over_another_of_its_name(library: MainWindow, qtbot: QtBot, mine: Path) -> None:
    _throw_away(library, qtbot, mine)
    mine.write_bytes(b"another")
    with qtbot.waitSignal(library.presets.refused, timeout=10_000):
        library.banner.button.click()
    assert "stays in the trash" in library.banner.text and str(mine) in library.banner.text
    assert mine.read_bytes() == b"another"


def test_a_preset_whose_trash_was_emptied_is_missed_in_words(
    library: MainWindow, qtbot: QtBot, mine: Path, data_home: Path
) -> None:
    _throw_away(library, qtbot, mine)
    shutil.rmtree(data_home / "Trash", ignore_errors=True)
    with qtbot.waitSignal(library.presets.refused, timeout=10_000):
        library.banner.button.click()
    assert "no longer" in library.banner.text and not mine.exists()


def test_a_take_thrown_away_stops_playing_and_takes_its_companion_along(
    win: MainWindow, engine: FakeEngine, takes: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    trash: list[str] = []

    def thrown_away(path: Path) -> Trashed:
        trash.append(path.name)
        path.unlink()
        return Trashed(path, None)

    monkeypatch.setattr(take_keeper, "move_to_trash", thrown_away)
    open_takes(win, qtbot)
    choose_take(win, "oldest")
    win.takes.sheet.play.click()
    qtbot.waitUntil(lambda: win.takes.playing == takes / "oldest.wav", timeout=2000)
    with qtbot.waitSignal(win.takes.keeper.trashed, timeout=5000):
        QTest.keyClick(win.takes.sheet.list, Qt.Key.Key_Delete)
    assert engine.calls[-1] == "stop take"
    assert trash == ["oldest.wav", "oldest.petrichord.safetensors"]
    qtbot.waitUntil(lambda: win.takes.sheet.list.count() == 3, timeout=2000)
    assert win.takes.sheet.notice.isVisible() and not win.takes.sheet.notice.button.isVisible()


def test_undo_brings_a_take_back_with_what_lay_beside_it(
    win: MainWindow, engine: FakeEngine, takes: Path, qtbot: QtBot, data_home: Path
) -> None:
    beside = companion_of(takes / "oldest.wav")
    before = {path.name: path.read_bytes() for path in takes.iterdir()}
    engine.state = replace(engine.state, last_take=takes / "oldest.wav")
    open_takes(win, qtbot)
    choose_take(win, "oldest")
    with qtbot.waitSignal(win.takes.keeper.trashed, timeout=5000):
        QTest.keyClick(win.takes.sheet.list, Qt.Key.Key_Delete)
    assert not (takes / "oldest.wav").exists() and not beside.exists()
    qtbot.waitUntil(lambda: "newest" in win.transport.take.text(), timeout=2000)
    notice = win.takes.sheet.notice
    assert notice.isVisible() and notice.button.text() == "Undo"
    with qtbot.waitSignal(win.takes.keeper.returned, timeout=5000):
        notice.button.click()
    assert notice.text == "“oldest” is back."
    assert {path.name: path.read_bytes() for path in takes.iterdir()} == before
    qtbot.waitUntil(lambda: win.takes.sheet.list.count() == 4, timeout=2000)
    qtbot.waitUntil(lambda: "oldest" in win.transport.take.text(), timeout=2000)
    win.takes.sheet.put_away()
    assert notice.isHidden()


def _press(win: MainWindow, qtbot: QtBot, signal: SignalInstance, modifiers: Qt.KeyboardModifier = CTRL) -> None:
    with qtbot.waitSignal(signal, timeout=10_000):
        QTest.keyClick(win, Qt.Key.Key_Z, modifiers)


@linux_only
def test_ctrl_z_brings_a_preset_back_and_its_redo_trashes_it_again(
    library: MainWindow, qtbot: QtBot, mine: Path, data_home: Path
) -> None:
    before, content, said = _trash(data_home), mine.read_bytes(), library.presets.said
    volume = library.controls.knobs["volume_db"]
    volume.setValue(volume.value() - 30)
    _throw_away(library, qtbot, mine)
    for _ in range(2):
        assert library.control_desk.history.undo_label == "Move “Cello” to the trash"
        _press(library, qtbot, said)
        assert mine.read_bytes() == content and _trash(data_home) == before
        assert volume.amount() == pytest.approx(-3.0), "one step at a time"
        _press(library, qtbot, said, CTRL | SHIFT)
        assert not mine.exists() and mine not in library.presets.paths()
        assert len(_trash(data_home)) == len(before) + 2
    _press(library, qtbot, said)
    QTest.keyClick(library, Qt.Key.Key_Z, CTRL)
    assert volume.amount() == pytest.approx(0.0)


@linux_only
def test_another_preset_takes_nothing_out_of_the_trash_out_of_reach(
    library: MainWindow, qtbot: QtBot, mine: Path
) -> None:
    _throw_away(library, qtbot, mine)
    with qtbot.waitSignal(library.loader.loaded, timeout=20_000):
        library.presets.step(1)
    _press(library, qtbot, library.presets.said)
    assert mine.exists()


@linux_only
def test_what_the_notice_brought_back_is_not_undone_a_second_time(
    library: MainWindow, qtbot: QtBot, mine: Path
) -> None:
    volume = library.controls.knobs["volume_db"]
    _throw_away(library, qtbot, mine)
    volume.setValue(volume.value() - 30)
    with qtbot.waitSignal(library.presets.said, timeout=10_000):
        library.banner.button.click()
    history = library.control_desk.history
    assert (history.undo_label, history.redo_label) == ("Volume", "Move “Cello” to the trash")
    QTest.keyClick(library, Qt.Key.Key_Z, CTRL)
    assert volume.amount() == pytest.approx(0.0) and history.undo_label == ""


@linux_only
def test_redo_leaves_a_file_alone_that_has_taken_the_place(library: MainWindow, qtbot: QtBot, mine: Path) -> None:
    _throw_away(library, qtbot, mine)
    mine.write_bytes(b"another")
    _press(library, qtbot, library.presets.refused)
    QTest.keyClick(library, Qt.Key.Key_Z, CTRL | SHIFT)
    library.presets.librarian.close()
    assert mine.read_bytes() == b"another"


@linux_only
def test_what_came_back_and_was_moved_elsewhere_is_missed_in_words(
    library: MainWindow, qtbot: QtBot, mine: Path
) -> None:
    _throw_away(library, qtbot, mine)
    _press(library, qtbot, library.presets.said)
    mine.rename(mine.with_name("elsewhere.safetensors"))
    _press(library, qtbot, library.presets.refused, CTRL | SHIFT)
    assert "“Cello” is not where it was" in library.banner.text


@linux_only
def test_ctrl_z_brings_a_take_back_with_what_lay_beside_it_and_its_redo_trashes_both(
    win: MainWindow, takes: Path, qtbot: QtBot, data_home: Path
) -> None:
    beside, keeper = companion_of(takes / "oldest.wav"), win.takes.keeper
    before = {path.name: path.read_bytes() for path in takes.iterdir()}
    open_takes(win, qtbot)
    choose_take(win, "oldest")
    with qtbot.waitSignal(keeper.trashed, timeout=5000):
        QTest.keyClick(win.takes.sheet.list, Qt.Key.Key_Delete)
    for _ in range(2):
        _press(win, qtbot, keeper.returned)
        assert {path.name: path.read_bytes() for path in takes.iterdir()} == before
        _press(win, qtbot, keeper.trashed, CTRL | SHIFT)
        assert not (takes / "oldest.wav").exists() and not beside.exists()
    assert win.takes.sheet.notice.text == "“oldest” is in the trash."
