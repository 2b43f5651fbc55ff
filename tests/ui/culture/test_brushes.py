"""What a hand on the culture asks of the engine."""

from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from synth.automaton.gestures import RESTING_KINDS, GestureKind
from synth.instrument.events import Hand, ReseedAll, Touch
from tests.doubles.engine import FakeEngine
from ui.culture.brushes import BRUSH_KINDS, TOUCH_INTERVAL_MS, Brush, BrushHand, Field
from ui.shell.main_window import MainWindow

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton


def _at(win: MainWindow, column: float, row: float) -> QPoint:
    return win.culture.position_of(column, row).toPoint()


def test_each_brush_touches_the_cell_under_the_mouse(win: MainWindow, engine: FakeEngine) -> None:
    for i, kind in enumerate(BRUSH_KINDS):
        win.brushes.choose(kind)
        engine.actions.clear()
        column, row = 100 + 7 * i, 20 + 9 * i
        # With Alt paint lands there as well, and not on a partial.
        QTest.mouseClick(win.culture.viewport(), LEFT, Qt.KeyboardModifier.AltModifier, _at(win, column, row))
        (touch,) = engine.sent(Touch)
        assert isinstance(touch, Touch)
        assert touch.gesture.kind == kind
        # One pixel is a fifth of a cell.
        assert touch.gesture.column == pytest.approx(column, abs=0.3)
        assert touch.gesture.row == pytest.approx(row, abs=0.3)


def test_the_hand_is_down_before_the_touch_and_up_at_the_end(win: MainWindow, engine: FakeEngine) -> None:
    engine.actions.clear()
    QTest.mouseClick(win.culture.viewport(), LEFT, pos=_at(win, 40, 60))
    down, touch, up = engine.actions
    assert isinstance(down, Hand)
    assert down.down
    assert down.column == pytest.approx(40, abs=0.3)
    assert isinstance(touch, Touch)
    assert isinstance(up, Hand)
    assert not up.down


def test_the_default_brush_is_the_default_wound(win: MainWindow) -> None:
    gesture = win.hand.brush.at(0, 0)
    assert (gesture.kind, gesture.radius_frames, gesture.radius_rows, gesture.strength) == ("erase", 22.0, 12.0, 1.0)


def test_the_right_button_erases_whatever_the_brush(win: MainWindow, engine: FakeEngine) -> None:
    win.brushes.choose("paint")
    QTest.mouseClick(win.culture.viewport(), RIGHT, pos=_at(win, 10, 10))
    assert [touch.gesture.kind for touch in engine.sent(Touch)] == ["erase"]


