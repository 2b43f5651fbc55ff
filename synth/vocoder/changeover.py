"""From one vocoder to another while both hear the same culture.

A vocoder that looks ahead needs its columns sooner than one that does not. While both run, each is given the columns
that its own delay turns into sound at the same moment, so the sound is never mixed with itself earlier or later.
Axes: `B` heads, `N` samples; sound is (B, N).
"""

import math

import torch
from torch import Tensor

from synth.vocoder.contract import Vocoder

_FADE_S = 0.25
_SPARE_FRAMES = 4


class Changeover:
    """The new vocoder runs unheard until its whole past is real, then an equal-power fade.

    Warming it at once would take as long as the sound it warms with: on the engine's thread a break.
    """

    def __init__(self, old: Vocoder, new: Vocoder, out_rate_hz: int) -> None:
        """`new` is prepared for the same heads and rate; it is reset here, which is quick."""
        self.old, self.new = old, new
        frame = new.format.hop * out_rate_hz / new.format.rate_hz
        later = new.delay_samples - old.delay_samples
        self.lead_frames = math.ceil(later / frame)
        """How many frames further ahead than the old one the new one reads; negative when it reads behind it."""
        # What is left of a frame is made up by holding the new sound back; the sample's fraction is not.
        wait = max(0, round(self.lead_frames * frame) - later)
        # It reaches as far back as it looks ahead.
        silent = 2 * new.delay_samples + math.ceil(_SPARE_FRAMES * frame) + wait
        self._fade = round(_FADE_S * out_rate_hz)
        self._at = -silent
        self.frames_left = math.ceil((silent + self._fade) / frame) + 1
        """From now until only the new one is heard."""
        new.reset()
        self._rest: Tensor | None = None
        self._wait = wait

    def mix(self, old: Tensor, new: Tensor) -> Tensor:
        """As many samples as `old` has; the two differ by one now and then where frames are no whole samples."""
        if self._rest is None:
            self._rest = new.new_zeros(new.shape[0], 1 + self._wait)
        waiting, n = torch.cat([self._rest, new], dim=1), old.shape[1]
        self._rest = waiting[:, n:]
        x = (torch.arange(self._at, self._at + n) / self._fade).clamp(0, 1) * (math.pi / 2)
        self._at += n
        return old * torch.cos(x) + waiting[:, :n] * torch.sin(x)

    def struck(self, old: Tensor, new: Tensor) -> Tensor:
        """What both add to the end of the sound that was mixed last; of the new one's, what waits is kept for later."""
        assert self._rest is not None
        n, waiting = new.shape[1], min(new.shape[1], self._rest.shape[1])
        self._rest[:, self._rest.shape[1] - waiting :] += new[:, n - waiting :]
        heard = new[:, : n - waiting]
        longest = max(old.shape[1], heard.shape[1])
        gains = torch.arange(self._at - longest, self._at) / self._fade
        x = gains.clamp(0, 1) * (math.pi / 2)
        mixed = old.new_zeros(old.shape[0], longest)
        mixed[:, longest - old.shape[1] :] += old * torch.cos(x[longest - old.shape[1] :])
        mixed[:, longest - heard.shape[1] :] += heard * torch.sin(x[longest - heard.shape[1] :])
        return mixed

    def rest(self) -> Tensor:
        """When it is over: what the new vocoder has made and nobody has heard, less than a frame."""
        assert self._rest is not None
        return self._rest
