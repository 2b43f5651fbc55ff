"""The stepper on a CUDA device: a step is captured once as a graph and replayed with one launch.

Axes: `C` channels, `M` mel bands, `T` frames, `K` weather fields.
"""

from collections.abc import Callable

from torch import Tensor

from synth.accelerator import Work, captured
from synth.automaton.stepper import Stepper


class GraphedStepper:
    """A `Stepper` for one culture, whose state stays where it is in memory."""

    def __init__(
        self, stepper: Stepper, state: Tensor, n_weather: int, capture: Callable[[Work], Work] = captured
    ) -> None:
        """Captures, which takes long; `state` (C, M, T) is as before afterwards."""
        self._state = state
        self._weather, self._mask = state.new_zeros(n_weather, *state.shape[1:]), state.new_zeros(state.shape[1:])
        before = state.clone()
        self._replay = capture(lambda: stepper.step(state, self._weather, self._mask))
        state.copy_(before)

    def step(self, state: Tensor, weather: Tensor, mask: Tensor) -> None:
        """As `Stepper.step`; `weather` and `mask` may be on the processor."""
        assert state.data_ptr() == self._state.data_ptr(), "a graph knows one state's memory"
        self._weather.copy_(weather, non_blocking=True)
        self._mask.copy_(mask, non_blocking=True)
        self._replay()