def test_a_drag_leaves_no_gap_and_asks_no_more_than_the_engine_can_use(
    win: MainWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    view = win.culture.viewport()
    QTest.mousePress(view, LEFT, pos=_at(win, 20, 30))
    for column in range(20, 141):
        QTest.mouseMove(view, _at(win, column, 30))
    qtbot.waitUntil(lambda: engine.sent(Touch)[-1].gesture.column > 139, timeout=2000)
    QTest.mouseRelease(view, LEFT, pos=_at(win, 140, 30))
    columns = [touch.gesture.column for touch in engine.sent(Touch)]
    assert max(b - a for a, b in pairwise(columns)) <= 22 * 0.5 + 0.5
    assert len(columns) < 60  # 120 moves were made.


def test_a_still_hand_is_quiet(qtbot: QtBot, engine: FakeEngine) -> None:
    hand = BrushHand(engine.send)
    hand.press(10, 10)
    qtbot.wait(6 * TOUCH_INTERVAL_MS)
    hand.lift()
    assert len(engine.sent(Touch)) == 1


def test_a_drag_over_the_seam_goes_round_the_short_way(engine: FakeEngine, qapp: QApplication) -> None:
    hand = BrushHand(engine.send)
    hand.field = Field(172, 80)
    hand.brush = Brush(radius_frames=4)
    hand.press(170, 10)
    hand.move(176, 10)
    hand.lift()
    columns = [touch.gesture.column for touch in engine.sent(Touch)]
    assert all(column >= 170 or column <= 4 for column in columns)
    assert columns[-1] == pytest.approx(4)


def test_the_wheel_sizes_the_brush_and_the_sliders_follow(win: MainWindow) -> None:
    before = win.hand.brush
    _wheel(win, Qt.KeyboardModifier.NoModifier)
    both = win.hand.brush
    assert both.radius_frames == pytest.approx(before.radius_frames * 1.12)
    assert both.radius_rows == pytest.approx(before.radius_rows * 1.12)
    _wheel(win, Qt.KeyboardModifier.ShiftModifier)
    assert win.hand.brush.radius_rows == both.radius_rows
    assert win.brushes.length.amount() == pytest.approx(win.hand.brush.radius_frames * 2000 * 256 / 22050, abs=2)
    longer = win.hand.brush
    _wheel(win, Qt.KeyboardModifier.ControlModifier)
    assert win.hand.brush.radius_frames == longer.radius_frames
    assert win.hand.brush.radius_rows == pytest.approx(longer.radius_rows * 1.12)
    assert win.brushes.height_.amount() == pytest.approx(win.hand.brush.radius_rows * 2, abs=1)


def _wheel(win: MainWindow, modifiers: Qt.KeyboardModifier) -> None:
    here = QPointF(200, 200)
    event = QWheelEvent(
        here, here, QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton, modifiers, Qt.ScrollPhase.NoScrollPhase, False
    )
    QApplication.sendEvent(win.culture.viewport(), event)


def test_reseed_all_is_one_key(win: MainWindow, engine: FakeEngine) -> None:
    QTest.keyClick(win, Qt.Key.Key_R)
    assert len(engine.sent(ReseedAll)) == 1


def test_the_keyboard_moves_the_brush_and_touches_while_enter_is_held(win: MainWindow, engine: FakeEngine) -> None:
    QTest.keyClick(win, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    assert win.culture.hasFocus()
    QTest.keyPress(win.culture, Qt.Key.Key_Return)
    for _ in range(8):
        QTest.keyClick(win.culture, Qt.Key.Key_Right)
    QTest.keyClick(win.culture, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyRelease(win.culture, Qt.Key.Key_Return)
    touches = [touch.gesture for touch in engine.sent(Touch)]
    assert touches[-1].column - touches[0].column == pytest.approx(16)
    assert touches[-1].row - touches[0].row == pytest.approx(5)
    hands = engine.sent(Hand)
    assert hands[0].down
    assert not hands[-1].down


def test_a_hand_that_loses_the_keyboard_is_lifted(win: MainWindow, engine: FakeEngine) -> None:
    QTest.keyClick(win, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    QTest.keyPress(win.culture, Qt.Key.Key_Return)
    win.presets.list.setFocus()
    assert not win.hand.down
    assert not engine.sent(Hand)[-1].down


@pytest.mark.parametrize("kind", BRUSH_KINDS)
def test_a_hand_that_rests_holds_its_wound_until_it_is_lifted(
    win: MainWindow, engine: FakeEngine, qtbot: QtBot, kind: GestureKind
) -> None:
    win.brushes.choose(kind)
    engine.actions.clear()
    place = _at(win, 100, 20)
    QTest.mousePress(win.culture.viewport(), LEFT, pos=place)
    label = win.control_desk.history.undo_label
    qtbot.wait(900)
    kinds = [touch.gesture.kind for touch in engine.sent(Touch) if isinstance(touch, Touch)]
    assert kinds[0] == kind
    holds = kinds[1:]
    if kind in RESTING_KINDS:
        # Four a second; a busy machine's timer is late.
        assert 1 <= len(holds) <= 4 and set(holds) == {"hold"}
        first, last = engine.sent(Touch)[0], engine.sent(Touch)[-1]
        assert isinstance(first, Touch) and isinstance(last, Touch)
        assert (first.gesture.column, first.gesture.row) == (last.gesture.column, last.gesture.row)
    else:
        assert holds == []
    QTest.mouseRelease(win.culture.viewport(), LEFT, pos=place)
    sent = len(engine.sent(Touch))
    qtbot.wait(400)
    assert len(engine.sent(Touch)) == sent
    assert win.control_desk.history.undo_label == label
