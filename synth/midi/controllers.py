"""Control changes to values: 7 bits or 14, and the parameter numbers (RPN, NRPN) that MIDI sends as a series of them.

A controller below 32 and the one 32 above it are the coarse and the fine half of one value. Until the fine half has
been seen, the coarse one alone runs from 0 to 1: a keyboard that sends 7 bits reaches the end of every range.
"""

from dataclasses import dataclass, field
from typing import Literal

ControllerKind = Literal["cc", "rpn", "nrpn"]

_DATA_ENTRY, _DATA_FINE, _INCREMENT, _DECREMENT = 6, 38, 96, 97
_SELECT: dict[int, tuple[ControllerKind, Literal["coarse", "fine"]]] = {
    98: ("nrpn", "fine"),
    99: ("nrpn", "coarse"),
    100: ("rpn", "fine"),
    101: ("rpn", "coarse"),
}
_PAIRS = 32
_NULL = 127 << 7 | 127
_MOST_14 = 16383


@dataclass(frozen=True, slots=True)
class Controller:
    """One thing that can be moved: a controller number, 0 … 127, or a parameter number, 0 … 16383."""

    kind: ControllerKind
    number: int


@dataclass(frozen=True, slots=True)
class Move:
    """A controller's new position."""

    channel: int
    controller: Controller
    coarse: int
    """0 … 127."""
    fine: int = 0
    has_fine: bool = False

    @property
    def value(self) -> float:
        """The position in 0 … 1."""
        return (self.coarse << 7 | self.fine) / _MOST_14 if self.has_fine else self.coarse / 127


@dataclass
class _Channel:
    """What earlier control changes of a channel mean for later ones."""

    coarse: dict[Controller, int] = field(default_factory=dict)
    fine: dict[Controller, int] = field(default_factory=dict)
    """Of controllers whose fine half has been seen."""
    select_kind: ControllerKind = "rpn"
    select: dict[Literal["coarse", "fine"], int] = field(default_factory=dict)

    def selected(self) -> Controller | None:
        """What data entry sets, once both halves of its number have been sent and they are not the null parameter's."""
        if len(self.select) < 2:
            return None
        number = self.select["coarse"] << 7 | self.select["fine"]
        return None if number == _NULL else Controller(self.select_kind, number)


class ControllerReader:
    """Follows the control changes of all channels."""

    def __init__(self) -> None:
        self._channels = [_Channel() for _ in range(16)]

    def feed(self, channel: int, number: int, value: int) -> Move | None:
        """What a control change moves; None for one that only says what later ones are about."""
        state = self._channels[channel]
        if number in _SELECT:
            kind, half = _SELECT[number]
            if kind != state.select_kind:
                state.select_kind, state.select = kind, {}
            state.select[half] = value
            return None
        target = state.selected()
        if target is not None and number in (_INCREMENT, _DECREMENT):
            return self._step(channel, target, 1 if number == _INCREMENT else -1)
        if number in (_DATA_ENTRY, _DATA_FINE) and target is not None:
            is_coarse = number == _DATA_ENTRY
        else:
            is_coarse = not _PAIRS <= number < 2 * _PAIRS
            # A fine half without its coarse one is a controller of its own: many keyboards use 32 … 63 freely.
            is_pair = is_coarse or Controller("cc", number - _PAIRS) in state.coarse
            target = Controller("cc", number if is_coarse or not is_pair else number - _PAIRS)
            is_coarse = is_coarse or not is_pair
        if is_coarse:
            state.coarse[target] = value
            if target in state.fine:
                state.fine[target] = 0
        else:
            state.fine[target] = value
        return self._move(channel, target)

    def reset(self, channel: int) -> None:
        """Select no parameter number, as Reset All Controllers asks."""
        self._channels[channel].select = {}

    def _move(self, channel: int, target: Controller) -> Move:
        state = self._channels[channel]
        return Move(channel, target, state.coarse.get(target, 0), state.fine.get(target, 0), target in state.fine)

    def _step(self, channel: int, target: Controller, by: int) -> Move:
        """Data increment and decrement: the smallest step that the sender is known to use."""
        state = self._channels[channel]
        if target in state.fine:
            value = (state.coarse.get(target, 0) << 7 | state.fine[target]) + by
            value = min(max(value, 0), _MOST_14)
            state.coarse[target], state.fine[target] = value >> 7, value & 127
        else:
            state.coarse[target] = min(max(state.coarse.get(target, 0) + by, 0), 127)
        return self._move(channel, target)
