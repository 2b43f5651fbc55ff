"""Small cultures that notes own: each grown from seed cells, all stepped as one batch.

Everything random is keyed by the instrument's seed, the note's number and the culture's own steps, so what a note
becomes does not depend on the notes beside it. All live in the same weather, each at its own place of the loop. A
culture that starves falls asleep and loses what it has. Axes: `B` cultures, `C` channels, `M` mel bands, `T` frames,
`K` weather fields.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from synth.automaton.batch_stepper import BatchStepper
from synth.automaton.rules import CHANNELS, LiveRule, seed_cells
from synth.automaton.weather import Weather
from synth.presets.model import Preset
from synth.random_streams import Stream, coin_flips, generator, uniform

SOWN_FRAMES = 48
"""T: 0.56 s. On average over a few seconds the rows of cultures of 32, 48 and 64 frames were 1.8, 1.4 and 1.4 dB from
those of the whole culture (violin, organ, bell, sea), and the cost of a step is in proportion to the frames."""
MOST_SOWN = 16
"""B: cultures that notes may own at once. Each costs 0.28 of a step of the whole culture, as its share of the cells."""
FREE = -1
"""Number of a culture that no note owns; notes' numbers are 1 or more."""
_STARVING = 0.25
"""Share of what is left that a cell loses per step while it gets nothing at all."""
_SATURATED = 3.0
"""As for the whole culture: a channel 0 whose mean magnitude passes this has run away."""


@dataclass
class SownState:
    """All that the cultures' future depends on."""

    cells: Tensor
    """(B, M, T, C); those of free cultures mean nothing."""
    number: NDArray[np.int64]
    """(B,) of the note that owns it, or `FREE`."""
    steps: NDArray[np.int64]
    """(B,) taken since it was sown."""
    weather_clock: float = 0.0

    def copy(self) -> "SownState":
        """A state that shares nothing with this one."""
        return SownState(self.cells.clone(), self.number.copy(), self.steps.copy(), self.weather_clock)


class SownCultures:
    """Up to `MOST_SOWN` cultures of one preset's live rule, on the processor."""

    def __init__(self, preset: Preset, seed: int, dtype: torch.dtype = torch.float32) -> None:
        """`dtype` is that of the matrix products. Room for cultures is made when the first are sown."""
        assert isinstance(preset.rule, LiveRule)
        self._rule, self._seed, self._dtype, self._n_mels = preset.rule, seed, dtype, preset.mel.n_mels
        self._weather = Weather(preset.weather, self._n_mels, SOWN_FRAMES, seed)
        # Its first fields take milliseconds: now, not in a block of sound.
        self._weather.at(0.0)
        self._stepper: BatchStepper | None = None
        self._turns = np.zeros(0, np.int64)
        self.state = self._room(0)

    @property
    def owned(self) -> NDArray[np.int64]:
        """Indices of cultures that a note owns, ascending."""
        return np.flatnonzero(self.state.number != FREE)

    def sow(self, number: int) -> int:
        """Give a note a culture of seed cells; its index, the lowest that is free."""
        if len(self.owned) == len(self.state.number):
            self._make_room(len(self.state.number) + 4)
        index = int(np.flatnonzero(self.state.number == FREE)[0])
        self._sow(index, number)
        return index

    def free(self, index: int) -> None:
        """No note owns it any more."""
        self.state.number[index] = FREE

    def grids(self) -> Tensor:
        """Channel 0 as heard, (B, M, T); shares memory with the cultures."""
        return self.state.cells[..., 0]

    def step(
        self, moving: NDArray[np.bool_], hunger: NDArray[np.float64], weather_depth: float, weather_speed: float
    ) -> None:
        """One step of the cultures that are `moving` (B,). `hunger` (B,) in 0 … 1: 0 lives, 1 gets nothing."""
        state = self.state
        chosen = np.flatnonzero(moving & (state.number != FREE))
        if not len(chosen):
            return
        n = int(chosen[-1]) + 1
        cells = state.cells[:n]
        mask = torch.zeros(n, self._n_mels, SOWN_FRAMES)
        for i in chosen.tolist():
            number, steps = int(state.number[i]), int(state.steps[i])
            flips = coin_flips(self._seed, Stream.SOWN_MASK, steps, mask[i].numel(), number)
            mask[i] = flips.view(mask.shape[1:]) * (1 - float(hunger[i]))
        assert self._stepper is not None
        self._stepper.step(cells, self._fields(n, weather_depth), mask)
        for i in chosen[hunger[chosen] > 0].tolist():
            cells[i] *= 1 - _STARVING * float(hunger[i])
            cells[i, :, :, 0] -= _STARVING * float(hunger[i])
        state.steps[chosen] += 1
        state.weather_clock += weather_speed
        level = cells[..., 0].abs().mean((1, 2)).numpy()
        for i in chosen[~(level[chosen] <= _SATURATED)].tolist():
            self._sow(i, int(state.number[i]))

    def save(self) -> SownState:
        """A copy, as far as cultures are owned."""
        n = int(self.owned.max(initial=-1)) + 1
        state = self.state
        return SownState(state.cells[:n].clone(), state.number[:n].copy(), state.steps[:n].copy(), state.weather_clock)

    def restore(self, saved: SownState | None) -> None:
        """Go on from a state, which is not changed; None is a fresh start."""
        self.state.number[:] = FREE
        self.state.weather_clock = 0.0 if saved is None else saved.weather_clock
        if saved is None:
            return
        n = len(saved.number)
        if n > len(self.state.number):
            self._make_room(n)
        self.state.cells[:n], self.state.number[:n], self.state.steps[:n] = saved.cells, saved.number, saved.steps
        for i in self.owned.tolist():
            self._turns[i] = self._turn(int(saved.number[i]))

    def _sow(self, index: int, number: int) -> None:
        noise = uniform(self._seed, Stream.SOWN_CELLS, number, (CHANNELS, self._n_mels, SOWN_FRAMES))
        self.state.cells[index] = seed_cells(noise).permute(1, 2, 0)
        self.state.number[index], self.state.steps[index] = number, 0
        self._turns[index] = self._turn(number)

    def _turn(self, number: int) -> int:
        """By how many frames the weather is turned for a note."""
        return int(generator(self._seed, Stream.SOWN_WEATHER, number).integers(SOWN_FRAMES))

    def _fields(self, n: int, depth: float) -> Tensor:
        """The weather of the first `n` cultures, (K, n, M, T)."""
        weather = self._weather.at(self.state.weather_clock) * depth
        frames = (np.arange(SOWN_FRAMES) - self._turns[:n, None]) % SOWN_FRAMES
        return weather[:, :, torch.from_numpy(frames)].transpose(1, 2).contiguous()

    def _make_room(self, n: int) -> None:
        """Room for `n` cultures; those there are keep their indices."""
        before, self.state = self.state, self._room(n)
        kept = len(before.number)
        self.state.cells[:kept], self.state.weather_clock = before.cells, before.weather_clock
        self.state.number[:kept], self.state.steps[:kept] = before.number, before.steps
        self._turns = np.concatenate([self._turns, np.zeros(n - kept, np.int64)])
        self._stepper = BatchStepper(self._rule, self._n_mels, SOWN_FRAMES, n, self._dtype)

    def _room(self, n: int) -> SownState:
        cells = torch.zeros(n, self._n_mels, SOWN_FRAMES, CHANNELS)
        return SownState(cells, np.full(n, FREE, np.int64), np.zeros(n, np.int64))
