"""One history for controls and strokes: whatever the hand does, undo and redo walk exactly along it."""

from collections import deque
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from ui.controls.undo import Stroke, Turn, UndoHistory

KNOBS = ("width", "tilt", "volume")
ROOM = 3
"""Strokes the engine of these tests remembers."""


@dataclass
class Engine:
    """As the real one does it: a culture is what was painted on it, and the past has little room."""

    culture: tuple[int, ...] = ()
    past: deque[tuple[int, ...]] = field(default_factory=lambda: deque(maxlen=ROOM))
    undone: list[tuple[int, ...]] = field(default_factory=list)

    def touch(self, mark: int) -> None:
        self.undone.clear()
        self.past.append(self.culture)
        self.culture += (mark,)

    def undo(self) -> None:
        if self.past:
            self.undone.append(self.culture)
            self.culture = self.past.pop()

    def redo(self) -> None:
        if self.undone:
            self.past.append(self.culture)
            self.culture = self.undone.pop()


class Thrown:
    """A file that goes to the trash, comes back, and goes again."""

    label = "Move it to the trash"

    def __init__(self, name: int, trash: set[int]) -> None:
        self.name, self.trash = name, trash
        self.redo()

    def undo(self) -> None:
        self.trash.remove(self.name)

    def redo(self) -> None:
        assert self.name not in self.trash
        self.trash.add(self.name)


class Desk:
    """The window's side: controls, the history and that engine."""

    def __init__(self, limit: int = 200) -> None:
        self.history = UndoHistory(limit)
        self.engine = Engine()
        self.controls = dict.fromkeys(KNOBS, 0)
        self.marks = 0
        self.trash: set[int] = set()

    def state(self) -> tuple[tuple[tuple[int, ...], frozenset[int]], tuple[int, ...]]:
        """All that outlives a culture, and the culture."""
        return (tuple(self.controls.values()), frozenset(self.trash)), self.engine.culture

    def throw(self) -> None:
        self.marks += 1
        self.history.deed(Thrown(self.marks, self.trash))

    def turn(self, knob: str, value: int, *, whole: bool = True) -> None:
        before = {knob: self.controls[knob]}
        self.controls[knob] = value
        self.history.turn(knob, before, {knob: value})
        if whole:
            self.history.seal()

    def touch(self) -> None:
        self.marks += 1
        self.engine.touch(self.marks)
        self.history.stroke("Erase")
        self.history.keep_strokes(len(self.engine.past))

    def undo(self) -> None:
        match self.history.undo():
            case Turn(before=before):
                self.controls |= before  # type: ignore[arg-type]
            case Stroke():
                self.engine.undo()
            case deed if deed is not None:
                deed.undo()

    def redo(self) -> None:
        match self.history.redo():
            case Turn(after=after):
                self.controls |= after  # type: ignore[arg-type]
            case Stroke():
                self.engine.redo()
            case deed if deed is not None:
                deed.redo()


TURNS = st.tuples(st.just("turn"), st.sampled_from(KNOBS), st.integers(1, 9))
DRAGS = st.tuples(st.just("drag"), st.sampled_from(KNOBS), st.lists(st.integers(1, 9), min_size=1, max_size=4))
ACTIONS = st.lists(
    st.one_of(TURNS, DRAGS, *(st.just(name) for name in ("touch", "throw", "undo", "redo"))), max_size=40
)


@given(ACTIONS)
@settings(max_examples=400, deadline=None)
def test_any_sequence_gives_the_state_of_a_history_of_whole_snapshots(actions: list[object]) -> None:
    """The model keeps every state there was, in a list with a place in it, as long as strokes are in reach."""
    desk = Desk()
    states, place, kinds = [desk.state()], 0, [""]
    for action in actions:
        before = desk.state()
        match action:
            case "undo":
                desk.undo()
                place = max(place - 1, 0)
                # A stroke beyond the engine's room is no step: the model's list has been cut below.
            case "redo":
                desk.redo()
                place = min(place + 1, len(states) - 1)
            case _:
                moved = True
                match action:
                    case "touch":
                        desk.touch()
                    case "throw":
                        desk.throw()
                    case ("turn", knob, value):
                        moved = value != desk.controls[knob]
                        desk.turn(knob, value)
                    case ("drag", knob, values):
                        moved = any(value != desk.controls[knob] for value in values)
                        for value in values:
                            desk.turn(knob, value, whole=False)
                        desk.history.seal()
                # Even a drag that comes back to where it began gives up what was undone.
                if moved:
                    del states[place + 1 :], kinds[place + 1 :]
                if desk.state() != before:
                    states.append(desk.state())
                    kinds.append("stroke" if action == "touch" else "turn")
                    place += 1
        # The oldest stroke beyond the room cannot be taken back: before it lies the culture as it is after it.
        strokes = [i for i in range(1, place + 1) if kinds[i] == "stroke"]
        for gone in strokes[: max(0, len(strokes) - ROOM)]:
            culture = states[gone][1]
            states[:gone] = [(controls, culture) for controls, _ in states[:gone]]
            del states[gone - 1], kinds[gone]
            place -= 1
        assert desk.state() == states[place]
        assert (desk.history.undo_label == "") == (place == 0)
        assert (desk.history.redo_label == "") == (place == len(states) - 1)


