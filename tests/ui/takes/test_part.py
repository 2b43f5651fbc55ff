"""A part of a take in the sheet: chosen by hand, key and number, looped, saved; what is wrong is said."""

import errno
from dataclasses import replace
from pathlib import Path

import pytest
import soundfile
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from synth.takes.part import Part
from synth.takes.wav import WavWriter
from tests.doubles.engine import FakeEngine
from tests.ui.hands.shelves import choose_take, open_takes
from ui.look.clock import exact_clock, typed_time
from ui.shell.main_window import MainWindow
from ui.takes.part_bar import PartBar

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture
def bar(win: MainWindow, takes: Path, qtbot: QtBot) -> PartBar:
    """Open for the take of three seconds."""
    open_takes(win, qtbot)
    choose_take(win, "oldest")
    QTest.keyClick(win, Qt.Key.Key_T, CTRL | SHIFT)
    part = win.takes.sheet.part
    assert part.isVisible()
    return part


def _type(box: QLineEdit, text: str) -> None:
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, text)
    QTest.keyClick(box, Qt.Key.Key_Return)


def test_a_part_is_dragged_stepped_and_typed(bar: PartBar) -> None:
    view = bar.range
    assert (bar.begin.text(), bar.end.text()) == ("0:00.000", "0:03.000")
    for a, b in ((0.1, 0.2), (0.95, 0.8)):
        places = [QPoint(round(share * view.width()), 20) for share in (a, b)]
        QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=places[0])
        QTest.mouseMove(view, places[1])
        QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=places[1])
    pixel = 3.0 / view.width()
    assert view.begin_s == pytest.approx(0.6, abs=pixel) and view.end_s == pytest.approx(2.4, abs=pixel)
    _type(bar.begin, "0:00,5")
    _type(bar.end, "2.25")
    assert bar.part == Part(0.5, 2.25, looped=True)
    QTest.keyClick(view, Qt.Key.Key_Right, CTRL)
    QTest.keyClick(view, Qt.Key.Key_Left, SHIFT)
    QTest.keyClick(view, Qt.Key.Key_Right, ALT)
    assert (bar.begin.text(), bar.end.text(), bar.length.text()) == ("0:00.610", "0:02.160", "1.550 s")
    for _ in range(30):
        QTest.keyClick(view, Qt.Key.Key_Right, CTRL)
    assert view.begin_s == pytest.approx(view.end_s - 0.05), "the ends never pass each other"
    _type(bar.end, "9:00")
    assert bar.end.text() == "0:03.000", "later than the take's end is its end"


@pytest.mark.parametrize(
    ("box", "text", "sentence"),
    [
        ("begin", "soon", "“soon” is no time: type seconds such as 2.5, or minutes and seconds such as 1:02.5."),
        ("begin", "2", "The part cannot begin at 0:02.000: it ends at 0:01.500, and is at least 50 ms long."),
        ("end", "0.2", "The part cannot end at 0:00.200: it begins at 0:00.500, and is at least 50 ms long."),
    ],
)
def test_what_is_no_time_is_said_and_the_one_before_stays(
    win: MainWindow, bar: PartBar, box: str, text: str, sentence: str
) -> None:
    _type(bar.begin, "0.5")
    _type(bar.end, "1.5")
    typed: QLineEdit = getattr(bar, box)
    _type(typed, text)
    assert win.takes.sheet.notice.text == sentence
    assert (bar.begin.text(), bar.end.text()) == ("0:00.500", "0:01.500")
    _type(typed, "1")
    assert win.takes.sheet.notice.text == "", "a better one takes the sentence away"


def test_enter_loops_the_part_and_it_follows_the_hand(
    win: MainWindow, engine: FakeEngine, bar: PartBar, takes: Path, qtbot: QtBot
) -> None:
    sheet = win.takes.sheet
    _type(bar.end, "1.5")
    bar.range.setFocus()
    QTest.keyClick(bar.range, Qt.Key.Key_Return)
    assert (engine.calls[-1], engine.parts) == ("play oldest.wav", [Part(0.0, 1.5, looped=True)])
    qtbot.waitUntil(lambda: bar.play.text() == "Stop part", timeout=2000)
    QTest.keyClick(bar.range, Qt.Key.Key_Right, CTRL)
    assert engine.parts[-1] == Part(0.1, 1.5, looped=True)
    bar.loop.click()
    assert engine.parts[-1] == Part(0.1, 1.5, looped=False)
    engine.state = replace(engine.state, take=takes / "newest.wav", take_s=(0.1, 1.0))
    qtbot.waitUntil(lambda: bar.play.text() == "Play part", timeout=2000)
    count = len(engine.parts)
    QTest.keyClick(bar.range, Qt.Key.Key_Right, CTRL)
    assert len(engine.parts) == count, "another take is heard: the part is chosen in silence"
    bar.play.click()
    qtbot.waitUntil(lambda: bar.play.text() == "Stop part", timeout=2000)
    QTest.keyClick(bar.range, Qt.Key.Key_Escape)
    assert not bar.isVisible() and engine.calls[-1] == "stop take"
    assert sheet.isVisible() and sheet.list.hasFocus()


def test_a_saved_part_is_listed_chosen_and_told_to_be_sound_only(
    win: MainWindow, bar: PartBar, takes: Path, qtbot: QtBot
) -> None:
    sheet = win.takes.sheet
    _type(bar.begin, "1")
    _type(bar.end, "1.25")
    bar.save.click()
    saved = takes / "oldest trimmed.wav"
    qtbot.waitUntil(lambda: sheet.list.chosen() == saved, timeout=5000)
    assert soundfile.info(saved).frames == 12_000
    assert sheet.notice.text == (
        "A part of “oldest” is saved as “oldest trimmed”. It is sound only: continue from the whole take."
    )
    qtbot.waitUntil(lambda: sheet.list.card(saved) is not None, timeout=5000)
    assert not sheet.go_on.isEnabled()
    assert bar.save.isEnabled()


def test_a_part_that_cannot_be_saved_is_said(
    win: MainWindow, bar: PartBar, takes: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: WavWriter, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(WavWriter, "write", full)
    bar.save.click()
    qtbot.waitUntil(lambda: "no space left" in win.takes.sheet.notice.text, timeout=5000)
    assert bar.save.isEnabled() and not list(takes.glob("*trimmed*"))


@pytest.mark.parametrize("seconds", [0.0, 0.0004, 59.9996, 3599.5, 3725.25])
def test_a_time_is_read_as_it_is_written(seconds: float) -> None:
    assert typed_time(exact_clock(seconds)) == pytest.approx(seconds, abs=5.01e-4)
    assert typed_time("1:02,5") == typed_time(" 62.5 s") == typed_time("0:01:02.50") == 62.5
