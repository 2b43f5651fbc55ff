"""The settings: what is chosen reaches the engine and is stored; what is refused is said and changes nothing."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QListWidget,
    QTableWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from tests.doubles.engine import FakeEngine
from ui.settings.sheet import SettingsSheet
from ui.shell.main_window import MainWindow

CTRL = Qt.KeyboardModifier.ControlModifier


def test_the_sheet_opens_by_key_and_gear_and_is_made_only_then(win: MainWindow) -> None:
    assert win.settings_opener._sheet is None
    win.header.settings.click()
    made = win.settings_opener.sheet()
    assert made.isVisible()
    QTest.keyClick(made, Qt.Key.Key_Escape)
    assert not made.isVisible()
    QTest.keyClick(win, Qt.Key.Key_Comma, CTRL)
    assert made.isVisible()


def test_a_wheel_that_scrolls_past_changes_no_setting(sheet: SettingsSheet) -> None:
    for box in (sheet.audio.device, sheet.audio.buffer):
        before, at = box.currentIndex(), QPointF(box.rect().center())
        none = Qt.MouseButton.NoButton
        for turn in (-120, 120):
            QApplication.sendEvent(
                box,
                QWheelEvent(
                    at, box.mapToGlobal(at), QPoint(), QPoint(0, turn), none, Qt.KeyboardModifier.NoModifier,
                    Qt.ScrollPhase.NoScrollPhase, False,
                ),
            )  # fmt: skip
            assert box.count() > 2 and box.currentIndex() == before


def test_the_sound_goes_on_beneath_it(sheet: SettingsSheet, win: MainWindow, engine: FakeEngine) -> None:
    QTest.keyClick(win, Qt.Key.Key_Space)
    assert engine.calls == ["play"]


def test_pages_turn_by_arrow_keys(sheet: SettingsSheet) -> None:
    assert QApplication.focusWidget() is sheet.list
    seen = []
    for _ in sheet.pages:
        seen.append(sheet.stack.currentIndex())
        QTest.keyClick(sheet.list, Qt.Key.Key_Down)
    assert seen == list(range(len(sheet.pages)))


def test_what_the_engine_says_meanwhile_is_seen_on_the_sheet(
    sheet: SettingsSheet, engine: FakeEngine, qtbot: QtBot
) -> None:
    engine.notify("The output runs at 96 kHz now; the culture has gone on.")
    qtbot.waitUntil(lambda: "96 kHz" in sheet.sentence.text(), timeout=2000)


def _controls(sheet: QWidget) -> Iterator[QWidget]:
    kinds = (QAbstractButton, QComboBox, QLineEdit, QListWidget, QTableWidget)
    for widget in sheet.findChildren(QWidget):
        parts = isinstance(widget.parentWidget(), QComboBox | QTableWidget | QLineEdit)
        if isinstance(widget, kinds) and not parts and not widget.objectName().startswith("qt_"):
            yield widget


def test_every_control_says_what_it_is_and_does(sheet: SettingsSheet) -> None:
    found = [w for w in _controls(sheet) if type(w).__module__ != "PySide6.QtWidgets" or not _inside_a_view(w)]
    assert len(found) > 20
    assert not [f"{type(w).__name__} {w.objectName()}" for w in found if not w.accessibleName()]
    assert not [w.accessibleName() for w in found if isinstance(w, QAbstractButton | QComboBox) and not w.toolTip()]


def _inside_a_view(widget: QWidget) -> bool:
    """Corner buttons and popups that Qt builds for itself."""
    parent = widget.parentWidget()
    while parent is not None and not isinstance(parent, SettingsSheet):
        if isinstance(parent, QComboBox | QTableWidget):
            return True
        parent = parent.parentWidget()
    return False


@pytest.mark.parametrize("size", [(1024, 640), (1280, 800)])
def test_nothing_is_clipped_on_any_page(
    sheet: SettingsSheet, win: MainWindow, qtbot: QtBot, size: tuple[int, int]
) -> None:
    win.resize(*size)
    assert len(sheet.pages) == 6
    for page, shown in enumerate(sheet.pages):
        sheet.list.setCurrentRow(page)
        assert shown.isVisible()
        if shown is sheet.vocoder:
            qtbot.waitUntil(lambda: sheet.vocoder.table.rowCount() == 9, timeout=20_000)
        qtbot.wait(50)
        assert win.rect().contains(sheet.paper.geometry())
        _assert_whole(shown)


def _assert_whole(shown: QWidget) -> None:
    viewport = shown.parentWidget()
    assert viewport is not None
    assert shown.height() <= viewport.height(), "the page needs scrolling"
    assert shown.width() <= viewport.width()
    for widget in [w for w in _controls(shown) if w.isVisible()]:
        assert widget.width() >= min(widget.minimumSizeHint().width(), 300), widget.accessibleName()
    for label in [w for w in shown.findChildren(QLabel) if w.isVisible() and w.wordWrap()]:
        assert label.height() >= label.heightForWidth(label.width()), label.text()


def test_tab_reaches_every_control_of_a_page(sheet: SettingsSheet) -> None:
    for page in (sheet.audio, sheet.files):
        sheet.turn_to(page)
        wanted = {w for w in _controls(page) if w.isVisible() and w.isEnabled()}
        sheet.list.setFocus()
        seen: set[QWidget | None] = set()
        for _ in range(len(wanted) + 6):
            QTest.keyClick(QApplication.focusWidget() or sheet, Qt.Key.Key_Tab)
            seen.add(QApplication.focusWidget())
        assert not {w.accessibleName() for w in wanted - seen}
