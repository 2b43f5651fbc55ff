"""Nobody loses a key: whatever was typed, the next letters play notes and the next digits choose brushes."""

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from synth.instrument.events import ReseedAll, SetParameter
from tests.doubles.engine import FakeEngine
from tests.ui.hands.knobs import drag
from tests.ui.hands.shelves import choose_take, open_takes
from tests.ui.perform.hands import begun
from ui.shell.main_window import MainWindow
from ui.widgets.knob import Knob
from ui.widgets.sheet import Sheet

RETURN, ESCAPE = Qt.Key.Key_Return, Qt.Key.Key_Escape
LEFT = Qt.MouseButton.LeftButton


def type_keys(keys: str) -> None:
    """As a keyboard does: each key to whatever has the focus by then."""
    for key in keys:
        focused = QApplication.focusWidget()
        assert focused is not None, "nothing has the keyboard"
        QTest.keyClicks(focused, key)


def press(key: Qt.Key) -> None:
    focused = QApplication.focusWidget()
    assert focused is not None, "nothing has the keyboard"
    QTest.keyClick(focused, key)


def notes(engine: FakeEngine) -> list[float]:
    """What the drone was moved to."""
    sent = [action for action in engine.actions if isinstance(action, SetParameter)]
    return [action.value for action in sent if action.id == "note"]


def assert_letters_play(engine: FakeEngine) -> None:
    """A and S are C4 and D4."""
    before = len(begun(engine))
    type_keys("as")
    assert begun(engine)[before:] == [60, 62]


def click_on_culture(win: MainWindow) -> None:
    QTest.mouseClick(win.culture.viewport(), LEFT, pos=win.culture.position_of(80.0, 20.0).toPoint())


def test_enter_in_the_search_gives_the_keyboard_back(win: MainWindow, engine: FakeEngine, qtbot: QtBot) -> None:
    QTest.mouseClick(win.presets.search, LEFT)
    type_keys("cel")
    with qtbot.waitSignal(win.loader.loaded, timeout=20_000):
        press(RETURN)
    assert_letters_play(engine)
    assert win.presets.search.text() == "cel"


def test_a_search_that_finds_nothing_keeps_the_keyboard_until_escape(win: MainWindow, engine: FakeEngine) -> None:
    QTest.mouseClick(win.presets.search, LEFT)
    type_keys("qqq")
    press(RETURN)
    assert QApplication.focusWidget() is win.presets.search
    press(ESCAPE)
    assert win.presets.search.text() == ""
    assert_letters_play(engine)


