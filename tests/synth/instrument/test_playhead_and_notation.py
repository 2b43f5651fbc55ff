"""Heads read where they should, the hand takes the sound along, and users' spelling is understood."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.automaton.gestures import Gesture
from synth.errors import UsageError
from synth.instrument.events import Hand, ReseedAll, Touch
from synth.instrument.notation import parse_gesture
from synth.instrument.parameters.note_names import note_name, note_number
from synth.instrument.parameters.values import ParameterValues, pitch_ratio
from synth.instrument.reading.playhead import HEAD_SPACING_FRAMES, Playhead
from synth.mel import FORMATS

FMT = FORMATS["22k80"]


@given(st.floats(-2, 2), st.floats(0, 1), st.lists(st.booleans(), min_size=1, max_size=60))
def test_weights_of_each_side_always_add_up_to_one(speed: float, width: float, hands: list[bool]) -> None:
    controls = ParameterValues(playhead_speed=speed, width=width)
    playhead = Playhead(172, controls)
    for down in hands:
        playhead.hold(Hand(down, 50.0))
        playhead.advance(controls)
        for side in (0, 1):
            assert sum(r.weight for r in playhead.place.readings() if r.side == side) == pytest.approx(1)
    assert 0 <= playhead.place.position < 172


def test_width_is_the_distance_of_the_heads_and_zero_is_one_place() -> None:
    for width in (0.0, 0.5, 1.0):
        left, right = Playhead(172, ParameterValues(width=width)).place.readings()
        assert right.position - left.position == pytest.approx(width * HEAD_SPACING_FRAMES)


def test_the_sound_is_under_the_hand_within_three_frames_and_glides_back() -> None:
    controls = ParameterValues(width=0.0)
    playhead = Playhead(172, controls)
    playhead.hold(Hand(True, 100.0, radius_frames=8.0))
    for _ in range(3):
        playhead.advance(controls)
    assert {r.weight for r in playhead.place.readings()} == {1.0}
    assert abs(playhead.place.heads()[0] - 100) <= 4
    playhead.hold(Hand(False))
    for _ in range(30):
        playhead.advance(controls)
    assert playhead.place.mix == 0
    assert playhead.place.heads()[0] == pytest.approx(33)


def test_without_follow_hand_the_playhead_goes_its_way() -> None:
    controls = ParameterValues(width=0.0, follow_hand=False)
    playhead = Playhead(172, controls)
    playhead.hold(Hand(True, 100.0))
    for _ in range(5):
        playhead.advance(controls)
    assert playhead.place.heads() == (5.0, 5.0)


@pytest.mark.parametrize(
    ("text", "number"),
    [("A4", 69), ("a4", 69), ("C4", 60), ("C#3", 49), ("Eb5", 75), ("B3", 59), ("69", 69), ("60.5", 60.5)],
)
def test_notes_are_read(text: str, number: float) -> None:
    assert note_number(text) == number


@pytest.mark.parametrize("text", ["H4", "", "A", "0", "-3", "128", "nan", "A44"])
def test_what_is_not_a_note_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        note_number(text)


@given(st.integers(1, 127))
def test_names_of_notes_are_read_back(number: int) -> None:
    assert note_number(note_name(number)) == number


def test_pitch_ratio_is_equal_temperament_over_the_root() -> None:
    assert pitch_ratio(69, 0, 440.0) == pytest.approx(1)
    assert pitch_ratio(81, 100, 440.0) == pytest.approx(2 * 2 ** (1 / 12))
    assert pitch_ratio(0, 0, 333.0) == 1
    assert pitch_ratio(60, 0, 0.0) == 1


def test_gestures_are_read() -> None:
    event = parse_gesture("2.5:erase:column=40,row=20,radius_frames=10,strength=0.5", FMT, 172)
    assert event.frame == round(2.5 * 22050 / 256)
    assert event.action == Touch(Gesture("erase", 40, 20, 10, 12, 0.5))
    painted = parse_gesture("1:paint:hz=880", FMT, 172).action
    assert isinstance(painted, Touch)
    # 880 Hz lies in the row whose centre is nearest: rows are 37 Hz apart there.
    assert painted.gesture.row == pytest.approx(880 / 37.2 - 1, abs=1)
    assert painted.gesture.column == 86
    assert parse_gesture("4:reseed-all", FMT, 172).action == ReseedAll()


@pytest.mark.parametrize(
    "text", ["erase", "x:erase", "-1:erase", "1:bite", "1:erase:row", "1:erase:depth=3", "1:erase:row=a", "inf:erase"]
)
def test_gestures_that_make_no_sense_are_refused_with_their_text(text: str) -> None:
    with pytest.raises(UsageError, match=text.replace("-", "[-]")):
        parse_gesture(text, FMT, 172)
