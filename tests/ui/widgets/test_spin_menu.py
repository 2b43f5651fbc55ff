"""Number boxes: their menu waits for nobody, and the note's arrows are the app's own."""

import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDoubleSpinBox, QSpinBox
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
