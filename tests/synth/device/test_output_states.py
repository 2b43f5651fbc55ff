"""The table of the output's states, row by row and as a whole."""

import pytest

from synth.device.output_states import OPENING, SOUNDING, TRANSITIONS, Action, Event, State

FINAL = {State.STOPPED, State.CLOSED}
ROWS = sorted(TRANSITIONS.items(), key=lambda row: (row[0][0].value, row[0][1].value))
OPENS = {Action.OPEN_ASKED, Action.OPEN_WANTED}


def reached(begin: State, events: set[Event]) -> set[State]:
    """Every state that these events lead to."""
    found, open_ends = {begin}, [begin]
    while open_ends:
        state = open_ends.pop()
        for event in events:
            following = TRANSITIONS.get((state, event), (state, ()))[0]
            if following not in found:
                found.add(following)
                open_ends.append(following)
    return found


@pytest.mark.parametrize(("row", "outcome"), ROWS, ids=[f"{s.name}-{e.name}" for (s, e), _ in ROWS])
def test_each_row_leaves_the_output_consistent(
    row: tuple[State, Event], outcome: tuple[State, tuple[Action, ...]]
) -> None:
    (state, event), (following, actions) = row, outcome
    opens = OPENS & set(actions)
    # Something is being opened exactly where the state says so, and one thing at a time.
    still = state in OPENING and Action.ABANDON not in actions and event not in (Event.OPENED, Event.REFUSED)
    assert len(opens) + still == (following in OPENING)
    # What was opened is used, and only then.
    assert (Action.USE in actions) == (event is Event.OPENED)
    # A device plays exactly where the state says so: silence comes with the loss of one, or before the first.
    if state in SOUNDING and following not in SOUNDING and following is not State.CLOSED:
        assert Action.SILENCE in actions
    if state not in SOUNDING and state not in (State.STARTING, State.STOPPED):
        assert Action.SILENCE not in actions
    # Whoever waits for an answer gets one when the attempt has ended.
    asked = state in (State.MOVING, State.ALONE, State.CHOOSING)
    answers = {Action.GRANT, Action.REFUSE} & set(actions)
    if asked and event is Event.OPENED:
        assert answers == {Action.GRANT}
        assert Action.WANT in actions
    if asked and event in (Event.REFUSED, Event.UNANSWERED) and following is not State.ALONE:
        assert answers == {Action.REFUSE}
    if not asked:
        assert not answers
    # Whoever waits has an appointment.
    assert (Action.SCHEDULE in actions) == (following is State.WAITING)
    assert (following is State.CLOSED) == (event is Event.CLOSE)


@pytest.mark.parametrize("state", [state for state in State if state not in FINAL])
def test_every_state_takes_requests_and_closes(state: State) -> None:
    assert (state, Event.ASK) in TRANSITIONS
    assert (state, Event.CLOSE) in TRANSITIONS


@pytest.mark.parametrize("state", [state for state in State if state in OPENING])
def test_whatever_is_being_opened_has_every_outcome(state: State) -> None:
    for event in (Event.OPENED, Event.REFUSED, Event.UNANSWERED):
        assert (state, event) in TRANSITIONS


@pytest.mark.parametrize("state", [state for state in State if state not in FINAL])
def test_nobody_gives_up_looking(state: State) -> None:
    """From everywhere, by time and refusals alone, one comes to look again; and a device that opens then plays."""
    looking = reached(state, {Event.REFUSED, Event.UNANSWERED, Event.LOST, Event.DUE})
    assert State.SEARCHING in looking
    assert State.PLAYING in reached(state, {Event.OPENED, Event.DUE})


@pytest.mark.parametrize("told", [Action.TELL_NONE, Action.TELL_LOST])
def test_trouble_is_told_once_and_looking_for_a_device_is_quiet(told: Action) -> None:
    for (state, event), (_, actions) in TRANSITIONS.items():
        if state in (State.WAITING, State.SEARCHING) and event is not Event.OPENED:
            assert told not in actions, (state, event)


def test_every_state_is_reached() -> None:
    assert reached(State.STOPPED, set(Event)) == set(State)