@pytest.mark.parametrize("key", [RETURN, ESCAPE])
def test_enter_and_escape_in_the_note_box_give_the_keyboard_back(
    win: MainWindow, engine: FakeEngine, key: Qt.Key
) -> None:
    box = win.controls.note
    QTest.mouseDClick(box.lineEdit(), LEFT, pos=QPoint(20, box.height() // 2))
    box.selectAll()
    type_keys("e3")
    press(key)
    assert notes(engine) == ([52.0] if key == RETURN else [])
    assert box.value() == (52 if key == RETURN else 0)
    assert_letters_play(engine)


def test_nonsense_in_the_note_box_is_refused_in_a_sentence(win: MainWindow, engine: FakeEngine) -> None:
    box = win.controls.note
    box.setFocus()
    box.selectAll()
    type_keys("hm")
    press(RETURN)
    assert win.banner.text == "“hm” is not a note: type a name such as A4, a MIDI number, 440 Hz, or own."
    assert notes(engine) == begun(engine) == []
    assert box.text().startswith("own")
    assert_letters_play(engine)


def test_the_note_box_takes_no_keyboard_from_its_arrows_or_the_wheel(win: MainWindow, engine: FakeEngine) -> None:
    box = win.controls.note
    QTest.mouseClick(box, LEFT, pos=QPoint(box.width() - 6, 6))
    assert len(notes(engine)) == 1
    assert_letters_play(engine)
    assert not box.focusPolicy() & Qt.FocusPolicy.WheelFocus & ~Qt.FocusPolicy.StrongFocus


def test_a_digit_after_a_drag_chooses_a_brush(win: MainWindow) -> None:
    knob = win.controls.knobs["width"]
    QTest.mouseMove(knob)
    drag(knob, 20)
    knob.setFocus(Qt.FocusReason.MouseFocusReason)
    type_keys("2")
    assert win.brushes.brush.kind == "paint"
    assert isinstance(QApplication.focusWidget(), Knob)


def test_a_digit_on_a_knob_that_tab_came_to_is_a_value(win: MainWindow, engine: FakeEngine) -> None:
    knob = win.controls.knobs["width"]
    drag(knob, 20)
    win.culture.setFocus()
    knob.setFocus(Qt.FocusReason.TabFocusReason)
    type_keys("2")
    assert isinstance(QApplication.focusWidget(), QLineEdit)
    press(RETURN)
    assert engine.values["width"] == pytest.approx(0.02)


@pytest.mark.parametrize("key", [RETURN, ESCAPE])
def test_enter_and_escape_in_a_knobs_value_give_the_keyboard_back(
    win: MainWindow, engine: FakeEngine, key: Qt.Key
) -> None:
    knob = win.controls.knobs["width"]
    drag(knob, 1)
    knob.setFocus(Qt.FocusReason.MouseFocusReason)
    press(RETURN)
    assert isinstance(QApplication.focusWidget(), QLineEdit)
    press(key)
    assert QApplication.focusWidget() is win.culture
    assert_letters_play(engine)


def test_a_name_that_was_typed_or_left_gives_the_keyboard_back(
    win: MainWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    win.presets.save.click()
    type_keys("read")
    assert notes(engine) == begun(engine) == []
    press(ESCAPE)
    assert not win.presets.names.isVisible()
    assert_letters_play(engine)
    win.presets.save.click()
    type_keys("read")
    with qtbot.waitSignal(win.presets.kept, timeout=20_000):
        press(RETURN)
    assert_letters_play(engine)


def test_a_click_on_the_culture_gives_the_keyboard_back(win: MainWindow, engine: FakeEngine) -> None:
    for take in (win.presets.search, win.controls.note, win.controls.knobs["width"], win.presets.list):
        take.setFocus(Qt.FocusReason.MouseFocusReason)
        click_on_culture(win)
        assert_letters_play(engine)


@pytest.mark.parametrize("name", ["help", "about", "settings", "takes", "train"])
def test_a_sheet_keeps_its_letters(win: MainWindow, engine: FakeEngine, name: str) -> None:
    match name:
        case "settings":
            win.header.settings.click()
        case "train":
            win.trainer.studio.open()
        case "takes":
            win.takes.sheet.open()
        case _:
            getattr(win, name).open()
    (sheet,) = [sheet for sheet in win.findChildren(Sheet) if sheet.isVisible()]
    sheet.setFocus()
    brush, hidden, sent = win.brushes.brush, win.brushes.hidden.isChecked(), len(engine.actions)
    type_keys(str(Path("rec/v2/b.wav")) + "RCVB[],.0")
    assert (win.brushes.brush, win.brushes.hidden.isChecked(), len(engine.actions)) == (brush, hidden, sent)
    assert win.control_desk.letter == "A"
    assert sheet.isVisible()
    sheet.put_away()
    win.culture.setFocus()
    type_keys("r")
    assert engine.actions[-1] == ReseedAll()


@pytest.mark.parametrize("way", ["opened twice", "what had the keyboard is switched off"])
def test_a_sheet_that_closes_keeps_no_keyboard(win: MainWindow, engine: FakeEngine, way: str) -> None:
    win.controls.knobs["width"].setFocus()
    win.takes.sheet.open()
    if way == "opened twice":
        win.takes.sheet.open()
    else:
        win.controls.knobs["width"].setEnabled(False)
    win.takes.sheet.away.setFocus()
    press(RETURN)
    assert not win.takes.sheet.isVisible()
    assert_letters_play(engine)


@pytest.mark.parametrize("bar", ["part_of", "branch_from", "rename"])
def test_a_sheet_that_closes_over_an_open_bar_keeps_no_keyboard(
    win: MainWindow, engine: FakeEngine, takes: Path, qtbot: QtBot, bar: str
) -> None:
    win.transport.takes.setFocus()
    open_takes(win, qtbot)
    choose_take(win, "oldest")
    getattr(win.takes.sheet, bar).click()
    QTest.keyClick(win, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert not win.takes.sheet.isVisible()
    assert QApplication.focusWidget() is win.transport.takes
    assert_letters_play(engine)


def test_nothing_hidden_and_nothing_beneath_a_sheet_takes_the_keyboard(win: MainWindow, engine: FakeEngine) -> None:
    # Such as an answer from the net, which comes once the settings are closed or show another page.
    win.header.settings.click()
    sheet = win.settings_opener.sheet()
    sheet.turn_to(sheet.pages[0])
    for late in (sheet.vocoder.table, sheet.pages[-1], win.controls.note, win.presets.search):
        late.setFocus()
        assert QApplication.focusWidget() is sheet
    type_keys("a")
    assert begun(engine) == []
    sheet.put_away()
    for late in (sheet.vocoder.table, sheet.away, win.takes.sheet.list):
        late.setFocus()
        assert QApplication.focusWidget() is win.culture
        assert_letters_play(engine)


def test_a_click_into_the_note_chooses_all_of_it(win: MainWindow) -> None:
    box = win.controls.note
    QTest.mouseClick(box.lineEdit(), LEFT)
    assert box.lineEdit().selectedText() == box.text() != ""
    type_keys("E4")
    press(RETURN)
    assert box.text() == "E4" and win.controls.controls["note"] == 64
    assert win.banner.texts == []
    QTest.mouseClick(box.lineEdit(), LEFT)
    QTest.mouseClick(box.lineEdit(), LEFT)
    assert box.lineEdit().selectedText() == "", "a second click places the cursor"