@given(ACTIONS, st.integers(1, 5))
@settings(max_examples=200, deadline=None)
def test_it_never_holds_more_than_its_limit_nor_more_strokes_than_the_engine(actions: list[object], limit: int) -> None:
    desk = Desk(limit)
    for action in actions:
        match action:
            case "undo":
                desk.undo()
            case "redo":
                desk.redo()
            case "touch":
                desk.touch()
            case "throw":
                desk.throw()
            case ("turn", knob, value):
                desk.turn(knob, value)
            case ("drag", knob, values):
                desk.turn(knob, values[-1])
        assert len(desk.history._done) + len(desk.history._undone) <= limit
        assert desk.history.strokes <= len(desk.engine.past)


def test_a_drag_is_one_step_and_one_that_comes_back_is_none() -> None:
    desk = Desk()
    for value in range(1, 9):
        desk.turn("width", value, whole=False)
    desk.history.seal()
    for value in (5, 2, 8):
        desk.turn("width", value, whole=False)
    desk.undo()
    assert desk.controls["width"] == 0
    assert desk.history.undo_label == ""


def test_another_knob_or_a_stroke_ends_a_burst() -> None:
    desk = Desk()
    desk.turn("width", 1, whole=False)
    desk.turn("tilt", 2, whole=False)
    desk.touch()
    desk.turn("tilt", 3, whole=False)
    labels = []
    while desk.history.undo_label:
        labels.append(desk.history.undo_label)
        desk.undo()
    assert labels == ["tilt", "Erase", "tilt", "width"]
    assert desk.state() == Desk().state()


def test_another_preset_forgets_strokes_and_keeps_changes_of_controls_it_does_not_set() -> None:
    desk = Desk()
    desk.turn("width", 1)
    desk.touch()
    desk.turn("tilt", 2)
    desk.touch()
    desk.undo()
    desk.history.forget_preset(())
    assert desk.history.strokes == 0
    assert desk.history.redo_label == ""
    desk.undo()
    desk.undo()
    assert desk.controls == dict.fromkeys(KNOBS, 0)
    desk.redo()
    assert desk.controls["width"] == 1


def test_steps_of_controls_that_a_preset_has_set_are_over() -> None:
    """Else undo would move the new preset's controls to where they stood in another one."""
    desk = Desk()
    desk.turn("width", 1)
    desk.turn("tilt", 2)
    desk.history.whole_turn(Turn("Init", {"width": 1, "tilt": 2}, {"width": 0, "tilt": 0}))
    desk.turn("width", 3)
    desk.history.forget_preset({"tilt"})
    desk.controls["tilt"] = 7
    labels = []
    while desk.history.undo_label:
        labels.append(desk.history.undo_label)
        desk.undo()
    assert labels == ["width", "Init", "width"]
    assert desk.controls == {**dict.fromkeys(KNOBS, 0), "tilt": 7}
    while desk.history.redo_label:
        desk.redo()
    assert desk.controls == {**dict.fromkeys(KNOBS, 0), "width": 3, "tilt": 7}


def test_what_was_taken_back_by_itself_is_no_step_any_more_and_can_be_done_again() -> None:
    desk = Desk()
    desk.throw()
    thrown = desk.history._done[-1]
    desk.turn("width", 1)
    desk.history.withdraw(thrown)  # type: ignore[arg-type]
    thrown.undo()  # type: ignore[union-attr]
    desk.undo()
    assert desk.state() == Desk().state() and desk.history.undo_label == ""
    desk.redo()
    assert desk.controls["width"] == 1
    desk.redo()
    assert desk.trash == {1} and desk.history.redo_label == ""
