"""The rows are named by what is heard: with C5 on a violin of A4 the picture shows C5."""

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from synth.instrument.tuning import Tuning, equal_temperament
from synth.mel import FORMATS
from synth.presets.file import save_preset
from tests.doubles.samples import live_preset
from ui.look.axes import hz_ticks, note_ticks, row_of_hz
from ui.perform.sounding import HeardKey
from ui.shell.main_window import MainWindow

FMT = FORMATS["22k80"]
C5 = 440.0 * 2 ** (3 / 12)


def rows(win: MainWindow, side: str) -> dict[str, float]:
    """Row of each label of an axis."""
    (ticks,) = win.culture.getPlotItem().getAxis(side)._tickLevels
    return {name: row for row, name in ticks}


@pytest.fixture
def violin(win: MainWindow, qtbot: QtBot, tmp_path: Path) -> MainWindow:
    """A preset whose own pitch is A4 plays."""
    path = save_preset(replace(live_preset(), name="reed", root_hz=440.0), tmp_path / "reed.safetensors")
    with qtbot.waitSignal(win.loader.loaded, timeout=20_000):
        win.load(path)
    return win


def test_the_note_lines_follow_the_played_note(violin: MainWindow) -> None:
    own = rows(violin, "right")
    assert own["C5"] == pytest.approx(row_of_hz(C5, FMT))
    violin.controls.note.setValue(72)
    # A4's own row sounds C5 now.
    assert rows(violin, "right")["C5"] == pytest.approx(row_of_hz(440.0, FMT))
    assert rows(violin, "left")["1k"] == pytest.approx(row_of_hz(1000 * 440 / C5, FMT))
    violin.controls.note.setValue(0)
    assert rows(violin, "right") == own


def test_what_is_under_the_pointer_is_what_is_heard_there_with_its_note(violin: MainWindow) -> None:
    at = violin.culture.position_of(40.0, row_of_hz(440.0, FMT)).toPoint()
    QTest.mouseMove(violin.culture.viewport(), at)
    said = []
    violin.culture.pointed.connect(said.append)
    for note, name in ((0, "A4"), (72, "C5"), (81, "A5")):
        violin.controls.note.setValue(note)
        violin.culture._point(40.0, row_of_hz(440.0, FMT), keyboard=False)
        assert said[-1].split(" · ")[0].endswith(name), said[-1]
    assert said[-1].startswith("880 Hz A5")


def test_a_preset_without_pitch_keeps_its_rows(win: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    path = save_preset(replace(live_preset(), root_hz=0.0), tmp_path / "surf.safetensors")
    with qtbot.waitSignal(win.loader.loaded, timeout=20_000):
        win.load(path)
    before = rows(win, "right")
    win.controls.note.setValue(60)
    assert rows(win, "right") == before


def test_fine_tuning_moves_the_lines_too(violin: MainWindow) -> None:
    violin.controls.knobs["fine_cents"].set_amount(100.0)
    assert violin.culture.pitch_ratio == pytest.approx(2 ** (1 / 12))


def test_the_ticks_of_a_transposed_culture_are_those_of_its_own_at_other_places() -> None:
    own = {name: row for row, name in note_ticks(FMT, 10_000)}
    up = {name: row for row, name in note_ticks(FMT, 10_000, 2.0)}
    assert up["C6"] == pytest.approx(own["C5"])
    assert {name: row for row, name in hz_ticks(FMT, 10_000, 2.0)}["2k"] == pytest.approx(
        {name: row for row, name in hz_ticks(FMT, 10_000)}["1k"]
    )


def test_the_lines_follow_the_key_that_is_played(violin: MainWindow, qtbot: QtBot) -> None:
    """K is C5; the drone rests."""
    own = rows(violin, "right")
    QTest.keyPress(violin.culture, Qt.Key.Key_K)
    qtbot.waitUntil(lambda: rows(violin, "right") != own, timeout=2000)
    assert rows(violin, "right")["C5"] == pytest.approx(row_of_hz(440.0, FMT))
    assert rows(violin, "left")["1k"] == pytest.approx(row_of_hz(1000 * 440 / C5, FMT))
    QTest.keyRelease(violin.culture, Qt.Key.Key_K)
    qtbot.waitUntil(lambda: not violin.keys.is_lit(72), timeout=2000)
    assert rows(violin, "right")["C5"] == pytest.approx(row_of_hz(440.0, FMT)), "what was heard last stays named"
    QTest.keyClick(violin.culture, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: rows(violin, "right") == own, timeout=2000)


def test_a_key_is_named_as_it_is_tuned(violin: MainWindow) -> None:
    violin.controls.knobs["reference_hz"].set_amount(466.0)
    violin.desk.show_key(69)
    assert violin.culture.pitch_ratio == pytest.approx(466 / 440)
    violin.desk.tuning = Tuning("quarter", tuple(hz * 2 ** (1 / 24) for hz in equal_temperament().key_hz))
    violin.desk.show_note()
    assert violin.culture.pitch_ratio == pytest.approx(466 / 440 * 2 ** (1 / 24))
    violin.desk.show_key(None)
    assert violin.culture.pitch_ratio == 1.0


def test_the_newest_key_names_the_rows_and_the_lowest_of_a_chord() -> None:
    heard = HeardKey()
    steps: list[tuple[set[int], bool, int | None]] = [
        (set(), False, None),
        ({60}, False, 60),
        ({60, 67}, False, 67),
        ({60, 64, 67, 72}, False, 64),
        ({60, 72}, False, 60),
        (set(), False, 60),
        ({72}, True, None),
        ({72}, False, 72),
    ]
    for sounding, drone, key in steps:
        assert heard.follow(frozenset(sounding), drone=drone) == key, (sounding, drone)
    heard.forget()
    assert heard.follow(frozenset(), drone=False) is None
