"""Knobs behave as hands expect."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from synth.controls import PARAMETERS
from synth.errors import UsageError
from ui.knob import Knob
from ui.units import BRUSH_HEIGHT, BRUSH_STRENGTH, BRUSH_WIDTH, SCALES

SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def width(qtbot: QtBot) -> Knob:
    knob = Knob(SCALES["width"])
    qtbot.addWidget(knob)
    with qtbot.waitExposed(knob):
        knob.show()
    knob.setFocus()
    return knob


def _drag(knob: Knob, pixels: int, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    start = QPoint(36, 60)
    QTest.mousePress(knob, Qt.MouseButton.LeftButton, modifiers, start)
    for y in range(1, abs(pixels) + 1):
        here = QPointF(start.x(), start.y() - y * (1 if pixels > 0 else -1))
        QApplication.sendEvent(knob, _move(here, modifiers))
    QTest.mouseRelease(knob, Qt.MouseButton.LeftButton, modifiers, start)


def _move(here: QPointF, modifiers: Qt.KeyboardModifier):  # type: ignore[no-untyped-def]
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QMouseEvent

    left = Qt.MouseButton.LeftButton
    return QMouseEvent(QEvent.Type.MouseMove, here, here, left, left, modifiers)


def _wheel(knob: Knob, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    here = QPointF(30, 40)
    event = QWheelEvent(
        here, here, QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton, modifiers, Qt.ScrollPhase.NoScrollPhase, False
    )
    QApplication.sendEvent(knob, event)


def test_it_starts_at_the_default(width: Knob) -> None:
    assert width.amount() == pytest.approx(0.6)


def test_dragging_up_turns_up_and_shift_is_ten_times_finer(width: Knob) -> None:
    _drag(width, 36)
    assert width.amount() == pytest.approx(0.8, abs=0.01)
    _drag(width, -36, SHIFT)
    assert width.amount() == pytest.approx(0.78, abs=0.01)


def test_wheel_and_arrows_move_by_notches_and_by_single_steps_with_shift(width: Knob) -> None:
    _wheel(width)
    assert width.amount() == pytest.approx(0.65)
    _wheel(width, SHIFT)
    assert width.amount() == pytest.approx(0.66)
    QTest.keyClick(width, Qt.Key.Key_Down)
    assert width.amount() == pytest.approx(0.61)
    QTest.keyClick(width, Qt.Key.Key_Left, SHIFT)
    assert width.amount() == pytest.approx(0.6)
    QTest.keyClick(width, Qt.Key.Key_End)
    assert width.amount() == pytest.approx(1.0)


def test_double_click_and_delete_go_back_to_the_default(width: Knob) -> None:
    for back in (
        lambda: QTest.mouseDClick(width, Qt.MouseButton.LeftButton),
        lambda: QTest.keyClick(width, Qt.Key.Key_Delete),
    ):
        width.setValue(0)
        back()
        assert width.amount() == pytest.approx(0.6)


def test_a_typed_value_is_taken_with_or_without_its_unit(width: Knob) -> None:
    for text, value in (("25", 0.25), ("30 %", 0.3), ("12,4", 0.12)):
        width.start_typing(text)
        editor = QApplication.focusWidget()
        assert editor is not None
        QTest.keyClick(editor, Qt.Key.Key_Return)
        assert width.amount() == pytest.approx(value)
        assert width.hasFocus()


def test_digits_open_the_editor(width: Knob) -> None:
    QTest.keyClicks(width, "7")
    editor = QApplication.focusWidget()
    assert editor is not None
    QTest.keyClicks(editor, "5")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    assert width.amount() == pytest.approx(0.75)


def test_escape_leaves_the_value_alone(width: Knob) -> None:
    width.start_typing("10")
    editor = QApplication.focusWidget()
    assert editor is not None
    QTest.keyClick(editor, Qt.Key.Key_Escape)
    assert width.amount() == pytest.approx(0.6)


@pytest.mark.parametrize("text", ["300", "-5", "loud", "", "5 dB"])
def test_a_typed_value_that_cannot_be_is_refused_in_a_sentence(width: Knob, qtbot: QtBot, text: str) -> None:
    width.start_typing(text)
    editor = QApplication.focusWidget()
    assert editor is not None
    with qtbot.waitSignal(width.refused) as refused:
        QTest.keyClick(editor, Qt.Key.Key_Return)
    (sentence,) = refused.args or [""]
    assert "Width" in sentence
    assert sentence.endswith(".")
    assert width.amount() == pytest.approx(0.6)


def test_showing_a_value_asks_for_nothing(width: Knob, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(width.turned):
        width.show_amount(0.1)
    assert width.amount() == pytest.approx(0.1)


@pytest.mark.parametrize("scale", [*SCALES.values(), BRUSH_WIDTH, BRUSH_HEIGHT, BRUSH_STRENGTH], ids=lambda s: s.label)
def test_every_scale_reaches_its_ends_and_default_and_reads_back_what_it_shows(scale) -> None:  # type: ignore[no-untyped-def]
    p = scale.parameter
    assert scale.value(0) == pytest.approx(p.minimum)
    assert scale.value(scale.n_steps) == pytest.approx(p.maximum)
    assert scale.value(scale.index(p.default)) == pytest.approx(p.default)
    for index in range(0, scale.n_steps + 1, max(1, scale.n_steps // 37)):
        value = scale.value(index)
        assert scale.parse(scale.text(value)) == pytest.approx(value, abs=0.51 * scale.step / scale.factor)


def test_every_continuous_parameter_has_a_knob_but_the_note_which_has_keys() -> None:
    assert SCALES.keys() | {"note"} == PARAMETERS.keys()


def test_the_range_is_named_in_displayed_units() -> None:
    with pytest.raises(UsageError, match=r"Volume of 20 dB is outside its range: choose −60\.0 dB to \+12\.0 dB"):
        SCALES["volume_db"].parse("20")
