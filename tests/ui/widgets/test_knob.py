"""Knobs behave as hands expect."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QStyle, QStyleOptionFrame
from pytestqt.qtbot import QtBot

from synth.instrument.parameters.table import BRUSH_PARAMETERS, PARAMETERS
from tests.ui.hands.knobs import drag, move, wheel
from ui.look.theme import apply_theme
from ui.widgets.dial.editor import ValueEditor
from ui.widgets.dial.face import Ring
from ui.widgets.knob import Knob
from ui.widgets.slider import Slider

SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def width(qtbot: QtBot) -> Knob:
    knob = Knob(PARAMETERS["width"])
    qtbot.addWidget(knob)
    with qtbot.waitExposed(knob):
        knob.show()
    knob.setFocus()
    return knob


@pytest.fixture(params=[Knob, Slider])
def strength(request: pytest.FixtureRequest, qtbot: QtBot) -> Knob:
    """A brush's strength, as a knob and as the slider it is."""
    knob: Knob = request.param(BRUSH_PARAMETERS["brush_strength"])
    qtbot.addWidget(knob)
    with qtbot.waitExposed(knob):
        knob.show()
    knob.setFocus()
    knob.setValue(50)
    return knob


def test_it_starts_at_the_default(width: Knob) -> None:
    assert width.amount() == pytest.approx(0.6)


def test_dragging_up_turns_up_and_shift_is_ten_times_finer(width: Knob) -> None:
    drag(width, 36)
    assert width.amount() == pytest.approx(0.8, abs=0.01)
    drag(width, -36, SHIFT)
    assert width.amount() == pytest.approx(0.78, abs=0.01)


def test_wheel_and_arrows_move_by_notches_and_by_single_steps_with_shift(width: Knob) -> None:
    wheel(width)
    assert width.amount() == pytest.approx(0.65)
    wheel(width, modifiers=SHIFT)
    assert width.amount() == pytest.approx(0.66)
    wheel(width, modifiers=SHIFT, sideways=True)
    wheel(width, -120, SHIFT)
    assert width.amount() == pytest.approx(0.66)
    QTest.keyClick(width, Qt.Key.Key_Down)
    assert width.amount() == pytest.approx(0.61)
    QTest.keyClick(width, Qt.Key.Key_Left, SHIFT)
    assert width.amount() == pytest.approx(0.6)
    QTest.keyClick(width, Qt.Key.Key_End)
    assert width.amount() == pytest.approx(1.0)


def test_home_end_and_page_keys_turn_a_knob_the_keyboard_came_to(width: Knob) -> None:
    width.setFocus(Qt.FocusReason.OtherFocusReason)
    QTest.keyClick(width, Qt.Key.Key_Home)
    assert width.amount() == pytest.approx(0.0)
    width.clearFocus()
    width.setFocus(Qt.FocusReason.TabFocusReason)
    for key, amount in ((Qt.Key.Key_PageUp, 0.1), (Qt.Key.Key_PageUp, 0.2), (Qt.Key.Key_PageDown, 0.1)):
        QTest.keyClick(width, key)
        assert width.amount() == pytest.approx(amount)
    QTest.keyClick(width, Qt.Key.Key_End)
    assert width.amount() == pytest.approx(1.0)


def test_sliders_are_turned_like_knobs(strength: Knob) -> None:
    drag(strength, round(0.25 * strength.drag_pixels))
    assert strength.amount() == pytest.approx(0.75, abs=0.015)
    drag(strength, -round(0.5 * strength.drag_pixels), SHIFT)
    assert strength.amount() == pytest.approx(0.70, abs=0.015)
    strength.setValue(70)
    wheel(strength)
    assert strength.amount() == pytest.approx(0.75)
    QTest.keyClick(strength, Qt.Key.Key_Left)
    assert strength.amount() == pytest.approx(0.70)
    # The keyboard comes back: digits right after a drag are the brushes'.
    strength.clearFocus()
    strength.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClicks(strength, "2")
    editor = QApplication.focusWidget()
    assert editor is not None
    QTest.keyClicks(editor, "0 %")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    assert strength.amount() == pytest.approx(0.2)
    QTest.mouseDClick(strength, Qt.MouseButton.LeftButton)
    assert strength.amount() == pytest.approx(1.0)


