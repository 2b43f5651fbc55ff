"""A number box's menu waits for nobody: whoever delivered the click goes on."""

import pytest
from PySide6.QtCore import QPoint, QTimer
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QDoubleSpinBox, QSpinBox
from pytestqt.qtbot import QtBot

from ui.note_box import NoteBox
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
