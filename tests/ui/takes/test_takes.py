"""The sheet of takes: listed, played, named, gone on from, thrown away; and how the next take is written."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from synth.instrument.events import SetParameter
from synth.instrument.parameters.values import ParameterValues
from synth.takes.companion import companion_of
from synth.takes.files import TakeCard
from tests.doubles.engine import FakeEngine
from tests.doubles.samples import SMALL_FRAMES
from tests.ui.hands.shelves import choose_take, open_takes
from ui.files.trash import move_to_trash
from ui.shell.main_window import MainWindow
from ui.takes.list import CARD, PROGRESS, facts

RATE = 48000
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def test_takes_are_listed_newest_first_with_their_facts(win: MainWindow, takes: Path, qtbot: QtBot) -> None:
    assert open_takes(win, qtbot) == ["newest", "middle", "oldest", "broken"]
    card = win.takes.sheet.list.item(2).data(CARD)
    assert isinstance(card, TakeCard)
    assert facts(card).startswith("0:03  ·  2001-09-09")
    assert "24-bit, 48 kHz" in facts(card)
    assert not facts(card).endswith("sound only")
    assert facts(win.takes.sheet.list.item(0).data(CARD)).endswith("sound only")
    assert card.peaks.max() == pytest.approx(0.5, abs=0.01)


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
@pytest.mark.parametrize("name", [b"caf\xe9.wav", b"\xff\xfe.wav"])
def test_a_take_whose_name_is_no_text_is_listed_and_played(
    name: bytes, win: MainWindow, engine: FakeEngine, takes: Path, qtbot: QtBot
) -> None:
    path = takes / os.fsdecode(name)
    (takes / "middle.wav").rename(path)
    open_takes(win, qtbot)
    sheet = win.takes.sheet
    sheet.list.setCurrentRow(1)
    assert sheet.list.chosen() == path
    assert "�" in sheet.list.item(1).text()
    assert facts(sheet.list.item(1).data(CARD)).startswith("0:02")
    QTest.keyClick(sheet.list, Qt.Key.Key_Return)
    assert engine.calls[-1] == f"play {path.name}"


def test_the_trash_never_takes_another_file_for_one_whose_name_is_no_text(tmp_path: Path) -> None:
    """Qt drops what is no text in a name: “caf\xe9.wav” would be “caf.wav”."""
    for name in (b"caf\xe9.wav", b"caf.wav"):
        (tmp_path / os.fsdecode(name)).touch()
    assert move_to_trash(tmp_path / os.fsdecode(b"caf\xe9.wav")) is None
    assert len(list(tmp_path.iterdir())) == 2


def test_enter_plays_the_chosen_take_and_enter_again_stops_it(
    win: MainWindow, engine: FakeEngine, takes: Path, qtbot: QtBot
) -> None:
    open_takes(win, qtbot)
    choose_take(win, "middle")
    sheet = win.takes.sheet
    QTest.keyClick(sheet.list, Qt.Key.Key_Return)
    assert engine.calls[-1] == "play middle.wav"
    qtbot.waitUntil(lambda: sheet.play.text() == "Stop", timeout=2000)
    assert sheet.list.item(1).data(PROGRESS) == 0.25
    QTest.keyClick(sheet.list, Qt.Key.Key_Return)
    assert engine.calls[-1] == "stop take"
    qtbot.waitUntil(lambda: sheet.play.text() == "Play", timeout=2000)


def test_the_last_take_is_played_and_stopped_by_its_key(win: MainWindow, engine: FakeEngine, qtbot: QtBot) -> None:
    QTest.keyClick(win, Qt.Key.Key_P, CTRL | SHIFT)
    assert "No take" in win.banner.text
    engine.state = replace(engine.state, last_take=Path("somewhere/last.wav"))
    qtbot.waitUntil(lambda: "somewhere/last" in win.transport.take.text(), timeout=2000)
    QTest.keyClick(win, Qt.Key.Key_P, CTRL | SHIFT)
    assert engine.calls[-1] == "play last.wav"
    qtbot.waitUntil(lambda: win.takes.playing is not None, timeout=2000)
    QTest.keyClick(win, Qt.Key.Key_P, CTRL | SHIFT)
    assert engine.calls[-1] == "stop take"


def test_a_take_is_as_long_in_the_transport_as_in_the_list(
    win: MainWindow, engine: FakeEngine, takes: Path, qtbot: QtBot
) -> None:
    """What is seen last while it is recorded is up to a look short, and what rings on comes after."""
    path = takes / "oldest.wav"
    engine.state = replace(engine.state, recording=path, recording_s=1.9)
    qtbot.waitUntil(lambda: win.transport.record.text() == " 0:01", timeout=2000)
    engine.state = replace(engine.state, recording=None, last_take=path)
    qtbot.waitUntil(lambda: win.transport.take.text() == "…/takes/oldest · 0:03", timeout=2000)
    open_takes(win, qtbot)
    assert facts(win.takes.sheet.list.item(2).data(CARD)).startswith("0:03")


def test_renaming_moves_file_and_companion_and_the_transport_follows(
    win: MainWindow, engine: FakeEngine, takes: Path, qtbot: QtBot
) -> None:
    engine.state = replace(engine.state, last_take=takes / "oldest.wav")
    open_takes(win, qtbot)
    choose_take(win, "oldest")
    sheet = win.takes.sheet
    QTest.keyClick(sheet.list, Qt.Key.Key_F2)
    assert sheet.names.isVisible()
    assert not win.presets.names.isVisible()
    sheet.names.edit.setText("middle")
    assert "already a take “middle”" in sheet.names.hint.text()
    assert not sheet.names.take.isEnabled()
    sheet.names.edit.setText("Best of all")
    with qtbot.waitSignal(win.takes.keeper.renamed, timeout=5000):
        QTest.keyClick(sheet.names.edit, Qt.Key.Key_Return)
    assert (takes / "Best of all.wav").is_file()
    assert (takes / "Best of all.petrichord.safetensors").is_file()
    assert not (takes / "oldest.wav").exists()
    qtbot.waitUntil(lambda: "Best of all" in win.transport.take.text(), timeout=2000)
    qtbot.waitUntil(lambda: sheet.list.findItems("Best of all", Qt.MatchFlag.MatchExactly) != [], timeout=2000)
    assert "“oldest” is now “Best of all”." in win.takes.sheet.notice.text


def test_a_rename_that_fails_is_a_banner(
    win: MainWindow, takes: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_takes(win, qtbot)

    def refuse(self: Path, target: Path) -> Path:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "rename", refuse)
    with qtbot.waitSignal(win.takes.keeper.failed, timeout=5000):
        win.takes.sheet.rename_asked.emit(takes / "newest.wav", "other")
    assert "cannot be renamed: Permission denied" in win.takes.sheet.notice.text


def test_a_take_is_gone_on_from_with_its_own_controls(
    win: MainWindow, engine: FakeEngine, takes: Path, qtbot: QtBot
) -> None:
    open_takes(win, qtbot)
    choose_take(win, "newest")
    sheet = win.takes.sheet
    assert not sheet.go_on.isEnabled()
    choose_take(win, "oldest")
    assert sheet.go_on.isEnabled()
    sent = len(engine.sent(SetParameter))
    with qtbot.waitSignal(win.loader.loaded, timeout=20_000):
        sheet.go_on.click()
    assert not sheet.isVisible()
    instrument = engine.swapped[-1][0]
    assert instrument.preset.name == "Test tone"
    assert instrument.culture.steps == 40
    assert instrument.playhead.place.position == pytest.approx(SMALL_FRAMES - 20)
    assert instrument.controls == ParameterValues(note=62, playhead_speed=-0.5)
    # Knobs round what they show: the engine keeps the take's own values.
    assert len(engine.sent(SetParameter)) == sent
    assert win.controls.controls["note"] == 62
    assert win.controls.knobs["playhead_speed"].amount() == pytest.approx(-0.5)
    assert win.header.name.text() == "Test tone"


def test_a_companion_that_is_damaged_is_a_banner_and_the_sound_goes_on(
    win: MainWindow, engine: FakeEngine, takes: Path, qtbot: QtBot
) -> None:
    open_takes(win, qtbot)
    companion_of(takes / "oldest.wav").write_bytes(b"oh")
    playing = len(engine.swapped)
    choose_take(win, "oldest")
    with qtbot.waitSignal(win.loader.failed, timeout=20_000):
        win.takes.sheet.go_on.click()
    assert "oldest.petrichord.safetensors is damaged" in win.banner.text
    assert len(engine.swapped) == playing


def test_the_folder_of_a_take_is_shown(
    win: MainWindow, takes: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: shown.append(url.toLocalFile()))
    open_takes(win, qtbot)
    win.takes.sheet.show_folder.click()
    assert shown == [str(takes)]


def test_record_waits_for_sound_and_says_so(win: MainWindow, engine: FakeEngine, qtbot: QtBot) -> None:
    QTest.keyClick(win, Qt.Key.Key_R, CTRL)
    qtbot.waitUntil(lambda: win.transport.record.text() == " Armed", timeout=2000)
    assert win.transport.record.isChecked()
    assert "Waits for sound" in win.transport.take.text()
    QTest.keyClick(win, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: win.transport.record.text() == " 0:42", timeout=2000)
    qtbot.waitUntil(lambda: win.transport.level.level_db > -20, timeout=2000)
    QTest.keyClick(win, Qt.Key.Key_R, CTRL)
    qtbot.waitUntil(lambda: win.transport.record.text() == " Record", timeout=2000)
    assert win.transport.level.level_db == -60


def test_disarming_leaves_nothing_behind(win: MainWindow, engine: FakeEngine, qtbot: QtBot) -> None:
    win.transport.record.click()
    qtbot.waitUntil(lambda: win.transport.record.isChecked(), timeout=2000)
    win.transport.record.click()
    qtbot.waitUntil(lambda: win.transport.take.text() == "No take yet", timeout=2000)
    assert engine.calls == ["record", "stop_recording"]


def test_the_next_take_is_written_as_chosen_and_the_choice_is_told(
    win: MainWindow, engine: FakeEngine, takes: Path, qtbot: QtBot
) -> None:
    options = win.transport.options
    QTest.keyClick(win, Qt.Key.Key_F, CTRL | SHIFT)
    assert options.menu_.isVisible()
    options.menu_.close()
    actions = [action for action in options.menu_.actions() if not action.isSeparator()]
    told: list[tuple[str, bool]] = []
    win.takes.options_changed.connect(lambda *choice: told.append(choice))
    actions[0].trigger()
    actions[3].trigger()
    assert told == [("pcm16", True), ("pcm16", False)]
    assert options.text() == "16-bit"
    win.transport.record.click()
    path, sample_format, wait = engine.recorded[-1]
    assert path is not None and path.parent == takes
    assert (sample_format, wait) == ("pcm16", False)


@pytest.mark.parametrize("size", [(1024, 640), (1280, 800)])
def test_the_sheet_fits_the_window(win: MainWindow, takes: Path, qtbot: QtBot, size: tuple[int, int]) -> None:
    win.resize(*size)
    open_takes(win, qtbot)
    sheet = win.takes.sheet
    assert sheet.rect().contains(sheet.paper.geometry())
    for button in (sheet.play, sheet.go_on, sheet.rename, sheet.show_folder, sheet.trash):
        assert button.width() >= button.minimumSizeHint().width()
        assert sheet.paper.rect().contains(button.mapTo(sheet.paper, QPoint(button.width(), button.height())))


def test_takes_go_where_and_how_the_stored_settings_say(win: MainWindow, engine: FakeEngine, tmp_path: Path) -> None:
    win.settings.change_takes(take_folder=tmp_path / "mine", take_format="float32", take_wait=False)
    win.transport.record.click()
    path, sample_format, wait = engine.recorded[-1]
    assert path is not None and path.parent == tmp_path / "mine"
    assert (sample_format, wait) == ("float32", False)
    assert win.transport.options.text() == "float"
