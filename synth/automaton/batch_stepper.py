"""Several small cultures of one live rule, stepped as one batch.

A step of one small culture is mostly the cost of calling torch: several at once cost little more per cell than one
large one. Axes: `B` cultures, `C` channels, `M` mel bands, `T` frames, `K` weather fields.
"""

import torch
from torch import Tensor

from synth.automaton.rules import LiveRule
from synth.automaton.scripted import scripted
from synth.automaton.stepper import Stepper, compiled_step, pad, update_awake


@scripted
def _step_batch(
    cells: Tensor,
    weather: Tensor,
    mask: Tensor,
    padded: Tensor,
    reach: int,
    sensed: Tensor,
    row: Tensor,
    row_bias: Tensor,
    sense: Tensor,
    climate: Tensor,
    act: Tensor,
) -> None:
    C = cells.shape[3]
    for b in range(len(cells)):
        pad(padded[b], cells[b].permute(2, 0, 1), reach)
    update_awake(
        cells.view(-1, C), weather.reshape(len(weather), -1), mask.reshape(-1), padded.view(-1, C), sensed, row,
        row_bias, sense, climate, act,
    )  # fmt: skip


class BatchStepper:
    """Steps up to `most` cultures in place, on the processor; each as `Stepper` would, to rounding."""

    def __init__(
        self, rule: LiveRule, n_mels: int, n_frames: int, most: int, dtype: torch.dtype = torch.float32
    ) -> None:
        """`dtype` is that of the matrix products."""
        one = Stepper(rule, n_mels, n_frames, dtype, dense=False)
        self._reach, width = one.reach, n_frames + 2 * one.reach
        self._padded = torch.zeros(most, n_mels + 2, width, rule.channels, dtype=dtype)
        sensed, row, *self._weights = one.tables
        first_of = torch.arange(most)[:, None, None] * (n_mels + 2) * width
        self._sensed, self._row = (sensed[None] + first_of).flatten(0, 1), row.repeat(most)
        tables = self._sensed, self._row, *self._weights
        self._compiled = compiled_step(tables, self._padded.flatten(0, 1), n_frames, self._reach) if most else None

    def step(self, cells: Tensor, weather: Tensor, mask: Tensor) -> None:
        """One step of `cells` (B, M, T, C), contiguous, in place; `weather` (K, B, M, T), `mask` (B, M, T) scales each
        cell's update: where it is 0 nothing is computed."""
        if self._compiled is not None:
            self._compiled.step(cells.view(-1, cells.shape[3]), weather.reshape(len(weather), -1), mask.reshape(-1))
            return
        n = mask.numel()
        tables = self._sensed[:n], self._row[:n], *self._weights
        _step_batch(cells, weather, mask, self._padded[: len(cells)], self._reach, *tables)
