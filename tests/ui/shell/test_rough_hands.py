"""Whatever hands do, nothing breaks: an exception in any slot fails the test, and every message stays in range."""

import random
from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from synth.instrument.events import SetParameter, Touch
from synth.instrument.parameters.table import PARAMETERS
from tests.doubles.engine import FakeEngine
from ui.shell.main_window import MainWindow
from ui.widgets.knob import Knob

_KEYS = (
    *(Qt.Key(code) for code in range(Qt.Key.Key_A, Qt.Key.Key_Z + 1)),
    *(Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Escape, Qt.Key.Key_Tab, Qt.Key.Key_F1, Qt.Key.Key_Delete),
    *(Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp),
    *(Qt.Key(code) for code in range(Qt.Key.Key_0, Qt.Key.Key_9 + 1)),
    *(Qt.Key.Key_Minus, Qt.Key.Key_Comma, Qt.Key.Key_Period),
    *(Qt.Key.Key_BracketLeft, Qt.Key.Key_BracketRight, Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Backspace),
)


@pytest.mark.parametrize("seed", [1, 2])
def test_two_hundred_random_actions(win: MainWindow, engine: FakeEngine, qtbot: QtBot, seed: int) -> None:
    rng = random.Random(seed)
    actions: tuple[Callable[[], None], ...] = (
        lambda: _press_key(win, rng),
        lambda: _press_key(win, rng),
        lambda: _drag(win, rng),
        lambda: _wheel(win, rng),
        lambda: _turn(win, rng),
        lambda: win.resize(rng.randint(1024, 1600), rng.randint(640, 1000)),
        lambda: win.complain(f"Problem {rng.random():.3f}."),
    )
    for _ in range(200):
        rng.choice(actions)()
        QApplication.processEvents()
    win.hand.lift()
    _undo_and_redo_everything(win)
    for action in engine.sent(SetParameter):
        assert isinstance(action, SetParameter)
        assert PARAMETERS[action.id].holds(action.value)
    for action in engine.sent(Touch):
        assert isinstance(action, Touch)
        assert 0 <= action.gesture.column < 172
        assert 0 <= action.gesture.row <= 79


def _undo_and_redo_everything(win: MainWindow) -> None:
    """All the way back and forth again leads to where it began."""
    desk = win.control_desk
    desk.history.seal()
    # What the keys took back last is brought again first: it would be brought again at the end as well.
    while desk.history.redo_label:
        desk.redo()
    here = win.controls.controls, desk.other, desk.letter
    while desk.history.undo_label:
        desk.undo()
    while desk.history.redo_label:
        desk.redo()
    assert (win.controls.controls, desk.other, desk.letter) == here


def _press_key(win: MainWindow, rng: random.Random) -> None:
    shift = rng.choice([Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier])
    control = Qt.KeyboardModifier.ControlModifier
    of_the_desk = ((Qt.Key.Key_Z, control), (Qt.Key.Key_Z, control | shift), (Qt.Key.Key_I, control))
    choices = [(rng.choice(_KEYS), shift), rng.choice(of_the_desk), (Qt.Key.Key_U, control)]
    key, modifiers = rng.choice(choices)
    QTest.keyClick(QApplication.focusWidget() or win, key, modifiers)


def _drag(win: MainWindow, rng: random.Random) -> None:
    view = win.culture.viewport()
    button = rng.choice([Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton])
    at = [QPoint(rng.randint(-50, view.width() + 50), rng.randint(-50, view.height() + 50)) for _ in range(3)]
    QTest.mousePress(view, button, pos=at[0])
    for place in at[1:]:
        QTest.mouseMove(view, place)
    if rng.random() < 0.9:
        QTest.mouseRelease(view, button, pos=at[-1])


def _wheel(win: MainWindow, rng: random.Random) -> None:
    target = rng.choice([win.culture.viewport(), *win.findChildren(Knob)])
    here, turn = QPointF(30, 30), QPoint(0, rng.choice([-240, -15, 7, 120, 1200]))
    event = QWheelEvent(
        here,
        here,
        QPoint(),
        turn,
        Qt.MouseButton.NoButton,
        rng.choice([Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier]),
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(target, event)


def _turn(win: MainWindow, rng: random.Random) -> None:
    knob = rng.choice(win.findChildren(Knob))
    knob.setValue(rng.randint(knob.minimum(), knob.maximum()))
