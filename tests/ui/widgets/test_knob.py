"""Knobs behave as hands expect."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from synth.errors import UsageError
from synth.instrument.parameters import PARAMETERS
from tests.ui.hands.knobs import drag, move, wheel
from ui.look.units import BRUSH_HEIGHT, BRUSH_STRENGTH, BRUSH_WIDTH, SCALES
from ui.widgets.knob import Knob
from ui.widgets.slider import Slider

SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def width(qtbot: QtBot) -> Knob:
    knob = Knob(SCALES["width"])
    qtbot.addWidget(knob)
    with qtbot.waitExposed(knob):
        knob.show()
    knob.setFocus()
    return knob


@pytest.fixture(params=[Knob, Slider])
def strength(request: pytest.FixtureRequest, qtbot: QtBot) -> Knob:
    """A brush's strength, as a knob and as the slider it is."""
    knob: Knob = request.param(BRUSH_STRENGTH)
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
    assert strength.accessibleDescription() == strength.scale.text(strength.amount())
    assert all(a != b for i, a in enumerate(seen) for b in seen[:i])


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("volume_db", "-3 dB", -3), ("volume_db", "−3db", -3), ("fine_cents", "+7 ct", 7), ("fine_cents", "7 cents", 7),
        ("width", "50 %", 0.5), ("width", "50percent", 0.5), ("weather_depth", "1.5 ×", 1.5),
        ("weather_speed", "2x", 2), ("playhead_speed", "-0,5", -0.5), ("steps_per_frame", "1 step", 1),
        ("tilt_db", "+2 dB", 2), ("tilt_db", "-1.5 dB/oct", -1.5), ("tilt_db", "3 dB/octave", 3),
        ("fade_in_s", "20 ms", 0.02), ("fade_in_s", "1.5 s", 1.5), ("fade_out_s", "2", 2),
    ],
)  # fmt: skip
def test_values_are_read_as_people_write_them(name: str, text: str, value: float) -> None:
    assert SCALES[name].parse(text) == pytest.approx(value)


@pytest.mark.parametrize("seconds", [0.005, 0.0123, 0.04, 0.12, 0.997, 1.04, 3.33, 10.0])
def test_times_go_by_proportion_and_lie_on_the_nearest_step(seconds: float) -> None:
    scale = SCALES["fade_in_s"]
    found = scale.value(scale.index(seconds))
    others = [scale.value(index) for index in range(scale.n_steps + 1)]
    assert abs(found - seconds) == min(abs(other - seconds) for other in others)
    # Half way along is a tenth of the way in seconds.
    assert scale.value(scale.n_steps // 2) < 1.0


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
