"""The tour of the first start: six steps at the real parts, in nobody's way, and over when somebody says so."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from tests.doubles.engine import FakeEngine
from tests.ui.hands.scene import OUTPUTS, build, preset_files
from ui.files.folders import Places
from ui.help.tour import Stop, Tour
from ui.look.theme import apply_theme
from ui.shell.main_window import MainWindow

LEFT = Qt.MouseButton.LeftButton


def opened(qtbot: QtBot, folder: Path) -> MainWindow:
    """A window as it starts: nothing but the folder tells whether it is the first."""
    places = Places(folder / "presets", folder / "favourites.json", folder / "config" / "seen")
    window = MainWindow(FakeEngine(), build, preset_files(folder), lambda: list(OUTPUTS), places=places)
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    window.activateWindow()
    return window


@pytest.fixture
def first(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> Iterator[MainWindow]:
    apply_theme(qapp)
    window = opened(qtbot, tmp_path)
    yield window
    window.close()


def place(window: MainWindow, part: QWidget) -> QRect:
    return QRect(part.mapTo(window, QPoint(0, 0)), part.size())


def test_six_steps_each_framed_at_its_part_and_over_nothing(first: MainWindow, qtbot: QtBot) -> None:
    tour = first.tour
    assert tour.under_way and len(tour._stops) == 6
    first.resize(1024, 640)
    first.complain("Something must be seen.")
    for number, stop in enumerate(tour._stops, start=1):
        qtbot.wait(20)
        assert f"{number} of 6" in tour.text.text() and stop.text in tour.text.text()
        part, lines = place(first, stop.part), [place(first, line) for line in tour.frame.lines]
        assert all(line.isVisible() for line in tour.frame.lines)
        around = lines[0].united(lines[1]).united(lines[2]).united(lines[3])
        assert around == part.adjusted(-4, -4, 4, 4).intersected(first.rect()), stop.title
        for played in (first.culture, first.keys):
            assert not place(first, tour).intersects(place(first, played))
            if played is stop.part:
                assert not any(line.intersects(part) for line in lines)
        assert not place(first, tour).intersects(place(first, first.banner))
        tour.next.click()
    assert not tour.under_way
    assert not any(line.isVisible() for line in tour.frame.lines)


def test_the_parts_stay_where_they_are_from_step_to_step(first: MainWindow, qtbot: QtBot) -> None:
    first.resize(1024, 640)
    qtbot.wait(100)
    heights = []
    for _ in range(6):
        qtbot.wait(10)
        heights.append(first.culture.height())
        first.tour.next.click()
    assert len(set(heights)) == 1, heights


def leave_by_escape(window: MainWindow) -> None:
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)


def leave_by_skip(window: MainWindow) -> None:
    QTest.mouseClick(window.tour.skip, LEFT)


def leave_by_closing(window: MainWindow) -> None:
    window.close()


@pytest.mark.parametrize("leave", [leave_by_escape, leave_by_skip, leave_by_closing])
def test_once_left_it_does_not_come_back(first: MainWindow, qtbot: QtBot, tmp_path: Path, leave: object) -> None:
    assert callable(leave)
    first.tour.next.click()
    leave(first)
    assert not first.tour.under_way
    second = opened(qtbot, tmp_path)
    assert not second.tour.isVisible()
    second.close()


def test_the_keyboard_stays_with_the_instrument(first: MainWindow, qtbot: QtBot) -> None:
    engine = first.engine
    assert isinstance(engine, FakeEngine)
    assert QApplication.focusWidget() is first.culture
    QTest.mouseClick(first.tour.next, LEFT)
    QTest.mouseClick(first.tour.back, LEFT)
    assert QApplication.focusWidget() is first.culture
    QTest.keyClick(first.culture, Qt.Key.Key_Space)
    assert engine.calls == ["play"]
    QTest.keyClick(first.culture, Qt.Key.Key_A)
    assert engine.notes
    QTest.mouseClick(first.tour.skip, LEFT)
    assert QApplication.focusWidget() is first.culture


def test_by_keyboard_enter_goes_on_and_the_keyboard_returns_at_the_end(first: MainWindow) -> None:
    first.tour.next.setFocus(Qt.FocusReason.TabFocusReason)
    for _ in range(6):
        QTest.keyClick(first.tour.next, Qt.Key.Key_Return)
    assert not first.tour.under_way
    assert QApplication.focusWidget() is first.culture


def test_the_mouse_goes_through_the_frame(first: MainWindow, qtbot: QtBot) -> None:
    qtbot.wait(20)
    line = first.tour.frame.lines[0]
    assert first.childAt(line.geometry().center()) is not line


def test_help_starts_it_again(win: MainWindow) -> None:
    assert not win.tour.under_way, "this window has no file that says so"
    QTest.keyClick(win, Qt.Key.Key_F1)
    win.help.tour.click()
    assert win.tour.isVisible() and not win.help.isVisible()
    assert "1 of 6" in win.tour.text.text()


def test_escape_closes_a_sheet_before_it_ends_the_tour(first: MainWindow) -> None:
    first.help.open()
    QTest.keyClick(first, Qt.Key.Key_Escape)
    assert first.tour.under_way
    QTest.keyClick(first, Qt.Key.Key_Escape)
    assert not first.tour.under_way


def test_one_that_cannot_be_remembered_goes_away_all_the_same(win: MainWindow, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    tour = Tour([Stop("Here", "This.", win.culture)], tmp_path / "file" / "seen", win)
    assert tour.first_start
    tour.start()
    tour.leave()
    assert tour.isHidden()
    tour.deleteLater()
