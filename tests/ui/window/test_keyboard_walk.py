"""The main job without a mouse: from the first key to the finished take, each key pressed where the focus is."""

import re
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from synth.instrument.events import Touch, Undo
from tests.doubles.engine import FakeEngine
from ui.shell.main_window import MainWindow

CTRL = Qt.KeyboardModifier.ControlModifier
NONE = Qt.KeyboardModifier.NoModifier


def press(key: Qt.Key, modifiers: Qt.KeyboardModifier = NONE) -> None:
    """As a keyboard does: to whatever has the focus."""
    focused = QApplication.focusWidget()
    assert focused is not None, "nothing has the keyboard"
    QTest.keyClick(focused, key, modifiers)


def tab_to(name: str) -> None:
    """Tab until the control of this name has the focus."""
    for _ in range(120):
        focused = QApplication.focusWidget()
        if focused is not None and focused.accessibleName() == name:
            return
        press(Qt.Key.Key_Tab)
    pytest.fail(f"Tab never reaches {name}")


def test_from_launch_to_a_take_by_keyboard_alone(win: MainWindow, engine: FakeEngine, qtbot: QtBot) -> None:
    assert QApplication.focusWidget() is win.culture
    press(Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: win.transport.play.isChecked(), timeout=2000)
    with qtbot.waitSignal(win.loader.loaded, timeout=20_000):
        press(Qt.Key.Key_PageDown)
    assert Path(engine.swapped[-1][0].preset.source_path).stem == "cello"

    tab_to("Weather depth")
    press(Qt.Key.Key_PageUp)
    press(Qt.Key.Key_Up)
    assert engine.values["weather_depth"] == pytest.approx(1.25)
    assert len(engine.swapped) == 2
    for key in (Qt.Key.Key_8, Qt.Key.Key_0, Qt.Key.Key_Return):
        press(key)
    assert engine.values["weather_depth"] == pytest.approx(0.8)

    press(Qt.Key.Key_B, CTRL)
    press(Qt.Key.Key_2)
    press(Qt.Key.Key_Right)
    press(Qt.Key.Key_Return)
    assert [touch.gesture.kind for touch in engine.sent(Touch) if isinstance(touch, Touch)] == ["paint"]
    press(Qt.Key.Key_Z, CTRL)
    assert engine.actions[-1] == Undo()
    press(Qt.Key.Key_Z, CTRL)
    assert engine.values["weather_depth"] == pytest.approx(1.0)

    press(Qt.Key.Key_R, CTRL)
    qtbot.waitUntil(lambda: "0:42" in win.transport.record.text(), timeout=2000)
    press(Qt.Key.Key_R, CTRL)
    qtbot.waitUntil(lambda: win.transport.show_folder.isVisible(), timeout=2000)
    assert re.fullmatch(r"…/Petrichord/[-\d]+ [.\d]+ cello · 0:42", win.transport.take.text())
    press(Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: not win.transport.play.isChecked(), timeout=2000)
    assert engine.calls == ["play", "record", "stop_recording", "stop"]


def test_tab_goes_through_the_panel_of_presets_as_it_is_seen(win: MainWindow) -> None:
    """The button that trains stands below the others, though it is made last of all."""
    win.presets.more.setFocus()
    press(Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is win.trainer.button
    press(Qt.Key.Key_Backtab)
    assert QApplication.focusWidget() is win.presets.more
