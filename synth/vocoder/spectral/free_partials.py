"""Lines that the player paints, or a culture grows, where the recording has no partial.

A narrow peak that lasts is heard as a tone; anything broad or brief stays noise. Axes: `F` columns, the heads of all
voices; `M` mel bands.
"""

import numpy as np

from synth.mel import MelFormat, band_centres_hz
from synth.vocoder.arrays import Doubles, Floats, each_row_times
from synth.vocoder.spectral.atoms import partial_responses

# Mel frames overlap by four, so chance peaks of noise last four frames; a line is believed after about ten.
_MEMORY_FRAMES = 8.0
# A peak this far above its surroundings begins to be a tone, and is nothing else 6 dB further up.
_NARROW_DB, _RAMP_DB = 9.0, 6.0
_SURROUNDINGS = (-6, -5, -4, 4, 5, 6)
_QUIETEST, _FORGOTTEN = 1e-5, 1e-20


class FreePartials:
    """One possible tone at the centre of each row that is not already a stored partial's."""

    def __init__(self, fmt: MelFormat, stored_hz: Doubles) -> None:
        self.hz = band_centres_hz(fmt).numpy()
        spacing = np.gradient(self.hz)
        near = np.abs(self.hz[:, None] - stored_hz[None]) < np.maximum(1.5 * spacing, 60.0)[:, None]
        self._allowed = ~near.any(axis=1)
        responses = partial_responses(self.hz, fmt)
        self._responses = responses.T.astype(np.float32)
        rows = np.arange(len(self.hz))
        band = np.abs(rows[:, None] - rows[None]) <= 1
        self._peak_energy = np.sqrt((responses**2 * band).sum(axis=0)).astype(np.float32)
        self._around = np.clip(rows[:, None] + np.array(_SURROUNDINGS)[None], 0, len(rows) - 1)

    def take(self, residual: Floats, columns: Floats, memory: Floats) -> tuple[Floats, Floats, Floats]:
        """Amplitudes (F, M) of one frame's tones, the residual (F, M) that is left as noise, and the memory to come.

        `residual` and `columns` (F, M) are what stored partials leave, and all there is; `memory` (2, F, M) the slow
        means of both, zeros at first.
        """
        keep = np.float32(np.exp(-1 / _MEMORY_FRAMES))
        memory = memory * keep + np.stack([residual, columns]) * (1 - keep)
        # Long silence must not end in numbers so small that the processor computes them slowly.
        memory *= memory > _FORGOTTEN
        gate = self._gate(*memory)
        amplitudes, remains = np.zeros_like(residual), residual
        tonal = np.flatnonzero(gate.any(axis=1))
        if len(tonal):
            remains = residual.copy()
            amplitudes[tonal], remains[tonal] = self._split(residual[tonal], gate[tonal])
        return amplitudes, remains, memory

    def _split(self, residual: Floats, gate: Floats) -> tuple[Floats, Floats]:
        """The tones' amplitudes and what they leave, both (F, M)."""
        left, right = _shifted(residual, -1), _shifted(residual, 1)
        energy = np.sqrt(left**2 + residual**2 + right**2)
        amplitudes = gate * energy / self._peak_energy
        taken = np.maximum(np.maximum(_shifted(gate, -1), _shifted(gate, 1)), gate)
        return amplitudes, np.maximum(residual * (1 - taken) - each_row_times(amplitudes, self._responses), 0)

    def _gate(self, memory: Floats, surroundings: Floats) -> Floats:
        smooth: Floats = (_shifted(memory, -1) + 2 * memory + _shifted(memory, 1)) / np.float32(4)
        top = np.ones_like(memory, dtype=bool)
        for step in (1, 2):
            top &= (smooth > _shifted(smooth, -step)) & (smooth >= _shifted(smooth, step))
        top &= self._allowed & (memory > _QUIETEST)
        gate = np.zeros_like(memory)
        column, row = np.nonzero(top)
        if len(row):
            # Not of what stored partials leave: noise beside them would stand out of the hole.
            around = surroundings[column[:, None], self._around[row]].mean(axis=1)
            narrow_db = 20 * np.log10((memory[column, row] + 1e-12) / (around + 1e-12))
            x = np.clip((narrow_db - _NARROW_DB) / _RAMP_DB, 0, 1)
            gate[column, row] = x * x * (3 - 2 * x)
        return gate


def _shifted(rows: Floats, by: int) -> Floats:
    """Rows moved by `by`, 0 shifted in: _shifted(x, 1)[:, i] = x[:, i + 1]."""
    out = np.zeros_like(rows)
    if by > 0:
        out[:, :-by] = rows[:, by:]
    else:
        out[:, -by:] = rows[:, :by]
    return out
