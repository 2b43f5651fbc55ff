"""Number boxes: their menu waits for nobody, and the note's arrows are the app's own."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QLocale, QPoint, Qt, QTimer
from PySide6.QtGui import QContextMenuEvent, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDoubleSpinBox, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from ui.perform.note_box import NoteBox
from ui.shell.main_window import MainWindow
from ui.trainer.number_field import number_field


def _close_popup() -> None:
    if popup := QApplication.activePopupWidget():
        popup.close()


@pytest.mark.parametrize("make", [NoteBox, lambda: number_field("Minutes", "How long", "min", 0, 1, 60, 1)])
def test_the_menu_is_still_open_when_the_click_has_been_dealt_with(qtbot: QtBot, make: type) -> None:
    box: QSpinBox | QDoubleSpinBox = make()
    qtbot.addWidget(box)
    with qtbot.waitExposed(box):
        box.show()
    at = QPoint(10, 10)
    # A menu that waits inside the click is closed by this, and found closed.
    QTimer.singleShot(500, _close_popup)
    QApplication.sendEvent(box, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, box.mapToGlobal(at)))
    assert QApplication.activePopupWidget() is not None
    _close_popup()


def test_the_notes_arrows_are_where_they_are_drawn_and_step_it(win: MainWindow) -> None:
    box = win.controls.note
    own = box.own_note()
    box.setValue(own)
    for place, expected in ((QPoint(-9, 7), own + 1), (QPoint(-9, 7), own + 2), (QPoint(-9, 21), own + 1)):
        QTest.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(box.width(), 0) + place)
        assert box.value() == expected
    picture = box.grab().toImage()
    lit = {
        half: [
            (x, y)
            for x in range(box.width() - 16, box.width() - 2)
            for y in half
            if picture.pixelColor(x, y).lightness() > 90
        ]
        for half in (range(3, 14), range(15, 26))
    }
    assert all(len(found) > 4 for found in lit.values()), "an arrow each"


def _type(box: QWidget, text: str) -> None:
    """Any letter: `QTest` has those of ASCII only."""
    for letter in text:
        event = QKeyEvent(QEvent.Type.KeyPress, 0, Qt.KeyboardModifier.NoModifier, letter)
        QApplication.sendEvent(box, event)


@pytest.fixture(params=["de_DE", "en_US", "fr_FR", "ar_EG", "de_CH", "C"])
def country(request: pytest.FixtureRequest) -> Iterator[str]:
    """The locale that the desktop would have set."""
    before = QLocale()
    QLocale.setDefault(QLocale(request.param))
    yield request.param
    QLocale.setDefault(before)


@pytest.mark.parametrize(
    ("typed", "value"),
    [("1.5", 1.5), ("1,5", 1.5), (".5", 0.5), (",5", 0.5), ("0,25", 0.25), ("12", 12.0), ("\uff11\uff0e\uff15", 1.5)],
)
def test_a_number_is_typed_by_comma_and_by_point(country: str, typed: str, value: float, qtbot: QtBot) -> None:
    box = number_field("Start", "Where the region starts", "s", 2, 0.0, 1e5, 0.1)
    qtbot.addWidget(box)
    box.show()
    box.selectAll()
    _type(box, typed)
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert box.value() == value
    # What it shows can be typed again.
    shown = box.cleanText()
    box.setValue(3.0)
    box.selectAll()
    _type(box, shown)
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert box.value() == value


@pytest.mark.parametrize("typed", ["1.234,5", "1..5", "1,2,3", "-1", "x"])
def test_what_is_no_number_is_not_taken_for_another(country: str, typed: str, qtbot: QtBot) -> None:
    """Letters that cannot go on are not taken, so 1.234,5 stays 1.23 and never becomes 12345."""
    box = number_field("Start", "Where the region starts", "s", 2, 0.0, 1e5, 0.1)
    qtbot.addWidget(box)
    box.show()
    box.selectAll()
    _type(box, typed)
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert box.value() in (1.23, 1.5, 1.0, 0.0, 1.2)


@pytest.mark.parametrize(
    ("typed", "note"), [("440,5 Hz", 69), ("440.5 hz", 69), ("1,2 kHz", 86), ("60,6", 61), ("60.6", 61)]
)
def test_a_note_is_typed_by_comma_and_by_point(country: str, typed: str, note: int, qtbot: QtBot) -> None:
    box = NoteBox()
    qtbot.addWidget(box)
    box.show()
    box.selectAll()
    _type(box, typed)
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert box.value() == note


def test_a_knob_is_typed_by_comma_and_by_point(country: str, win: MainWindow) -> None:
    knob = win.controls.knobs["volume_db"]
    for typed in ("-3,5", "-3.5", "−3,5 dB"):
        knob.setValue(knob.parameter.step_of(-20.0))
        knob.start_typing(typed)
        QTest.keyClick(knob._editor, Qt.Key.Key_Return)
        assert knob.amount() == pytest.approx(-3.5), typed
