"""From one vocoder to another while both hear the same culture.

Axes: `B` heads, `N` samples; sound is (B, N).
"""

import math

import torch
from torch import Tensor

from synth.vocoder.contract import Vocoder, samples_until

_FADE_S = 0.25
_SPARE_FRAMES = 4


class Changeover:
    """The new vocoder runs unheard until its whole past is real, then an equal-power fade.

    Warming it at once would take as long as the sound it warms with: on the engine's thread a break.
    """

    def __init__(self, old: Vocoder, new: Vocoder, out_rate_hz: int) -> None:
        """`new` is prepared for the same heads and rate; it is reset here, which is quick."""
        self.old, self.new = old, new
        frame = samples_until(1, new.format, out_rate_hz)
        # It reaches as far back as it looks ahead.
        self._silent = 2 * new.delay_samples + _SPARE_FRAMES * frame
        self._fade = round(_FADE_S * out_rate_hz)
        self._at = -self._silent
        new.reset()
        self._rest: Tensor | None = None

    @property
    def done(self) -> bool:
        return self._at >= self._fade

    def mix(self, old: Tensor, new: Tensor) -> Tensor:
        """As many samples as `old` has; the two differ by one now and then where frames are no whole samples."""
        if self._rest is None:
            self._rest = new.new_zeros(new.shape[0], 1)
        waiting, n = torch.cat([self._rest, new], dim=1), old.shape[1]
        self._rest = waiting[:, n:]
        x = (torch.arange(self._at, self._at + n) / self._fade).clamp(0, 1) * (math.pi / 2)
        self._at += n
        return old * torch.cos(x) + waiting[:, :n] * torch.sin(x)

    def rest(self) -> Tensor:
        """When it is done: what the new vocoder has made and nobody has heard, at most two samples."""
        assert self._rest is not None
        return self._rest
