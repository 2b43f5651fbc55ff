"""A culture on a device that may be lost at any moment: it then lives on, on the processor, as if nothing had happened.

A copy of its state is brought home every few deeds, and what was done since is remembered. Everything a culture does is
a pure function of its state and its deeds, so home repeats the deeds and is where the other was.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from torch import Tensor

from synth.accelerator import device_failed, explain_loss
from synth.automaton.gestures import Gesture
from synth.culture.culture import Culture, CultureState
from synth.culture.second_rule import SecondRule

_DEEDS_AWAY = 4
"""At most as many steps are done again in one block: 16 to 28 ms. A copy home takes 1 MB."""

_Deed = Callable[[Culture], None]
_T = TypeVar("_T")


class FailoverCulture:
    """Implements `culture.Culture`; lives in `away` until that fails, then in `home`, which has the same seed."""

    def __init__(self, away: Culture, home: Culture) -> None:
        self.n_mels, self.n_frames = home.n_mels, home.n_frames
        self.trouble = ""
        """Why it had to move, once it had to."""
        self._home, self._now = home, away
        self._good = home.save()
        self._since: list[_Deed] = []
        self._second: SecondRule | None = None
        self._share: Tensor | None = None
        self._lived: tuple[SecondRule | None, Tensor | None] = (None, None)
        """By which second rule it lived, and how much of it, when the last copy was made: no part of that."""

    @property
    def steps(self) -> int:
        return self._now.steps

    @property
    def is_home(self) -> bool:
        return self._now is self._home

    def step(self, weather_depth: float = 1.0, weather_speed: float = 1.0) -> None:
        self._do(lambda culture: culture.step(weather_depth, weather_speed))

    def foresee(self, weather_depth: float = 1.0, weather_speed: float = 1.0) -> None:
        """A card computes beside the processor by itself."""
        if self.is_home:
            self._home.foresee(weather_depth, weather_speed)

    def touch(self, gesture: Gesture) -> None:
        self._do(lambda culture: culture.touch(gesture))

    def thaw(self) -> None:
        self._do(lambda culture: culture.thaw())

    def reseed(self) -> None:
        self._do(lambda culture: culture.reseed())

    def join(self, second: SecondRule | None) -> None:
        self._second, self._share = second, None
        self._do(lambda culture: culture.join(second))

    def share(self, share: Tensor | None) -> None:
        self._share = share
        self._do(lambda culture: culture.share(share))

    def restore(self, saved: CultureState) -> None:
        # A copy: whoever saved it may use the room again.
        self._good, self._since = _copy(saved), []
        self._lived = self._second, self._share
        self._ask(lambda culture: culture.restore(saved))

    def grid(self) -> Tensor:
        return self._ask(lambda culture: culture.grid())

    def cells(self) -> Tensor:
        return self._ask(lambda culture: culture.cells())

    def frozen(self) -> Tensor:
        return self._ask(lambda culture: culture.frozen())

    def resting(self) -> Tensor:
        return self._ask(lambda culture: culture.resting())

    def ailment(self) -> str:
        return self._ask(lambda culture: culture.ailment())

    def save(self) -> CultureState:
        return self._ask(lambda culture: culture.save())

    def _do(self, deed: _Deed) -> None:
        if self.is_home:
            return deed(self._home)
        self._since.append(deed)
        try:
            deed(self._now)
            if len(self._since) >= _DEEDS_AWAY:
                # Waits for the device: what it could not do comes to light here at the latest.
                self._good, self._since = self._now.save(), []
                self._lived = self._second, self._share
        except RuntimeError as error:
            self._move_home(error)

    def _ask(self, question: Callable[[Culture], _T]) -> _T:
        if not self.is_home:
            try:
                return question(self._now)
            except RuntimeError as error:
                self._move_home(error)
        return question(self._home)

    def _move_home(self, error: RuntimeError) -> None:
        if not device_failed(error):
            # A fault of ours: at home it would come again, and the card is blameless.
            raise error
        self._now = self._home
        self._home.restore(self._good)
        second, share = self._lived
        self._home.join(second)
        self._home.share(share)
        for deed in self._since:
            deed(self._home)
        self._since = []
        self.trouble = explain_loss(error, "the culture now lives on the processor")


def _copy(saved: CultureState) -> CultureState:
    return replace(saved, state=saved.state.clone(), rest=saved.rest.clone(), frozen=saved.frozen.clone())
