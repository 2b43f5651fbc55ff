"""The agenda: everything is done, in order, and no frame is given more touches than it can bear."""

from hypothesis import given
from hypothesis import strategies as st

from synth.automaton.gestures import Gesture, footprint
from synth.instrument.events import Event, ReseedAll, Touch
from synth.instrument.playing.schedule import Agenda

M, T = 80, 172

touches = st.builds(
    lambda column, frames, rows, shape: Touch(Gesture("erase", column, 40, frames, rows, shape=shape)),
    st.floats(0, T),
    st.floats(1, 120),
    st.floats(1, 80),
    st.sampled_from(["round", "stripe", "line"]),
)
events = st.lists(st.builds(Event, st.integers(0, 5), touches | st.just(ReseedAll())), max_size=40)


@given(events)
def test_everything_is_done_once_in_the_order_of_its_frames_and_never_too_early(asked: list[Event]) -> None:
    agenda = Agenda(M, T)
    agenda.add(asked)
    done = [(frame, event.action) for frame in range(60) for event in agenda.due(frame)]
    assert [action for _, action in done] == [event.action for event in sorted(asked, key=lambda event: event.frame)]
    for (frame, _), event in zip(done, sorted(asked, key=lambda event: event.frame), strict=True):
        assert frame >= event.frame


@given(events)
def test_before_one_frame_the_last_of_three_touches_begins_on_less_than_half_a_grid(asked: list[Event]) -> None:
    agenda = Agenda(M, T)
    agenda.add(asked)
    for frame in range(60):
        reached = [
            float((footprint(event.action.gesture, M, T) > 0).float().mean())
            for event in agenda.due(frame)
            if isinstance(event.action, Touch)
        ]
        assert len(reached) <= 3
        # Soft edges reach an eighth further to each side than the share tells.
        assert sum(reached[:-1]) <= 0.5 * 1.125**2


@given(touches)
def test_the_share_a_gesture_tells_is_about_what_it_reaches(touch: Touch) -> None:
    reached = (footprint(touch.gesture, M, T) > 0).float().mean()
    # The soft edge reaches an eighth beyond the radius, and what lies outside the grid is told but not reached.
    assert float(reached) <= 1.27 * touch.gesture.share_of(M, T) + 2 / M
