"""Notices stack: none hides another, none moves what is played, and what is mended is no longer said."""

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

import ui.widgets.banner
from synth.engine.protocol import Notice
from tests.doubles.engine import FakeEngine
from ui.shell.main_window import MainWindow
from ui.widgets.banner import Banner, Remedy

LONG = "The output “Speakers” is gone (the cable was pulled, or another program took it). Playing on in silence."


def place(win: MainWindow, widget: QWidget) -> QRect:
    return QRect(widget.mapTo(win, QPoint(0, 0)), widget.size())


def shown(banner: Banner) -> list[str]:
    return [card.label.text() for card in banner.cards if card.isVisible()]


def test_a_standing_error_does_not_hide_the_undo_that_comes_after_it(win: MainWindow) -> None:
    taken_back: list[str] = []
    win.complain("Something stands.")
    undo = Remedy("Undo", lambda: taken_back.append("it"))
    win.presets.said.emit("“Wind” is in the trash.", undo)
    QApplication.processEvents()
    assert shown(win.banner) == ["Something stands.", "“Wind” is in the trash."]
    assert win.banner.button.isVisible() and win.banner.button.text() == "Undo"
    QTest.mouseClick(win.banner.button, Qt.MouseButton.LeftButton)
    assert taken_back == ["it"]
    assert shown(win.banner) == ["Something stands."]


@pytest.mark.parametrize("size", [(1024, 640), (1280, 800), (1920, 1080)])
def test_notices_move_and_cover_nothing_that_is_played(win: MainWindow, qtbot: QtBot, size: tuple[int, int]) -> None:
    win.resize(*size)
    # The axis of another height has other labels, which are as wide as they are.
    qtbot.wait(500)
    played = (win.culture, win.brushes, win.controls, win.dock, win.header, win.presets.search, win.presets.save)
    before = [place(win, widget) for widget in played]
    cell = win.culture.position_of(80.0, 20.0)
    win.complain(LONG)
    win.complain(f"{LONG} Trying to open it again.", Remedy("Choose output", list))
    win.banner.say(f"Another thing. {LONG}")
    qtbot.wait(50)
    assert [place(win, widget) for widget in played] == before
    assert win.culture.position_of(80.0, 20.0) == cell
    for widget in played:
        assert not place(win, widget).intersects(place(win, win.banner)), widget
    assert win.rect().contains(place(win, win.banner))
    for card in win.banner.cards:
        if card.isVisible():
            assert card.label.height() >= card.label.heightForWidth(card.label.width()), "no sentence is cut off"
    win.banner.clear()


def test_what_finds_no_room_is_counted_and_comes_up_later(win: MainWindow, qtbot: QtBot) -> None:
    win.resize(1024, 640)
    qtbot.wait(50)
    sentences = [f"Number {i}. {LONG}" for i in range(5)]
    for sentence in sentences:
        win.complain(sentence)
    seen = len(shown(win.banner))
    assert 1 <= seen < 5
    assert win.banner._more.isVisible() and win.banner._more.text() == f"{5 - seen} more"
    for i in reversed(range(5)):
        assert shown(win.banner)[-1] == sentences[i]
        QTest.keyClick(win, Qt.Key.Key_Escape)
    assert not win.banner.isVisible()


def test_a_refusal_goes_when_the_value_is_corrected(win: MainWindow) -> None:
    knob = win.controls.knobs["width"]
    for text, said in (("loud", 1), ("very loud", 1), ("80 %", 0)):
        knob.start_typing(text)
        editor = QApplication.focusWidget()
        assert editor is not None
        QTest.keyClick(editor, Qt.Key.Key_Return)
        assert len(win.banner.texts) == said, text


def test_good_news_takes_the_bad_away(win: MainWindow) -> None:
    win.complain("Something else.")
    win.remedies.say(Notice(1, LONG, True, "output"))
    win.remedies.say(Notice(2, "The output “Speakers” is back.", False, "output"))
    assert win.banner.texts == ["Something else.", "The output “Speakers” is back."]


def test_a_mere_notice_goes_by_itself_and_an_urgent_one_stays(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ui.widgets.banner, "_SHOWN_S", 0.2)
    banner = Banner()
    qtbot.addWidget(banner)
    banner.say("Mere.")
    banner.complain("Urgent.")
    banner.say("Mere as well.")
    assert banner.texts == ["Mere.", "Urgent.", "Mere as well."]
    qtbot.waitUntil(lambda: banner.texts == ["Urgent."], timeout=5000)
    qtbot.wait(300)
    assert banner.texts == ["Urgent."]


def test_the_same_sentence_twice_is_said_once(win: MainWindow, engine: FakeEngine) -> None:
    win.complain("Twice.")
    win.complain("Other.")
    win.complain("Twice.")
    assert win.banner.texts == ["Other.", "Twice."]


def test_enter_presses_the_button_of_a_notice(win: MainWindow) -> None:
    done: list[str] = []
    win.complain("Broken.", Remedy("Mend it", lambda: done.append("mended")))
    win.banner.button.setFocus()
    QTest.keyClick(win.banner.button, Qt.Key.Key_Return)
    assert done == ["mended"]
