"""Which instrument sounds: the present one, cross-faded from the one before, and rescued when its culture is ill.

Axes: `N` samples; sound is (2, N) float32.
"""

import numpy as np
from numpy.typing import NDArray

from synth.instrument.events import LimitEvolution
from synth.instrument.instrument import Instrument
from synth.ramp import Ramp
from synth.saved_arrays import SavedArrays, fitted

Audio = NDArray[np.float32]

CROSS_FADE_S = 0.25
_FAREWELL_S = 0.005
_RETURN_S = 0.03
_FRAMES_BETWEEN_LOOKS = 2


class PresetCrossFade:
    """Processes the present instrument and, during a cross-fade, the outgoing one. Owned by the engine's thread."""

    def __init__(self, instrument: Instrument) -> None:
        self.current = instrument
        self.rescues = 0
        self._rate_hz = instrument.out_rate_hz
        self._outgoing: _Outgoing | None = None
        self._next: Instrument | None = None
        self._cross = Ramp(1.0, round(CROSS_FADE_S * self._rate_hz))
        self._return = Ramp(1.0, round(_RETURN_S * self._rate_hz))
        self._last = np.zeros((2, 1), np.float32)
        self.left = 0
        """Samples of the open frame that were not taken yet."""
        self._leaving = False
        """True in the frame in which an ill culture's sound fades out."""

    @property
    def changing(self) -> bool:
        return self._outgoing is not None or self._next is not None

    @property
    def latest(self) -> Instrument:
        """What sounds, or will when the cross-fade is over."""
        return self._next or self.current

    @property
    def outgoing(self) -> Instrument | None:
        """What fades out now."""
        return None if self._outgoing is None else self._outgoing.instrument

    def save(self) -> SavedArrays:
        """A copy of the fades' state between two blocks; the instruments have their own."""
        rest = np.zeros((2, 0), np.float32) if self._outgoing is None else self._outgoing.rest
        ramps = {"cross": self._cross.save(), "return": self._return.save()}
        return {**ramps, "last": self._last.copy(), "rest": rest.copy()}

    def restore(self, saved: SavedArrays, outgoing: Instrument | None, rate_hz: int) -> None:
        """Go on from what was saved at a rate, with what faded out then; `ValueError` names what does not fit."""
        faster = self._rate_hz / rate_hz
        self._cross.restore(saved, "cross", faster)
        self._return.restore(saved, "return", faster)
        self._last = fitted(saved, "last", (2, None))
        if outgoing is not None:
            self._outgoing = _Outgoing(outgoing)
            self._outgoing.rest = fitted(saved, "rest", (2, None))[:, : None if faster == 1 else 0]

    def swap(self, instrument: Instrument) -> None:
        """Cross-fade to `instrument` now, or when the present cross-fade is over; of several waiting, the last."""
        self._next = instrument
        self._begin()

    def process(self, n_frames: int) -> tuple[Audio, str]:
        """The next `n_frames` frames of the present instrument, (2, N), and what it was rescued from or ""."""
        parts, found = [], ""
        for _ in range(n_frames):
            found = self.begin() or found
            parts.append(self.take(self.left))
        return np.concatenate(parts, axis=1), found

    def begin(self) -> str:
        """Compute the present instrument's next frame and keep it open; what it was rescued from, or ""."""
        instrument = self.current
        self.left = instrument.begin()
        # The whole culture is looked at: 0.1 ms.
        ailment = "" if instrument.frame % _FRAMES_BETWEEN_LOOKS else instrument.culture.ailment()
        if not ailment and not instrument.open_is_finite:
            ailment = "not finite"
        if ailment:
            self.rescues += 1
            self._say_farewell(instrument)
            instrument.restart()
            self._return = Ramp(0.0, round(_RETURN_S * self._rate_hz))
        self._leaving = bool(ailment)
        return ailment

    def until(self, share: float) -> int:
        """Samples of the open frame that are left up to this share of it; 1 is its end."""
        if share >= 1:
            return self.left
        done = self.current.taken
        return max(0, self.current.vocoders.offset_samples(share) - done)

    def take(self, n: int) -> Audio:
        """The next (2, `n`) of the open frame."""
        block = self.current.take(n)
        self.left -= n
        if not self._leaving:
            block = (block * self._return.take(n)).astype(np.float32, copy=False)
        if self._outgoing is not None:
            block = self._mix(self._outgoing, block)
        self._last = block[:, -1:]
        if not self.left:
            self._end_frame()
        return block

    def _end_frame(self) -> None:
        """However a frame was split, what is over ends with it."""
        if self._leaving:
            # Now, because notes of this frame come before it; a sound that fell ill has a culture that is well.
            self.current.rescue()
            self._return.move(1.0)
        if self._outgoing is not None and self._cross.settled:
            self._outgoing = None
            self._begin()

    def _begin(self) -> None:
        if self._outgoing is None and self._next is not None:
            # The old culture holds still: two that live would cost twice the time.
            self.current.do(LimitEvolution(0.0))
            self._outgoing = _Outgoing(self.current)
            self.current, self._next = self._next, None
            self._cross = Ramp(0.0, round(CROSS_FADE_S * self._rate_hz))
            self._cross.move(1.0)

    def _mix(self, outgoing: "_Outgoing", block: Audio) -> Audio:
        """Equal power: the two sounds are not correlated."""
        x = self._cross.take(block.shape[1])
        old = np.nan_to_num(outgoing.take(block.shape[1]), copy=False)
        mixed: Audio = (block * np.sin(x * np.pi / 2) + old * np.cos(x * np.pi / 2)).astype(np.float32)
        return mixed

    def _say_farewell(self, instrument: Instrument) -> None:
        """Fade the open frame to silence; one that is not finite is replaced by the last good sample, decaying."""
        finite = instrument.open_is_finite
        length = float(self.left) if finite else _FAREWELL_S * self._rate_hz
        fade = 0.5 + 0.5 * np.cos(np.pi * np.minimum(1.0, np.arange(1, self.left + 1) / length))
        instrument.fade_open(fade, None if finite else self._last)


class _Outgoing:
    """The old instrument, read in the new one's sample counts: formats may differ in frame rate."""

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        fps = instrument.preset.mel.frames_per_second
        self._frame_samples = instrument.out_rate_hz / fps
        self.rest = np.zeros((2, 0), np.float32)

    def take(self, n: int) -> Audio:
        parts, have = [self.rest], self.rest.shape[1]
        while have < n:
            # As many frames at once as surely fit: the fewer calls, the less they cost.
            parts.append(self.instrument.process(max(1, int((n - have) / self._frame_samples))))
            have += parts[-1].shape[1]
        joined = np.concatenate(parts, axis=1)
        self.rest = joined[:, n:]
        return joined[:, :n]
