"""Keys and strokes at the control desk."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from synth.instrument.parameters.values import ParameterValues
from tests.doubles.engine import FakeEngine
from ui.shell.main_window import MainWindow

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier
LEFT = Qt.MouseButton.LeftButton


def undo(win: MainWindow) -> None:
    QTest.keyClick(win, Qt.Key.Key_Z, CTRL)


def redo(win: MainWindow) -> None:
    QTest.keyClick(win, Qt.Key.Key_Z, CTRL | SHIFT)


def heard(engine: FakeEngine) -> ParameterValues:
    return engine.values


def stroke(win: MainWindow) -> None:
    QTest.mouseClick(win.culture.viewport(), LEFT, pos=win.culture.position_of(60, 30).toPoint())


def settled(win: MainWindow, qtbot: QtBot) -> None:
    """Several looks at the engine later."""
    view = win.control_desk._views
    qtbot.waitUntil(lambda: win.control_desk._views > view + 6, timeout=3000)
