"""Paint begins thin and soft, lands on partials or notes, and Alt lets it land anywhere."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from synth.automaton.gestures import Gesture
from synth.instrument.events import Touch
from synth.mel import FORMATS
from tests.doubles.engine import FakeEngine
from ui.culture.snapping import snapped_row
from ui.look.axes import hz_of_row, row_of_hz
from ui.shell.main_window import MainWindow
from ui.shell.session_keeper import taken_down

FMT = FORMATS["22k80"]
LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
ALT, NONE = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.NoModifier


def at(win: MainWindow, column: float, row: float) -> QPoint:
    place: QPoint = win.culture.position_of(column, row).toPoint()
    return place


def painted(win: MainWindow, engine: FakeEngine, row: float, modifiers: Qt.KeyboardModifier = NONE) -> Gesture:
    engine.actions.clear()
    QTest.mouseClick(win.culture.viewport(), LEFT, modifiers, at(win, 60, row))
    action = engine.sent(Touch)[-1]
    assert isinstance(action, Touch)
    return action.gesture


def test_paint_begins_thin_of_half_strength_and_bounded(win: MainWindow, engine: FakeEngine) -> None:
    QTest.keyClick(win, Qt.Key.Key_2)
    gesture = painted(win, engine, 40)
    assert (gesture.kind, gesture.radius_rows, gesture.strength, gesture.loudest_lu) == ("paint", 1.5, 0.5, 4.0)
    assert win.brushes.height_.amount() == 3
    assert win.brushes.strength.amount() == 0.5
    QTest.keyClick(win, Qt.Key.Key_1)
    gesture = painted(win, engine, 40)
    assert (gesture.kind, gesture.radius_rows, gesture.strength, gesture.loudest_lu) == ("erase", 12.0, 1.0, None)
    assert win.brushes.height_.amount() == 24
    assert win.brushes.strength.amount() == 1


def test_paint_and_the_other_brushes_keep_their_own_sizes(win: MainWindow) -> None:
    bar = win.brushes
    bar.choose("paint")
    bar.resize_brush(10.0, 4.0)
    bar.strength.setValue(bar.strength.parameter.step_of(0.8))
    bar.choose("noise")
    bar.resize_brush(30.0, 9.0)
    bar.choose_shape("line")
    bar.choose("paint")
    assert (bar.brush.radius_frames, bar.brush.radius_rows, bar.brush.strength, bar.brush.shape) == (
        10.0, 4.0, 0.8, "line",
    )  # fmt: skip
    stored = taken_down(win).brush
    assert (stored.kind, stored.radius_rows, stored.aside_rows, stored.aside_strength) == ("paint", 4.0, 9.0, 1.0)
    bar.choose("freeze")
    assert (bar.brush.radius_frames, bar.brush.radius_rows, bar.brush.strength) == (30.0, 9.0, 1.0)


@pytest.mark.parametrize("root_hz", [110.0, 440.0])
def test_paint_lands_on_the_nearest_partial(root_hz: float) -> None:
    for row in (8.0, 20.3, 33.7, 51.2):
        number = hz_of_row(snapped_row(row, FMT, root_hz, 1.5), FMT) / root_hz
        assert number == pytest.approx(round(number), abs=1e-6)
        assert abs(number - hz_of_row(row, FMT) / root_hz) <= 0.5 + 1e-6 or round(number) == 1
    assert hz_of_row(snapped_row(79.0, FMT, root_hz), FMT) <= hz_of_row(79.0, FMT)


@pytest.mark.parametrize("ratio", [0.5, 1.0, 1.26])
def test_without_a_pitch_it_lands_on_the_nearest_note_as_it_is_heard(ratio: float) -> None:
    heard = 880.0
    row = row_of_hz(heard / ratio * 1.01, FMT)
    assert hz_of_row(snapped_row(row, FMT, 0.0, ratio), FMT) * ratio == pytest.approx(heard, rel=1e-6)


def test_the_hand_lands_on_a_partial_and_alt_lets_it_go(win: MainWindow, engine: FakeEngine) -> None:
    win.culture.root_hz = 440.0
    win.brushes.choose("paint")
    between = row_of_hz(440.0 * 3.4, FMT)
    assert painted(win, engine, between).row == pytest.approx(row_of_hz(1320.0, FMT), abs=1e-6)
    # A pixel is a third of a row.
    assert painted(win, engine, between, ALT).row == pytest.approx(between, abs=0.4)
    win.brushes.choose("erase")
    assert painted(win, engine, between).row == pytest.approx(between, abs=0.4)
    win.brushes.choose("paint")
    engine.actions.clear()
    QTest.mouseClick(win.culture.viewport(), RIGHT, NONE, at(win, 60, between))
    erased = engine.sent(Touch)[-1]
    assert isinstance(erased, Touch)
    assert erased.gesture.kind == "erase"
    assert erased.gesture.row == pytest.approx(between, abs=0.4)


def test_the_status_line_names_the_note_that_will_be_painted(win: MainWindow) -> None:
    win.culture.root_hz = 440.0
    win.brushes.choose("paint")
    QTest.mouseMove(win.culture.viewport(), at(win, 60, row_of_hz(440.0 * 2.2, FMT)))
    assert win.status_line.pointer.text().startswith("880 Hz A5 · ")
