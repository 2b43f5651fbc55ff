"""What every sheet over the window has in common: the keyboard stays in it, and what moves beneath costs it nothing."""

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget
from pytestqt.qtbot import QtBot

from tests.ui.window.test_accessible import called, reachable
from ui.settings.sheet import SettingsSheet
from ui.shell.main_window import MainWindow
from ui.widgets.sheet import Sheet

TAB, BACK = Qt.Key.Key_Tab, Qt.Key.Key_Backtab
SHEETS = ("help", "about", "settings", "takes", "train")


class Paints(QObject):
    """Counts how often some widgets are painted."""

    def __init__(self, *widgets: QWidget) -> None:
        super().__init__()
        self.n = 0
        for widget in widgets:
            widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.n += event.type() == QEvent.Type.Paint
        return False


def opened(win: MainWindow, name: str) -> Sheet:
    """The sheet of this name, open and at rest."""
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
    QTest.qWait(400)
    return sheet


def in_reach(sheet: Sheet) -> set[QWidget]:
    """Whatever Tab should come to."""
    return {
        widget
        for widget in reachable(sheet)
        if widget.isVisible() and widget.isEnabled() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
    }


@pytest.mark.parametrize("name", SHEETS)
def test_tab_comes_to_every_control_of_an_open_sheet_and_to_none_it_covers(win: MainWindow, name: str) -> None:
    sheet = opened(win, name)
    for page in sheet.pages if isinstance(sheet, SettingsSheet) else (None,):
        if page is not None and isinstance(sheet, SettingsSheet):
            sheet.turn_to(page)
            QApplication.processEvents()
        wanted = in_reach(sheet)
        assert sheet.away in wanted
        for key in (TAB, BACK):
            come_to = set()
            for _ in range(40):
                QTest.keyClick(QApplication.focusWidget() or win, key)
                focused = QApplication.focusWidget()
                assert focused is not None and focused is not sheet and sheet.isAncestorOf(focused), called(
                    focused or win
                )
                come_to.add(focused)
            assert wanted <= come_to, [called(widget) for widget in wanted - come_to]


@pytest.mark.parametrize("name", SHEETS)
def test_the_culture_that_lives_on_beneath_costs_a_sheet_no_painting(win: MainWindow, qtbot: QtBot, name: str) -> None:
    # Smallest, so that every sheet covers the middle of the culture, which is painted beside it all the same.
    win.resize(1024, 640)
    sheet = opened(win, name)
    on_it = [widget for widget in sheet.paper.findChildren(QAbstractButton) if widget.isVisible()]
    beneath, above = Paints(win.culture.viewport()), Paints(*on_it)
    qtbot.wait(600)
    assert above.n == 0
    sheet.put_away()
    qtbot.waitUntil(lambda: beneath.n > 5, timeout=10_000)


def test_the_keyboard_is_back_where_it_was_when_a_sheet_is_put_away(win: MainWindow) -> None:
    win.presets.search.setFocus()
    sheet = opened(win, "about")
    QTest.keyClick(QApplication.focusWidget() or win, TAB)
    QTest.keyClick(sheet, Qt.Key.Key_Escape)
    assert QApplication.focusWidget() is win.presets.search
