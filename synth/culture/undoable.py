"""A culture as it is played: touched in strokes, gone back and forth in, and faded from one to the other.

Axes: `M` mel bands, `T` frames.
"""

from collections.abc import Callable

from torch import Tensor

from synth.automaton.gestures import Gesture
from synth.culture.cross_fade import CrossFade, FadeState
from synth.culture.culture import Culture
from synth.culture.two_plates import TwoPlates
from synth.culture.undo_states import History


class UndoableCulture:
    """Remembers the culture before each stroke, reseed and thaw; an undo is heard as a cross-fade."""

    def __init__(self, culture: Culture) -> None:
        self.culture = culture
        self.history = History(culture)
        self.in_stroke = False
        """True from a stroke's first touch to its last."""
        self._fade = CrossFade()

    def live_beside(self, second: Culture) -> None:
        """From now on another culture lives beside this one and shares what is done to it."""
        self.live_alone()
        self.culture = TwoPlates(self.culture, second)

    def live_alone(self) -> None:
        """The other culture is gone."""
        if isinstance(self.culture, TwoPlates):
            self.culture = self.culture.first
            self.history.forget_second()
            self._fade.forget_second()

    def advance(self) -> None:
        """A frame has begun."""
        self._fade.advance()

    def heard(self) -> Tensor:
        """The grid as it sounds, (M, T): two cultures mix while an undo fades over."""
        return self._fade.apply(self.culture.grid())

    def second_heard(self) -> Tensor | None:
        """The same of the culture beside it; None where there is none."""
        if not isinstance(self.culture, TwoPlates):
            return None
        return self._fade.apply_second(self.culture.second.grid())

    def touch(self, gesture: Gesture, *, hand_down: bool) -> None:
        """One touch; what is touched without a hand is a stroke of its own. A hold changes no cell."""
        if gesture.kind == "hold":
            self.culture.touch(gesture)
            return
        if not self.in_stroke:
            self.history.remember(self.culture)
        self.in_stroke = hand_down
        self.culture.touch(gesture)

    def lift(self) -> None:
        """The stroke is over."""
        self.in_stroke = False

    def reseed(self) -> None:
        self._begin_anew()
        self.culture.reseed()

    def thaw(self) -> None:
        self._begin_anew()
        self.culture.thaw()

    def undo(self) -> None:
        self._go_back(self.history.undo)

    def redo(self) -> None:
        self._go_back(self.history.redo)

    @property
    def fade(self) -> FadeState | None:
        """The cross-fade that is under way."""
        return self._fade.save()

    def restore_fade(self, saved: FadeState | None) -> None:
        self._fade.restore(saved)

    def _begin_anew(self) -> None:
        self.history.remember(self.culture)
        self.in_stroke = False

    def _go_back(self, restore: Callable[[Culture], bool]) -> None:
        """To another culture, from what is heard now."""
        heard, second = self.heard().clone(), self.second_heard()
        second = None if second is None else second.clone()
        self.in_stroke = False
        if restore(self.culture):
            self._fade.leave(heard, second)