def test_the_value_is_shown_while_it_turns(strength: Knob) -> None:
    """The picture differs with every step of a drag, also where the pointer and the arc do not reach."""

    def value_line() -> QImage:
        below = 0 if isinstance(strength, Slider) else strength.height() - 16
        return strength.grab(strength.rect().adjusted(0, below, 0, 0)).toImage()

    QTest.mousePress(strength, Qt.MouseButton.LeftButton, pos=strength.rect().center())
    seen = [value_line()]
    for pixels in (9, 18, 27):
        move(strength, pixels)
        seen.append(value_line())
    assert strength.accessibleDescription() == strength.parameter.text(strength.amount())
    assert all(a != b for i, a in enumerate(seen) for b in seen[:i])


def test_tooltips_are_one_line_with_the_range(width: Knob) -> None:
    tip = width.toolTip()
    assert "\n" not in tip
    assert tip.endswith("0 % … 100 %")


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


@pytest.mark.parametrize("text", ["loud", "", "5 dB", "3 00"])
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


def test_a_slider_shows_how_far_it_is_moved_and_where_it_is_now(qtbot: QtBot) -> None:
    slider = Slider(PARAMETERS["morph"])
    qtbot.addWidget(slider)
    slider.resize(200, 28)
    slider.set_amount(0.5)

    def red(y: int) -> list[int]:
        picture = slider.grab().toImage()
        scale = picture.width() / slider.width()
        colours = [picture.pixelColor(round(x * scale), round(y * scale)) for x in range(slider.width())]
        return [x for x, colour in enumerate(colours) if colour.red() > 240 and colour.green() < 15]

    assert not red(25)
    slider.show_rings([Ring("LFO 1", -0.25, 0.25, "#ff0000")])
    # From a quarter to three quarters of 200 pixels, at the lower edge alone.
    assert (min(red(25)), max(red(25))) == (pytest.approx(50, abs=1), pytest.approx(149, abs=1))
    assert not red(21)
    slider.show_present(0.7)
    assert (min(red(21)), max(red(21))) == (pytest.approx(139, abs=1), pytest.approx(141, abs=1))
    slider.show_rings([])
    assert not red(25)


def test_a_click_on_the_number_opens_it_and_the_first_key_replaces_it(strength: Knob) -> None:
    number = strength.number_box().center().toPoint()
    QTest.mouseClick(strength, Qt.MouseButton.LeftButton, pos=number)
    editor = strength.findChild(ValueEditor)
    assert editor is not None and editor.hasFocus() and editor.selectedText() == "50 %"
    QTest.keyClicks(editor, "7")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    assert strength.value() == 7


def test_a_drag_from_the_number_and_a_click_on_the_face_open_nothing(strength: Knob) -> None:
    number = strength.number_box().center().toPoint()
    QTest.mousePress(strength, Qt.MouseButton.LeftButton, pos=number)
    move(strength, 20)
    QTest.mouseRelease(strength, Qt.MouseButton.LeftButton, pos=number)
    assert strength.findChild(ValueEditor) is None and strength.value() != 50
    QTest.mouseClick(strength, Qt.MouseButton.LeftButton, pos=strength.rect().center())
    assert strength.findChild(ValueEditor) is None


@pytest.mark.parametrize("side", [48, 60])
def test_an_open_value_is_seen_whole(qtbot: QtBot, qapp: QApplication, side: int) -> None:
    apply_theme(qapp)
    tilt = PARAMETERS["tilt_db"]
    knob = Knob(tilt)
    qtbot.addWidget(knob)
    knob.set_side(side)
    knob.resize(knob.sizeHint())
    knob.show()
    knob.start_typing(tilt.text(tilt.minimum))
    editor = knob.findChild(ValueEditor)
    assert editor is not None
    option = QStyleOptionFrame()
    editor.initStyleOption(option)
    room = editor.style().subElementRect(QStyle.SubElement.SE_LineEditContents, option, editor).width()
    # Qt keeps two pixels free on either side of the text.
    assert editor.fontMetrics().horizontalAdvance(editor.text()) <= room - 4
